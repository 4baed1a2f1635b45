"""Opening what a command works with: the cache, the queues, the data, and what fills the one from the other."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from contextlib import closing
from typing import Any, cast

import psycopg
from psycopg.conninfo import make_conninfo

from partitioncache import config
from partitioncache.backends.postgresql import PostgresqlArray, in_postgresql
from partitioncache.backends.protocol import Backend
from partitioncache.cli import output
from partitioncache.cli.base import Connections
from partitioncache.errors import ConfigurationError, NotRegisteredError, PartitionCacheError
from partitioncache.monitor import Evaluator, ServerEvaluator, SourceEvaluator
from partitioncache.postgresql.server import explained
from partitioncache.queues import Queue, open_queue
from partitioncache.registry import open_backend
from partitioncache.sources import DIALECTS, Source, open_source


def open_cache(where: Connections) -> Backend:
    """The cache that the options name; it may be a new one."""
    return open_backend(where.cache_backend, cache=where.cache_name, **where.cache_connection)


def existing_cache(where: Connections) -> Backend:
    """The cache that the options name, where it should be there already.

    Raises:
        ConfigurationError: there are caches, but none of this name.
    """
    cache = open_cache(where)
    try:
        if not cache.get_partition_keys():
            refuse_unknown(where.cache_name, cache.caches())
    except BaseException:
        cache.close()
        raise
    return cache


def refuse_unknown(name: str, known: Collection[str]) -> None:
    """Raises ConfigurationError if a cache is none of those there are. Where there is none yet, any name is right."""
    if known and name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        raise ConfigurationError(
            f'There is no cache "{name}"; there are: {", ".join(sorted(known))}.',
            hint=f"Did you mean {close[0]}?" if close else "Name one with --cache-name.",
        )


def open_queues(where: Connections) -> Queue:
    """The queues that the options name."""
    return open_queue(where.queue_provider, where.queue_name, **where.queue_connection)


def open_data(where: Connections) -> Source:
    """The data source that the options name."""
    return open_source(where.db_backend, **where.db)


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


def postgresql(where: Connections, what: str, new: bool = False) -> PostgresqlArray:
    """The cache that the options name, as one of PostgreSQL's.

    Args:
        where: the options.
        what: what needs it, as the subject of the sentence.
        new: whether it need not be there yet.

    Raises:
        ConfigurationError: it is none, or not there.
    """
    if not where.cache_is_postgresql:
        raise ConfigurationError(
            f"{what} needs a cache in PostgreSQL, and {where.cache_backend} is none.",
            hint="Name one with --cache-backend postgresql_array.",
        )
    return cast("PostgresqlArray", open_cache(where) if new else existing_cache(where))


def evaluator(
    where: Connections,
    backend: Backend,
    *,
    timeout: float | None = None,
    result_limit: int | None = None,
    max_fragments: int = 64,
    partition_local: bool = False,
    again: bool = False,
    processes: int = 0,
) -> Evaluator:
    """What fills the cache from the data: the server itself where both are in it, else this program."""
    own = in_postgresql(backend)
    if own is not None and where.cache_is_beside_data:
        return ServerEvaluator(own, timeout=timeout, result_limit=result_limit, again=again)
    with open_data(where) as source:
        columns, declared = source.columns(), config.placed(source.declared())
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
        declared=declared,
        processes=processes,
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
            prepare_threshold=None,
            application_name="partitioncache set-up",
        )


def has_cron(connection: psycopg.Connection[Any]) -> bool:
    """Whether the database of a connection is the one in which pg_cron was created."""
    return (
        connection.execute("select from pg_catalog.pg_extension where extname = 'pg_cron'").fetchone()
        is not None
    )


def run_in(where: Connections, database: str, statements: Sequence[str]) -> bool:
    """Runs statements for pg_cron in the database in which it lives; if that does not let us, says why."""
    try:
        with explained(), closing(connect(where, database)) as there, there.transaction():
            if not has_cron(there):
                raise PartitionCacheError(
                    f"pg_cron is loaded for database {database}, but not created there.",
                    hint="As a superuser, run there: create extension pg_cron;",
                )
            for statement in statements:
                there.execute(statement.encode())
    except PartitionCacheError as error:
        output.note(f"Database {database}, in which pg_cron lives: {error}")
        return False
    return True
