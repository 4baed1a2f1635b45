"""Which queries are asked about, and what is remembered of them: the part of the adapters that knows no driver.

One rule decides: what asking about a kind of query costs in vain, and what it loses, stays below a share of the time
that these queries take anyway. So a query of a millisecond is asked about now and then, one of a second each time.
"""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from collections import OrderedDict, deque
from inspect import signature
from typing import Any, Final

from partitioncache.adapters.asking import CANCELLED, of_the_query
from partitioncache.adapters.control import is_candidate, is_off
from partitioncache.adapters.learning import Learner, Measured, Question
from partitioncache.adapters.statistics import ShapeStatistics, Statistics, Times
from partitioncache.config import checked_partition_key
from partitioncache.errors import ConfigurationError

logger = logging.getLogger("partitioncache.adapters")

_CONSTANTS: Final = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
_PARAMETER: Final = r"(?:\?|%s|\$\d+|%\(\w+\)s)(?:::[\w.\[\]]+)?"
_LISTS: Final = re.compile(rf"{_PARAMETER}(?:\s*,\s*{_PARAMETER})+")
_LONGEST: Final = 50_000  # characters of a text that is looked at
_SPACE: Final = 8_000_000  # characters of all texts that are remembered
_GRANT_MS: Final = 2_000.0  # what asking about unknown queries may cost before any has run
_LATEST: Final = 100  # times of a kind of query that are told at once
_MOST_TOLD: Final = 100  # kinds of queries that are told at once
_FIRST_TOLD: Final = 5.0  # seconds after which times are told for the first time
_PAUSE: Final = 60.0  # seconds without asking after the cache could not be used


class _News:
    """Times that have not been told to the database yet."""

    __slots__ = ("lost_ms", "original", "restricted", "runs")

    def __init__(self) -> None:
        self.original: deque[float] = deque(maxlen=_LATEST)
        self.restricted: deque[float] = deque(maxlen=_LATEST)
        self.runs = 0
        self.lost_ms = 0.0


class Shape:
    """What is remembered of queries that differ in their constants alone, and in how long their lists are."""

    __slots__ = (
        "as_it_is",
        "credit",
        "late",
        "learn_at",
        "losing",
        "news",
        "owed",
        "price",
        "question",
        "restricted",
        "spent",
        "text",
    )

    def __init__(self, text: str, learn_at: float) -> None:
        self.text = text
        self.as_it_is = Times()
        self.restricted = Times()
        self.credit = 0.0  # ms that asking may cost now
        self.price = 0.0  # ms that asking is expected to cost in vain
        self.owed = 0.0  # ms that a run of the original, to compare with, may cost now
        self.spent = 0.0  # ms of asking in vain
        self.losing = False
        self.late = False  # whether asking has taken too long before
        self.learn_at = learn_at  # ms that it has taken when it is given to the cache to learn
        self.question: Question | None = None  # one of them, as it was asked
        self.news = _News()

    @property
    def has_news(self) -> bool:
        """Whether it was restricted before, and there are times that have not been told."""
        return bool(self.restricted.count and (self.news.restricted or self.news.original))

    def measured(self) -> Measured | None:
        """What has not been told yet; None if there is nothing to tell. From now on it is told."""
        news, self.news = self.news, _News()
        if self.question is None or not (news.original or news.restricted):
            return None
        return Measured(self.question, [*news.original], [*news.restricted], news.runs, news.lost_ms)

    @property
    def worth_learning(self) -> bool:
        """Whether it came often, and has taken long as it is."""
        return self.as_it_is.count > 1 and self.as_it_is.total >= self.learn_at

    def statistics(self) -> ShapeStatistics:
        compared = self.as_it_is.known and self.restricted.count
        saved = self.restricted.count * self.as_it_is.median - self.restricted.total if compared else None
        if saved is None and not self.restricted.count:
            saved = 0.0
        return ShapeStatistics(
            self.text, self.restricted.count, self.as_it_is.count, self.restricted.median, self.as_it_is.median,
            None if saved is None else saved - self.spent, self.losing,
        )  # fmt: skip


