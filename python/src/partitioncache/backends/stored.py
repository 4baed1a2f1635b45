"""`StoredCache`: a cache in a store that knows nothing but names and bytes, such as Redis and RocksDB.

A store offers four steps: read values, list names, write values, remove all values of a kind. Everything else is here,
once: registrations, key sets, queries, forms, and what happens to a value that is not what was stored. Such a value
counts as missing, with one warning in the log: a cache may forget, but never answer wrongly.

The form of an entry is what its fragment says, as data (`analysis.forms`). All forms together are the catalogue in
which each client looks for what a query contains. An entry under a name of the user's own has none, and is found by
that name.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import Any, Final, Literal, TypeAlias, cast

from typing_extensions import Self

from partitioncache.analysis import METHODS, Analysis, analyse, method_named
from partitioncache.analysis.forms import Form, believed, read_form
from partitioncache.analysis.forms import written as written_form
from partitioncache.analysis.size import asking_time
from partitioncache.backends.bitmaps import dense
from partitioncache.backends.catalogues import Catalogues, about
from partitioncache.backends.entries import Damaged, moment, read, seal, unseal, written
from partitioncache.backends.packing import pack_bytes, unpack_bytes
from partitioncache.backends.protocol import State
from partitioncache.backends.questions import Explanation, Question
from partitioncache.backends.readings import QueryForm, reading
from partitioncache.closing import Closing
from partitioncache.config import (
    DEFAULT_CACHE,
    checked_apply_limit,
    checked_cache_name,
    checked_hash,
    checked_max_age,
    checked_partition_key,
)
from partitioncache.datatypes import INTEGER_DATATYPES, Key, KeySet, checked, collected, infer
from partitioncache.errors import (
    BackendError,
    ConfigurationError,
    PartitionCacheError,
    RegistrationConflictError,
    logger,
    not_registered,
)
from partitioncache.registry import CACHE_TYPES, check_datatype

Kind: TypeAlias = Literal["registration", "entry", "query", "about", "form"]
"""What a value is: ``about`` and ``form`` are what the catalogue holds of an entry."""

_MOST_CONTAINED: Final = 16
"""Entries of one family that are intersected: a further one hardly leaves fewer keys."""

_WARNINGS: Final = 1000
"""Damaged values that are named; more are only counted as missing."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of a query.

    Attributes:
        keys: the key sets by family: those of one family have been intersected.
        wanted: how many hashes count as looked for: the query's own fragments, and entries that it contains.
        hits: how many of them may be used.
    """

    keys: Mapping[str, KeySet]
    wanted: int
    hits: int


class StoredCache(Closing):
    """What the backends of Redis and RocksDB have in common.

    Args:
        cache: the name of the cache.
        table_prefix: another name of `cache`.
        max_age: how old the data of an entry may be, in seconds or as a timedelta, for the entry to be used.
    """

    backend: str
    _bytes_a_number: int = 1
    """Whole numbers are kept a bit each where that takes no more than so much."""

    def __init__(
        self, cache: str | None, table_prefix: str | None, max_age: timedelta | float | None
    ) -> None:
        self._cache = checked_cache_name(cache or table_prefix or DEFAULT_CACHE)
        self._max_age = checked_max_age(max_age)
        self._apply_limit = checked_apply_limit()
        self._named: set[tuple[str, ...]] = set()
        self._catalogues = Catalogues(self)

    # What a store does

    @abstractmethod
    def _read(self, kind: Kind, partition_key: str, names: Sequence[str]) -> list[bytes | None]:
        """The values under these names, None for each that is not there."""

    @abstractmethod
    def _names(self, kind: Kind, partition_key: str) -> list[str]:
        """The names of all values of a kind."""

    @abstractmethod
    def _register(self, partition_key: str, value: bytes, only_new: bool) -> None:
        """Stores a registration; with `only_new` only if there is none."""

    @abstractmethod
    def _write(self, partition_key: str, name: str, values: Mapping[Kind, bytes | None]) -> None:
        """Stores an entry's values, removes those that are None, and notes the change, in one step."""

    @abstractmethod
    def _remove(self, partition_key: str, name: str) -> bool:
        """Removes all values of an entry and notes the change, in one step; whether there was a set or a query."""

    @abstractmethod
    def _remove_all(self, partition_key: str) -> int:
        """Removes the values of all entries, and all that is noted of changes; how many entries there were."""

    @abstractmethod
    def last_change(self, partition_key: str) -> bytes:
        """See `catalogues.Stored`."""

    @abstractmethod
    def changed_since(self, partition_key: str, token: bytes) -> set[str] | None:
        """See `catalogues.Stored`."""

    def _registered_as(self, datatype: str) -> str:
        """What a new registration says; it begins with the data type."""
        return datatype

    # What a cache does

    @property
    def cache(self) -> str:
        return self._cache

    @property
    def datatypes(self) -> frozenset[str]:
        return CACHE_TYPES[self.backend].datatypes

    def register(self, partition_key: str, datatype: str) -> None:
        checked_partition_key(partition_key)
        datatype = check_datatype(self.backend, datatype)
        if self.datatype(partition_key) is None:
            value = seal(
                self._registered_as(datatype).encode(), "registration", self._cache, "", partition_key
            )
            self._register(partition_key, value, only_new=True)
            if self.datatype(partition_key) is None:  # what is there is damaged
                self._register(partition_key, value, only_new=False)
        known = self.datatype(partition_key)
        if known != datatype:
            raise RegistrationConflictError(
                f"{partition_key} is registered as {known}, not as {datatype}.",
                hint="Use that data type, or a cache of another name.",
            )

    def set_set(
        self, hash: str, keys: Iterable[Key | None], partition_key: str, as_of: float | None = None
    ) -> None:
        self._write(partition_key, hash, self._key_set(hash, collected(keys), partition_key, None, as_of))

    def keep(
        self,
        hash: str,
        keys: Iterable[Key | None],
        query: str,
        partition_key: str,
        datatype: str | None = None,
        as_of: float | None = None,
        form: Form | None = None,
    ) -> None:
        values = self._key_set(hash, collected(keys), partition_key, datatype, as_of)
        remembered = self._remembered(
            hash, query, partition_key, None if form is None else written_form(form)
        )
        self._write(partition_key, hash, {**values, **remembered})

    def _key_set(
        self,
        hash: str,
        keys: Collection[Key | None],
        partition_key: str,
        datatype: str | None,
        as_of: float | None,
    ) -> dict[Kind, bytes | None]:
        checked_hash(hash)
        checked_partition_key(partition_key)
        datatype = datatype or self.datatype(partition_key)
        if datatype is None:
            datatype = check_datatype(self.backend, infer(keys))
            checked(keys, datatype)
            self.register(partition_key, datatype)
        held = checked(keys, datatype)
        bitmap = datatype in INTEGER_DATATYPES and dense(
            sorted(cast("set[int]", held - {None})), self._bytes_a_number
        )
        moment = time.time() if as_of is None else as_of
        content = written(held, datatype, bitmap, moment)
        return {
            "entry": seal(content, "entry", self._cache, partition_key, hash, datatype),
            "about": self._sealed("about", partition_key, hash, about(len(held), moment)),
        }

    def get(self, hash: str, partition_key: str) -> KeySet | None:
        return self.get_intersected([hash], partition_key)[0]

    def exists(self, hash: str, partition_key: str) -> bool:
        datatype = self.datatype(partition_key)
        return datatype is not None and bool(self._entries(partition_key, [hash], datatype))

    def existing(self, hashes: Collection[str], partition_key: str, datatype: str | None = None) -> set[str]:
        datatype = datatype or self.datatype(partition_key)
        if datatype is None or not hashes:
            return set()
        now = time.time()
        found = self._found("entry", partition_key, list(hashes), datatype)
        return {name for name, content in found.items() if self._is_fresh(moment(content), now)}

    def as_of(self, hashes: Iterable[str], partition_key: str) -> float | None:
        datatype = self.datatype(partition_key)
        found = [] if datatype is None else self._entries(partition_key, list(hashes), datatype)
        return min(map(moment, found), default=None)

    def delete(self, hash: str, partition_key: str) -> bool:
        return self._remove(partition_key, hash)

    def get_all_keys(self, partition_key: str) -> set[str]:
        return set(self._names("entry", partition_key))

    def states(self, partition_key: str) -> dict[str, State]:
        return dict.fromkeys(self._names("entry", partition_key), State.ASSERTED)

    def set_query(self, hash: str, query: str, partition_key: str, form: str | None = None) -> None:
        checked_hash(hash)
        if self.datatype(partition_key) is None:
            raise not_registered(partition_key, self._cache)
        found = believed(form, hash, query, partition_key)
        self._write(partition_key, hash, self._remembered(hash, query, partition_key, found))

    def _remembered(
        self, hash: str, query: str, partition_key: str, form: str | None
    ) -> dict[Kind, bytes | None]:
        return {
            "query": self._sealed("query", partition_key, hash, pack_bytes(query.encode())),
            "form": None
            if form is None
            else self._sealed("form", partition_key, hash, pack_bytes(form.encode())),
        }

    def get_form(self, hash: str, partition_key: str) -> str | None:
        found = self._contents("form", partition_key, [hash])
        return unpack_bytes(found[0]).decode() if found else None

    def contained(self, analysis: Analysis, partition_key: str) -> dict[str, list[str]]:
        """The entries that a query contains and that are not too old, by family, the smallest first."""
        now = time.time()
        return self._contained(analysis, partition_key, lambda as_of: self._is_fresh(as_of, now))

    def _contained(
        self, analysis: Analysis, partition_key: str, usable: Callable[[float], bool]
    ) -> dict[str, list[str]]:
        if analysis.reason is not None:
            return {}
        with self._catalogues.lock:
            return analysis.contained(self._catalogues.current(partition_key), usable)

    def names(self, partition_key: str) -> list[str]:
        """See `catalogues.Stored`."""
        return self._names("about", partition_key)

    def forms(self, partition_key: str, names: Sequence[str]) -> Iterator[tuple[str, bytes | None, bytes]]:
        """See `catalogues.Stored`."""
        forms = self._found("form", partition_key, names)
        for name, told in self._found("about", partition_key, names).items():
            yield name, forms.get(name), told

    def get_query(self, hash: str, partition_key: str) -> str | None:
        found = self._contents("query", partition_key, [hash])
        return unpack_bytes(found[0]).decode() if found else None

    def get_intersected(self, hashes: Iterable[str], partition_key: str) -> tuple[KeySet | None, int]:
        datatype = self.datatype(partition_key)
        wanted = list(dict.fromkeys(hashes))
        if datatype is None or not wanted:
            return None, 0
        contents = self._entries(partition_key, wanted, datatype)
        if not contents:
            return None, 0
        return read(contents, datatype), len(contents)

    def get_partition_keys(self) -> list[tuple[str, str]]:
        names = sorted(self._names("registration", ""))
        return [(name, datatype) for name in names if (datatype := self.datatype(name)) is not None]

    def datatype(self, partition_key: str) -> str | None:
        found = self._registration(partition_key)
        return None if found is None else found[0]

    def count(self, partition_key: str) -> int:
        return len(self._names("entry", partition_key))

    def clear(self, partition_key: str | None = None) -> int:
        chosen = self._names("registration", "") if partition_key is None else [partition_key]
        return sum(map(self._remove_all, chosen))

    # Asking

    @property
    def dialect(self) -> None:
        """Whoever asks says which."""

    @property
    def methods(self) -> tuple[str, ...]:
        return METHODS

    def on(self, connection: object, search_path: object) -> Self:
        if connection is not None or search_path is not None:
            raise ConfigurationError(
                f"connection= and search_path= are for PostgreSQL caches, and this is {self.backend}.",
                hint="Leave them out: such a cache is asked without the database.",
            )
        return self

    def usable_method(self, method: str) -> str:
        return method

    def apply(self, question: Question) -> str:
        return (self._too_large(question) or self._answered(question, _analysed(question))).rewritten

    def explain(self, question: Question) -> Explanation:
        if (too_large := self._too_large(question)) is not None:
            return too_large
        analysis = _analysed(question)
        explanation = self._answered(question, analysis)
        name = question.partition_key
        fresh = frozenset(chain(*self.contained(analysis, name).values()))
        entries: list[Mapping[str, Any]] = []
        for hash in sorted(set(chain(*self._contained(analysis, name, lambda as_of: True).values()))):
            entry: dict[str, Any] = {"hash": hash, "state": "asserted"}
            if hash not in fresh:
                entry |= {"state": "aside", "reason": "its data is older than max_age"}
            form = read_form(self.get_form(hash, name) or "")
            if form is not None:
                entry |= {"says": str(form).splitlines(), "implied": list(analysis.implications(form))}
            entries.append(entry)
        if entries and not explanation.hits:
            explanation = replace(explanation, reason="what the cache has of it is older than max_age")
        return replace(explanation, entries=tuple(entries))

    def form(self, question: Question) -> QueryForm:
        return reading(_analysed(question), question.partition_key)

    def known(self, question: Question) -> tuple[KeySet | None, int, int]:
        analysis = _analysed(question)
        found = self._looked_up(analysis, question.partition_key)
        merged = analysis.merged(found.keys)
        return None if merged is None else set(merged), found.wanted, found.hits

    def push(self, question: Question, priority: int = 1) -> None:
        raise ConfigurationError(
            f"{self.backend} has no queue of its own.", hint="Push without cache=; a monitor fills it."
        )

    def fails_open(self, error: PartitionCacheError) -> bool:
        return isinstance(error, BackendError)

    def follows_writes(self, partition_key: str) -> bool:
        return False

    def server_fragments(self, query: str, partition_key: str) -> None:
        """They are made by `analysis`."""

    def _looked_up(self, analysis: Analysis, partition_key: str) -> _Found:
        """What the cache knows of a query: the entries that it contains."""
        contained = self.contained(analysis, partition_key)
        keys: dict[str, KeySet] = {}
        hits = 0
        for family, hashes in contained.items():
            found, some = self.get_intersected(hashes[:_MOST_CONTAINED], partition_key)
            hits += some
            if found is not None:
                keys[family] = found
        distinct = frozenset(chain(*contained.values()))
        own = (fragment.hash for fragment in analysis.fragments)
        # One may serve two tables of the query.
        return _Found(keys, len(distinct.union(own)), min(hits, len(distinct)))

    def _too_large(self, question: Question) -> Explanation | None:
        """What is said of a query that is not asked for; None for any other."""
        if (expected := asking_time(question.query)) <= self._apply_limit:
            return None
        reason = (
            f"to ask for so large a query is expected to take {expected:.0f} ms, more than {self._apply_limit:g} "
            "(APPLY_LIMIT_MS)"
        )
        return Explanation(False, reason, None, 0, 0, None, None, question.query)

    def _answered(self, question: Question, analysis: Analysis) -> Explanation:
        """The query restricted."""
        found = self._looked_up(analysis, question.partition_key)
        rewritten, reason = question.query, analysis.reason
        if found.keys:
            rewritten, reason = analysis.restricted(found.keys, question.method)
        applied = rewritten != question.query
        return Explanation(
            applied=applied,
            reason=None if applied else question.left_alone(reason, found.wanted, found.hits),
            method_used=method_named(question.method) if applied else None,
            fragments=found.wanted,
            hits=found.hits,
            keys=min(map(len, found.keys.values()), default=None),
            partitions=None,
            notes=analysis.notes,
            rewritten=rewritten,
        )

    # Values that are what was stored

    def _entries(self, partition_key: str, hashes: Sequence[str], datatype: str) -> list[bytes]:
        """The contents of those entries that are there, whole, and not too old."""
        found = self._contents("entry", partition_key, hashes, datatype)
        now = time.time()
        return [content for content in found if self._is_fresh(moment(content), now)]

    def _is_fresh(self, as_of: float, now: float) -> bool:
        # An entry from the future comes from another clock: how old it is, nobody knows.
        return self._max_age is None or abs(now - as_of) <= self._max_age

    def _registration(self, partition_key: str) -> list[str] | None:
        """What is registered: the data type, and what `_registered_as` adds."""
        found = self._contents("registration", "", [checked_partition_key(partition_key)])
        return found[0].decode().split() if found else None

    def _sealed(self, kind: Kind, partition_key: str, name: str, content: bytes) -> bytes:
        return seal(content, kind, self._cache, partition_key, name)

    def _contents(self, kind: Kind, partition_key: str, names: Sequence[str], *more: str) -> list[bytes]:
        """The contents under these names; of those that are not there, or damaged, nothing."""
        return list(self._found(kind, partition_key, names, *more).values())

    def _found(self, kind: Kind, partition_key: str, names: Sequence[str], *more: str) -> dict[str, bytes]:
        """The contents under these names, by name; of those that are not there, or damaged, nothing."""
        found = {}
        for name, value in zip(names, self._read(kind, partition_key, names), strict=True):
            if value is not None:
                try:
                    found[name] = unseal(value, kind, self._cache, partition_key, name, *more)
                except Damaged:
                    self._warn(kind, partition_key, name)
        return found

    def _warn(self, kind: Kind, partition_key: str, name: str = "") -> None:
        """Says once that a value is damaged."""
        if (kind, partition_key, name) in self._named or len(self._named) >= _WARNINGS:
            return
        self._named.add((kind, partition_key, name))
        what: Mapping[Kind, str] = {
            "registration": f"the registration of {name or 'all partition keys'}",
            "entry": f"the entry {name} of {partition_key}" if name else f"all entries of {partition_key}",
            "query": f"the query of {name} of {partition_key}" if name else f"all queries of {partition_key}",
            "form": f"the form of {name} of {partition_key}" if name else f"all forms of {partition_key}",
            "about": f"the size of {name} of {partition_key}" if name else f"all sizes of {partition_key}",
        }
        logger.warning(
            "%r holds something else than was stored for %s: damaged, or of another version. It counts as missing.",
            self,
            what[kind],
        )


def _analysed(question: Question) -> Analysis:
    return analyse(
        question.query, question.partition_key, question.dialect, question.schema, question.partition_local
    )
