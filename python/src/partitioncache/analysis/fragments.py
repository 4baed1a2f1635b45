"""The fragments of a query: which subsets of its tables and conditions are worth a key set, and their one text.

A fragment has some of the query's tables and some of its conditions, so every row of the query holds a row of each
of its fragments. Two queries share an entry exactly when their fragments have the same text; everything here that
sorts and renames serves that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, permutations, product
from math import factorial, prod

from partitioncache.analysis.classes import PartitionClass
from partitioncache.analysis.conditions import Condition
from partitioncache.analysis.dialects import Rules
from partitioncache.analysis.statement import Statement

#: Self-joins that nothing tells apart are settled by the smallest text of at most this many orders.
MOST_ORDERS = 24
#: Up to this many conditions on one table, every subset of them is a fragment.
MOST_FOR_SUBSETS = 3


@dataclass(frozen=True)
class Fragment:
    """A part of a query whose key set can be cached.

    Attributes:
        hash: the SHA-256 of ``sql`` in hexadecimal: the name of the entry.
        sql: a statement in the dialect of the query that gives the key set, one column. A NULL in it means that
            rows whose partition key is NULL match too.
        tables: the tables that it reads, also in sub-selects.
        conjuncts: its conditions, sorted.
        parts: the hashes of fragments of the same family whose key sets contain this one's.
        family: which key sets may be intersected: those of one family.
        weak: it leaves out some of what the query says of its tables, so that only other queries gain by it.
        sources: the query's sources that it reads, by their numbers, in its own order.
        conditions: the query's conditions that it holds, by their numbers, in its own order.
    """

    hash: str
    sql: str
    tables: tuple[str, ...]
    conjuncts: tuple[str, ...]
    parts: tuple[str, ...]
    family: str
    weak: bool = False
    sources: tuple[int, ...] = field(default=(), repr=False, compare=False)
    conditions: tuple[int, ...] = field(default=(), repr=False, compare=False)


#: Ranks of what is learned when a query is pushed: what is said of one table, each condition and all, and the wholes.
_LEARNED_FIRST = frozenset({0, 1, 3})


@dataclass(frozen=True)
class _Choice:
    """A subset of the sources and of the conditions' numbers; ``rank`` says how soon it is worth evaluating."""

    rank: int
    sources: frozenset[int]
    conditions: frozenset[int]


