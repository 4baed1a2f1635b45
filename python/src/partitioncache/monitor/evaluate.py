"""Taking one query apart, and evaluating one fragment: what a monitor does with a piece of work.

:class:`SourceEvaluator` does it here, for caches and data sources of any kind; :class:`ServerEvaluator`
lets PostgreSQL do it, where the cache is beside the data.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Protocol

from partitioncache.analysis.forms import Form, form_of_entry
from partitioncache.backends.protocol import Backend
from partitioncache.datatypes import INTEGER_DATATYPES, parse
from partitioncache.errors import DatatypeError
from partitioncache.key_columns import key_column
from partitioncache.monitor.apart import Analyser, NotCacheable, Part, Processes
from partitioncache.queues import Item
from partitioncache.registry import describe
from partitioncache.sources import Source, TooManyKeys

#: More keys than this are not written into a fragment: the database would spend longer on the list than it saves.
_WORTH_RESTRICTING: Final = 10_000

#: Forms of fragments that are remembered from taking queries apart until they are evaluated.
_MOST_FORMS: Final = 10_000

#: Seconds of taking queries apart until their fragments are handed on.
_SECONDS_TOGETHER: Final = 0.05

#: Seconds of taking queries apart that are claimed together.
_SECONDS_CLAIMED: Final = 0.5

#: Seconds for which a registration is believed to be what it was.
_SECONDS_REGISTERED: Final = 1.0


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What became of a fragment.

    Attributes:
        key_count: the number of its keys; None if there were too many, so that it holds no key set.
        seconds: how long it took.
        restricted_by: how many smaller fragments restricted it; None if the server did not say.
        unselective: it leaves most partitions, which is remembered instead of its keys.
    """

    key_count: int | None
    seconds: float
    restricted_by: int | None = None
    unselective: bool = False


class Worker(Protocol):
    """One thread's means to evaluate fragments."""

    def evaluate(self, item: Item) -> Evaluated:
        """Find the key set of a fragment and store it. On any error nothing is stored.

        Raises:
            FragmentTimeout: the time limit was reached.
            SourceUnavailable: the connection broke.
            PartitionCacheError: the fragment was refused, or a key is not of the partition key's data type.
        """

    def interrupt(self) -> None:
        """Stop what is running, from another thread, for good."""

    def close(self) -> None:
        """Give up the connection."""


class Evaluator(Protocol):
    """Fills one cache."""

    @property
    def at_once(self) -> int:
        """How many queries to claim together at most."""

    def take_apart(self, item: Item) -> list[Item]:
        """The fragments of a query that the cache does not hold yet, the smallest first.

        Raises:
            NotCacheable: it has none at all.
            PartitionCacheError: the query, or the type of its partition key, is refused.
        """

    def take_all_apart(self, items: Sequence[Item]) -> Iterator[list[Item] | Exception]:
        """For each of several queries in turn what :meth:`take_apart` gives, or the error that it raises."""

    def worker(self) -> Worker:
        """The means for one more thread."""

    def close(self) -> None:
        """Give up what was started. It starts again if there is more to do."""


def one_by_one(
    take_apart: Callable[[Item], list[Item]], items: Sequence[Item]
) -> Iterator[list[Item] | Exception]:
    """See :meth:`Evaluator.take_all_apart`: each by itself."""
    for item in items:
        try:
            yield take_apart(item)
        except Exception as error:
            yield error


