"""The queue in PostgreSQL: durable, with priorities, worked on by the server itself or by monitors.

A thin wrapper of the ``partitioncache_queue_…`` functions. What is pushed here is for monitors, since it
may be about tables that this server does not have; queries about its own tables that its own processor is
to work on go through ``partitioncache_push``.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from threading import Lock
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from partitioncache import statements
from partitioncache.closing import Closing
from partitioncache.postgresql import Server, Typed
from partitioncache.queues.protocol import (
    QUEUES,
    Claim,
    DeadItem,
    Item,
    ItemState,
    Outcome,
    QueueName,
    check_queue,
)

#: Items sent with one call.
BATCH = 1_000


class PostgreSQLQueue(Closing):
    """Both queues of one name in one database.

    Args:
        name: queues of different names are independent. The server's settings of the cache of this name say
            how many attempts an item has.
        parameters: keywords of libpq, and ``conninfo``.

    Raises:
        UnavailableError: the server cannot be reached.
        ConfigurationError: the database has no PartitionCache.

    Example::

        with PostgreSQLQueue("partitioncache", {"dbname": "shop"}) as queue:
            queue.push("incoming", [Item("SELECT * FROM orders o WHERE o.total > 9", "customer_id")])
    """

    provider = "postgresql"

    def __init__(self, name: str, parameters: Mapping[str, object]) -> None:
        connection: dict[str, Any] = {"application_name": "partitioncache queue", **parameters}
        self._server = Server(max_connections=8, **connection)
        self._name = name
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._listener: psycopg.Connection[Any] | None = None
        self._listening = Lock()

    @property
    def server(self) -> Server:
        """The database of the queues."""
        return self._server

    @property
    def name(self) -> str:
        """The name of the queues."""
        return self._name

    def push(self, queue: QueueName, items: Iterable[Item]) -> int:
        """Add items; return how many were new. Pushing what is there already raises its priority."""
        new = 0
        remaining = iter(items)
        while batch := list(islice(remaining, BATCH)):
            payload = Jsonb([_payload(item) for item in batch])
            ((added,),) = self._server.call(
                "partitioncache_queue_push", check_queue(queue), payload, self._name
            )
            new += added
        return new

    def push_checked(self, items: Sequence[Item]) -> list[int]:
        """Add queries about tables of this very database: the server checks them, and its processor works on them.

        Returns:
            The numbers of the items.

        Raises:
            QueryError: the server does not accept a query, or it is no single query that reads.
        """
        numbers: list[int] = []
        for item in items:
            ((number,),) = self._server.call(
                "partitioncache_push", item.query, item.partition_key, self._name, item.priority
            )
            numbers.append(number)
        return numbers

    def claim(self, queue: QueueName, limit: int = 1, lease: float = 60.0) -> list[Claim]:
        """Borrow up to `limit` items for `lease` seconds, most urgent first. Never waits."""
        rows = self._server.call(
            "partitioncache_queue_claim", check_queue(queue), limit, _seconds(lease), self._worker, self._name
        )
        return [
            Claim(
                str(id), str(claim), attempt, _item(queue, query, key, datatype, hash, parts, keyed, priority)
            )
            for id, claim, attempt, query, key, datatype, hash, parts, keyed, priority, *_ in rows
        ]

    def finish(
        self,
        queue: QueueName,
        claim: Claim,
        outcome: Outcome = "done",
        error: str = "",
        key_count: int | None = None,
    ) -> bool:
        """Acknowledge a claim. False: the lease had ended and somebody else has, or had, the item."""
        ((held,),) = self._server.call(
            "partitioncache_queue_finish",
            check_queue(queue),
            int(claim.id),
            int(claim.token),
            outcome,
            error.replace("\0", "") or None,
            key_count,
        )
        return bool(held)

    def finish_all(
        self, queue: QueueName, claims: Sequence[Claim], key_counts: Sequence[int | None] = ()
    ) -> list[Claim]:
        """Acknowledge claims that are all done, in one transaction; return those that were still held."""
        counts = Typed("pg_catalog.int8[]", list(key_counts))
        return self._with_claims("partitioncache_queue_finish_all", queue, claims, counts)

    def extend(self, queue: QueueName, claims: Sequence[Claim], lease: float = 60.0) -> list[Claim]:
        """Prolong leases to `lease` seconds from now; return the claims that are still held."""
        return self._with_claims("partitioncache_queue_extend", queue, claims, _seconds(lease))

    def _with_claims(
        self, function: str, queue: QueueName, claims: Sequence[Claim], *others: object
    ) -> list[Claim]:
        if not claims:
            return []
        ids = Typed("pg_catalog.int8[]", [int(claim.id) for claim in claims])
        tokens = Typed("pg_catalog.int8[]", [int(claim.token) for claim in claims])
        held = {str(row[0]) for row in self._server.call(function, check_queue(queue), ids, tokens, *others)}
        return [claim for claim in claims if claim.id in held]

    def wait(self, timeout: float) -> bool:
        """Sleep until something may have been pushed (True), or for `timeout` seconds (False)."""
        end = time.monotonic() + timeout
        if self._server.pooled:  # who listens would be whoever has the session next
            time.sleep(timeout)
            return False
        with self._listening:
            try:
                if self._listener is None or self._listener.closed:
                    self._listener = self._server.connect("partitioncache queue")
                    self._server.call_on(self._listener, "partitioncache_listen", self._name)
                while (remaining := end - time.monotonic()) > 0:
                    for notification in self._listener.notifies(timeout=remaining, stop_after=1):
                        if notification.payload == self._name:
                            return True
                return False
            except psycopg.OperationalError:
                if self._listener is not None:
                    self._listener.close()
        time.sleep(max(0.0, end - time.monotonic()))
        return False

    def lengths(self) -> tuple[int, int]:
        """How many items are waiting or being worked on: (incoming, outgoing). Dead ones do not count."""
        ((incoming, outgoing),) = self._server.call("partitioncache_queue_lengths", self._name)
        return incoming, outgoing

    def counts(self, queue: QueueName) -> dict[ItemState, int]:
        """How many items are in each state."""
        found = dict(self._server.call("partitioncache_queue_counts", check_queue(queue), self._name))
        found["paused"] = found["failed"] + found["timeout"]
        return {state: found[state] for state in ItemState}

    def clear(self, queue: QueueName | None = None) -> int:
        """Remove all items of one queue, or of both, whatever their state; return how many."""
        name = None if queue is None else check_queue(queue)
        ((incoming, outgoing),) = self._server.call("partitioncache_clear_queue", self._name, name)
        return int(incoming + outgoing)

    def dead(self, queue: QueueName, limit: int = 100) -> list[DeadItem]:
        """The items whose attempts are used up, the latest first."""
        with self._server.connection() as connection:
            asked = [self._name, check_queue(queue), limit]
            rows = self._server.ask_on(connection, statements.DEAD_ITEMS, asked)
        return [
            DeadItem(
                str(row["id"]),
                row["attempts"],
                row["error_msg"] or "",
                _item(
                    queue,
                    row["query"],
                    row["partition_key"],
                    row["datatype"],
                    row["hash"],
                    row["parts"],
                    row["keyed_tables"],
                    row["priority"],
                ),
            )
            for row in rows
        ]

    def requeue(self, queue: QueueName, ids: Iterable[str] | None = None) -> int:
        """Put dead items back (all of them without `ids`), their attempts counted anew; return how many."""
        chosen = None if ids is None else [int(each) for each in ids if each.isdecimal()]
        numbers = Typed("pg_catalog.int8[]", chosen)
        ((count,),) = self._server.call("partitioncache_requeue", self._name, numbers, check_queue(queue))
        return int(count)

    def close(self) -> None:
        """Give up the connections. A closed queue is of no further use."""
        self._server.close()
        if self._listener is not None:
            self._listener.close()


def _seconds(lease: float) -> Typed:
    return Typed("pg_catalog.interval", timedelta(seconds=lease))


def _payload(item: Item) -> dict[str, object]:
    fields: dict[str, object] = {
        "query": item.query,
        "partition_key": item.partition_key,
        "datatype": item.datatype,
        "hash": item.hash,
        "parts": list(item.parts) or None,
        "keyed_tables": None if item.keyed_tables is None else list(item.keyed_tables),
        "priority": item.priority,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _item(
    queue: QueueName,
    query: str,
    partition_key: str,
    datatype: str | None,
    hash: str | None,
    parts: list[str] | None,
    keyed: list[str] | None,
    priority: int,
) -> Item:
    # incoming items have a hash too, but it is only what the server knows them by
    return Item(
        query,
        partition_key,
        datatype,
        hash if queue == QUEUES[1] else None,
        tuple(parts or ()),
        priority,
        None if keyed is None else tuple(keyed),
    )