class Turn:
    """One query that came by: whether it is asked about, and how long it took.

    An adapter asks if `asks`, reports `answered` or `refused`, runs `rewritten` or the original, and reports `ran`.
    """

    __slots__ = ("_acceleration", "_asked_ms", "_began", "_question", "_shape", "asks", "rewritten")

    def __init__(self, acceleration: Acceleration, shape: Shape, asks: bool) -> None:
        self._acceleration = acceleration
        self._shape = shape
        self.asks = asks
        self.rewritten: str | None = None
        self._asked_ms = 0.0
        self._question: Question | None = None
        self._began = time.perf_counter()

    def _split(self) -> float:
        now = time.perf_counter()
        ms = (now - self._began) * 1e3
        self._began = now
        return ms

    def answered(
        self,
        bound: str,
        rewritten: str | None,
        search_path: str | None,
        role: str | None,
        params: list[str | None] | None = None,
    ) -> None:
        """The cache has answered: a text other than the query with its values, or that one, or nothing.

        Args:
            bound: the query, with its values.
            rewritten: the answer; None: there is none.
            search_path: that of the session; None: the query is not to be learned.
            role: that of the session.
            params: the values as texts, if they are not in the query.
        """
        ms = self._asked_ms = self._split()
        totals, shape = self._acceleration, self._shape
        if search_path is not None:
            self._question = shape.question = Question(bound, search_path, role, params)
        totals.asked += 1
        totals.asking_ms += ms
        if rewritten is None or rewritten == bound:
            shape.credit, shape.price = 0.0, ms
            shape.spent += ms
            shape.news.lost_ms += ms
            totals.in_vain_ms += ms
        else:
            self.rewritten = rewritten

    def refused(self, error: BaseException, sqlstate: str | None) -> None:
        """Asking has failed with an error; the query runs as it is."""
        too_late = sqlstate == CANCELLED
        ms = self._split()
        totals, shape = self._acceleration, self._shape
        totals.asked += 1
        totals.asking_ms += ms
        totals.in_vain_ms += ms
        totals.note(error)
        if too_late:
            totals.too_late += 1
        else:
            totals.failed += 1
        shape.spent += ms
        # The first question of a session takes longer than all others: being late once says little.
        excused = too_late and not shape.late
        shape.late = shape.late or too_late
        shape.credit, shape.price = 0.0, 0.0 if excused else max(2 * shape.price, ms)
        if not of_the_query(sqlstate):
            totals.pause()

    def broke(self, error: BaseException) -> None:
        """The restricted query has failed with an error; such queries are left alone for long."""
        ms = self._split() + self._asked_ms
        totals, shape = self._acceleration, self._shape
        totals.failed += 1
        totals.note(error)
        shape.losing = True
        shape.spent += ms
        shape.credit, shape.price = 0.0, max(2 * shape.price, ms, 1_000.0)
        self.rewritten = None

    def ran(self) -> None:
        """The query has run to its end."""
        ms = self._split()
        shape, totals = self._shape, self._acceleration
        totals.running_ms += ms
        totals.tell()
        if self.rewritten is None:
            shape.as_it_is.add(ms)
            shape.news.original.append(ms)
            shape.credit += ms * totals.share
            if self._question is not None and shape.worth_learning:
                shape.learn_at = 2 * shape.as_it_is.total
                try:
                    totals.learner.offer(self._question, shape)
                except RuntimeError as error:  # no further thread can be started
                    totals.note(error)
            return
        totals.restricted += 1
        shape.restricted.add(ms + self._asked_ms)
        shape.news.restricted.append(ms + self._asked_ms)
        shape.news.runs += 1
        shape.owed += (ms + self._asked_ms) * totals.share
        enough = 1 if shape.losing else 3
        if min(shape.as_it_is.known, shape.restricted.known) >= enough:
            loss = shape.restricted.median - 1.05 * shape.as_it_is.median
            if loss > 0:
                shape.losing = True
                shape.credit, shape.price = 0.0, loss
                shape.restricted.forget()
            elif shape.restricted.known >= 3:
                shape.losing = False


