"""How a cache stands, as one transaction sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from psycopg.rows import dict_row
from typing_extensions import LiteralString

from partitioncache import statements
from partitioncache.errors import NotRegisteredError
from partitioncache.postgresql import Server

Row = dict[str, Any]

_LONGEST_TEXT: Final = 2000
_LATEST_ITEMS: Final = 5000

#: What quotes messages, and with them values of rows, to roles that may see more than the level monitor.
_QUOTED: Final = re.compile(r"(attempts failed|housekeeping failed)\b.*", re.DOTALL)


@dataclass(frozen=True)
class Sample:
    """What a cache's counters said at a moment."""

    at: datetime
    hits: int
    misses: int
    waiting: int


@dataclass(frozen=True)
class Figures:
    """How a cache stands, as far as the role that asked may see it.

    Attributes:
        cache: its name; caches: those of all caches of the database.
        database: the database; at: when it was looked at; extension: the version there.
        status: the row of partitioncache_status; settings: of partitioncache_caches.
        entries, deferred: of all partition keys, with the key; their texts are None unless they were asked for.
        tables: tracked ones; static: the others; queues: items by queue and status; dead: dead items.
        log: the latest items, the latest first.
        hours: what was saved in each hour, gained: by each query, worth: by each fragment, in milliseconds: all as
            partitioncache_gain says.
        samples: the counters as they were before, if somebody recorded them.
    """

    cache: str
    caches: Sequence[str]
    database: str
    at: datetime
    extension: str
    status: Row
    settings: Row
    keys: Sequence[Row]
    entries: Sequence[Row]
    deferred: Sequence[Row]
    tables: Sequence[Row]
    static: Sequence[Row]
    queues: Sequence[Row]
    dead: Sequence[Row]
    log: Sequence[Row]
    hours: Sequence[Row]
    gained: Sequence[Row]
    worth: Mapping[str, float]
    samples: Sequence[Sample] = field(default=())

    @property
    def sample(self) -> Sample:
        """The counters now."""
        of = self.status
        return Sample(self.at, of["hits"], of["misses"], of["incoming"] + of["outgoing"])


def read(server: Server, cache: str, *, texts: bool = False) -> Figures:
    """Asks how a cache stands, in one transaction that only reads. The level monitor is enough.

    Args:
        server: the database.
        cache: the name of the cache.
        texts: whether to read the texts of fragments and messages about them, as far as the role may see them.

    Raises:
        NotRegisteredError: there is no such cache.
        PartitionCacheError: the database does not answer, or the role may not look at this cache.
    """
    with (
        server.connection() as connection,
        connection.transaction(),
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        # Not repeatable read: there, entries are aside that a change of a definition since might concern.
        cursor.execute("set transaction read only")
        cursor.execute("set local statement_timeout = '60s'")

        def rows(function: str, *arguments: object, columns: LiteralString = "*") -> list[Row]:
            return server.records_on(connection, function, *arguments, columns=columns)

        settings = {row["cache"]: row["settings"] for row in rows("partitioncache_caches")}
        if cache not in settings:
            known = ", ".join(settings) or "none yet"
            raise NotRegisteredError(f'There is no cache "{cache}".', hint=f"There is: {known}.")
        now = cursor.execute("select now() as at, current_database() as database").fetchall()[0]
        keys = rows("partitioncache_partition_keys", cache)
        text = f"left(query, {_LONGEST_TEXT}) as query" if texts else "null as query"
        of_entry = (
            f"hash, state, reason, key_count, bytes, uses, last_used, created_at, evaluation_ms, {text}"
        )
        what = f"left(what, {_LONGEST_TEXT}) as query" if texts else "null as query"
        of_gain = "restricted_runs, original_ms, restricted_ms, saved_ms, slower"
        message = "error_msg" if texts else "null as error_msg"

        def of_each_key(function: str, columns: LiteralString) -> list[Row]:
            return [
                {"partition_key": key["partition_key"], **row}
                for key in keys
                for row in rows(function, key["partition_key"], cache, columns=columns)
            ]

        status = rows("partitioncache_status", cache)[0]
        if not texts and status["problem"] is not None:
            status["problem"] = _QUOTED.sub(r"\1 (messages are not shown)", status["problem"])
        return Figures(
            cache=cache,
            caches=list(settings),
            database=now["database"],
            at=now["at"].astimezone(),
            extension=rows("partitioncache_version")[0]["partitioncache_version"],
            status=status,
            settings=settings[cache],
            keys=keys,
            entries=of_each_key("partitioncache_entries", of_entry),
            deferred=of_each_key("partitioncache_deferred", f"hash, state, cost, credit, kept, asked, {text}"),
            tables=rows("partitioncache_tracked_tables", cache, columns="*, relation::text as name"),
            static=rows("partitioncache_static_tables", cache, columns="*, relation::text as name"),
            queues=[
                {"queue": queue, **row}
                for queue in ("incoming", "outgoing")
                for row in rows("partitioncache_queue_counts", queue, cache)
            ],
            dead=rows("partitioncache_dead_items", cache, columns=f"queue, hash, attempts, died_at, owner, {message}"),
            hours=rows("partitioncache_gain", cache, "hour"),
            gained=rows("partitioncache_gain", cache, "query", columns=f"{what}, {of_gain}"),
            worth={
                row["what"]: row["saved_ms"]
                for row in rows("partitioncache_gain", cache, "fragment")
                if row["saved_ms"]
            },
            log=server.ask_on(connection, statements.LATEST_TIMES, [cache, _LATEST_ITEMS]),
        )  # fmt: skip
