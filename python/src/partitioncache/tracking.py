"""Tracking: letting a PostgreSQL cache follow the writes to its tables.

    cache = partitioncache.create_cache("postgresql_array", "city_id", "integer")
    partitioncache.track(cache, "poi")
    partitioncache.tracked_tables(cache)

The server does all of it, with triggers; docs/freshness.md says how, and how exact answers are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.backends.protocol import Backend
from partitioncache.cache import Cache, beside_tables
from partitioncache.postgresql import Typed


@dataclass(frozen=True, slots=True)
class TrackedTable:
    """A table whose writes are logged.

    Attributes:
        partition_key: the partition key that they are logged for.
        table: its name, with the schema where that is not in the search path.
        unit: ``partition``: a write is logged with its partition; ``table``: the table has no such column, and any
            write puts the entries that depend on it aside until they are evaluated again.
        state: ``tracking``, or ``broken: …`` and why.
        changes: rows of the change log.
        since: when tracking began.
    """

    partition_key: str
    table: str
    unit: str
    state: str
    changes: int
    since: datetime


def track(cache: Cache | Backend, table: str, partition_key: str | None = None) -> None:
    """Logs every write to a table from now on, so that key sets stay right while it changes.

    Args:
        cache: a PostgreSQL cache.
        table: its name as SQL writes it: ``poi``, ``maps.poi``, ``"Poi"``.
        partition_key: the partition key; by default the cache's own.

    Tracking a table again mends what is broken, else it changes nothing. Waits for transactions that write to the
    table. Entries that depend on the table and were evaluated before are put aside until they are evaluated again.

    Raises:
        ConfigurationError: the cache is not in PostgreSQL.
        NotRegisteredError: the partition key is not registered.
        QueryError: there is no such table.
        TrackingError: it cannot be tracked: a view, a foreign or temporary table, a partition.
        PartitionCacheError: the table belongs to another role.
    """
    handler, key = _postgresql(cache, partition_key)
    handler.server.call("partitioncache_track", Typed("pg_catalog.regclass", table), key, handler.cache)


def untrack(cache: Cache | Backend, table: str, partition_key: str | None = None) -> bool:
    """Ends the tracking of a table: entries on it are not used until it is tracked again or asserted to be static.

    Arguments and errors are those of `track`.

    Returns:
        Whether it was tracked.
    """
    handler, key = _postgresql(cache, partition_key)
    rows = handler.server.call(
        "partitioncache_untrack", Typed("pg_catalog.regclass", table), key, handler.cache
    )
    return bool(rows[0][0])


def assert_static(cache: Cache | Backend, table: str) -> None:
    """Your assertion that a table does not change: entries on it are used though its writes are not logged.

    Should it change after all, clear the cache.

    Args:
        cache: a PostgreSQL cache.
        table: its name as SQL writes it.

    Raises:
        ConfigurationError: the cache is not in PostgreSQL.
        TrackingError: it holds no rows: a view, a sequence.
        PartitionCacheError: the table belongs to another role, and this one does not administer the cache.
    """
    handler, _ = _postgresql(cache, "")
    handler.server.call("partitioncache_assert_static", Typed("pg_catalog.regclass", table), handler.cache)


def retract_static(cache: Cache | Backend, table: str) -> bool:
    """Takes `assert_static` back: entries on the table are not used until it is tracked.

    Arguments and errors are those of `assert_static`.

    Returns:
        Whether somebody had asserted it.
    """
    handler, _ = _postgresql(cache, "")
    rows = handler.server.call(
        "partitioncache_retract_static", Typed("pg_catalog.regclass", table), handler.cache
    )
    return bool(rows[0][0])


def tracked_tables(cache: Cache | Backend) -> list[TrackedTable]:
    """The tracked tables of a cache, for all of its partition keys.

    Raises:
        ConfigurationError: the cache is not in PostgreSQL.
    """
    handler, _ = _postgresql(cache, "")
    return [TrackedTable(*row) for row in handler.server.call("partitioncache_tracked_tables", handler.cache)]


def _postgresql(cache: Cache | Backend, partition_key: str | None) -> tuple[PostgresqlArray, str]:
    return beside_tables(
        cache,
        partition_key,
        lacks="cannot follow writes: it does not live beside the tables",
        instead="store its sets anew when the data has changed",
        example='track(handler, "poi", "city_id")',
    )
