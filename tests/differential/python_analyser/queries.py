"""Random queries over the worlds, by class. Every query is meant to be accepted by the server."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from differential.python_analyser.worlds import KEYED, NAMES, TABLES, World, quote


@dataclass(frozen=True)
class Query:
    """A query, and whether its ORDER BY makes the order of the rows certain."""

    of: str
    text: str
    ordered: bool = False


class Maker:
    """Makes queries for one world."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world = world
        self.rng = rng
        self.dialect = world.dialect

    # -- small parts --

    def name(self, name: str) -> str:
        return quote(name, self.dialect)

    def text(self, value: str) -> str:
        if self.dialect == "mysql":
            value = value.replace("\\", "\\\\")
        return "'" + value.replace("'", "''") + "'"

    def a_text(self) -> str:
        if self.dialect == "postgres" and self.rng.random() < 0.1:
            return self.rng.choice(["E'a\\\\b'", "$$bar$$", "$x$O'Hara$x$", "E'O\\'Hara'"])
        return self.text(self.rng.choice([name for name in NAMES if name is not None]))

    def a_key(self) -> str:
        key = self.rng.choice(self.world.keys)
        if isinstance(key, (int, float)):
            return repr(key)
        return self.text(str(key))

    def column(self, alias: str, name: str) -> str:
        case = self.rng.random() < 0.1 and name.islower() and name not in ("order", "group")
        return f"{alias}.{self.name(name.upper() if case else name) if not case else name.upper()}"

    def of_type(self, table: str, of: str) -> str:
        return self.rng.choice([column for column, kind in TABLES[table].items() if kind == of])

    def number(self, alias: str, table: str) -> str:
        column = self.column(alias, self.of_type(table, "int"))
        pick = self.rng.random()
        if pick < 0.75:
            return column
        if pick < 0.85:
            return f"{column} {self.rng.choice('+-*')} {self.rng.randint(0, 3)}"
        if pick < 0.92:
            return f"abs({column} - {self.rng.randint(0, 4)})"
        return f"coalesce({column}, {self.rng.randint(0, 4)})"

    # -- conditions --

    def condition(self, alias: str, table: str, depth: int = 0) -> str:
        """A condition on one table."""
        makers: list[tuple[int, Callable[[], str]]] = [
            (4, lambda: f"{self.number(alias, table)} {self.comparison()} {self.rng.randint(0, 6)}"),
            (4, lambda: f"{self.number(alias, table)} {self.rng.choice(['>', '>=', '<>'])} {self.rng.randint(0, 2)}"),
            (1, lambda: f"{self.rng.randint(0, 6)} {self.comparison()} {self.number(alias, table)}"),
            (2, lambda: f"{self.number(alias, table)} IN ({self.some_numbers()})"),
            (1, lambda: f"{self.number(alias, table)} NOT IN ({self.some_numbers()})"),
            (2, lambda: f"{self.number(alias, table)} BETWEEN {self.rng.randint(0, 3)} AND {self.rng.randint(2, 6)}"),
            (1, lambda: f"{self.number(alias, table)} NOT BETWEEN 2 AND {self.rng.randint(2, 6)}"),
            (1, lambda: f"{self.column(alias, self.of_type(table, 'int'))} IS {self.maybe_not()}NULL"),
            (1, lambda: self.case(alias, table)),
            (1, lambda: f"({self.column(alias, 'id')}, {self.number(alias, table)}) {self.rng.choice(['=', '<', '<>'])}"
                        f" ({self.rng.randint(1, 20)}, {self.rng.randint(0, 6)})"),
            (1, lambda: self.distinct_from(alias, table)),
            (1, lambda: self.on_key(alias, table)),
        ]  # fmt: skip
        if table == "tag":
            makers = [makers[-1], (4, lambda: f"{alias}.weight {self.comparison()} {self.rng.randint(0, 6)}")]
        if "text" in TABLES[table].values():
            makers += [
                (2, lambda: f"{self.a_name(alias, table)} {self.rng.choice(['=', '<>', '>'])} {self.a_text()}"),
                (1, lambda: f"{self.a_name(alias, table)} {self.maybe_not()}LIKE {self.a_text()}"),
                (1, lambda: f"{self.a_name(alias, table)} LIKE {self.rng.choice(['%a%', 'b%', '%%', 'x!_y'])!r}"
                            f"{self.rng.choice(['', '', chr(32) + 'ESCAPE ' + repr('!')])}"),
                (1, lambda: f"{self.a_name(alias, table)} IN ({self.a_text()}, {self.a_text()})"),
                (1, lambda: f"lower({self.a_name(alias, table)}) = {self.a_text()}"),
                (1, lambda: f"length({self.a_name(alias, table)}) > {self.rng.randint(0, 5)}"),
                (1, lambda: f"{self.a_name(alias, table)} IS {self.maybe_not()}NULL"),
            ]  # fmt: skip
        if depth < 2:
            makers += [
                (
                    2,
                    lambda: (
                        f"({self.condition(alias, table, depth + 1)} OR {self.condition(alias, table, depth + 1)})"
                    ),
                ),
                (1, lambda: f"NOT ({self.condition(alias, table, depth + 1)})"),
                (1, lambda: f"NOT {self.condition(alias, table, 3)}"),
                (
                    1,
                    lambda: (
                        f"({self.condition(alias, table, depth + 1)} AND {self.condition(alias, table, depth + 1)})"
                    ),
                ),
            ]
        if self.dialect == "postgres":
            makers += [
                (1, lambda: f"{self.number(alias, table)} = ANY ('{{1,2,3}}')"),
                (1, lambda: f"{self.number(alias, table)} <> ALL (ARRAY[1, {self.rng.randint(2, 6)}])"),
                (
                    1,
                    lambda: (
                        f"{self.column(alias, self.of_type(table, 'int'))}::text = '{self.rng.randint(0, 6)}'"
                    ),
                ),
            ]
        if self.dialect == "sqlite" and "text" in TABLES[table].values():
            makers += [
                (1, lambda: f"{self.a_name(alias, table)} GLOB {self.rng.choice(['*a*', 'B*'])!r}"),
                (1, lambda: f"{self.a_name(alias, table)} = {self.a_text()} COLLATE NOCASE"),
                (1, lambda: f"{self.a_name(alias, table)} COLLATE NOCASE = {self.a_text()}"),
                (1, lambda: f"{self.a_name(alias, table)} || 'x' = {self.a_text()}"),
                (1, lambda: f"{self.number(alias, table)} IS {self.maybe_not()}{self.rng.randint(0, 6)}"),
                (1, lambda: f"{self.column(alias, self.of_type(table, 'int'))} = 1 IS NULL"),
            ]
        weights = [weight for weight, _ in makers]
        return self.rng.choices([maker for _, maker in makers], weights)[0]()

    def comparison(self) -> str:
        return self.rng.choice(["=", "=", "<", ">", "<=", ">=", "<>", "!="])

    def maybe_not(self) -> str:
        return self.rng.choice(["", "", "NOT "])

    def some_numbers(self) -> str:
        numbers = [str(self.rng.randint(0, 6)) for _ in range(self.rng.randint(1, 4))]
        return ", ".join([*numbers, "NULL"] if self.rng.random() < 0.1 else numbers)

    def a_name(self, alias: str, table: str) -> str:
        return self.column(alias, self.of_type(table, "text"))

    def case(self, alias: str, table: str) -> str:
        return (
            f"CASE WHEN {self.condition(alias, table, 3)} THEN {self.rng.randint(0, 2)} ELSE "
            f"{self.number(alias, table)} END > {self.rng.randint(0, 4)}"
        )

    def distinct_from(self, alias: str, table: str) -> str:
        left, right = self.number(alias, table), str(self.rng.choice([0, 1, 2, "NULL"]))
        if self.dialect == "mysql":
            return f"{self.maybe_not()}{left} <=> {right}"
        if self.dialect == "sqlite":
            return f"{left} IS {self.maybe_not()}{right}"
        return f"{left} IS {self.maybe_not()}DISTINCT FROM {right}"

    def on_key(self, alias: str, table: str) -> str:
        column = self.column(alias, "id" if table in ("city", "cuisine") else "city_id")
        if table == "cuisine":
            return f"{column} > 1"
        pick = self.rng.random()
        if pick < 0.3:
            return f"{column} IS NOT NULL"
        if pick < 0.6:
            return f"{column} = {self.a_key()}"
        return f"{column} IN ({self.a_key()}, {self.a_key()})"

    def conditions(self, sources: list[tuple[str, str]], most: int = 3) -> list[str]:
        found = []
        # Joins of many tables with many conditions have no rows, and then every rewrite is right.
        most = most if len(sources) == 1 else self.rng.choice([0, 1, 1, most])
        for alias, table in sources:
            found += [self.condition(alias, table) for _ in range(self.rng.randint(0, most))]
        if not found:
            alias, table = self.rng.choice(sources)
            found = [self.condition(alias, table)]
        self.rng.shuffle(found)
        return found

    # -- FROM --

    def sources(self, most: int, fewest: int = 1, keyed_only: bool = False) -> list[tuple[str, str]]:
        """Aliases and tables; the first has the partition column."""
        tables = [self.rng.choice(KEYED)]
        others = list(KEYED) if keyed_only else [*KEYED, *KEYED, "cuisine", "city"]
        tables += [self.rng.choice(others) for _ in range(self.rng.randint(fewest, most) - 1)]
        style = self.rng.random()
        if style < 0.6:
            names = ["p", "s", "e", "x", "y", "z"]
        elif style < 0.8:
            names = ["t2", "t1", "s1", "t3", "s2", "t4"]
        else:
            names = ["t1", "a", "t2", "b", "t3", "c"]
        return list(zip(names, tables, strict=False))

    def join_on(self, new: tuple[str, str], old: list[tuple[str, str]], key: float = 0.7) -> list[str]:
        """Conditions that join a table to those before it."""
        alias, table = new
        other, of = self.rng.choice(old)
        found = []
        keyed = [(name, it) for name, it in old if it in KEYED]
        if table in KEYED and keyed and self.rng.random() < key:
            name = self.rng.choice(keyed)[0]
            sides = [f"{alias}.city_id", f"{name}.city_id"]
            self.rng.shuffle(sides)
            found.append(f"{sides[0]} = {sides[1]}")
        if table == "city" and keyed:
            found.append(f"{self.rng.choice(keyed)[0]}.city_id = {alias}.id")
        if table == "cuisine" and of == "poi":
            found.append(f"{other}.cuisine_id {self.rng.choice(['=', '<=', '>='])} {alias}.id")
        if table == "event" and of == "poi" and self.rng.random() < 0.6:
            found.append(f"{alias}.poi_id {self.rng.choice(['=', '<='])} {other}.id")
        if not found or self.rng.random() < 0.3:
            operator = self.rng.choice(["=", "<", ">=", "<>", "<="])
            left = self.column(alias, self.of_type(table, "int")) if table != "city" else f"{alias}.size"
            right = self.column(other, self.of_type(of, "int")) if of != "city" else f"{other}.size"
            if self.rng.random() < 0.2:
                found.append(f"abs({left} - {right}) < {self.rng.randint(1, 3)}")
            else:
                found.append(f"{left} {operator} {right}")
        return found

    def selected(self, sources: list[tuple[str, str]]) -> str:
        pick = self.rng.random()
        if pick < 0.3:
            return "*"
        alias, table = self.rng.choice(sources)
        if pick < 0.5:
            return f"{alias}.*"
        columns = [self.column(alias, column) for column in self.rng.sample(list(TABLES[table]), 2)]
        return ", ".join([*columns, f"{sources[0][0]}.id"])

    def table(self, alias: str, table: str) -> str:
        word = self.rng.choice([" ", " AS "])
        return f"{self.name(table)}{word}{alias}"

    def joined(self, sources: list[tuple[str, str]], key: float = 0.7) -> tuple[str, list[str]]:
        """A FROM clause of inner joins of random syntax; the conditions that belong in WHERE."""
        text = self.table(*sources[0])
        where: list[str] = []
        before = [sources[0]]
        comma_only = self.rng.random() < 0.5
        for source in sources[1:]:
            conditions = self.join_on(source, before, key)
            if comma_only:
                text += f", {self.table(*source)}"
                where += conditions
            else:
                word = self.rng.choice(["JOIN", "INNER JOIN", "join"])
                if self.rng.random() < 0.3:
                    conditions += [self.condition(*source)]
                text += f" {word} {self.table(*source)} ON {' AND '.join(conditions)}"
            before.append(source)
        return text, where

    def where(self, conditions: list[str]) -> str:
        if not conditions:
            return ""
        glue = self.rng.choice([" AND ", " AND ", "\n  and "])
        return f" WHERE {glue.join(conditions)}"

    # -- classes of queries --

    def one_table(self) -> str:
        table = self.rng.choice(KEYED)
        style = self.rng.random()
        if style < 0.5:
            return f"SELECT * FROM {self.table('p', table)}{self.where(self.conditions([('p', table)], 4))}"
        name = self.name(table)
        bare = [condition.replace("§.", "") for condition in self.conditions([("§", table)], 4)]
        return f"SELECT id, city_id FROM {name}{self.where(bare)}"

    def inner_joins(self) -> str:
        sources = self.sources(4, 2)
        text, joining = self.joined(sources)
        return (
            f"SELECT {self.selected(sources)} FROM {text}{self.where(joining + self.conditions(sources, 2))}"
        )

    def many_tables(self) -> str:
        sources = self.sources(6, 4)
        text, joining = self.joined(sources, 1.0)
        return (
            f"SELECT {self.selected(sources)} FROM {text}{self.where(joining + self.conditions(sources, 2))}"
        )

    def self_join(self) -> str:
        table = self.rng.choice(KEYED)
        sources = [
            (alias, table) for alias in self.rng.sample(["a", "b", "t1", "t2"], self.rng.randint(2, 3))
        ]
        text, joining = self.joined(sources)
        return (
            f"SELECT {self.selected(sources)} FROM {text}{self.where(joining + self.conditions(sources, 2))}"
        )

    def using(self) -> str:
        tables = self.rng.sample(["poi", "street", "event", "order"], self.rng.randint(2, 3))
        sources = list(zip("pse", tables, strict=False))
        text = self.table(*sources[0])
        for source in sources[1:]:
            text += f" {self.rng.choice(['JOIN', 'LEFT JOIN', 'JOIN'])} {self.table(*source)} USING (city_id)"
        return f"SELECT {self.selected(sources)} FROM {text}{self.where(self.conditions(sources, 2))}"

    def natural(self) -> str:
        sources = [("p", self.rng.choice(KEYED)), ("s", "tag")]
        text = f"{self.table(*sources[0])} NATURAL JOIN {self.table(*sources[1])}"
        if self.rng.random() < 0.3:
            text = f"{self.table(*sources[1])} NATURAL {self.rng.choice(['LEFT ', ''])}JOIN {self.table(*sources[0])}"
        return f"SELECT p.id, s.tag FROM {text}{self.where(self.conditions(sources, 2))}"

    def outer_joins(self) -> str:
        sources = self.sources(3, 2)
        text = self.table(*sources[0])
        before = [sources[0]]
        for source in sources[1:]:
            kinds = ["LEFT JOIN", "LEFT OUTER JOIN", "RIGHT JOIN", "JOIN"]
            if self.dialect != "mysql" and self.rng.random() < 0.2:
                kinds = ["FULL JOIN"]
            on = self.join_on(source, before)
            if self.rng.random() < 0.4:
                on.append(self.condition(*self.rng.choice([source, *before])))
            if kinds == ["FULL JOIN"]:
                on = [f"{source[0]}.id = {before[0][0]}.id"] if source[1] != "city" else []
                if not on or before[0][1] == "city":
                    kinds, on = ["LEFT JOIN"], ["1 = 1"]
            text += f" {self.rng.choice(kinds)} {self.table(*source)} ON {' AND '.join(on)}"
            before.append(source)
        return f"SELECT {self.selected(sources)} FROM {text}{self.where(self.conditions(sources, 2))}"

    def keys_not_equated(self) -> str:
        sources = self.sources(3, 2, keyed_only=True)
        text, joining = self.joined(sources, 0.15)
        conditions = joining + self.conditions(sources, 2)
        if self.rng.random() < 0.3:
            first, second = sources[0][0], sources[1][0]
            operator = self.rng.choice(["<>", "<", ">="])
            conditions.append(f"{first}.city_id {operator} {second}.city_id")
        if self.rng.random() < 0.3:
            conditions.append(
                f"({sources[0][0]}.city_id = {sources[1][0]}.city_id OR {sources[0][0]}.kind = 1)"
            ) if ("kind" in TABLES[sources[0][1]]) else None
        return f"SELECT {self.selected(sources)} FROM {text}{self.where(conditions)}"

    def through_a_third(self) -> str:
        first, second = self.rng.choice(KEYED), self.rng.choice(KEYED)
        sources = [("p", first), ("c", "city"), ("e", second)]
        conditions = ["p.city_id = c.id", self.rng.choice(["c.id = e.city_id", "e.city_id = c.id"])]
        conditions += self.conditions(sources, 2)
        tables = ", ".join(self.table(*source) for source in sources)
        return f"SELECT {self.selected(sources)} FROM {tables}{self.where(conditions)}"

    def sub_selects(self) -> str:
        sources = self.sources(2, 1, keyed_only=True)
        text, joining = self.joined(sources)
        alias, table = self.rng.choice(sources)
        inner = self.rng.choice(["street", "event", "poi"])
        name = self.rng.choice(["i", "t1", "s1", "p"])
        if name == alias:
            name = "inner_one"
        extra = self.condition(name, inner)
        link = self.rng.choice(
            [f"{name}.city_id = {alias}.city_id", f"{name}.id = {alias}.id", f"{name}.id > 3"]
        )
        bare = self.condition("§", inner, 3).replace("§.", "")
        choices = [
            f"EXISTS (SELECT 1 FROM {inner} {name} WHERE {link} AND {extra})",
            f"NOT EXISTS (SELECT * FROM {inner} {name} WHERE {link} AND {extra})",
            f"EXISTS (SELECT {name}.id FROM {inner} AS {name} WHERE {link} LIMIT 1)",
            f"{alias}.id IN (SELECT {name}.id FROM {inner} {name} WHERE {extra})",
            f"{alias}.id NOT IN (SELECT {name}.id FROM {inner} {name} WHERE {link} AND {extra})",
            f"{alias}.city_id IN (SELECT city_id FROM {inner} WHERE {bare})",
            f"{alias}.city_id NOT IN (SELECT city_id FROM {inner} WHERE city_id IS NOT NULL AND {bare})",
            f"{alias}.id IN (SELECT id FROM {inner} WHERE {bare})",
            f"{alias}.id > (SELECT min({name}.id) FROM {inner} {name} WHERE {link})",
            f"{alias}.id >= (SELECT count(*) FROM {inner} {name} WHERE {link} AND {extra}) - 3",
            f"{alias}.id < (SELECT avg({name}.id) FROM {inner} {name})",
            f"{alias}.id IN (SELECT {name}.id FROM {inner} {name}, cuisine q WHERE q.id = {name}.id AND {extra})",
            f"{alias}.id IN (SELECT {name}.id FROM {inner} {name} JOIN cuisine ON cuisine.id = {name}.id)",
            f"({alias}.id IN (SELECT {name}.id FROM {inner} {name} WHERE {extra}) OR {self.condition(alias, table)})",
        ]
        if self.dialect != "sqlite":
            choices.append(f"{alias}.id = ANY (SELECT {name}.id FROM {inner} {name} WHERE {extra})")
            choices.append(
                f"{alias}.id > ALL (SELECT {name}.id FROM {inner} {name} WHERE {link} AND {name}.id < 5)"
            )
        picked = self.rng.sample(choices, self.rng.randint(1, 2))
        return (
            f"SELECT {self.selected(sources)} "
            f"FROM {text}{self.where(joining + picked + self.conditions(sources, 1))}"
        )

    def derived_tables(self) -> str:
        table = self.rng.choice(KEYED)
        inner = self.rng.choice(["street", "event"])
        sub = f"(SELECT city_id, count(*) AS n FROM {inner} GROUP BY city_id)"
        if self.dialect == "postgres" and self.rng.random() < 0.3:
            sub = f"LATERAL (SELECT l.city_id, l.id AS n FROM {inner} l WHERE l.city_id = p.city_id)"
        if self.dialect != "mysql" and self.rng.random() < 0.2:
            sub = "(SELECT 1 AS n, NULL AS city_id UNION ALL SELECT 2, NULL)"
        join = self.rng.choice([", ", " CROSS JOIN "])
        conditions = self.conditions([("p", table)], 2)
        if "NULL" not in sub and self.rng.random() < 0.7:
            conditions.append("q.city_id = p.city_id")
        if self.rng.random() < 0.5:
            conditions.append("q.n > 1")
        if self.rng.random() < 0.4 and "NULL" not in sub:
            other = self.rng.choice(KEYED)
            conditions += ["q.city_id = r.city_id", self.condition("r", other)]
            # A sub-select between two tables may carry the equality of their keys.
            return (
                f"SELECT p.id "
                f"FROM {self.table('p', table)}, {self.table('r', other)}{join}{sub} AS q{self.where(conditions)}"
            )
        return f"SELECT p.id, q.n FROM {self.table('p', table)}{join}{sub} AS q{self.where(conditions)}"

    def ctes(self) -> str:
        table = self.rng.choice(KEYED)
        inner = self.rng.choice(["street", "event", "poi"])
        name = self.rng.choice(["q", "poi", "street"])
        recursive = self.rng.random() < 0.2
        if recursive:
            head = "WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q WHERE n < 5)"
            return (
                f"{head} SELECT p.id FROM {self.table('p', table)}, q WHERE p.id = q.n "
                f"AND {self.condition('p', table)}"
            )
        head = f"WITH {name} AS (SELECT * FROM {inner} AS o WHERE {self.condition('o', inner)})"
        if name == inner and self.dialect == "sqlite":
            head = head.replace(f"FROM {inner} ", f"FROM main.{inner} ")
        other = self.rng.choice([item for item in KEYED if item != name])
        conditions = [f"p.city_id = {name}.city_id", *self.conditions([("p", other)], 2)]
        if self.rng.random() < 0.4:
            conditions.append(f"p.id IN (SELECT id FROM {name})")
        return f"{head} SELECT p.id FROM {self.table('p', other)}, {name}{self.where(conditions)}"

    def set_operations(self) -> str:
        word = self.rng.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])
        return (
            f"SELECT p.id FROM poi p WHERE {self.condition('p', 'poi')} {word} "
            f"SELECT s.id FROM street s WHERE {self.condition('s', 'street')}"
        )

    def grouped(self) -> str:
        sources = self.sources(3, 1)
        text, joining = self.joined(sources)
        alias, table = sources[0]
        column = self.column(alias, self.of_type(table, "int"))
        where = self.where(joining + self.conditions(sources, 2))
        pick = self.rng.random()
        if pick < 0.3:
            return f"SELECT count(*), min({column}), max({column}) FROM {text}{where}"
        if pick < 0.6:
            return (
                f"SELECT {column}, count(*) FROM {text}{where} "
                f"GROUP BY {column} HAVING count(*) > {self.rng.randint(0, 3)}"
            )
        if pick < 0.8:
            return f"SELECT DISTINCT {column} FROM {text}{where}"
        if self.dialect == "postgres" and pick < 0.9:
            return f"SELECT {column}, count(*) FROM {text}{where} GROUP BY GROUPING SETS (({column}), ())"
        if len(sources) == 1:
            window = f"row_number() OVER (PARTITION BY {column} ORDER BY {alias}.id)"
        else:
            window = f"count(*) OVER (PARTITION BY {column})"
        return f"SELECT {alias}.id, {window} FROM {text}{where}"

    def ids(self, sources: list[tuple[str, str]]) -> str:
        """What orders the rows of a join for certain, in every table that has unique ids."""
        return ", ".join(f"{alias}.id" for alias, _ in sources)

    def limited(self) -> Query:
        sources = [(alias, table) for alias, table in self.sources(2, 1) if table != "city"]
        text, joining = self.joined(sources)
        where = self.where(joining + self.conditions(sources, 2))
        end = self.rng.choice(["LIMIT 5", "LIMIT 3 OFFSET 2", "LIMIT 100"])
        if self.dialect == "postgres" and self.rng.random() < 0.3:
            end = self.rng.choice(
                [
                    "FETCH FIRST 4 ROWS ONLY",
                    "OFFSET 2",
                    "FOR UPDATE",
                    "LIMIT 3 FOR UPDATE OF " + sources[0][0],
                ]
            )
        if self.dialect == "mysql" and self.rng.random() < 0.2:
            end = "LIMIT 2 FOR UPDATE"
        return Query(
            "limited",
            f"SELECT {self.ids(sources)} FROM {text}{where} ORDER BY {self.ids(sources)} {end}",
            True,
        )

    def quoted(self) -> str:
        alias = self.name(self.rng.choice(["select", "P", "city_id", "a b", "t1"]).capitalize())
        name = self.name("order")
        if self.dialect == "mysql" or self.rng.random() < 0.5:
            alias = self.rng.choice(["p", "T1"])
        text = self.condition("§", "order").replace("§", alias)
        other = f" JOIN poi ON poi.city_id = {alias}.city_id AND {self.condition('poi', 'poi')}"
        return (
            f"SELECT {alias}.{self.name('group')}, {alias}.{self.name('Mixed Case')} FROM {name} {alias}"
            f"{other if self.rng.random() < 0.5 else ''} WHERE {text} "
            f"AND {alias}.{self.name('Mixed Case')} <> {self.a_text()}"
        )

    def comments(self) -> str:
        base = self.rng.choice([self.one_table, self.inner_joins, self.outer_joins])()
        for word in (" WHERE ", " FROM ", " AND "):
            if self.rng.random() < 0.6:
                comment = self.rng.choice([" /* WHERE x */ ", " -- FROM y\n ", " /* ' */ ", ' -- "\n '])
                base = base.replace(word, comment + word + comment, 1)
        return base + self.rng.choice(["", " -- the end", ";", " ; -- end", " /* end */"])

    def volatile(self) -> str:
        call = {"postgres": "random()", "mysql": "rand()", "sqlite": "random()"}[self.dialect]
        table = self.rng.choice(KEYED)
        condition = f"{call} IS NOT NULL" if self.rng.random() < 0.5 else f"({call} < 0 OR 1 = 1)"
        return f"SELECT p.id FROM {self.table('p', table)} WHERE {condition} AND {self.condition('p', table)}"

    def stable(self) -> str:
        now = {"postgres": "now()", "mysql": "now()", "sqlite": "datetime('now')"}[self.dialect]
        table = self.rng.choice(KEYED)
        conditions = self.conditions([("p", table)], 2)
        return f"SELECT p.id FROM {self.table('p', table)} WHERE {now} > '2000-01-01' AND {' AND '.join(conditions)}"

    # -- all --

    def classes(self) -> dict[str, Callable[[], Any]]:
        return {
            "one table": self.one_table,
            "inner joins": self.inner_joins,
            "four to six tables": self.many_tables,
            "self-joins": self.self_join,
            "USING": self.using,
            "NATURAL": self.natural,
            "outer joins": self.outer_joins,
            "keys not equated": self.keys_not_equated,
            "keys equated through a third": self.through_a_third,
            "sub-selects in conditions": self.sub_selects,
            "sub-selects in FROM": self.derived_tables,
            "CTEs": self.ctes,
            "set operations": self.set_operations,
            "grouped, distinct, windows": self.grouped,
            "limited": self.limited,
            "quoted names": self.quoted,
            "comments": self.comments,
            "volatile": self.volatile,
            "stable": self.stable,
        }

    def constants_changed(self, text: str) -> str:
        """The query with some of its small numbers a little larger or smaller, and now and then a comparison turned."""

        def changed(found: re.Match[str]) -> str:
            if found[1] is not None:
                return str(max(0, int(found[1]) + self.rng.choice([-2, -1, 0, 0, 0, 1, 2])))
            if found[2] is not None and self.rng.random() < 0.15:
                return self.rng.choice([" < ", " <= ", " > ", " >= ", " = "])
            return found[0]

        return re.sub(r"'[^']*'|\w*[a-zA-Z_\"]\w*|(\b[0-9]\b)|( [<>]=? )", changed, text)

    def query(self, of: str) -> Query:
        """A query of this class."""
        made = self.classes()[of]()
        return made if isinstance(made, Query) else Query(of, made)
