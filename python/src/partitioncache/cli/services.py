"""Opening what a command works with: the cache, the queues, the data, and what fills the one from the other."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.backends.protocol import Backend
from partitioncache.cli.base import Connections
from partitioncache.errors import ConfigurationError, NotRegisteredError
from partitioncache.monitor import Evaluator, ServerEvaluator, SourceEvaluator
from partitioncache.postgresql.server import explained
from partitioncache.queues import Queue, open_queue
from partitioncache.registry import open_backend
from partitioncache.sources import DIALECTS, Source, open_source


def open_cache(where: Connections) -> Backend:
    """The cache that the options name."""
    return open_backend(where.cache_backend, cache=where.cache_name, **where.cache_connection)


def open_queues(where: Connections) -> Queue:
    """The queues that the options name."""
    return open_queue(where.queue_provider, where.queue_name, **where.queue_connection)


def open_data(where: Connections) -> Source:
    """The data source that the options name."""
    return open_source(where.db_backend, **where.db)


def rows(
    cache: PostgresqlArray, connection: psycopg.Connection[Any], function: str, *arguments: object
) -> list[dict[str, Any]]:
    """What a function of the extension returns, with the names of its columns."""
    statement = sql.SQL("select * from {}({})").format(
        sql.Identifier(cache.server.schema, function),
        sql.SQL(", ").join([sql.Placeholder()] * len(arguments)),
    )
    with explained(), connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, arguments).fetchall()


def partition_keys(cache: Backend, wanted: str | None) -> list[str]:
    """The partition keys of a cache; if one is wanted, that one.

    Raises:
        NotRegisteredError: the cache does not know it.
    """
    names = [name for name, _ in cache.get_partition_keys()]
    if wanted is None:
        return names
    if wanted not in names:
        known = f"It knows {', '.join(names)}." if names else "It knows none yet: pcache-add makes one known."
        raise NotRegisteredError(f"The cache does not know the partition key {wanted}.", hint=known)
    return [wanted]


def postgresql(backend: Backend, what: str) -> PostgresqlArray:
    """The cache as one of PostgreSQL's.

    Raises:
        ConfigurationError: it is none.
    """
    if isinstance(backend, PostgresqlArray):
        return backend
    raise ConfigurationError(
        f"{what} needs a cache in PostgreSQL, and {backend.backend} is none.",
        hint="Name one with --cache-backend postgresql_array.",
    )


def evaluator(
    where: Connections,
    backend: Backend,
    *,
    timeout: float | None = None,
    result_limit: int | None = None,
    max_fragments: int = 64,
    partition_local: bool = False,
    again: bool = False,
) -> Evaluator:
    """What fills the cache from the data: the server itself where both are in it, else this program."""
    if isinstance(backend, PostgresqlArray) and where.cache_is_beside_data:
        return ServerEvaluator(backend, timeout=timeout, result_limit=result_limit, again=again)
    with open_data(where) as source:
        columns = source.columns()
    return SourceEvaluator(
        backend,
        lambda: open_data(where),
        columns,
        DIALECTS[where.db_backend],
        max_fragments=max_fragments,
        timeout=timeout,
        result_limit=result_limit,
        partition_local=partition_local,
        again=again,
    )


def connect(where: Connections, dbname: str | None = None) -> psycopg.Connection[Any]:
    """A connection to the database of a PostgreSQL cache, or to another one of the same server."""
    parameters = where.postgresql_parameters()
    if dbname is not None:
        parameters["dbname"] = dbname
    with explained():
        return psycopg.connect(
            make_conninfo(parameters.pop("conninfo", ""), **parameters),
            autocommit=True,
            application_name="partitioncache set-up",
        )
