"""Where the cache is in PostgreSQL beside the data, the server takes apart and evaluates; we only drive it.

:class:`ServerEvaluator` serves a :class:`~partitioncache.monitor.monitor.Monitor` whose queues are somewhere
else. Where the queues are in the same database too, :class:`ServerMonitor` just calls
``partitioncache_process_queue`` from several sessions: claims, work and acknowledgements then never leave
the server.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Any, Final

import psycopg

from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.errors import PartitionCacheError, RightsError, UnavailableError
from partitioncache.monitor.apart import NotCacheable
from partitioncache.monitor.evaluate import (
    Evaluated,
    SourceEvaluator,
    SourceWorker,
    one_by_one,
)
from partitioncache.monitor.events import Events
from partitioncache.monitor.monitor import Limits, Monitor
from partitioncache.postgresql import Server, Typed
from partitioncache.postgresql.server import explained, translated
from partitioncache.queues import QUEUES, Item, ItemState, Queue
from partitioncache.sources import FragmentTimeout, SourceUnavailable
from partitioncache.sources.postgresql import PostgreSQLSource

#: Seconds after which a call that works on the queues begins no further item, and its results become visible.
_CALL_SECONDS: Final = 1.0

Connection = psycopg.Connection[Any]


class ServerEvaluator:
    """Lets the database of a PostgreSQL cache take apart and evaluate.

    Args:
        backend: the cache.
        timeout: seconds for one fragment; None for any number.
        result_limit: most keys of one fragment; None for any number.
        again: evaluate also what the cache holds already.
    """

    def __init__(
        self,
        backend: PostgresqlArray,
        *,
        timeout: float | None = None,
        result_limit: int | None = None,
        again: bool = False,
    ) -> None:
        self.backend = backend
        self.timeout = timeout
        self.result_limit = result_limit
        self._again = again

    @property
    def server(self) -> Server:
        """The database."""
        return self.backend.server

    @property
    def at_once(self) -> int:
        """See :class:`~partitioncache.monitor.evaluate.Evaluator`."""
        return 16

    def take_apart(self, item: Item) -> list[Item]:
        """See :class:`~partitioncache.monitor.evaluate.Evaluator`.

        The server accepts the query as when it is pushed: its partition key is registered, its tables are tracked.

        Raises:
            QueryError: the server does not accept the query.
            NotRegisteredError: no table of the query has the partition key.
        """
        self._register(item)
        rows = self.server.call(
            "partitioncache_take_apart",
            item.query,
            item.partition_key,
            self.backend.cache,
            self.backend.storage,
        )
        found = [
            (
                not held or self._again,
                Item(
                    text, item.partition_key, item.datatype, hash, tuple(parts), item.priority, tuple(keyed)
                ),
            )
            for hash, text, keyed, parts, held, _ in rows
            if hash is not None
        ]
        if not found:
            raise NotCacheable(rows[0][-1])
        return [fragment for wanted, fragment in found if wanted]

    def take_all_apart(self, items: Sequence[Item]) -> Iterator[list[Item] | Exception]:
        """See :class:`~partitioncache.monitor.evaluate.Evaluator`."""
        return one_by_one(self.take_apart, items)

    def _register(self, item: Item) -> None:
        """Register its partition key with the type that came with it, if there is one."""
        if item.datatype is not None and self.backend.datatype(item.partition_key) is None:
            self.backend.register(item.partition_key, item.datatype)

    def worker(self) -> ServerWorker:
        """See :class:`~partitioncache.monitor.evaluate.Evaluator`."""
        return ServerWorker(self)

    def close(self) -> None:
        """See :class:`~partitioncache.monitor.evaluate.Evaluator`."""


class ServerWorker:
    """A thread's connection to the server."""

    def __init__(self, evaluator: ServerEvaluator) -> None:
        self._evaluator = evaluator
        self._connection = _connect(evaluator.server)
        self._stop = Event()
        self._outside: SourceWorker | None = None

    def evaluate(self, item: Item) -> Evaluated:
        """See :class:`~partitioncache.monitor.evaluate.Worker`."""
        if item.keyed_tables is None:
            return self._as_it_stands(item)
        backend = self._evaluator.backend
        server, key, cache = backend.server, item.partition_key, backend.cache
        keyed, parts = (Typed("pg_catalog.text[]", list(each)) for each in (item.keyed_tables, item.parts))
        started = time.monotonic()
        try:
            with limited(self._connection, self._evaluator.timeout):
                ((count,),) = server.call_on(
                    self._connection, "partitioncache_evaluate", item.query, key, keyed, parts, cache
                )
                unselective = count is None
                limit = self._evaluator.result_limit
                if limit is not None and count is not None and count > limit:
                    count = None
                    server.call_on(self._connection, "partitioncache_delete", key, item.hash, cache)
                    server.call_on(
                        self._connection, "partitioncache_set_query", key, item.hash, item.query, cache
                    )
        except psycopg.errors.QueryCanceled as error:
            if self._stop.is_set() or self._evaluator.timeout is None:
                raise translated(error) from error
            raise FragmentTimeout(f"Stopped after {self._evaluator.timeout:g} s, its time limit.") from error
        except psycopg.Error as error:
            if self._connection.closed:
                raise SourceUnavailable(f"The connection to the server broke: {error}.") from error
            raise translated(error) from error
        return Evaluated(count, time.monotonic() - started, unselective=unselective)

    def _as_it_stands(self, item: Item) -> Evaluated:
        """A fragment that somebody wrote: its keys are stored under the name that came with it."""
        if self._outside is None:
            evaluator = SourceEvaluator(
                self._evaluator.backend,
                lambda: PostgreSQLSource(self._evaluator.server.conninfo),
                {},
                "postgres",
                timeout=self._evaluator.timeout,
                result_limit=self._evaluator.result_limit,
            )
            self._outside = evaluator.worker()
        return self._outside.evaluate(item)

    def interrupt(self) -> None:
        """See :class:`~partitioncache.monitor.evaluate.Worker`."""
        self._stop.set()
        with suppress(psycopg.Error):
            self._connection.cancel_safe(timeout=5.0)
        if self._outside is not None:
            self._outside.interrupt()

    def close(self) -> None:
        """See :class:`~partitioncache.monitor.evaluate.Worker`."""
        self._connection.close()
        if self._outside is not None:
            self._outside.close()


