"""A query asked of a cache: what was given is checked here, once for all functions that ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import psycopg

from partitioncache.analysis import METHODS, Analysis, analyse, method_named
from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.backends.protocol import Backend
from partitioncache.binding import Params, bind, open_placeholder
from partitioncache.cache import Cache
from partitioncache.config import checked_partition_key
from partitioncache.datatypes import KeySet
from partitioncache.errors import (
    BackendError,
    ConfigurationError,
    PartitionCacheError,
    QueryError,
    logger,
)
from partitioncache.postgresql.session import Session
from partitioncache.registry import nearest, nearest_cache, unknown_partition_key

_WITHOUT_TABLE: Final = {"TMP_TABLE_IN": "IN", "TMP_TABLE_JOIN": "VALUES"}
"""What puts the same keys into the query's text."""

Connection: TypeAlias = psycopg.Connection[Any]
Schema: TypeAlias = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the cache that is asked.

    Attributes:
        handler: the cache; one in PostgreSQL on the application's connection, if that was given.
        query: the text, with the values of its parameters.
        partition_key: the partition key.
        dialect: the SQL of the query.
        bound: whether it came with parameters.
        search_path: the path that was asked for, None for the session's own.
    """

    handler: Backend
    query: str
    partition_key: str
    dialect: str
    bound: bool
    search_path: str | None

    @property
    def path(self) -> dict[str, object]:
        """The search path as an argument by name, if one was asked for."""
        return {} if self.search_path is None else {"session_path": self.search_path}

    def about_placeholders(self) -> str | None:
        """What to do where the query still has a placeholder; None if it has none."""
        placeholder = None if self.bound else open_placeholder(self.query, self.dialect)
        return (
            None
            if placeholder is None
            else f"{placeholder} looks like a parameter: give its value in params."
        )


def question(
    query: str,
    cache: Backend | Cache,
    partition_key: str | None,
    params: Params | None,
    dialect: str,
    connection: Connection | None,
    search_path: str | None,
) -> Question:
    """What was given, checked.

    Raises:
        QueryError: the query is no text, or the parameters do not fit it.
        ConfigurationError: this is no cache, partition key or connection, or they do not go together.
    """
    checked_query(query)
    handler = checked_handler(cache)
    if partition_key is None and isinstance(cache, Cache):
        partition_key = cache.partition_key
    name = checked_partition_key("" if partition_key is None else partition_key)
    if not isinstance(handler, PostgresqlArray):
        if connection is not None or search_path is not None:
            raise ConfigurationError(
                f"connection= and search_path= are for PostgreSQL caches, and this is {handler.backend}.",
                hint="Leave them out: such a cache is asked without the database.",
            )
        return Question(handler, bind(query, params, dialect), name, dialect, params is not None, None)
    handler = handler.on(connection)
    if search_path is not None and not isinstance(search_path, str):
        raise ConfigurationError(
            "search_path= is a text.", hint="Write it as in SET search_path: 'tenant, public'."
        )
    usable = connection if connection is not None and not connection.closed else None
    text = bind(query, params, "postgres", usable)
    return Question(handler, text, name, "postgres", params is not None, search_path)


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


def checked_method(method: str, asked: Question) -> str:
    """The method to use. Refuses one that there is not, or that needs more than was given.

    Behind a pooler the query may run in another session than the temporary table is made in, unless both are in one
    transaction: then the keys go into the query's text.

    Raises:
        ConfigurationError: it does.
    """
    handler = asked.handler
    known = ["auto", *METHODS]
    if isinstance(handler, PostgresqlArray):
        known[1:1] = ["current", "subquery"]
        if method in ("TMP_TABLE_IN", "TMP_TABLE_JOIN") and not handler.server.holds_session:
            raise ConfigurationError(
                f"{method} makes a temporary table in the session that runs the query.",
                hint="Give that session: connection=.",
            )
        server = handler.server
        if method in _WITHOUT_TABLE and isinstance(server, Session) and server.loses_session:
            logger.warning(
                "%s is used: behind a pooler, %s needs a transaction.", _WITHOUT_TABLE[method], method
            )
            return _WITHOUT_TABLE[method]
    elif isinstance(method, str) and method.lower() in {name.lower() for name in known}:
        return method
    if method not in known:
        close = nearest(str(method), known)
        raise ConfigurationError(
            f"There is no method {method!r}.",
            hint=f"Did you mean {close}?" if close else f"Use one of: {', '.join(known)}.",
        )
    return method


def refuse_misspelt(asked: Question) -> None:
    """Refuses a partition key that the cache does not know, if it knows one of nearly that name.

    An unknown one alone is no mistake: it becomes known when something is stored.

    Raises:
        NotRegisteredError: there is a near one.
    """
    if asked.handler.datatype(asked.partition_key) is None:
        unknown = unknown_partition_key(asked.handler, asked.partition_key, "")
        if unknown.hint:
            raise unknown


@dataclass(frozen=True, slots=True)
class Found:
    """What a cache without a server knows of a query.

    Attributes:
        keys: the key sets by family: those of one family have been intersected.
        wanted: the hashes that were looked for: the query's own fragments, and entries that it contains.
        hits: how many of them there are.
    """

    keys: Mapping[str, KeySet]
    wanted: frozenset[str]
    hits: int


#: Entries of one family that are intersected beside the query's own fragments: a further one hardly leaves fewer keys.
_MOST_CONTAINED: Final = 16


def looked_up(handler: Backend, analysis: Analysis, partition_key: str) -> Found:
    """What a cache without a server knows of a query."""
    families: dict[str, dict[str, None]] = {}
    for fragment in analysis.fragments:
        families.setdefault(fragment.family, {})[fragment.hash] = None
    for family, contained in handler.contained(analysis, partition_key).items():
        own = families.setdefault(family, {})
        own.update(dict.fromkeys([hash for hash in contained if hash not in own][:_MOST_CONTAINED]))
    keys: dict[str, KeySet] = {}
    hits = 0
    for family, hashes in families.items():
        found, some = handler.get_intersected(hashes, partition_key)
        hits += some
        if found is not None:
            keys[family] = found
    return Found(keys, frozenset().union(*families.values()), hits)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `apply_cache` does with a query, and why: of a PostgreSQL cache the row of ``partitioncache_explain``.

    Attributes:
        applied: whether the query is restricted.
        reason: why not; None if it is.
        method_used: how the keys are written; None if they are not.
        fragments: how many entries were looked for: the query's own fragments; outside PostgreSQL also those that the
            cache has and the query contains.
        hits: how many of them the cache holds.
        keys: how many partitions remain; None if nothing is known.
        partitions: of how many; None if that is not known, as outside PostgreSQL.
        entries: each fragment that the cache holds: ``hash``, ``state``, and what else the cache says of it.
        notes: conditions that no fragment holds, each with the reason; outside PostgreSQL.
        rewritten: the text to run.
    """

    applied: bool
    reason: str | None
    method_used: str | None
    fragments: int
    hits: int
    keys: int | None
    partitions: int | None
    rewritten: str
    entries: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        found = f" {self.hits} of {self.fragments} fragments are in the cache." if self.fragments else ""
        if not self.applied:
            return f"Left as it is: {(self.reason or '').rstrip('. ')}.{found}"
        of = f" of {self.partitions:,}" if self.partitions is not None else ""
        return f"Restricted to {self.keys:,}{of} partitions by {self.method_used}.{found}"


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
    asked = question(query, cache, partition_key, params, dialect, connection, search_path)
    method = checked_method(method, asked)
    if asked.handler.datatype(asked.partition_key) is None:
        unknown = unknown_partition_key(
            asked.handler, asked.partition_key, nearest_cache(asked.handler) or ""
        )
        return Explanation(False, str(unknown), None, 0, 0, None, None, asked.query)
    if isinstance(asked.handler, PostgresqlArray):
        return _explained_by_server(asked, asked.handler, method)
    explanation, hashes = rewritten_here(asked, method, schema, partition_local)
    entries = []
    for hash in sorted(asked.handler.states(asked.partition_key).keys() & hashes):
        usable = asked.handler.exists(hash, asked.partition_key)
        entries.append(
            {"hash": hash, "state": "asserted"}
            if usable
            else {"hash": hash, "state": "aside", "reason": "its data is older than max_age"}
        )
    if entries and not explanation.hits:
        explanation = replace(explanation, reason="what the cache has of it is older than max_age")
    return replace(explanation, entries=tuple(entries))


