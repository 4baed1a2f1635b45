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
from itertools import islice
from threading import Lock
from types import TracebackType
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from partitioncache.errors import QueueError, UnavailableError
from partitioncache.queues.protocol import QUEUES, Claim, DeadItem, Item, Outcome, QueueName, check_queue

#: Items sent with one call.
BATCH = 1_000

Connection = psycopg.Connection[tuple[Any, ...]]


class PostgreSQLQueue:
    """Both queues of one name in one database.

    Args:
        name: queues of different names are independent. The server's settings of the cache of this name say
            how many attempts an item has.
        parameters: keywords of libpq, and ``conninfo``.

    Raises:
        UnavailableError: the server cannot be reached.
        QueueError: the database has no PartitionCache.

    Example::

        with PostgreSQLQueue("partitioncache", {"dbname": "shop"}) as queue:
            queue.push("incoming", [Item("SELECT * FROM orders o WHERE o.total > 9", "customer_id")])
    """

    provider = "postgresql"

    def __init__(self, name: str, parameters: Mapping[str, str]) -> None:
        given = dict(parameters)
        self._conninfo = make_conninfo(
            given.pop("conninfo", ""), **{"application_name": "partitioncache queue", "connect_timeout": "10", **given}
        )
        self._name = name
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._listener: Connection | None = None
        self._listening = Lock()
        try:
            with psycopg.connect(self._conninfo, autocommit=True) as connection:
                self._schema = _schema(connection)
        except psycopg.OperationalError as error:
            raise UnavailableError(
                f"The PostgreSQL queue cannot be reached: {' '.join(str(error).split())}",
                hint="Check PG_QUEUE_HOST, PG_QUEUE_PORT, PG_QUEUE_USER and PG_QUEUE_DB, or the DB_… variables.",
            ) from error
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self._conninfo, kwargs={"autocommit": True}, min_size=1, max_size=8, open=True, name=f"queue {name}"
        )

    def _call(self, function: LiteralString, **arguments: object) -> list[tuple[Any, ...]]:
        with self._pool.connection() as connection:
            return self._call_on(connection, function, arguments)

    def _call_on(
        self, connection: Connection, function: LiteralString, arguments: Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        named = sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in arguments
        )
        statement = sql.SQL("select * from {}({})").format(sql.Identifier(self._schema, function), named)
        return connection.execute(statement, arguments).fetchall()

    def push(self, queue: QueueName, items: Iterable[Item]) -> int:
        """Add items; return how many were new. Pushing what is there already raises its priority."""
        new = 0
        remaining = iter(items)
        while batch := list(islice(remaining, BATCH)):
            payload = Jsonb([_payload(item) for item in batch])
            new += self._call("partitioncache_queue_push", queue=check_queue(queue), items=payload, cache=self._name)[0][0]
        return new

    def claim(self, queue: QueueName, limit: int = 1, lease: float = 60.0) -> list[Claim]:
        """Borrow up to `limit` items for `lease` seconds, most urgent first. Never waits."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                sql.SQL(
                    "select id, claim, attempt, query, partition_key, datatype, hash, parts, priority"
                    " from {}(%s, %s, pg_catalog.make_interval(secs => %s), %s, %s)"
                ).format(sql.Identifier(self._schema, "partitioncache_queue_claim")),
                [check_queue(queue), limit, lease, self._worker, self._name],
            ).fetchall()
        return [
            Claim(str(row[0]), str(row[1]), row[2], _item(queue, *row[3:9])) for row in rows
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
        rows = self._call(
            "partitioncache_queue_finish",
            queue=check_queue(queue),
            id=int(claim.id),
            claim=int(claim.token),
            outcome=outcome,
            error_msg=error.replace("\0", "") or None,
            key_count=key_count,
        )
        return bool(rows[0][0])

    def extend(self, queue: QueueName, claims: Sequence[Claim], lease: float = 60.0) -> list[Claim]:
        """Prolong leases to `lease` seconds from now; return the claims that are still held."""
        if not claims:
            return []
        with self._pool.connection() as connection:
            rows = connection.execute(
                sql.SQL("select * from {}(%s, %s::bigint[], %s::bigint[], pg_catalog.make_interval(secs => %s))").format(
                    sql.Identifier(self._schema, "partitioncache_queue_extend")
                ),
                [check_queue(queue), [int(each.id) for each in claims], [int(each.token) for each in claims], lease],
            ).fetchall()
        held = {str(row[0]) for row in rows}
        return [claim for claim in claims if claim.id in held]

    def wait(self, timeout: float) -> bool:
        """Sleep until something may have been pushed (True), or for `timeout` seconds (False)."""
        end = time.monotonic() + timeout
        with self._listening:
            try:
                if self._listener is None or self._listener.closed:
                    self._listener = psycopg.connect(self._conninfo, autocommit=True)
                    self._call_on(self._listener, "partitioncache_listen", {"cache": self._name})
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
        ((incoming, outgoing),) = self._call("partitioncache_queue_lengths", cache=self._name)
        return incoming, outgoing

    def counts(self, queue: QueueName) -> dict[str, int]:
        """How many items are in each state: {"ready": …, "running": …, "paused": …, "dead": …}."""
        found = dict(self._call("partitioncache_queue_counts", queue=check_queue(queue), cache=self._name))
        paused = found.pop("failed") + found.pop("timeout")
        return {"ready": found["ready"], "running": found["running"], "paused": paused, "dead": found["dead"]}

    def clear(self, queue: QueueName | None = None) -> int:
        """Remove all items of one queue, or of both, whatever their state; return how many."""
        name = None if queue is None else check_queue(queue)
        ((incoming, outgoing),) = self._call("partitioncache_clear_queue", cache=self._name, queue=name)
        return int(incoming + outgoing)

    def dead(self, queue: QueueName, limit: int = 100) -> list[DeadItem]:
        """The items whose attempts are used up, the latest first."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                sql.SQL(
                    "select id, attempts, error_msg, query, partition_key, datatype, hash, parts, priority"
                    " from {}(%s, %s) limit %s"
                ).format(sql.Identifier(self._schema, "partitioncache_dead_items")),
                [self._name, check_queue(queue), limit],
            ).fetchall()
        return [
            DeadItem(str(row[0]), row[1], row[2] or "", _item(queue, *row[3:9])) for row in rows
        ]

    def requeue(self, queue: QueueName, ids: Iterable[str] | None = None) -> int:
        """Put dead items back (all of them without `ids`), their attempts counted anew; return how many."""
        chosen = None if ids is None else [int(each) for each in ids if each.isdecimal()]
        rows = self._call("partitioncache_requeue", cache=self._name, ids=chosen, queue=check_queue(queue))
        return int(rows[0][0])

    def close(self) -> None:
        """Give up the connections. A closed queue is of no further use."""
        self._pool.close()
        if self._listener is not None:
            self._listener.close()

    def __enter__(self) -> PostgreSQLQueue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _schema(connection: Connection) -> str:
    from partitioncache.setup.install import installed

    there = installed(connection)
    if there is None:
        raise QueueError(
            f"Database {connection.info.dbname} has no PartitionCache, so it has no queues.",
            hint="Install it with: pcache-manage setup",
        )
    return there.schema


def _payload(item: Item) -> dict[str, object]:
    fields: dict[str, object] = {
        "query": item.query,
        "partition_key": item.partition_key,
        "datatype": item.datatype,
        "hash": item.hash,
        "parts": list(item.parts) or None,
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
    priority: int,
) -> Item:
    # incoming items have a hash too, but it is only what the server knows them by
    return Item(query, partition_key, datatype, hash if queue == QUEUES[1] else None, tuple(parts or ()), priority)
