"""What `pcache-manage` does with the entries of a PostgreSQL cache: their ages, sizes, use and state."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate
from typing import Any, Final

from psycopg import sql
from psycopg.rows import dict_row

from partitioncache.backends.postgresql import PostgresqlArray

_ENTRIES: Final = """
    select e.hash, e.key_count, e.query, e.owner::text, e.created_at, e.evaluated_at, e.evaluation_ms,
           pg_catalog.pg_column_size({keys})::bigint as bytes, u.uses, u.last_used,
           s.state, s.reason, s.changed
    from {table} as e
    left join {use} as u on u.cache = %(cache)s and u.partition_key = %(key)s and u.hash = e.hash
    left join {state}(%(cache)s, %(key)s) as s on s.hash = e.hash
    order by e.hash
"""


def entries(cache: PostgresqlArray, partition_key: str) -> list[dict[str, Any]]:
    """The entries of a partition key: hash, key_count, bytes, uses, last_used, state and so on."""
    schema = cache.server.schema
    ((_, _, storage, *_),) = [
        row
        for row in cache.server.call("partitioncache_partition_keys", cache.cache)
        if row[0] == partition_key
    ]
    statement = sql.SQL(_ENTRIES).format(
        table=sql.Identifier(schema, f"{cache.cache}_cache_{partition_key}"),
        keys=sql.Identifier("e", "bits" if storage == "bit" else "keys"),
        use=sql.Identifier(schema, "partitioncache_entry_use"),
        state=sql.Identifier(schema, "pc_entry_state"),
    )
    with cache.server.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, {"cache": cache.cache, "key": partition_key}).fetchall()


def to_evict(
    found: list[dict[str, Any]],
    now: Any,
    *,
    older_than: timedelta | None = None,
    unused_for: timedelta | None = None,
    larger_than: int | None = None,
    max_entries: int | None = None,
    max_bytes: int | None = None,
) -> list[dict[str, Any]]:
    """Which entries to remove.

    Args:
        found: what `entries` gave.
        now: the time on the server.
        older_than: those that were evaluated longer ago than this.
        unused_for: those that nobody used for so long, counted from their evaluation if nobody ever did.
        larger_than: those of more bytes than this.
        max_entries: of the rest, the least recently used ones beyond so many.
        max_bytes: of the rest, the least recently used ones beyond so many bytes together.
    """

    def evaluated(entry: dict[str, Any]) -> Any:
        return entry["evaluated_at"] or entry["created_at"]

    def used(entry: dict[str, Any]) -> Any:
        return max(entry["last_used"] or evaluated(entry), evaluated(entry))

    gone = [
        each
        for each in found
        if (older_than is not None and now - evaluated(each) > older_than)
        or (unused_for is not None and now - used(each) > unused_for)
        or (larger_than is not None and (each["bytes"] or 0) > larger_than)
    ]
    names = {each["hash"] for each in gone}
    kept = sorted((each for each in found if each["hash"] not in names), key=used, reverse=True)
    sizes = accumulate(each["bytes"] or 0 for each in kept)
    for place, (each, size) in enumerate(zip(kept, sizes, strict=True), 1):
        if (max_entries is not None and place > max_entries) or (max_bytes is not None and size > max_bytes):
            gone.append(each)
    return gone