class Acceleration:
    """How queries of an application are restricted, and what has been learned of them in this process.

    Args:
        partition_key: the column that splits the data.
        cache: the cache's name.
        method: how keys are written, as for `partitioncache.apply_cache`.
        limit_ms: how long asking may take; after that the query runs as it is.
        longer_than_ms: only queries that took longer are asked about; 0: all, also those that have not run yet.
        sample: which share of the queries is looked at, from 0 to 1.
        share: of the time that queries take, how much asking in vain, and running originals to compare with, may add.
            0: nothing is ever compared, and what was not known once is not asked about again.
        learn_seconds: seconds a day that the database may spend on learning what is asked often and takes long; 0: it
            is left to others. It begins by itself, in a thread and on a connection of its own.
        learn_after_ms: how many milliseconds a kind of query has taken in all before it is learned.
        learn_conninfo: libpq's connection string for learning and recording; by default that of the application, as
            far as the adapter knows it.
        record_seconds: how often what queries took is told to the database, so that its ``partitioncache_gain`` knows
            what was saved; 0: never.
        remember: how many texts are remembered.

    Raises:
        ConfigurationError: an argument is out of its range.

    >>> acceleration = Acceleration("city_id")
    >>> acceleration.turn("insert into poi values (1)") is None
    True
    >>> acceleration.turn("select * from poi where kind = 7").asks
    True
    >>> print(acceleration.statistics())
    2 queries, 0 restricted, 0 ms saved; asked 0 times in 0 ms, 0 learned, 0 failed, 0 too late
    """

    def __init__(
        self,
        partition_key: str,
        *,
        cache: str = "partitioncache",
        method: str = "auto",
        limit_ms: float = 500,
        longer_than_ms: float = 0,
        sample: float = 1,
        share: float = 0.02,
        learn_seconds: float = 600,
        learn_after_ms: float = 200,
        learn_conninfo: str | None = None,
        record_seconds: float = 60,
        remember: int = 2_000,
    ) -> None:
        self.partition_key = checked_partition_key(partition_key)
        self.cache = cache
        self.method = method
        for name, value, highest in (
            ("limit_ms", limit_ms, 3_600_000), ("longer_than_ms", longer_than_ms, None), ("sample", sample, 1),
            ("share", share, 1), ("learn_seconds", learn_seconds, 86_400), ("learn_after_ms", learn_after_ms, None),
            ("record_seconds", record_seconds, 86_400), ("remember", remember, None),
        ):  # fmt: skip
            if not isinstance(value, (int, float)) or value < 0 or (highest is not None and value > highest):
                raise ConfigurationError(
                    f"{name}={value!r} is no number from 0{'' if highest is None else f' to {highest:,}'}."
                )
        self.limit_ms = max(1, int(limit_ms))
        self.longer_than_ms = longer_than_ms
        self.sample = sample
        self.share = share
        self.learn_after_ms = learn_after_ms
        self.remember = remember
        self.queries = self.asked = self.restricted = self.failed = self.too_late = 0
        self.asking_ms = self.in_vain_ms = self.running_ms = 0.0
        self.record_seconds = record_seconds
        self.learner = Learner(
            self.partition_key, cache, learn_seconds, learn_conninfo, self.note, record_seconds > 0
        )
        self._told_at = time.monotonic() - max(0.0, record_seconds - _FIRST_TOLD)
        self._texts: OrderedDict[str, Shape | None] = OrderedDict()
        self._shapes: OrderedDict[str, Shape] = OrderedDict()
        self._space = 0
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self._problem: str | None = None
        self._forgotten_ms = 0.0

    def turn(self, text: str) -> Turn | None:
        """What to do with a query that is about to run; None: nothing, and nothing is measured."""
        self.queries += 1
        with self._lock:
            if text in self._texts:
                shape = self._texts[text]
                self._texts.move_to_end(text)
            else:
                shape = self._remembered(text)
        if shape is None or is_off() or (self.sample < 1 and random.random() >= self.sample):
            return None
        return Turn(self, shape, self._asks(shape))

    def _remembered(self, text: str) -> Shape | None:
        if len(text) > _LONGEST:
            return None
        shape = None
        if is_candidate(text):
            general = _LISTS.sub("?, ...", _CONSTANTS.sub("?", text))
            shape = self._shapes.get(general)
            if shape is None:
                shape = self._shapes[general] = Shape(general, self.learn_after_ms)
                if len(self._shapes) > self.remember:
                    self._forgotten_ms += self._shapes.popitem(last=False)[1].statistics().saved_ms or 0.0
        self._texts[text] = shape
        self._space += len(text)
        while len(self._texts) > self.remember or self._space > _SPACE:
            self._space -= len(self._texts.popitem(last=False)[0])
        return shape

    def _asks(self, shape: Shape) -> bool:
        as_it_is, restricted = shape.as_it_is, shape.restricted
        if self.longer_than_ms and (not as_it_is.count or as_it_is.median < self.longer_than_ms):
            return False
        if self._paused_until and time.monotonic() < self._paused_until:
            return False
        if self.learner.learns and shape.worth_learning and not shape.losing:
            return True
        if shape.price > shape.credit or (shape.price and not self.share):
            return False
        if not as_it_is.count and not restricted.count:
            return self.in_vain_ms <= _GRANT_MS + self.share * self.running_ms
        if not self.share or shape.losing:
            return True
        # Now and then the original runs, to compare with.
        known, seen = as_it_is.known, restricted.known
        looks_slower = seen >= 3 and known and restricted.median > as_it_is.median
        compare = (
            (not known and seen >= 5)
            or (looks_slower and known < 3)
            or (known and shape.owed > as_it_is.median)
        )
        if compare:
            shape.owed = 0.0
        return not compare

    def pause(self) -> None:
        """The cache cannot be used now: it is left alone for a minute."""
        self._paused_until = time.monotonic() + _PAUSE

    def tell(self, *, now: bool = False) -> None:
        """Has what queries took told to the database, if it is time, in the background."""
        if not self.record_seconds or not (now or time.monotonic() - self._told_at > self.record_seconds):
            return
        self._told_at = time.monotonic()
        with self._lock:
            shapes = [shape for shape in self._shapes.values() if shape.has_news][-_MOST_TOLD:]
        try:
            self.learner.record([told for shape in shapes if (told := shape.measured()) is not None])
        except RuntimeError as error:  # no further thread can be started
            self.note(error)

    def note(self, error: BaseException) -> None:
        """Keeps an error for the statistics."""
        said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
        self._problem = " ".join(said.split()) or type(error).__name__
        logger.info("query left as it is: %s", self._problem)

    def statistics(self) -> Statistics:
        """What has been done so far, and what it brought."""
        with self._lock:
            shapes = [
                shape.statistics()
                for shape in self._shapes.values()
                if shape.as_it_is.count or shape.restricted.count
            ]
        shapes.sort(key=lambda shape: -(shape.saved_ms or 0.0))
        return Statistics(
            self.queries, self.asked, self.restricted, self.failed, self.too_late, self.learner.pushed, self.asking_ms,
            self._forgotten_ms + sum(shape.saved_ms or 0.0 for shape in shapes), tuple(shapes), self._problem,
        )  # fmt: skip


OPTIONS: Final = tuple(name for name in signature(Acceleration).parameters if name != "partition_key")
"""The names of its options."""

_SHARED: dict[object, Acceleration] = {}
_SHARED_LOCK = threading.Lock()


def shared(where: object, options: dict[str, Any]) -> Acceleration:
    """One `Acceleration` for all connections of a process that lead to one place with the same options."""
    key = (where, tuple(sorted(options.items())))
    with _SHARED_LOCK:
        if key not in _SHARED:
            _SHARED[key] = Acceleration(**options)
        return _SHARED[key]