class Forwarder(ServerEvaluator):
    """Hands queries on to the queue beside the data, where the server takes many apart at a time."""

    @property
    def at_once(self) -> int:
        """See :class:`~partitioncache.monitor.evaluate.Evaluator`."""
        return 100

    def take_all_apart(self, items: Sequence[Item]) -> Iterator[list[Item] | Exception]:
        """See :class:`~partitioncache.monitor.evaluate.Evaluator`: pushed together, or each by itself."""
        alike: dict[tuple[str, int], list[Item]] = defaultdict(list)
        for item in items:
            alike[item.partition_key, item.priority].append(item)
        try:
            for (key, priority), together in alike.items():
                for item in together:
                    self._register(item)
                queries = Typed("pg_catalog.text[]", [item.query for item in together])
                self.server.call("partitioncache_push_many", queries, key, self.backend.cache, priority)
        except Exception:
            yield from one_by_one(self.take_apart, items)
        else:
            yield from ([] for _ in items)

    def take_apart(self, item: Item) -> list[Item]:
        """Push a query there; nothing is left to be done here.

        Raises:
            QueryError: the server does not accept the query.
            NotRegisteredError: no table of the query has the partition key.
        """
        self._register(item)
        self.server.call(
            "partitioncache_push", item.query, item.partition_key, self.backend.cache, item.priority
        )
        return []


