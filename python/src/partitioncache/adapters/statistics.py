"""What an adapter did, and what it brought: times with and without the cache."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


class Times:
    """How long a query took: how often, in all, and the median of the latest.

    >>> times = Times()
    >>> for ms in (5.0, 1.0, 3.0):
    ...     times.add(ms)
    >>> times.count, times.total, times.median
    (3, 9.0, 3.0)
    """

    __slots__ = ("_latest", "_median", "count", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self._latest: deque[float] = deque(maxlen=9)
        self._median: float | None = None

    def add(self, ms: float) -> None:
        """One more run, in milliseconds."""
        self.count += 1
        self.total += ms
        self._latest.append(ms)
        self._median = None

    @property
    def known(self) -> int:
        """From how many runs the median is."""
        return len(self._latest)

    @property
    def median(self) -> float:
        """Milliseconds of the latest runs; 0 if there are none."""
        if self._median is None:
            ordered = sorted(self._latest)
            self._median = ordered[len(ordered) // 2] if ordered else 0.0
        return self._median

    def forget(self) -> None:
        """Begins a new median; what was counted stays."""
        self._latest.clear()
        self._median = None


@dataclass(frozen=True, slots=True)
class ShapeStatistics:
    """Queries that differ in their constants alone.

    Attributes:
        text: one of them, without values.
        restricted: how many ran restricted.
        as_it_is: how many ran as they are.
        restricted_ms: median milliseconds of the restricted ones, with what asking took; 0 if there are none.
        as_it_is_ms: median milliseconds of the others; 0 if there are none.
        saved_ms: milliseconds saved in all; negative if lost; None while only one of the two times is known.
        slower: whether they are left alone because they were slower restricted.
    """

    text: str
    restricted: int
    as_it_is: int
    restricted_ms: float
    as_it_is_ms: float
    saved_ms: float | None
    slower: bool


@dataclass(frozen=True, slots=True)
class Statistics:
    """What an adapter has done in this process.

    Attributes:
        queries: statements that came by.
        asked: how often the cache was asked.
        restricted: how many queries ran restricted.
        failed: how often asking, or a restricted query, ended in an error, and the query ran as it is.
        too_late: how often asking took longer than allowed.
        pushed: queries that were given to the cache to learn.
        asking_ms: milliseconds spent asking.
        saved_ms: milliseconds saved in all, less all that asking took; queries of which only one time is known are
            left out.
        shapes: each kind of query, those that saved most first.
        problem: the last error of asking or learning; None if there was none.
    """

    queries: int
    asked: int
    restricted: int
    failed: int
    too_late: int
    pushed: int
    asking_ms: float
    saved_ms: float
    shapes: tuple[ShapeStatistics, ...]
    problem: str | None

    def __str__(self) -> str:
        lines = [
            f"{self.queries:,} queries, {self.restricted:,} restricted, {self.saved_ms:,.0f} ms saved; "
            f"asked {self.asked:,} times in {self.asking_ms:,.0f} ms, {self.pushed:,} learned, {self.failed:,} failed, "
            f"{self.too_late:,} too late"
        ]
        lines += [
            f"{shape.as_it_is_ms:10,.1f} ms -> {shape.restricted_ms:10,.1f} ms  {shape.restricted:6,} times  "
            f"{' '.join(shape.text.split())[:100]}"
            for shape in self.shapes
            if shape.restricted
        ]
        if self.problem:
            lines.append(f"last problem: {self.problem}")
        return "\n".join(lines)