def _explained_by_server(asked: Question, handler: PostgresqlArray, method: str) -> Explanation:
    server = handler.server
    (row,) = server.records(
        "partitioncache_explain", asked.query, asked.partition_key, handler.cache, method, **asked.path
    )
    applied, reason = bool(row["applied"]), row["reason"]
    if not applied:
        reason = _with_placeholder(asked, reason or _nothing_known(row["fragments"], row["hits"]))
    return Explanation(
        applied=applied,
        reason=None if applied else reason,
        method_used=row["method_used"],
        fragments=row["fragments"],
        hits=row["hits"],
        keys=row["keys"],
        partitions=row["partitions"],
        entries=tuple(row["entries"] or ()),
        rewritten=row["rewritten"],
    )


def rewritten_here(
    asked: Question, method: str, schema: Schema | None, partition_local: bool
) -> tuple[Explanation, frozenset[str]]:
    """The query restricted by a cache that has no server to do it; and the hashes that were looked for."""
    analysis = analyse(asked.query, asked.partition_key, asked.dialect, schema, partition_local)
    found = looked_up(asked.handler, analysis, asked.partition_key)
    fragments = len(found.wanted)
    rewritten, reason = (
        analysis.restricted(found.keys, method) if found.keys else (asked.query, analysis.reason)
    )
    applied = rewritten != asked.query
    if not applied:
        reason = _with_placeholder(asked, reason or _nothing_known(fragments, found.hits))
    explanation = Explanation(
        applied=applied,
        reason=None if applied else reason,
        method_used=method_named(method) if applied else None,
        fragments=fragments,
        hits=found.hits,
        keys=min(map(len, found.keys.values()), default=None),
        partitions=None,
        notes=analysis.notes,
        rewritten=rewritten,
    )
    return explanation, found.wanted


def _with_placeholder(asked: Question, reason: str) -> str:
    placeholder = asked.about_placeholders()
    return reason if placeholder is None else f"{reason.rstrip('. ')}. {placeholder}"


def _nothing_known(fragments: int, hits: int) -> str:
    if not fragments:
        return "it has no fragment that can be cached"
    if not hits:
        return (
            f"none of its {fragments} fragments is in the cache yet"
            if fragments > 1
            else "its fragment is not in the cache yet"
        )
    return "what is known does not restrict it"


def fails_open(asked: Question, error: PartitionCacheError) -> bool:
    """Whether an error of the cache's is none of the query's: the query then runs as it is.

    A mistake of the caller's is said: a cache that was closed, a name that does not exist.
    """
    if not isinstance(asked.handler, PostgresqlArray):
        return isinstance(error, BackendError)
    server = asked.handler.server
    return server.holds_session or not (server.closed or isinstance(error, ConfigurationError))