class ServerMonitor:
    """Several sessions that call ``partitioncache_process_queue`` while there is work.

    Args:
        backend: the cache; its data and its queues are in the same database.
        queue: these queues, to see how long they are and to be woken.
        events: told of what happens.
        limits: how much of it, and how fast.
        timeout: seconds for one fragment; None for what the cache's settings say.
        elsewhere: `queue` is not the server's own: its queries are handed on to that.
    """

    def __init__(
        self,
        backend: PostgresqlArray,
        queue: Queue,
        events: Events,
        limits: Limits,
        timeout: float | None = None,
        *,
        elsewhere: bool = False,
    ) -> None:
        self._carrying = Forwarder if elsewhere else ServerEvaluator
        self._backend = backend
        self._server = backend.server
        self._cache = backend.cache
        self._queue = queue
        self._events = events
        self._limits = limits
        self._timeout = self._usual_timeout() if timeout is None else timeout
        self._stop = Event()
        self._hurry = Event()
        self._lock = Lock()
        self._allowed = limits.limit
        self._connections: list[Connection] = []
        self._unchecked = Lock()
        self._carrier: Monitor | None = None
        self._refused: RightsError | None = None

    def _usual_timeout(self) -> float:
        (status,) = self._server.records("partitioncache_processor_status", self._cache)
        timeout: timedelta = status["fragment_timeout"]
        return timeout.total_seconds()

    def stop(self) -> None:
        """End soon: running calls get the grace period. Said twice: end at once. Any thread may say so."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()
        if (carrier := self._carrier) is not None:
            carrier.stop()

    def run(self) -> None:
        """Work until stopped, or until the limits are reached.

        Raises:
            RightsError: the role may not work on the queues.
            QueueError: the server is a standby.
        """
        with explained(), _connect(self._server) as connection:
            self._call(connection, 0)  # what it refuses at all, it refuses here
        threads = [Thread(target=self._work, name=f"session {n}") for n in range(self._limits.processes)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            with suppress(PartitionCacheError):
                self._events.waiting = self._queue.lengths()
            if self._stop.wait(0.5):
                self._wind_down(threads)
        for thread in threads:
            thread.join()
        if self._refused is not None:
            raise self._refused

    def _wind_down(self, threads: list[Thread]) -> None:
        end = time.monotonic() + self._limits.grace
        while (
            any(thread.is_alive() for thread in threads)
            and time.monotonic() < end
            and not self._hurry.is_set()
        ):
            time.sleep(0.05)
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=5.0)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                with explained(), _connect(self._server) as connection:
                    self._work_on(connection)
                return
            except RightsError as error:
                self._refused = error
                self._stop.set()
            except UnavailableError as error:
                self._events.log("warning", "waiting for the server", error=error.message)
                self._stop.wait(self._limits.poll)
            except PartitionCacheError as error:
                if not self._stop.is_set():
                    self._events.count("failed")
                    self._events.log("error", "the server refused", error=str(error))
                    if self._limits.once:
                        return
                    self._stop.wait(self._limits.poll)

    def _work_on(self, connection: Connection) -> None:
        with self._lock:
            self._connections.append(connection)
        try:
            while not self._stop.is_set():
                items = self._reserve()
                if items == 0:
                    return
                done = self._call(connection, items)
                self._give_back(items - done)
                if done == 0 and self._carry_unchecked() == 0:
                    if self._limits.once:
                        return
                    self._queue.wait(self._limits.poll)
        finally:
            with self._lock:
                self._connections.remove(connection)

    def _call(self, connection: Connection, items: int) -> int:
        """One call of the server's function; how many items it finished."""
        # an item that begins late in a call must have most of its time before the call's own limit strikes
        seconds = min(_CALL_SECONDS, self._timeout / 4)
        self._events.running += 1
        started = time.monotonic()
        try:
            with limited(connection, self._timeout):
                ((done,),) = self._server.call_on(
                    connection, "partitioncache_process_queue", self._cache, items, seconds
                )
        finally:
            self._events.running -= 1
        if done:
            self._events.count("items", done)
            self._events.log(
                "info", "items finished", items=done, seconds=round(time.monotonic() - started, 3)
            )
        return int(done)

    def _reserve(self) -> int:
        """How many items the next call may finish."""
        with self._lock:
            if self._allowed is None:
                return 1000
            amount = min(self._allowed, 10)
            self._allowed -= amount
            return amount

    def _give_back(self, items: int) -> None:
        with self._lock:
            if self._allowed is not None:
                self._allowed += items

    def _carry_unchecked(self) -> int:
        """Work on items that the server's own processor leaves alone: unchecked ones, and those of queues elsewhere.

        Returns:
            How many were finished, one way or another; 1 while another thread is at it: there may be work soon.
        """
        if not self._unchecked.acquire(blocking=False):
            self._stop.wait(0.1)
            return 1
        try:
            before = sum(self._events.counts.values())
            if any(self._queue.counts(queue)[ItemState.READY] for queue in QUEUES):
                limits = replace(self._limits, once=True, limit=None)
                evaluator = self._carrying(self._backend, timeout=self._timeout)
                self._carrier = Monitor(self._queue, evaluator, self._events, limits)
                if not self._stop.is_set():
                    self._carrier.run()
            return sum(self._events.counts.values()) - before
        finally:
            self._carrier = None
            self._unchecked.release()


def _connect(server: Server) -> Connection:
    try:
        return server.connect("partitioncache monitor")
    except psycopg.OperationalError as error:
        raise SourceUnavailable(f"Cannot connect to the server: {' '.join(str(error).split())}.") from error


@contextmanager
def limited(connection: Connection, seconds: float | None) -> Iterator[None]:
    """A transaction in which the server stops each statement after so many seconds; None: never.

    The limit ends with it: behind a pooler, somebody else has the session next.
    """
    milliseconds = 0 if seconds is None else max(1, round(seconds * 1000))
    with connection.transaction():
        connection.execute("select pg_catalog.set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield
