"""Which entries a query contains: each of their conditions is said by the query, or follows from what it says.

Every row of the query then holds a row of the entry, so the query's partitions are among the entry's keys.
"""

from __future__ import annotations

import math
import struct
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Final

from partitioncache.analysis.conditions import Constant, Kind, Said, Sure, date_of
from partitioncache.analysis.conditions.rendering import Template
from partitioncache.analysis.forms import Form, shown

#: Places tried for the tables of one entry; past that it is not known whether the query contains it.
MOST_TRIED: Final = 200
#: Entries looked at for one query; of those that say a bound and more, the nearest; of those that say nothing but a
#: bound of one table, the nearest few, since each of the others has all their keys.
MOST_CANDIDATES: Final = 5000
MOST_NEAREST: Final = 64
MOST_ALONE: Final = 3
MOST_PASSED: Final = 1000
#: Constants of a list under which an entry is filed, each; one with a longer list is filed under the list's expression.
MOST_CONSTANTS: Final = 100


# -- implication --


def implies(known: Said, wanted: Said, dialect: str) -> bool:
    """Whether a condition on an expression is true wherever another one on the same expression is.

    Where in doubt, no: columns may be compared by a collation, converted, or rounded. Texts are only compared for
    being the same; numbers and dates only where what they are compared with surely is of their kind.

    >>> area = (0, ".area")
    >>> more, less = (Said(area, Kind.BOUND, ">", Constant.NUMBER, (n,), Sure.NUMERIC) for n in ("1000", "900"))
    >>> implies(more, less, "sqlite"), implies(less, more, "sqlite")
    (True, False)
    """
    return known.expression == wanted.expression and _implies(known, wanted, dialect)


def _implies(known: Said, wanted: Said, dialect: str) -> bool:
    """As `implies`, of two that are known to speak of the same expression."""
    if known.kind is Kind.SAME or wanted.kind is Kind.SAME:
        return known.kind is wanted.kind
    if wanted.kind is Kind.PRESENT:
        # In PostgreSQL a row with a null in it is equal to others, and not "not null".
        is_row = Sure.UNKNOWN is known.sure is wanted.sure and known.of is not Constant.NUMBER
        return known.kind is Kind.PRESENT or dialect != "postgres" or not is_row
    if known.kind is Kind.PRESENT:
        return False
    if wanted.kind is Kind.SET:
        return known.kind is Kind.SET and _is_part(known, wanted, dialect)
    return _is_within(known, wanted, dialect)


def _is_part(known: Said, wanted: Said, dialect: str) -> bool:
    """Whether all constants are among others, and are compared there as they are here.

    A list may be compared in another type than a constant alone: as numbers of four bytes, or by another collation.
    """
    if known.of is not wanted.of or not set(known.constants) <= set(wanted.constants):
        return False
    if len(known.constants) == len(wanted.constants):
        return True
    if (
        known.of is Constant.NUMBER
        and len(known.constants) == 1
        and not all(map(_is_exact, wanted.constants))
    ):
        return False
    if dialect != "mysql":
        return True
    sure = known.sure if known.sure is not Sure.UNKNOWN else wanted.sure
    if wanted.of is Constant.TEXT:
        return sure is Sure.TEXT and all(text.isascii() and text[0] != "_" for text in wanted.constants)
    return wanted.of is Constant.NUMBER and sure is Sure.NUMERIC


def _is_within(known: Said, wanted: Said, dialect: str) -> bool:
    """Whether each value that the known condition allows lies within a bound."""
    operator, (bound,) = wanted.operator, wanted.constants
    if known.kind is Kind.BOUND and known.operator[0] != operator[0]:
        return False
    if known.kind is Kind.BOUND and known.of is wanted.of and known.constants == wanted.constants:
        return known.operator in (operator, operator[0])
    sure = known.sure if known.sure is not Sure.UNKNOWN else wanted.sure
    # Constants that differ may still be one value of what they are compared with, of which we do not know what it is.
    are_distinct = sure is not Sure.UNKNOWN or known.of is Constant.NUMBER
    reaches = known.kind is Kind.SET or len(known.operator) == 2
    excludes = len(operator) == 1
    for constant in known.constants:
        compared = _compared(known, constant, wanted, bound, sure, dialect)
        if compared is None or (
            known.kind is Kind.SET and known.of is Constant.NUMBER and not _is_exact(constant)
        ):
            return False
        if compared != 0 and (compared > 0) != (operator[0] == ">"):
            return False
        if reaches and excludes and (compared == 0 or not are_distinct):
            return False
    return True


def _compared(known: Said, constant: str, wanted: Said, bound: str, sure: Sure, dialect: str) -> int | None:
    """How two constants compare: less than 0, 0, or more; None where that is not sure."""
    if known.of is Constant.NUMBER and wanted.of is Constant.NUMBER:
        compared = _compared_numbers(constant, bound)
        if sure is Sure.NUMERIC or compared is None:
            return compared
        # PostgreSQL compares nothing but numbers with a number, and unsigned oids, to which negative ones are large.
        same_sign = (float(constant) < 0) == (float(bound) < 0)
        return compared if dialect == "postgres" and same_sign else None
    if sure is Sure.DATE or known.of is wanted.of is Constant.DATE:
        return _compared_dates(constant, bound)
    return None


def _compared_numbers(first: str, second: str) -> int | None:
    """Numbers so close that a conversion might make them one, or exchange them, are not compared."""
    one, other = _number(first), _number(second)
    if abs(one) == math.inf or abs(other) == math.inf:
        return None
    if one == other and Decimal(first) == Decimal(second):
        return 0 if ("e" in first.lower()) == ("e" in second.lower()) else None
    if abs(one - other) <= 1e-12 * max(abs(one), abs(other)):
        return None
    return -1 if one < other else 1


@lru_cache(maxsize=100_000)
def _number(text: str) -> float:
    try:
        return float(Decimal(text))
    except (InvalidOperation, OverflowError):
        return math.inf


def _compared_dates(first: str, second: str) -> int | None:
    one, other = date_of(first), date_of(second)
    return None if one is None or other is None else (one > other) - (one < other)


def _is_exact(text: str) -> bool:
    """Whether a number is the same in four bytes.

    >>> _is_exact("3"), _is_exact("0.1"), _is_exact("16777217")
    (True, False, False)
    """
    try:
        exact = Decimal(text)
        (short,) = struct.unpack("f", struct.pack("f", float(exact)))
        return Decimal(short) == exact
    except (InvalidOperation, OverflowError, ValueError):
        return False


# -- containment --


class Asked:
    """A query's form, as entries are compared with it."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._said: dict[Template, list[Said]] = {}
        self._all = dict.fromkeys([*form.conditions, *form.alternatives])
        for said in self._all:
            self._said.setdefault(said.expression, []).append(said)
        self._group = {table: number for number, group in enumerate(form.groups) for table in group}

    def implying(self, wanted: Said, places: Sequence[int]) -> Said | None:
        """What the query says from which follows what is wanted of those of its tables that stand in these places."""
        expression = _placed(wanted, places)
        dialect = self.form.dialect
        return next(
            (known for known in self._said.get(expression, ()) if _implies(known, wanted, dialect)), None
        )

    def equates(self, tables: Sequence[int]) -> bool:
        """Whether the query equates the partition keys of these tables."""
        return len({self._group.get(table, -1 - table) for table in tables}) == 1

    def contains(self, entry: Form, source: int, due: Due | None = None) -> list[int] | None:
        """The query's tables that the entry's can stand for, its selected one for ``source``; None if they cannot.

        Two tables of the entry never stand for one of the query: their keys would be equal only where they are not
        null. `due`: what `due_of` says of the entry.
        """
        if entry.dialect != self.form.dialect or entry.tables[0] != self.form.tables[source]:
            return None
        if entry.key_of(0) != self.form.key_of(source):
            return None
        due = due_of(entry) if due is None else due
        if len(entry.tables) == 1:
            return [source] if self._agrees([source], *due[0]) else None
        # Where the partition key of these stands is what the entry is about.
        keyed = {0, *(table for group in entry.groups for table in group)}
        waiting = [[source]]
        for _ in range(MOST_TRIED):
            if not waiting:
                break
            places = waiting.pop()
            if not self._agrees(places, *due[len(places) - 1]):
                continue
            if len(places) == len(entry.tables):
                return places
            wanted = entry.tables[len(places)]
            waiting += [
                [*places, number]
                for number, table in enumerate(self.form.tables)
                if table == wanted
                and number not in places
                and (len(places) not in keyed or entry.key_of(len(places)) == self.form.key_of(number))
            ]
        return None

    def _agrees(
        self, places: Sequence[int], conditions: Sequence[Said], groups: Sequence[tuple[int, ...]]
    ) -> bool:
        return all(self.equates([places[table] for table in group]) for group in groups) and all(
            self.implying(said, places) is not None for said in conditions
        )

    def implications(self, entry: Form, source: int) -> tuple[str, ...]:
        """For each condition of an entry that the query contains, the one of the query from which it follows."""
        places = self.contains(entry, source)
        found = []
        for wanted in entry.conditions if places is not None else ():
            assert places is not None
            known = self.implying(wanted, places)
            assert known is not None
            there = replace(wanted, expression=_placed(wanted, places))
            some, other = shown(known, self.form.tables), shown(there, self.form.tables)
            found.append(f"{other} is said by both" if some == other else f"{some} implies {other}")
        return tuple(found)

    @cached_property
    def looked_under(self) -> dict[Signature, tuple[float, float]]:
        """All signatures under which an entry may be filed that the query contains.

        With each what the bounds of such entries have to be: a lower one at most the first, an upper one at least the
        second number.
        """
        found: dict[Signature, tuple[float, float]] = {}
        for said in self._all:
            found.setdefault(_signature(self.form, said), _NO_BOUNDS)
            if said.kind is Kind.SET:
                # A list that holds all of the constants holds the first one.
                found.setdefault(_listed(_signature(self.form, said), said.constants[0]), _NO_BOUNDS)
            if said.kind is not Kind.SAME:
                filed = (*_signature(self.form, said)[:2], "")
                lower, upper = found.get(filed, _NO_BOUNDS)
                some, other = _bounds(said)
                found[filed] = max(lower, some), min(upper, other)
        return found


def _placed(said: Said, places: Sequence[int]) -> Template:
    return tuple([part if isinstance(part, str) else places[part] for part in said.expression])


Due = Sequence[tuple[Sequence[Said], Sequence[tuple[int, ...]]]]
"""The conditions and the equalities of keys that can be judged with each further table."""


def due_of(entry: Form) -> Due:
    """For each table of an entry what can be judged once it has a place: whatever else it speaks of comes before."""
    due: list[tuple[list[Said], list[tuple[int, ...]]]] = [([], []) for _ in entry.tables]
    for said in entry.conditions:
        due[max(part for part in said.expression if isinstance(part, int))][0].append(said)
    for group in entry.groups:
        for end in range(2, len(group) + 1):
            due[group[end - 1]][1].append(group[:end])
    return due


# -- the index --

Signature = tuple[str, str, str]
"""The tables that a condition speaks of; how; and its constant, if it is equal to one alone: there are many."""


def _signature(form: Form, said: Said) -> Signature:
    tables = sorted({form.tables[part] for part in said.expression if isinstance(part, int)})
    text = "".join(part if isinstance(part, str) else "?" for part in said.expression)
    alone = said.kind is Kind.SET and len(said.constants) == 1
    return (
        ",".join(tables),
        ("=" if said.kind is Kind.SAME else "") + text,
        said.constants[0] if alone else "",
    )


def _listed(signature: Signature, constant: str) -> Signature:
    """Under what an entry is filed that lists a constant among others."""
    return (*signature[:2], f"in {constant}")


_NO_BOUNDS: Final = (-math.inf, math.inf)


def _bounds(known: Said) -> tuple[float, float]:
    """Between which numbers an expression surely is; roughly, which is all that an index needs."""
    if known.of is not Constant.NUMBER or not known.constants:
        return _NO_BOUNDS
    numbers = [_number(text) for text in known.constants]
    low = -math.inf if known.operator.startswith("<") else min(numbers)
    high = math.inf if known.operator.startswith(">") else max(numbers)
    return low, high


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of a catalogue: its form, how many keys it has, and the time of its data in seconds since 1970.

    Without a form it is a key set alone, stored by hand: it is found under its hash.
    """

    form: Form | None
    count: int
    as_of: float


@dataclass(frozen=True, slots=True)
class _Filed:
    form: Form
    known: Known
    due: Due
    under: tuple[Signature, ...]
    bound: tuple[str, float] | None
    signatures: frozenset[Signature]


