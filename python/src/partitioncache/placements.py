"""Placements: where a partition key stands in a table, if it is not the column of its name.

    cache = partitioncache.create_cache("postgresql_array", "customer", "integer")
    partitioncache.place(cache, "orders", "o_custkey")
    partitioncache.placements(cache)

The server does all of it; docs/placements.md says how.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.backends.protocol import Backend
from partitioncache.cache import Cache, beside_tables
from partitioncache.postgresql import Typed


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a partition key stands in a table.

    Attributes:
        partition_key: the partition key.
        table: its name, with the schema where that is not in the search path.
        expression: a column, or an expression over columns.
        type: the type of the expression.
        state: ``used``, or ``not used: …`` and why.
        tracked: ``tracking``, ``broken: …`` and why, ``no``, or ``no: …`` and why it cannot be.
        placed_by: the role that placed it.
        placed_at: when.
    """

    partition_key: str
    table: str
    expression: str
    type: str
    state: str
    tracked: str
    placed_by: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where a partition key could be placed.

    Attributes:
        table: the table.
        expression: the column.
        reason: why: its primary key, or a foreign key that leads there.
        call: the SQL that places it.
    """

    table: str
    expression: str
    reason: str
    call: str


def place(
    cache: Cache | Backend,
    table: str,
    expression: str,
    partition_key: str | None = None,
    *,
    never_fails: bool = False,
) -> None:
    """Says where a partition key stands in a table, if it is not the column of its name.

    Args:
        cache: a PostgreSQL cache.
        table: its name as SQL writes it: ``orders``, ``shop.orders``, ``"Orders"``.
        expression: a column of it, or an immutable expression over its columns, such as ``date_trunc('month', at)``.
        partition_key: the partition key; by default the cache's own.
        never_fails: you promise that an expression with functions of others has a value for every row.

    The entries of the table are discarded, if the partition key stood elsewhere before.

    Raises:
        ConfigurationError: the cache is not in PostgreSQL, or the expression is none, not immutable, or may fail.
        NotRegisteredError: the partition key is not registered.
        DatatypeError: the expression is of a type that the partition key does not hold.
        RightsError: the role does not administer the cache.
        QueryError: there is no such table or column.
    """
    handler, key = _postgresql(cache, partition_key)
    handler.server.call(
        "partitioncache_place",
        Typed("pg_catalog.regclass", table), expression, key, handler.cache, never_fails=never_fails,
    )  # fmt: skip


def unplace(cache: Cache | Backend, table: str, partition_key: str | None = None) -> bool:
    """Takes `place` back: the partition key is the column of its name again, if the table has one.

    Arguments and errors are those of `place`.

    Returns:
        Whether it was placed.
    """
    handler, key = _postgresql(cache, partition_key)
    rows = handler.server.call(
        "partitioncache_unplace", Typed("pg_catalog.regclass", table), key, handler.cache
    )
    return bool(rows[0][0])


def placements(cache: Cache | Backend) -> list[Placement]:
    """The placements of a cache, for all of its partition keys.

    Raises:
        ConfigurationError: the cache is not in PostgreSQL.
    """
    handler, _ = _postgresql(cache, "")
    return [Placement(*row) for row in handler.server.call("partitioncache_placements", handler.cache)]


def suggest_placements(
    cache: Cache | Backend, table: str, partition_key: str | None = None
) -> list[Suggestion]:
    """Where a partition key could be placed: in the primary key of a table, and where foreign keys lead there.

    Args:
        cache: a PostgreSQL cache.
        table: the table whose rows are the partitions.
        partition_key: the partition key; by default the cache's own.

    Raises:
        ConfigurationError: the cache is not in PostgreSQL.
        QueryError: there is no such table.
    """
    handler, key = _postgresql(cache, partition_key)
    rows = handler.server.call(
        "partitioncache_suggest_placements", Typed("pg_catalog.regclass", table), key, handler.cache
    )
    return [Suggestion(*row) for row in rows]


def _postgresql(cache: Cache | Backend, partition_key: str | None) -> tuple[PostgresqlArray, str]:
    return beside_tables(
        cache,
        partition_key,
        lacks="has no placements: it knows no tables",
        instead="name the columns alike, in views for example",
        example='place(handler, "orders", "o_custkey", "customer")',
    )
