"""What `pcache-manage` does with the entries of a PostgreSQL cache: their ages, sizes, use and state."""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate
from typing import Any

from partitioncache.backends.postgresql import PostgresqlArray


def entries(cache: PostgresqlArray, partition_key: str) -> list[dict[str, Any]]:
    """The entries of a partition key: hash, key_count, bytes, uses, last_used, state and so on."""
    return cache.server.records("partitioncache_entries", partition_key, cache.cache)


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
