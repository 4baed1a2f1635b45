"""Keeping a pool of threads busy with the queues, until there is no more work or somebody says stop.

The calling thread claims work and hands it out; one thread takes queries apart, several at a time, a pool evaluates
fragments, one more prolongs the leases of what is being worked on. What takes next to no time is acknowledged several
at a time. At the end everything that was claimed is finished or handed back.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread, local
from typing import Final

from partitioncache.errors import PartitionCacheError, UnavailableError
from partitioncache.monitor.apart import NotCacheable
from partitioncache.monitor.evaluate import Evaluator, Worker
from partitioncache.monitor.events import Events
from partitioncache.queues import Claim, Item, Outcome, Queue, QueueName
from partitioncache.sources import FragmentTimeout, SourceUnavailable

#: Fragments claimed ahead for each thread while they take next to no time.
_AHEAD: Final = 16

#: Seconds below which a fragment takes next to no time.
_NO_TIME: Final = 0.05


#: Seconds after which a thread that computes lets others run.
_SWITCH_SECONDS: Final = 0.0005


@dataclass(frozen=True)
class Limits:
    """How a monitor behaves.

    Attributes:
        processes: fragments that are evaluated at the same time.
        once: end when there is nothing left to do.
        limit: end after this many fragments; None for no end.
        lease: seconds after which others may take what a dead monitor held.
        poll: seconds between two looks at the queues, where nothing wakes the monitor earlier.
        grace: seconds that running fragments get when the monitor is told to stop.
    """

    processes: int = 2
    once: bool = False
    limit: int | None = None
    lease: float = 60.0
    poll: float = 1.0
    grace: float = 10.0


class Monitor:
    """Works on the queues.

    Args:
        queue: where the work comes from.
        evaluator: how it is done.
        events: told of everything that happens.
        limits: how much of it, and how fast.
    """

    def __init__(
        self,
        queue: Queue,
        evaluator: Evaluator,
        events: Events,
        limits: Limits,
    ) -> None:
        self._queue = queue
        self._evaluator = evaluator
        self._events = events
        self._limits = limits
        self._stop = Event()
        self._hurry = Event()
        self._done: SimpleQueue[None] = SimpleQueue()
        self._lock = Lock()
        self._held: dict[tuple[QueueName, str], Claim] = {}
        self._queries: deque[Claim] = deque()
        self._fragments: deque[Claim] = deque()
        self._workers: list[Worker] = []
        self._mine = local()
        self._fragments_started = 0
        self._usual_seconds = 1.0

    def stop(self) -> None:
        """End soon: running fragments get the grace period. Said twice: end at once. Any thread may say so."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()
        self._done.put(None)

    def run(self) -> None:
        """Work until stopped, or until the limits are reached."""
        ended = Event()
        keeper = Thread(target=self._keep_leases, args=(ended,), name="leases")
        keeper.start()
        taker = ThreadPoolExecutor(1, thread_name_prefix="queries")
        pool = ThreadPoolExecutor(self._limits.processes, thread_name_prefix="fragments")
        jobs: dict[Future[None], QueueName] = {}
        # Whoever has waited for a network waits as long again for a thread that computes.
        usual = sys.getswitchinterval()
        sys.setswitchinterval(min(usual, _SWITCH_SECONDS))
        try:
            self._hand_out(taker, pool, jobs)
        finally:
            self._stop.set()
            self._wind_down(set(jobs))
            taker.shutdown()
            pool.shutdown()
            ended.set()
            keeper.join()
            sys.setswitchinterval(usual)
            for worker in self._workers:
                worker.close()
            self._evaluator.close()

    def _hand_out(
        self, taker: ThreadPoolExecutor, pool: ThreadPoolExecutor, jobs: dict[Future[None], QueueName]
    ) -> None:
        while not self._stop.is_set():
            for future in [future for future in jobs if future.done()]:
                del jobs[future]
            claimed = 0
            if not self._limit_reached() and "incoming" not in jobs.values():
                claims = self._claim("incoming", self._evaluator.at_once)
                claimed += len(claims)
                self._queries.extend(claims)
                if claims:
                    jobs[taker.submit(self._job, self._take_apart)] = "incoming"
            claims = self._claim("outgoing", self._wanted())
            claimed += len(claims)
            self._fragments_started += len(claims)
            self._fragments.extend(claims)
            # Each evaluates until none is left; those that are at one already are free again when it is done.
            free = self._limits.processes - list(jobs.values()).count("outgoing")
            for _ in range(min(free, len(self._fragments))):
                jobs[pool.submit(self._job, self._evaluate_all)] = "outgoing"
            if jobs:
                self._wait_for_a_job()
            elif self._limits.once or self._limit_reached():
                return
            elif claimed == 0:
                self._wait_for_work()

    def _wanted(self) -> int:
        """How many fragments to claim: as many as are free, and some more if they take next to no time."""
        ahead = _AHEAD * self._limits.processes if self._usual_seconds < _NO_TIME else 0
        with self._lock:
            held = sum(1 for queue, _ in self._held if queue == "outgoing")
        wanted = self._limits.processes + ahead - held
        if self._limits.limit is not None:
            wanted = min(wanted, self._limits.limit - self._fragments_started)
        return wanted

    def _limit_reached(self) -> bool:
        return self._limits.limit is not None and self._fragments_started >= self._limits.limit

    def _wait_for_a_job(self) -> None:
        with suppress(Empty):
            self._done.get(timeout=self._limits.poll)
            while True:
                self._done.get_nowait()

    def _wait_for_work(self) -> None:
        try:
            self._events.waiting = self._queue.lengths()
            self._queue.wait(self._limits.poll)
        except Exception as error:
            self._trouble_with_queue(error)

    def _job(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._done.put(None)

    # What the threads do.

    def _take_apart(self) -> None:
        """Take apart the queries that are claimed; what is found is pushed, and then they are acknowledged."""
        claims = list(self._queries)
        found = self._evaluator.take_all_apart([claim.item for claim in claims])
        pushed: list[Item] = []
        apart: list[tuple[Claim, int]] = []
        unavailable: list[Claim] = []
        reason: Exception | None = None
        began = time.monotonic()
        for claim in claims:
            if self._stop.is_set():
                break
            fragments = next(found)
            with self._lock:
                if not self._queries or self._queries[0] is not claim:
                    break  # handed back meanwhile
                self._queries.popleft()
            if isinstance(fragments, UnavailableError):
                unavailable.append(claim)
                reason = fragments
            elif isinstance(fragments, Exception):
                self._not_taken_apart(claim, fragments)
            else:
                pushed += fragments
                apart.append((claim, len(fragments)))
            if time.monotonic() - began >= _NO_TIME:
                self._push(pushed, apart)
                pushed, apart, began = [], [], time.monotonic()
        self._push(pushed, apart)
        if reason is not None:
            self._hand_back("incoming", unavailable, reason)

    def _push(self, pushed: list[Item], apart: list[tuple[Claim, int]]) -> None:
        """Queue fragments, and acknowledge the queries that they are of, each with their number."""
        try:
            if pushed:
                self._queue.push("outgoing", pushed)
        except UnavailableError as error:
            self._hand_back("incoming", [claim for claim, _ in apart], error)
            return
        except Exception as error:
            for claim, _ in apart:
                self._fail("incoming", claim, "failed", error)
            return
        self._done.put(None)
        self._finish_all("incoming", [(claim, None) for claim, _ in apart])
        for claim, amount in apart:
            self._events.count("queries")
            self._events.log(
                "debug", "query taken apart", partition_key=claim.item.partition_key, fragments=amount
            )

    def _not_taken_apart(self, claim: Claim, error: Exception) -> None:
        if isinstance(error, NotCacheable):
            self._finish("incoming", claim, "done", error.message)
            self._events.count("queries")
            self._events.log(
                "info", "query has no fragments", reason=error.message, query=_short(claim.item.query)
            )
        else:
            self._fail("incoming", claim, "failed", error)

    def _evaluate_all(self) -> None:
        """Evaluate claimed fragments until none is left."""
        done: list[tuple[Claim, int | None]] = []
        try:
            while not self._stop.is_set():
                try:
                    claim = self._fragments.popleft()
                except IndexError:
                    return
                count = self._evaluate(claim)
                if count is not None:
                    done.append((claim, count))
                if len(done) >= _AHEAD or self._usual_seconds >= _NO_TIME:
                    self._finish_all("outgoing", done)
                    done = []
                    self._done.put(None)
        finally:
            self._finish_all("outgoing", done)

    def _evaluate(self, claim: Claim) -> int | None:
        """The number of keys that a fragment has, which is left to be acknowledged; None if that is done."""
        self._events.running += 1
        started = time.monotonic()
        try:
            worker = self._worker()
        except Exception as error:
            self._events.running -= 1
            self._hand_back("outgoing", [claim], error)
            return None
        try:
            return self._evaluate_with(worker, claim)
        except FragmentTimeout as error:
            self._fail("outgoing", claim, "timeout", error)
        except SourceUnavailable as error:
            # its connection broke while it ran: perhaps it is what breaks it, so this attempt counts
            self._forget_worker()
            self._fail("outgoing", claim, "failed", error)
        except UnavailableError as error:
            self._hand_back("outgoing", [claim], error)
        except Exception as error:
            self._fail("outgoing", claim, "failed", error)
        finally:
            self._events.running -= 1
            self._usual_seconds = 0.8 * self._usual_seconds + 0.2 * (time.monotonic() - started)
        return None

    def _evaluate_with(self, worker: Worker, claim: Claim) -> int | None:
        item = claim.item
        result = worker.evaluate(item)
        seconds = round(result.seconds, 4)
        if result.unselective:
            self._finish(
                "outgoing",
                claim,
                "done",
                "It leaves most partitions: that is remembered, no key set is held.",
            )
            self._events.count("unselective")
            self._events.log("info", "fragment leaves most partitions", hash=item.hash, seconds=seconds)
            return None
        if result.key_count is None:
            self._finish("outgoing", claim, "done", "More keys than the result limit: no key set is held.")
            self._events.count("over limit")
            self._events.log("warning", "fragment over the result limit", hash=item.hash, seconds=seconds)
            return None
        self._events.count("fragments")
        self._events.log(
            "info",
            "fragment evaluated",
            hash=item.hash,
            partition_key=item.partition_key,
            keys=result.key_count,
            seconds=seconds,
            restricted_by=result.restricted_by or None,
        )
        return result.key_count

    def _worker(self) -> Worker:
        """What this thread evaluates with."""
        if not hasattr(self._mine, "worker"):
            self._mine.worker = self._evaluator.worker()
            with self._lock:
                self._workers.append(self._mine.worker)
        worker: Worker = self._mine.worker
        return worker

    def _forget_worker(self) -> None:
        worker: Worker = self._mine.__dict__.pop("worker")
        with self._lock:
            self._workers.remove(worker)
        worker.close()

    # Claims, from the first to the last moment.

    def _claim(self, queue: QueueName, amount: int) -> list[Claim]:
        if amount <= 0:
            return []
        try:
            claims = self._queue.claim(queue, amount, self._limits.lease)
        except Exception as error:
            self._trouble_with_queue(error)
            return []
        with self._lock:
            self._held.update(((queue, claim.id), claim) for claim in claims)
        return claims

    def _finish(
        self,
        queue: QueueName,
        claim: Claim,
        outcome: Outcome = "done",
        error: str = "",
        key_count: int | None = None,
    ) -> None:
        """Acknowledge. If the queue does not answer, the lease ends by itself, and the work is done again."""
        with self._lock:
            self._held.pop((queue, claim.id), None)
        try:
            if not self._queue.finish(queue, claim, outcome, error, key_count):
                self._events.log("warning", "claim was lost", queue=queue, id=claim.id)
        except Exception as problem:
            self._trouble_with_queue(problem)

    def _finish_all(self, queue: QueueName, done: list[tuple[Claim, int | None]]) -> None:
        """Acknowledge what is done, with the numbers of keys, as :meth:`_finish` does."""
        if not done:
            return
        claims, counts = [claim for claim, _ in done], [count for _, count in done]
        with self._lock:
            for claim in claims:
                self._held.pop((queue, claim.id), None)
        try:
            held = {claim.id for claim in self._queue.finish_all(queue, claims, counts)}
        except Exception as problem:
            self._trouble_with_queue(problem)
            return
        for claim in claims:
            if claim.id not in held:
                self._events.log("warning", "claim was lost", queue=queue, id=claim.id)

    def _hand_back(self, queue: QueueName, claims: list[Claim], error: Exception) -> None:
        """Something that the items need is out of reach, which is not their fault."""
        self._events.log("warning", "handed back, and waiting", error=_words(error))
        self._stop.wait(self._limits.poll)
        for claim in claims:
            self._finish(queue, claim, "released")

    def _fail(self, queue: QueueName, claim: Claim, outcome: Outcome, error: Exception) -> None:
        if self._stop.is_set():
            self._finish(queue, claim, "released")
            return
        self._finish(queue, claim, outcome, _words(error))
        self._events.count("failed")
        self._events.log(
            "error",
            f"{'query' if queue == 'incoming' else 'fragment'} {outcome}",
            attempt=claim.attempt,
            error=_words(error),
            hash=claim.item.hash,
            query=_short(claim.item.query),
        )

    def _trouble_with_queue(self, error: Exception) -> None:
        self._events.log("error", "the queue does not answer", error=_words(error))
        self._stop.wait(self._limits.poll)

    def _keep_leases(self, ended: Event) -> None:
        while not ended.wait(self._limits.lease / 3):
            with self._lock:
                held = list(self._held.items())
            for queue in ("incoming", "outgoing"):
                self._prolong(queue, [claim for (of, _), claim in held if of == queue])

    def _prolong(self, queue: QueueName, claims: list[Claim]) -> None:
        try:
            self._queue.extend(queue, claims, self._limits.lease)
        except Exception as error:
            self._trouble_with_queue(error)

    def _release(self, queue: QueueName, waiting: deque[Claim]) -> None:
        """Hand back what nobody has begun."""
        with self._lock:
            claims = list(waiting)
            waiting.clear()
        for claim in claims:
            self._finish(queue, claim, "released")

    def _wind_down(self, jobs: set[Future[None]]) -> None:
        self._release("incoming", self._queries)
        self._release("outgoing", self._fragments)
        running = {future for future in jobs if not future.done() and not future.cancel()}
        if running:
            self._events.log(
                "info", "finishing what is running", amount=len(running), seconds=self._limits.grace
            )
        end = time.monotonic() + self._limits.grace
        while running and time.monotonic() < end and not self._hurry.is_set():
            running = wait(running, timeout=0.1).not_done
        for worker in list(self._workers) if running else ():
            with suppress(PartitionCacheError):
                worker.interrupt()


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, PartitionCacheError) else f"{type(error).__name__}: {error}"


def _short(query: str) -> str:
    text = " ".join(query.split())
    return text if len(text) <= 200 else f"{text[:199]}…"