class SourceEvaluator:
    """Analyses queries here, runs fragments on a data source and stores their keys in any cache.

    Args:
        backend: the cache. It is shared by threads.
        open_source: opens the data source; called once for each thread.
        columns: the tables of the source, as :meth:`Source.columns` gives them.
        dialect: the SQL that the source speaks, by the analyser's name.
        max_fragments: most fragments of one query.
        timeout: seconds for one fragment; None for any number.
        result_limit: most keys of one fragment; None for any number.
        partition_local: the user's assertion that matches never cross partitions.
        again: evaluate also what the cache holds already.
        declared: the same tables with the types of their columns, as :meth:`Source.declared` gives them.
        processes: how many processes may take queries apart where many wait. They begin by importing the main module
            of this one, which must not do anything else then.
    """

    def __init__(
        self,
        backend: Backend,
        open_source: Callable[[], Source],
        columns: Mapping[str, Mapping[str, str | None]],
        dialect: str,
        *,
        max_fragments: int = 64,
        timeout: float | None = None,
        result_limit: int | None = None,
        partition_local: bool = False,
        again: bool = False,
        declared: Mapping[str, Mapping[str, str | None]] | None = None,
        processes: int = 0,
    ) -> None:
        self._backend = backend
        self._open_source = open_source
        self._columns = columns
        self._schema = columns if declared is None else declared
        self._analyser = Analyser(dialect, self._schema, partition_local, max_fragments)
        self._processes = Processes(self._analyser, processes)
        self._timeout = timeout
        self._result_limit = result_limit
        self._again = again
        self._registered: dict[str, tuple[str, float]] = {}
        self._usual_seconds = _SECONDS_CLAIMED / 100
        self._forms: dict[tuple[str, str, str], Form | None] = {}

    @property
    def at_once(self) -> int:
        """See :class:`Evaluator`: what takes long to take apart, other monitors shall find some of."""
        return max(8, min(100, int(_SECONDS_CLAIMED / self._usual_seconds)))

    def take_all_apart(self, items: Sequence[Item]) -> Iterator[list[Item] | Exception]:
        """See :class:`Evaluator`: what the cache holds of them is asked for once in a while, for several at once."""
        began = time.monotonic()
        end = began + _SECONDS_TOGETHER
        found: list[list[Item] | Exception] = []
        apart = self._processes.parts([(item.query, item.partition_key) for item in items])
        for item, parts in zip(items, apart, strict=True):
            found.append(self._fragments(item, parts))
            if time.monotonic() >= end:
                yield from self._not_held(found)
                found, end = [], time.monotonic() + _SECONDS_TOGETHER
        yield from self._not_held(found)
        self._usual_seconds = (time.monotonic() - began) / max(1, len(items))

    def _not_held(self, found: Sequence[list[Item] | Exception]) -> Iterator[list[Item] | Exception]:
        """Those fragments that are to be evaluated, for each query in turn; or why there are none."""
        try:
            held = self._held(
                [each for fragments in found if isinstance(fragments, list) for each in fragments]
            )
        except Exception as error:
            yield from (fragments if isinstance(fragments, Exception) else error for fragments in found)
            return
        for fragments in found:
            if isinstance(fragments, list):
                yield [each for each in fragments if (each.partition_key, each.hash) not in held]
            else:
                yield fragments

    def take_apart(self, item: Item) -> list[Item]:
        """See :class:`Evaluator`."""
        (found,) = self.take_all_apart([item])
        if isinstance(found, Exception):
            raise found
        return found

    def _fragments(self, item: Item, parts: list[Part] | Exception) -> list[Item] | Exception:
        """The parts of a query as items, or why there are none."""
        try:
            datatype = self._known_datatype(item.partition_key)
            if datatype is None:
                datatype = self._register(item.partition_key, self._datatype(item))
        except Exception as error:
            return error
        if isinstance(parts, Exception):
            return parts
        if len(self._forms) > _MOST_FORMS:
            self._forms.clear()
        for each in parts:
            self._forms[each.hash, each.sql, item.partition_key] = each.form
        return [
            Item(each.sql, item.partition_key, datatype, each.hash, each.parts, item.priority)
            for each in parts
        ]

    def _held(self, fragments: Sequence[Item]) -> set[tuple[str, str | None]]:
        """Those of some fragments that need not be evaluated, by their partition keys and hashes."""
        wanted: dict[tuple[str, str | None], set[str]] = defaultdict(set)
        for each in () if self._again else fragments:
            wanted[each.partition_key, each.datatype].add(each.hash or "")
        return {
            (partition_key, hash)
            for (partition_key, datatype), hashes in wanted.items()
            for hash in self._backend.existing(hashes, partition_key, datatype)
        }

    def _known_datatype(self, partition_key: str) -> str | None:
        """The data type of a partition key, asked for once in a while: only who empties the cache changes it."""
        datatype, until = self._registered.get(partition_key, (None, 0.0))
        if time.monotonic() < until:
            return datatype
        datatype = self._backend.datatype(partition_key)
        if datatype is not None:
            self._registered[partition_key] = datatype, time.monotonic() + _SECONDS_REGISTERED
        return datatype

    def _register(self, partition_key: str, datatype: str) -> str:
        self._backend.register(partition_key, datatype)
        self._registered[partition_key] = datatype, time.monotonic() + _SECONDS_REGISTERED
        return datatype

    def _datatype(self, item: Item) -> str:
        """The data type of a partition key that is not registered: as the user says, or as the tables declare it."""
        name, wanted = item.partition_key, item.datatype
        if wanted is None:
            analysis = self._analyser.analyse(item.query, item.partition_key)
            if analysis.reason is not None:
                raise NotCacheable(analysis.reason)
            tables = {table for each in analysis.fragments for table in each.tables}
            columns = self._columns
            places = {(table, key_column(self._schema.get(table, {}), name)) for table in tables}
            declared = {
                columns[table][column] for table, column in places if column in columns.get(table, {})
            }
            if len(declared) != 1 or None in declared:
                raise DatatypeError(
                    f"The data type of partition key {name} cannot be told from its tables.",
                    hint="Say it with --partition-datatype. Texts must be compared exactly, whatever their case.",
                )
            wanted = str(declared.pop())
        if wanted not in self._backend.datatypes:
            raise DatatypeError(
                f"{self._backend.backend} holds {describe(self._backend.datatypes)}, and {name} is {wanted}.",
                hint="Choose another --cache-backend.",
            )
        return wanted

    def worker(self) -> SourceWorker:
        """See :class:`Evaluator`."""
        return SourceWorker(self, self._open_source())

    def close(self) -> None:
        """See :class:`Evaluator`."""
        self._processes.close()

    def store(self, item: Item, source: Source) -> Evaluated:
        """Run a fragment and keep its keys. See :meth:`Worker.evaluate`."""
        started, as_of = time.monotonic(), time.time()
        name = item.hash or item.identity
        # Restricted by parts, a fragment finds nothing that these have not found.
        earlier = self._backend.as_of(item.parts, item.partition_key) if item.parts else None
        query, restricted_by = self._restricted(item)
        if restricted_by and earlier is not None:
            as_of = min(as_of, earlier)
        try:
            found = set() if query is None else source.keys(query, self._timeout, self._result_limit)
        except TooManyKeys:
            self._hold_no_keys(name, item)
            return Evaluated(None, time.monotonic() - started, restricted_by)
        datatype = self._known_datatype(item.partition_key)
        if datatype is None and item.datatype is not None:
            datatype = self._register(item.partition_key, item.datatype)
        if datatype is not None:
            found = {converted(key, datatype) for key in found}
        form = self._forms.pop((name, item.query, item.partition_key), None)
        if form is None:
            form = form_of_entry(name, item.query, item.partition_key, self._schema)
        self._backend.keep(name, found, item.query, item.partition_key, datatype, as_of, form)
        return Evaluated(len(found), time.monotonic() - started, restricted_by)

    def _hold_no_keys(self, name: str, item: Item) -> None:
        self._backend.delete(name, item.partition_key)
        if self._backend.datatype(item.partition_key) is not None:
            self._backend.set_query(name, item.query, item.partition_key)

    def _restricted(self, item: Item) -> tuple[str | None, int]:
        """The fragment's text, restricted to the keys of its parts; None if these leave nothing."""
        if not item.parts:
            return item.query, 0
        keys, hits = self._backend.get_intersected(item.parts, item.partition_key)
        if keys is None or len(keys) > _WORTH_RESTRICTING:
            return item.query, 0
        if not keys:
            return None, hits
        analysis = self._analyser.analyse(item.query, item.partition_key)
        # the fragment, taken apart itself, is its own largest fragment: that one's family is what it selects
        family = next((each.family for each in analysis.fragments if each.hash == item.hash), None)
        return (item.query, 0) if family is None else (analysis.rewrite({family: keys}, "IN"), hits)


class SourceWorker:
    """A thread's connection to the data source."""

    def __init__(self, evaluator: SourceEvaluator, source: Source) -> None:
        self._evaluator = evaluator
        self._source = source

    def evaluate(self, item: Item) -> Evaluated:
        """See :class:`Worker`."""
        return self._evaluator.store(item, self._source)

    def interrupt(self) -> None:
        """See :class:`Worker`."""
        self._source.interrupt()

    def close(self) -> None:
        """See :class:`Worker`."""
        self._source.close()


def converted(key: Any, datatype: str) -> Any:
    """A key as the data type has it, where the driver gives it in another form.

    >>> converted(Decimal("7"), "integer"), converted("2024-01-31", "date"), converted(None, "text")
    (7, datetime.date(2024, 1, 31), None)
    """
    if datatype in INTEGER_DATATYPES and isinstance(key, Decimal) and key == key.to_integral_value():
        return int(key)
    if datatype == "float" and isinstance(key, Decimal):
        return float(key)
    if datatype not in ("text", *INTEGER_DATATYPES) and isinstance(key, str):
        return parse(key, datatype)
    return key
