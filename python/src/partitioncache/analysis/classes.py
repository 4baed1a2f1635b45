"""Which tables of a query share their partition: the classes of partition columns that the query equates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlglot import exp

from partitioncache.analysis.conditions import Condition, sole_owner
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import Statement

Column = tuple[int, str]


@dataclass(frozen=True)
class PartitionClass:
    """Tables whose partition columns are equal in every row of the result.

    Attributes:
        members: the sources, in the query's order.
        equated: the groups that the query itself equates; a table alone in its group may have NULL keys. More than
            one group in a class: a condition connects them, and the user asserts that no match crosses partitions.
    """

    members: tuple[int, ...]
    equated: tuple[frozenset[int], ...]

    def never_null(self, source: int) -> bool:
        """Whether an equality excludes that this table's key is NULL."""
        return any(source in group and len(group) > 1 for group in self.equated)

    def same_group(self, first: int, second: int) -> bool:
        """Whether the query itself equates the two tables' keys."""
        return any(first in group and second in group for group in self.equated)


class _Groups:
    """Union-find over columns."""

    def __init__(self) -> None:
        self._parent: dict[Column, Column] = {}

    def find(self, column: Column) -> Column:
        root = column
        while (above := self._parent.setdefault(root, root)) != root:
            root = above
        self._parent[column] = root
        return root

    def join(self, first: Column, second: Column) -> None:
        self._parent[self.find(first)] = self.find(second)


def classes(
    statement: Statement, conditions: Sequence[Condition], key: str, partition_local: bool
) -> tuple[PartitionClass, ...]:
    """The classes of the query's tables that have the partition column.

    Args:
        statement: the query.
        conditions: those of its conditions that a fragment may hold.
        key: the partition column, spelled.
        partition_local: the user's assertion that no match crosses partitions: then tables that some condition
            connects are in one class. Tables that none connects match anything, and stay apart.

    Raises:
        Unsure: no table surely has it.
    """
    members = keyed_sources(statement, key)
    groups = _Groups()
    for first, second in _all_equalities(statement, conditions):
        groups.join(first, second)
    keys = {source: (source, statement.sources[source].key(key)) for source in members}
    equated = [frozenset(group) for group in _together(groups, keys)]
    if partition_local:
        connected = [condition.sources for condition in conditions]
        connected += [frozenset((left, right)) for (left, _), (right, _) in statement.merged]
        for sources in connected:
            for left, right in pairwise(sorted(sources.intersection(members))):
                groups.join(keys[left], keys[right])
    return tuple(
        PartitionClass(tuple(group), tuple(part for part in equated if part.issubset(group)))
        for group in _together(groups, keys)
    )


def together(
    equalities: Iterable[tuple[Column, Column]], keys: Mapping[int, Column]
) -> list[list[int]]:
    """The sources whose key columns are equal by these equalities of columns, also through others."""
    groups = _Groups()
    for first, second in equalities:
        groups.join(first, second)
    return _together(groups, keys)


def _together(groups: _Groups, keys: Mapping[int, Column]) -> list[list[int]]:
    by_root: dict[Column, list[int]] = {}
    for source, column in keys.items():
        by_root.setdefault(groups.find(column), []).append(source)
    return list(by_root.values())


def keyed_sources(statement: Statement, key: str) -> list[int]:
    """The plain tables that surely have the partition column: by the schema, or because the query says so.

    Raises:
        Unsure: there is none.
    """
    plain = [source for source in statement.sources if source.plain]
    if not plain:
        raise Unsure(
            "no table of the query can be restricted: they are sub-selects or on the outer side of a join"
        )
    if len(statement.sources) == 1:
        columns = plain[0].columns
        if columns is None or plain[0].key(key) in columns:
            return [0]
        raise Unsure(f"the schema lists no column {key} in {plain[0].table}")
    mentioned = _mentioned(statement, key)
    found = [
        source.index
        for source in plain
        if (source.key(key) in source.columns if source.columns is not None else source.index in mentioned)
    ]
    if not found:
        raise Unsure(f"it is not clear which table has the column {key}; write table.{key} or give a schema")
    return found


def _mentioned(statement: Statement, key: str) -> set[int]:
    """The sources whose partition column the query names, anywhere in its text, or merges by USING."""
    rules = statement.rules
    named = {*statement.named, *(column for pair in statement.merged for column in pair)}
    found = {source for source, name in named if name == key}
    for column in statement.tree.find_all(exp.Column):
        table = column.args.get("table")
        if table is None or not isinstance(column.this, exp.Identifier):
            continue
        try:
            if rules.column(column.this) == key and not _shadowed(column, statement):
                source = statement.source(rules.relation(table))
                if source is not None:
                    found.add(source.index)
        except Unsure:
            continue
    owner = sole_owner(statement, key)
    return found | ({owner} if owner is not None else set())


def _shadowed(column: exp.Column, statement: Statement) -> bool:
    """Whether a sub-select between the column and the query has a source of the same name."""
    rules = statement.rules
    wanted = rules.relation(column.args["table"])
    block = column.find_ancestor(exp.Select)
    while block is not None and block is not statement.tree:
        sources = [block.args.get("from_"), *(block.args.get("joins") or ())]
        for node in sources:
            table = node.this if node is not None else None
            alias = table.args.get("alias") if table is not None else None
            identifier = alias.this if alias is not None else (table.this if table is not None else None)
            if not isinstance(identifier, exp.Identifier) or rules.relation(identifier) == wanted:
                return True
        block = block.find_ancestor(exp.Select)
    return False


def _all_equalities(statement: Statement, conditions: Sequence[Condition]) -> list[tuple[Column, Column]]:
    """The pairs of columns that every row of the result has equal: by conditions, USING and NATURAL.

    Also between sources that can be no part of a fragment: a chain may go through them.
    """
    pairs = [condition.equates for condition in conditions if condition.equates is not None]
    pairs.extend(statement.merged)
    for node in statement.conditions:
        if (
            isinstance(node, exp.EQ)
            and isinstance(node.this, exp.Column)
            and isinstance(node.expression, exp.Column)
        ):
            sides = [_plain_column(side, statement) for side in (node.this, node.expression)]
            if sides[0] is not None and sides[1] is not None:
                pairs.append((sides[0], sides[1]))
    return pairs


def _plain_column(node: exp.Expr, statement: Statement) -> Column | None:
    if any(value for name, value in node.args.items() if name not in ("this", "table")):
        return None
    try:
        name = statement.rules.column(node.this)
        table = node.args.get("table")
        if table is None:
            owner = sole_owner(statement, name)
            return (owner, name) if owner is not None else None
        source = statement.source(statement.rules.relation(table))
    except Unsure:
        return None
    return (source.index, name) if source is not None else None