@dataclass(frozen=True)
class _Written:
    source: int
    sql: str
    tables: tuple[str, ...]
    conjuncts: tuple[str, ...]
    choice: _Choice
    digest: str
    order: tuple[int, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What the fragments of a query are made from."""

    statement: Statement
    key: str
    conditions: tuple[Condition, ...]
    classes: tuple[PartitionClass, ...]

    def key_of(self, source: int) -> str:
        """The column of a source in which the partition key stands."""
        return self.statement.sources[source].key(self.key)


def fragments(plan: Plan, max_fragments: int) -> tuple[Fragment, ...]:
    """The fragments of a query, most valuable first, at most ``max_fragments``."""
    choices = [(choice, group) for group in plan.classes for choice in _choices(plan, group, max_fragments)]
    written: dict[tuple[int, str], _Written] = {}
    for choice, group in sorted(choices, key=lambda entry: entry[0].rank):
        if len(written) >= max_fragments:
            break
        fragment = _write(plan, group, choice)
        written.setdefault((fragment.source, fragment.sql), fragment)
    found = list(written.values())
    return tuple(
        Fragment(
            hash=fragment.digest,
            sql=fragment.sql,
            tables=fragment.tables,
            conjuncts=fragment.conjuncts,
            parts=_parts(fragment, found),
            family=plan.statement.sources[fragment.source].alias,
            weak=fragment.choice.rank not in _LEARNED_FIRST,
            sources=fragment.order,
            conditions=fragment.numbers,
        )
        for fragment in found
    )


def _parts(whole: _Written, found: Sequence[_Written]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            part.digest
            for part in found
            if part.source == whole.source
            and part.digest != whole.digest
            and part.choice.sources <= whole.choice.sources
            and part.choice.conditions <= whole.choice.conditions
        )
    )


# -- which --


def _choices(plan: Plan, group: PartitionClass, most: int) -> list[_Choice]:
    """The candidates for one class. At most a few times ``most``, so that time is bounded as well."""
    alone: dict[int, list[int]] = {}
    joining: list[int] = []
    for number in _usable(plan, group):
        sources = plan.conditions[number].sources
        if len(sources) == 1:
            alone.setdefault(next(iter(sources)), []).append(number)
        else:
            joining.append(number)
    found = list(chain.from_iterable(_single(source, alone.get(source, [])) for source in group.members))
    for sources, rank in _connected(plan, group, joining, 4 * most):
        inside = [number for number in joining if plan.conditions[number].sources <= sources]
        own = list(chain.from_iterable(alone.get(source, ()) for source in sources))
        found.append(_Choice(rank, sources, frozenset((*inside, *own))))
        if len(sources) == 2:
            for source in sources:
                others = [number for number in own if number not in alone.get(source, ())]
                if len(others) < len(own):
                    found.append(_Choice(6, sources, frozenset((*inside, *others))))
    return found


def usable(plan: Plan, group: PartitionClass) -> list[Condition]:
    """The conditions that a fragment of a class holds as they are."""
    return [plan.conditions[number] for number in _usable(plan, group)]


def whole(plan: Plan, group: PartitionClass) -> str:
    """The text of a fragment that has been read from its text: all of it, in the order in which it stands."""
    order = tuple(range(len(plan.statement.sources)))
    return _in_order(plan, group, _Choice(0, frozenset(order), frozenset(_usable(plan, group))), order).sql


def _usable(plan: Plan, group: PartitionClass) -> list[int]:
    return [
        number
        for number, condition in enumerate(plan.conditions)
        if condition.key_of is None and not _joins_keys(condition, group, plan)
    ]


def _joins_keys(condition: Condition, group: PartitionClass, plan: Plan) -> bool:
    """Whether a condition only says that two tables of the class have the same partition."""
    if condition.equates is None:
        return False
    (first, one), (second, other) = condition.equates
    return one == plan.key_of(first) and other == plan.key_of(second) and {first, second} <= set(group.members)


def _single(source: int, conditions: list[int]) -> Iterator[_Choice]:
    if not conditions:
        return
    sources = frozenset({source})
    yield _Choice(0, sources, frozenset(conditions))
    if len(conditions) == 1:
        return
    yield from (_Choice(3, sources, frozenset({number})) for number in conditions)
    if len(conditions) <= MOST_FOR_SUBSETS:
        for size in range(2, len(conditions)):
            yield from (_Choice(5, sources, frozenset(some)) for some in combinations(conditions, size))


def _connected(
    plan: Plan, group: PartitionClass, joining: list[int], most: int
) -> Iterator[tuple[frozenset[int], int]]:
    """Subsets of two and more sources that conditions connect to a table of the class, smaller ones first.

    The largest ones come early by rank: they are the most selective. An equality of keys does not connect:
    intersecting the key sets of the two sides says the same.
    """
    edges = [plan.conditions[number].sources for number in joining]
    largest = {_closure(frozenset({source}), edges) for source in group.members}
    seen: set[frozenset[int]] = set()
    layer = [frozenset({source}) for source in group.members]
    while layer and len(seen) < most:
        grown = dict.fromkeys(sources | edge for sources in layer for edge in edges if sources & edge)
        layer = [sources for sources in grown if sources not in seen and len(sources) > 1][:most]
        seen.update(layer)
    for sources in sorted(seen | largest, key=lambda sources: (len(sources), sorted(sources))):
        if len(sources) > 1:
            yield sources, 1 if sources in largest else 2 if len(sources) == 2 else 4


def _closure(sources: frozenset[int], edges: list[frozenset[int]]) -> frozenset[int]:
    while True:
        grown = sources.union(*(edge for edge in edges if edge & sources))
        if grown == sources:
            return sources
        sources = grown


# -- how they are written --


def _write(plan: Plan, group: PartitionClass, choice: _Choice) -> _Written:
    candidates = (_in_order(plan, group, choice, order) for order in _orders(plan, group, choice))
    return min(candidates, key=lambda written: written.sql)


def _orders(plan: Plan, group: PartitionClass, choice: _Choice) -> Iterator[tuple[int, ...]]:
    """The orders of the tables to try: by name and conditions; those that look alike in every order."""
    shapes: dict[int, tuple[bool, str, tuple[str, ...], tuple[str, ...]]] = {}
    for source in choice.sources:
        own = [
            plan.conditions[number]
            for number in choice.conditions
            if source in plan.conditions[number].sources
        ]
        shapes[source] = (
            source not in group.members,
            plan.statement.sources[source].table,
            tuple(sorted(condition.shape for condition in own if len(condition.sources) == 1)),
            tuple(sorted(condition.shape for condition in own if len(condition.sources) > 1)),
        )
    alike: dict[object, list[int]] = {}
    for source in sorted(choice.sources, key=lambda source: (shapes[source], source)):
        alike.setdefault(shapes[source], []).append(source)
    groups = list(alike.values())
    if prod(factorial(len(same)) for same in groups) > MOST_ORDERS:
        yield tuple(chain.from_iterable(groups))
        return
    for order in product(*(permutations(same) for same in groups)):
        yield tuple(chain.from_iterable(order))


def _in_order(plan: Plan, group: PartitionClass, choice: _Choice, order: tuple[int, ...]) -> _Written:
    names = names_of(order)
    conditions = {number: plan.conditions[number] for number in sorted(choice.conditions)}
    own = sorted((condition.text(names), number) for number, condition in conditions.items())
    texts = {text for text, _ in own}
    texts.update(_key_equalities(plan, group, order, names))
    sources = plan.statement.sources
    tables = ", ".join(f"{sources[source].table} AS {names[source]}" for source in order)
    conjuncts = tuple(sorted(texts))
    selected, after = selection(plan.statement.rules, f"{names[order[0]]}.{plan.key_of(order[0])}")
    sql = f"SELECT {selected} FROM {tables} WHERE {' AND '.join(conjuncts)}{after}"
    read = {sources[source].table for source in order}.union(
        *(condition.inner_tables for condition in conditions.values())
    )
    digest = hashlib.sha256(sql.encode()).hexdigest()
    numbers = tuple(number for _, number in own)
    return _Written(order[0], sql, tuple(sorted(read)), conjuncts, choice, digest, order, numbers)


def names_of(order: Sequence[int]) -> dict[int, str]:
    """What a fragment calls its sources, by their numbers in the query."""
    return {source: f"t{number}" for number, source in enumerate(order, 1)}


def _key_equalities(
    plan: Plan, group: PartitionClass, order: tuple[int, ...], names: dict[int, str]
) -> Iterator[str]:
    """The equalities of partition keys among the tables of a fragment, all that follow from the query's.

    Written from the first table of each group to the others, whichever way the query wrote them.
    """
    for position, source in enumerate(order):
        for earlier in order[:position]:
            if group.same_group(earlier, source):
                yield f"{names[earlier]}.{plan.key_of(earlier)} = {names[source]}.{plan.key_of(source)}"
                break


def selection(rules: Rules, column: str) -> tuple[str, str]:
    """What a fragment selects, and what ends it: every key once, told apart as exactly as Python will.

    A plain DISTINCT would keep any one of the texts that a collation calls equal, and intersecting two key sets
    would then lose the key.
    """
    if rules.name == "sqlite":
        return f"DISTINCT {column} COLLATE BINARY", ""
    if rules.name == "mysql":
        return column, f" GROUP BY {column}, CAST({column} AS BINARY)"
    return column, f' GROUP BY {column}, CAST({column} AS text) COLLATE "C"'
