"""What is told to the cache in the background: queries that are asked often and take long, and how long they took."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

import psycopg
from psycopg.conninfo import make_conninfo
from typing_extensions import LiteralString

from partitioncache.statements import PROCESS_QUEUE, PUSH, RECORD_TIMES

_WAITING: Final = 50  # queries that wait at most; what comes then is offered again later
_IDLE: Final = 10.0  # seconds after which the thread and its connection end
_AT_ONCE: Final = 5.0  # seconds of work in one transaction
_LOCK_TIMEOUT: Final = "1s"  # a push may begin to track a table, which waits for its writers
_LIMITS: Final = (
    "select pg_catalog.set_config('lock_timeout', %s, true), "
    "pg_catalog.set_config('statement_timeout', %s, true)"
)


class Question(NamedTuple):
    """A query, as it was asked."""

    query: str
    search_path: str
    role: str | None
    params: list[str | None] | None

    @property
    def identity(self) -> tuple[object, ...]:
        return self.query, self.search_path, self.role, tuple(self.params or ())


class Measured(NamedTuple):
    """How long queries of one kind took since they were told last, in milliseconds.

    Attributes:
        question: one of them.
        original: the latest that ran as they are.
        restricted: the latest that ran restricted.
        runs: how many ran restricted.
        lost_ms: what asking took in vain.
    """

    question: Question
    original: list[float]
    restricted: list[float]
    runs: int
    lost_ms: float


class Priced(Protocol):
    """What is asked about again as soon as something has been learned."""

    price: float


_Task = Callable[[psycopg.Connection[Any]], None]


class Learner:
    """Pushes queries and works on the queue, for so many seconds a day, and records times, in a thread of its own.

    Args:
        partition_key: the column that splits the data.
        cache: the cache's name.
        seconds: how long the database may work on it in a day; 0: nothing is learned.
        conninfo: libpq's connection string; None until an adapter knows one.
        note: is told each error.
        records: whether times are to be recorded.
    """

    def __init__(
        self,
        partition_key: str,
        cache: str,
        seconds: float,
        conninfo: str | None,
        note: Callable[[BaseException], None],
        records: bool = False,
    ) -> None:
        self.conninfo = conninfo
        self._given = conninfo is not None
        self._role: str | None = None
        self.pushed = 0
        self._partition_key = partition_key
        self._cache = cache
        self._seconds = seconds
        self._note = note
        self._records = records
        self._day = -1
        self._used = 0.0
        self._queue: queue.Queue[_Task] = queue.Queue(_WAITING)
        self._known: set[object] = set()
        self._thread: threading.Thread | None = None
        self._process = 0
        self._lock = threading.Lock()

    @property
    def learns(self) -> bool:
        """Whether it may do something today."""
        return self.conninfo is not None and self._left() > 0

    @property
    def wants_conninfo(self) -> bool:
        """Whether it could learn if it knew how to connect."""
        return self.conninfo is None and (self._seconds > 0 or self._records)

    def offer(self, question: Question, shape: Priced) -> None:
        """A query that is worth learning. Returns at once."""
        if not self.learns:
            return
        with self._lock:
            if question.identity in self._known:
                return
            if len(self._known) > 10_000:
                self._known.clear()
            if self._begin(partial(self._learn, question, shape)):
                self._known.add(question.identity)

    def record(self, times: Sequence[Measured]) -> None:
        """How long queries took. Returns at once."""
        if self._records and self.conninfo is not None and times:
            with self._lock:
                self._begin(partial(self._record, times))

    def _begin(self, task: _Task) -> bool:
        """Has something done by the thread; whether there was room for it."""
        if self._process != os.getpid():
            # The threads of a process are not those of its children.
            self._process = os.getpid()
            self._queue = queue.Queue(_WAITING)
            self._thread = None
        try:
            self._queue.put_nowait(task)
        except queue.Full:
            return False
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="partitioncache-learning", daemon=True)
            self._thread.start()
        return True

    def wait(self, timeout: float = 60) -> bool:
        """Waits until all that was offered has been learned and recorded, and says whether it has."""
        ends = time.monotonic() + timeout
        while self._queue.unfinished_tasks:
            if time.monotonic() > ends:
                return False
            time.sleep(0.01)
        return True

    def _left(self) -> float:
        """How many of today's seconds are left."""
        day = int(time.time() // 86_400)
        if day != self._day:
            self._day, self._used = day, 0.0
            self._known.clear()
        return self._seconds - self._used

    def _work(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        while True:
            try:
                task = self._queue.get(timeout=_IDLE)
            except queue.Empty:
                with self._lock:
                    if not self._queue.empty():
                        continue
                    self._thread = None
                if connection is not None:
                    connection.close()
                return
            try:
                if connection is None or connection.closed:
                    connection = self._connected()
                task(connection)
            except Exception as error:
                self._note(error)
            finally:
                self._queue.task_done()

    def _connected(self) -> psycopg.Connection[Any]:
        conninfo = make_conninfo(
            self.conninfo or "", application_name="partitioncache learning", connect_timeout=10
        )
        connection = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
        if not self._given:
            row = connection.execute("select session_user::text").fetchone()
            self._role = row[0] if row else ""
        return connection

    def _learn(self, question: Question, shape: Priced, connection: psycopg.Connection[Any]) -> None:
        left = self._left()
        if left <= 0 or not self._is_of(question):
            return
        began = time.monotonic()
        ends = began + left
        query, search_path, _, params = question
        try:
            self._call(connection, ends, PUSH, query, self._partition_key, self._cache, search_path, params)
            self.pushed += 1
            while time.monotonic() < ends:
                if not self._call(
                    connection, ends, PROCESS_QUEUE, self._cache, min(_AT_ONCE, ends - time.monotonic())
                ):
                    break
        finally:
            self._used += time.monotonic() - began
        shape.price = 0.0

    def _record(self, times: Sequence[Measured], connection: psycopg.Connection[Any]) -> None:
        ends = time.monotonic() + _AT_ONCE
        for question, original, restricted, runs, lost_ms in times:
            query, search_path, _, params = question
            if not self._is_of(question):
                continue
            try:
                self._call(
                    connection, ends, RECORD_TIMES, query, self._partition_key, original, restricted, runs, lost_ms,
                    self._cache, search_path, params,
                )  # fmt: skip
            except psycopg.Error as error:
                # A standby, or a role that may not: nothing is told again.
                self._records = self._records and (error.sqlstate or "").startswith(("22", "40", "55", "57"))
                raise

    def _is_of(self, question: Question) -> bool:
        """Whether a query is of the role that works here: nothing is evaluated as anybody but who asked."""
        return self._role is None or question.role == self._role

    @staticmethod
    def _call(
        connection: psycopg.Connection[Any], ends: float, statement: LiteralString, *params: object
    ) -> Any:
        """The value of one call, in a transaction: its limits stay in it, because a pooler shares sessions."""
        left = max(1.0, (ends - time.monotonic()) * 1e3)
        with connection.transaction():
            connection.execute(_LIMITS, [_LOCK_TIMEOUT, f"{left:.0f}ms"])
            row = connection.execute(statement, params).fetchone()
        return row[0] if row else None