@dataclass
class Catalogue:
    """All entries of a partition key, with their forms.

    Attributes:
        token: what the store says of its last change; another one there means that something has changed.
    """

    token: bytes = b""
    _entries: dict[str, _Filed] = field(default_factory=dict)
    _filed: dict[Signature, dict[str, None]] = field(default_factory=dict)
    # Those that are filed under a bound of numbers, by its side and whether they say nothing else, and ordered by the
    # bound: of many, a query wants the nearest.
    _bounded: dict[tuple[Signature, str, bool], list[tuple[float, str]]] = field(default_factory=dict)
    _formless: dict[str, Known] = field(default_factory=dict)
    # One object for each signature that many entries have.
    _signatures: dict[Signature, Signature] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._entries) + len(self._formless)

    def put(self, hash: str, known: Known) -> None:
        """Takes an entry in, in place of what is known under its hash."""
        self.discard(hash)
        form = known.form
        if form is None or not form.conditions or not form.tables:
            self._formless[hash] = known
            return
        own = [
            self._signatures.setdefault(one, one)
            for one in (_signature(form, said) for said in form.conditions)
        ]
        filings = map(_places, form.conditions, own)
        said, under = min(zip(form.conditions, filings, strict=True), key=lambda one: self._commonness(*one))
        bound = _bound(said)
        if bound is not None:
            insort(self._bounded.setdefault((under[0], bound[0], is_alone(form)), []), (bound[1], hash))
        else:
            for signature in under:
                self._filed.setdefault(signature, {})[hash] = None
        self._entries[hash] = _Filed(form, known, due_of(form), under, bound, frozenset(own))

    def _commonness(self, said: Said, under: tuple[Signature, ...]) -> tuple[int, int]:
        """An entry is filed under its rarest condition: that of the fewest others; else as far as can be guessed."""
        bound = _bound(said)
        if bound is not None:
            held = sum(len(self._bounded.get((under[0], bound[0], alone), ())) for alone in (False, True))
            others = min(held, MOST_NEAREST)
        else:
            others = max(len(self._filed.get(signature, ())) for signature in under)
        return others, _RARITY[said.kind]

    def discard(self, hash: str) -> None:
        """Forgets an entry."""
        self._formless.pop(hash, None)
        filed = self._entries.pop(hash, None)
        if filed is None:
            return
        if filed.bound is not None:
            side, number = filed.bound
            ordered = self._bounded[filed.under[0], side, is_alone(filed.form)]
            del ordered[bisect_left(ordered, (number, hash))]
            return
        for signature in filed.under:
            self._filed[signature].pop(hash)
            if not self._filed[signature]:
                del self._filed[signature]

    def contained(
        self,
        query: Form,
        sources: Mapping[int, str],
        own: Iterable[tuple[str, str]],
        usable: Callable[[float], bool],
    ) -> dict[str, list[str]]:
        """The entries that a query contains, those with the fewest keys first.

        Args:
            query: its form.
            sources: its tables that can be restricted, and the family of each.
            own: the hash and the family of each of its fragments: what is stored under it needs no form.
            usable: whether data of a time may be used.

        Returns:
            The hashes, by family.
        """
        asked = Asked(query)
        found: dict[str, set[tuple[int, str]]] = {}
        for hash, family in own:
            held = self._formless.get(hash)
            if held is not None and usable(held.as_of):
                found.setdefault(family, set()).add((held.count, hash))
        for hash in self._candidates(asked, usable):
            filed = self._entries[hash]
            for source, family in sources.items():
                if asked.contains(filed.form, source, filed.due) is not None:
                    found.setdefault(family, set()).add((filed.known.count, hash))
        return {family: [hash for _, hash in sorted(some)] for family, some in found.items()}

    def _candidates(self, asked: Asked, usable: Callable[[float], bool]) -> Iterator[str]:
        """Those of which every condition may follow from one of the query's, and whose data may be used."""
        under = asked.looked_under
        signatures = under.keys()

        def fitting(hashes: Iterable[str]) -> Iterator[str]:
            entries = ((hash, self._entries[hash]) for hash in hashes)
            return (hash for hash, one in entries if one.signatures <= signatures and usable(one.known.as_of))

        for signature, (lower, upper) in under.items():
            for alone, most in ((True, MOST_ALONE), (False, MOST_NEAREST)):
                if ordered := self._bounded.get((signature, ">", alone)):
                    end = bisect_right(ordered, (lower, "\U0010ffff"))
                    nearest = (
                        ordered[place][1] for place in range(end - 1, max(-1, end - 1 - MOST_PASSED), -1)
                    )
                    yield from islice(fitting(nearest), most)
                if ordered := self._bounded.get((signature, "<", alone)):
                    start = bisect_left(ordered, (upper, ""))
                    nearest = (hash for _, hash in islice(ordered, start, start + MOST_PASSED))
                    yield from islice(fitting(nearest), most)
        ordered_by_size = sorted((self._filed.get(signature, {}) for signature in under), key=len)
        yield from islice(fitting(chain.from_iterable(ordered_by_size)), MOST_CANDIDATES)


def is_alone(form: Form) -> bool:
    """Whether an entry says one thing of one table, and nothing else."""
    return len(form.tables) == 1 and len(form.conditions) == 1


_RARITY: Final = {Kind.SET: 0, Kind.BOUND: 1, Kind.SAME: 2, Kind.PRESENT: 3}


def _places(said: Said, signature: Signature) -> tuple[Signature, ...]:
    """Under what an entry is filed of which this condition is the rarest."""
    if said.kind is Kind.SET and 1 < len(said.constants) <= MOST_CONSTANTS:
        return tuple(_listed(signature, constant) for constant in dict.fromkeys(said.constants))
    return (signature,)


def _bound(said: Said) -> tuple[str, float] | None:
    """Which side of which number a condition is, if it is a bound among numbers."""
    is_one = said.kind is Kind.BOUND and said.of is Constant.NUMBER
    return (said.operator[0], _number(said.constants[0])) if is_one else None
