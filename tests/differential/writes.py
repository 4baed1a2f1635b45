"""Random writes to a world's tables: by every statement, to the key and to other columns, committed and not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from differential.worlds import Column, Relation, World, ident


@dataclass(frozen=True)
class Writes:
    """What is written around a query that is answered from the cache.

    ``during``: by a transaction that is open while fragments are evaluated, and commits then. ``after``: before the
    query's snapshot. ``again``: the queries are pushed and processed once more after that. ``meanwhile``: after the
    snapshot was taken, by others. ``inside``: by the query's own transaction.
    """

    during: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    again: bool = False
    meanwhile: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.during or self.after or self.meanwhile or self.inside)

    def labels(self) -> set[str]:
        return {
            f"writes_{name}" for name in ("during", "after", "meanwhile", "inside") if getattr(self, name)
        }


@dataclass
class Writer:
    """Makes statements that write to the tables of a world."""

    world: World
    random: Random
    names: list[str] = field(init=False)
    numbers: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        # Numbers that no other row has, though each run makes the same.
        self.numbers = itertools.count(1000 * self.random.randrange(1, 1_000_000))
        self.names = [*tracked_tables(self.world), "things_old", "pois", "streets", "events"]

    def some(self, most: int, names: set[str] | None = None) -> tuple[str, ...]:
        """Up to ``most`` statements, mostly on tables of that name."""
        wanted = sorted((names or set()) & set(self.names))
        return tuple(
            self.statement(
                self.random.choice(wanted if wanted and self.random.random() < 0.8 else self.names)
            )
            for _ in range(self.random.randrange(1, most + 1))
        )

    def value(self, column: Column) -> str:
        if column.kind == "id":
            return str(next(self.numbers))
        if "not null" not in column.options and self.random.random() < 0.1:
            return "null"
        return self.random.choice(column.pool)

    def statement(self, name: str) -> str:
        relation = self.world.relations[name]
        table = f"{ident(self.world.schema)}.{ident(name)}"
        kinds, weights = ("insert", "update", "key", "delete", "upsert", "truncate"), (40, 20, 18, 12, 8, 2)
        return str(getattr(self, f"_{self.random.choices(kinds, weights)[0]}")(relation, table))

    def _rows(self, relation: Relation) -> str:
        rows = [[self.value(c) for c in relation.columns] for _ in range(self.random.choice((1, 1, 2, 5)))]
        return ", ".join(f"({', '.join(row)})" for row in rows)

    def _insert(self, relation: Relation, table: str) -> str:
        return f"insert into {table} values {self._rows(relation)}"

    def _where(self, relation: Relation) -> str:
        number = ident(relation.columns[0].name)
        modulus = self.random.choice((2, 5, 11, 17))
        return f"where {number} % {modulus} = {self.random.randrange(modulus)}"

    def _update(self, relation: Relation, table: str) -> str:
        columns = [c for c in relation.columns if c.kind not in ("id", "key")] or relation.columns[1:]
        column = self.random.choice(columns)
        return f"update {table} set {ident(column.name)} = {self.value(column)} {self._where(relation)}"

    def _key(self, relation: Relation, table: str) -> str:
        columns = [c for c in relation.columns if c.kind == "key"]
        if not columns:
            return self._update(relation, table)
        column = columns[0]
        return f"update {table} set {ident(column.name)} = {self.value(column)} {self._where(relation)}"

    def _delete(self, relation: Relation, table: str) -> str:
        return f"delete from {table} {self._where(relation)}"

    def _upsert(self, relation: Relation, table: str) -> str:
        first = relation.columns[0]
        if "primary key" not in first.options:
            return self._insert(relation, table)
        row = [self.random.choice(first.pool), *(self.value(c) for c in relation.columns[1:])]
        column = self.random.choice(relation.columns[1:])
        return (
            f"insert into {table} values ({', '.join(row)}) "
            f"on conflict ({ident(first.name)}) do update set {ident(column.name)} = {self.value(column)}"
        )

    def _truncate(self, relation: Relation, table: str) -> str:
        return f"truncate {table}"


def tracked_tables(world: World) -> Iterator[str]:
    """The tables whose writes can be tracked: no views, and parents instead of their children."""
    for name, relation in world.relations.items():
        if relation.ddl and relation.ddl[0].startswith("create table") and name != "things_old":
            yield name
