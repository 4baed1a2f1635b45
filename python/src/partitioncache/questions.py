"""A query asked of a cache: what was given is checked here, once for all functions that ask."""

from __future__ import annotations

from typing import Any, TypeAlias

import psycopg

from partitioncache.backends.protocol import Backend
from partitioncache.backends.questions import Explanation, Question, Schema
from partitioncache.backends.readings import QueryForm
from partitioncache.binding import Params, bind
from partitioncache.cache import Cache
from partitioncache.config import checked_partition_key
from partitioncache.errors import ConfigurationError, QueryError
from partitioncache.registry import nearest, nearest_cache, unknown_partition_key

__all__ = [
    "Connection",
    "Explanation",
    "QueryForm",
    "Question",
    "Schema",
    "explain_query",
    "query_form",
    "question",
]

Connection: TypeAlias = psycopg.Connection[Any]


def question(
    query: str,
    cache: Backend | Cache,
    partition_key: str | None,
    params: Params | None,
    dialect: str,
    connection: Connection | None,
    search_path: str | None,
    method: str = "auto",
    schema: Schema | None = None,
    partition_local: bool = False,
) -> tuple[Backend, Question]:
    """What was given, checked: the cache to ask, on the application's connection if that was given; and the question.

    Raises:
        QueryError: the query is no text, or the parameters do not fit it.
        ConfigurationError: this is no cache, partition key, method or connection, or they do not go together.
    """
    checked_query(query)
    handler = checked_handler(cache)
    if partition_key is None and isinstance(cache, Cache):
        partition_key = cache.partition_key
    name = checked_partition_key("" if partition_key is None else partition_key)
    handler = handler.on(connection, search_path)
    spoken = handler.dialect or dialect
    usable = connection if connection is not None and not connection.closed else None
    text = bind(query, params, spoken, usable)
    method = checked_method(method, handler)
    return handler, Question(
        text, name, spoken, params is not None, search_path, method, schema, partition_local
    )


def checked_query(query: str) -> str:
    """The query, if it is a text.

    >>> checked_query(None)
    Traceback (most recent call last):
        ...
    partitioncache.errors.QueryError: The query is None. Give its SQL as a text.
    """
    if isinstance(query, str):
        return query
    what = "None" if query is None else f"of type {type(query).__name__}"
    composed = hasattr(query, "as_string")
    raise QueryError(
        f"The query is {what}.",
        hint="Make it a text with as_string(connection)." if composed else "Give its SQL as a text.",
    )


def checked_handler(cache: Backend | Cache) -> Backend:
    """The backend of a cache.

    >>> checked_handler("partitioncache")
    Traceback (most recent call last):
        ...
    partitioncache.errors.ConfigurationError: 'partitioncache' is no cache, but a text. Open one with create_cache(…).
    """
    if isinstance(cache, Cache):
        return cache.underlying_handler
    if isinstance(cache, Backend):
        return cache
    kind = {str: "a text", type(None): "nothing"}.get(type(cache), f"of type {type(cache).__name__}")
    raise ConfigurationError(f"{cache!r} is no cache, but {kind}.", hint="Open one with create_cache(…).")


def checked_method(method: str, handler: Backend) -> str:
    """The method to use.

    Raises:
        ConfigurationError: there is no such method, or it needs more than was given.
    """
    known = ["auto", *handler.methods]
    spelled = known if handler.dialect is not None else [name.lower() for name in known]
    if (method if handler.dialect is not None else str(method).lower()) in spelled:
        return handler.usable_method(method)
    close = nearest(str(method), known)
    raise ConfigurationError(
        f"There is no method {method!r}.",
        hint=f"Did you mean {close}?" if close else f"Use one of: {', '.join(known)}.",
    )


def refuse_misspelt(handler: Backend, partition_key: str) -> None:
    """Refuses a partition key that the cache does not know, if it knows one of nearly that name.

    An unknown one alone is no mistake: it becomes known when something is stored.

    Raises:
        NotRegisteredError: there is a near one.
    """
    if handler.datatype(partition_key) is None:
        unknown = unknown_partition_key(handler, partition_key, "")
        if unknown.hint:
            raise unknown


def explain_query(
    query: str,
    cache: Backend | Cache,
    partition_key: str | None = None,
    params: Params | None = None,
    *,
    method: str = "auto",
    dialect: str = "postgres",
    schema: Schema | None = None,
    partition_local: bool = False,
    connection: Connection | None = None,
    search_path: str | None = None,
) -> Explanation:
    """What `apply_cache` does with a query, and the reason wherever it leaves it as it is.

    Arguments are those of `apply_cache`; print the result for one sentence.

    Raises:
        QueryError: the query is no text, or the parameters do not fit it.
        ConfigurationError: there is no such method, or what was given for the cache or connection is none.
        UnavailableError: the cache cannot be reached, or the connection cannot be used.

    >>> import tempfile, partitioncache
    >>> with partitioncache.create_cache("rocksdict", "city_id", "integer", path=tempfile.mkdtemp()) as cache:
    ...     print(explain_query("SELECT * FROM poi WHERE kind = random()", cache))
    Left as it is: random() is volatile: it may give another value each time it is called.
    """
    handler, asked = question(
        query, cache, partition_key, params, dialect, connection, search_path, method, schema, partition_local
    )
    if handler.datatype(asked.partition_key) is None:
        unknown = unknown_partition_key(handler, asked.partition_key, nearest_cache(handler) or "")
        return Explanation(False, str(unknown), None, 0, 0, None, None, asked.query)
    return handler.explain(asked)


def query_form(
    query: str,
    cache: Backend | Cache,
    partition_key: str | None = None,
    params: Params | None = None,
    *,
    dialect: str = "postgres",
    schema: Schema | None = None,
    partition_local: bool = False,
    connection: Connection | None = None,
    search_path: str | None = None,
) -> QueryForm:
    """How the cache understands a query: its tables, conditions and key groups, and what is opaque, with the reason.

    With a PostgreSQL cache the server reads it (``partitioncache_form``), else `partitioncache.analysis` does.
    Arguments are those of `apply_cache`; print the result for one line a part.

    Raises:
        QueryError: the query is no text, the parameters do not fit it, or the server does not accept it.
        NotRegisteredError: the PostgreSQL cache knows no such partition key.
        ConfigurationError: what was given for the cache or connection is none.
        UnavailableError: the cache cannot be reached, or the connection cannot be used.

    >>> import tempfile, partitioncache
    >>> with partitioncache.create_cache("rocksdict", "city_id", "integer", path=tempfile.mkdtemp()) as cache:
    ...     print(query_form("SELECT * FROM poi p WHERE kind IN (3, 4) AND stars > 2", cache))
    table 0: poi p, partition key p.city_id
    condition 1: #0.kind = ANY ($1), $1: 3, 4 (number)
    condition 2: #0.stars > $1, $1: 2 (number)
    key group: p.city_id
    """
    handler, asked = question(
        query, cache, partition_key, params, dialect, connection, search_path,
        schema=schema, partition_local=partition_local,
    )  # fmt: skip
    return handler.form(asked)
