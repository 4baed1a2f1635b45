"""Taking queries apart outside the server: here, and where many wait, in processes beside this one.

Python computes in one thread at a time, and parsing is most of what there is to compute. The processes know nothing of
queues and caches: a query goes there, what it consists of comes back. If one dies, all is taken apart here.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from threading import Thread
from typing import Final

from partitioncache.analysis import Analysis, analyse
from partitioncache.analysis.forms import Form
from partitioncache.errors import PartitionCacheError

#: Fewer queries than this are taken apart here; no more are handed over together.
_MANY: Final = 8

#: Seconds of taking many apart until processes are started: a start takes as long.
_SECONDS_WORTH_IT: Final = 1.0


class NotCacheable(PartitionCacheError):
    """A query that has no fragment whose key set would help; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A fragment of a query.

    Attributes:
        hash: its name.
        sql: its text.
        parts: the names of fragments whose key sets contain its own.
        form: what it says; None where that is only read from its text.
    """

    hash: str
    sql: str
    parts: tuple[str, ...]
    form: Form | None


@dataclass(frozen=True, slots=True)
class Analyser:
    """What queries of one data source are taken apart with.

    Attributes:
        dialect: the SQL that it speaks, by the analyser's name.
        schema: its tables, as for `analyse`.
        partition_local: no match of a query crosses partitions.
        max_fragments: most fragments of one query.
    """

    dialect: str
    schema: Mapping[str, Mapping[str, str | None]]
    partition_local: bool
    max_fragments: int

    def analyse(self, query: str, partition_key: str) -> Analysis:
        """See `partitioncache.analysis.analyse`."""
        return analyse(
            query,
            partition_key,
            dialect=self.dialect,
            schema=self.schema,
            partition_local=self.partition_local,
            max_fragments=self.max_fragments,
        )

    def parts(self, query: str, partition_key: str) -> list[Part] | Exception:
        """The fragments that are learned first, the smallest first; `NotCacheable`, or what else is wrong."""
        try:
            analysis = self.analyse(query, partition_key)
        except Exception as error:
            return error
        if analysis.reason is not None:
            return NotCacheable(analysis.reason)
        # What other queries may share is not worth its cost until they ask for it.
        first = [each for each in analysis.fragments if not each.weak]
        first.sort(key=lambda each: (len(each.tables), len(each.conjuncts)))
        return [Part(each.hash, each.sql, each.parts, analysis.form_of(each)) for each in first]


Asked = tuple[str, str]
"""A query and its partition key."""


class Processes:
    """Takes queries apart, in processes of its own where that is quicker.

    Args:
        analyser: what with.
        amount: how many processes there may be; 0 for none. They start when there is a use for them.
        after: seconds of taking many queries apart here until then.
    """

    def __init__(self, analyser: Analyser, amount: int, after: float = _SECONDS_WORTH_IT) -> None:
        self._analyser = analyser
        self._after = after
        processors = os.cpu_count() or 1
        self._amount = min(amount, processors) if processors > 1 else 0
        self._pool: ProcessPoolExecutor | None = None
        self._started: list[Future[None]] = []

    def parts(self, asked: Sequence[Asked]) -> Iterator[list[Part] | Exception]:
        """For each query in turn what `Analyser.parts` gives."""
        pool = self._ready() if len(asked) >= _MANY else None
        if pool is None:
            for each in asked:
                began = time.monotonic()
                parts = self._analyser.parts(*each)
                if len(asked) >= _MANY:
                    self._after -= time.monotonic() - began
                yield parts
            return
        size = max(1, min(_MANY, len(asked) // (2 * self._amount)))
        chunks = [asked[start : start + size] for start in range(0, len(asked), size)]
        futures: list[Future[list[list[Part] | Exception]] | None] = []
        for chunk in chunks:
            try:
                futures.append(pool.submit(_parts, chunk))
            except (BrokenProcessPool, RuntimeError):  # one has died, or it was closed
                futures.append(None)
        for chunk, future in zip(chunks, futures, strict=True):
            try:
                found = None if future is None else future.result()
            except Exception:
                found = None
            if found is None:
                self._amount = 0  # what has killed one would kill the next
                self.close()
                found = [self._analyser.parts(*each) for each in chunk]
            yield from found

    def _ready(self) -> ProcessPoolExecutor | None:
        """The processes, if they have started: until then nobody waits for them."""
        if self._pool is None and self._amount > 0 and self._after <= 0:
            # Not forked: threads of this process may hold locks at this moment.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._amount, context, _begin, (self._analyser,))
            # What is blocked here is blocked in processes that start here: only this one heeds Ctrl-C.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            self._started = [self._pool.submit(_ask_nothing) for _ in range(self._amount)]
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self._pool if self.running else None

    @property
    def running(self) -> bool:
        """Whether there are processes, and they have started."""
        return self._pool is not None and all(each.done() for each in self._started)

    def close(self) -> None:
        """End the processes. More queries may come: then others start."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


_analyser: Analyser | None = None
"""In one of the processes: what with."""


def _begin(analyser: Analyser) -> None:
    """Begin as one of the processes, which ends with the one that has started it."""
    global _analyser
    _analyser = analyser
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def _ask_nothing() -> None:
    """Is done when a process has started."""


def _parts(asked: Sequence[Asked]) -> list[list[Part] | Exception]:
    assert _analyser is not None
    return [_analyser.parts(*each) for each in asked]
