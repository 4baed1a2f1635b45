"""Restrictions that are carried into sub-selects, and conditions that count inside of CTEs: random queries answer the same.

The world of test_placements.py. Queries ask through IN, EXISTS, sub-selects in FROM (with groups, DISTINCT, windows, LIMIT,
UNION), LATERAL ones, CTEs named once or twice, and several of these within one another, with NULL keys and outer joins.

    python -m pytest tests/differential/test_into.py                # fixed seeds
    INTO_SECONDS=120 python -m pytest tests/differential/test_into.py    # further seeds, for so long
"""

# SQL stands in one line a statement.
# ruff: noqa: E501

from __future__ import annotations

import os
import time
from collections import Counter
from random import Random

import psycopg
import pytest

from differential.test_placements import CONDITIONS, KEYS, Run, prepare
from support.cluster import Database

# Columns of one meaning: what queries equate across.
COLUMNS = {
    "customer": [("customer", "id"), ("orders", "buyer"), ("visits", "who"), ("calls", "who"), ("calls", "whom"), ("bought", "by_whom"), ("joined", "whose")],
    "day": [("calls", '"At"'), ("visits", "seen"), ("customer", "born")],
    "land": [("customer", "country"), ("orders", "country")],
    "strip": [("points", "kind"), ("customer", "segment"), ("orders", "total"), ("orders", "price"), ("points", "x"), ("calls", "x")],
}  # fmt: skip
WIDTH = {"customer": ["segment", "name"], "orders": ["total", "price"], "visits": ["minutes", "at"], "calls": ["seconds", "x"], "points": ["kind", "y"],
         "bought": ["total", "price"], "joined": ["minutes", "segment"]}  # fmt: skip
SHAPES = ("in", "in", "in", "not in", "exists", "not exists", "item", "item", "item", "left", "left", "right", "full", "lateral", "left lateral", "cte", "cte", "cte", "cte",
          "cte twice", "scalar")  # fmt: skip
FORMS = ("plain", "plain", "grouped", "grouped", "counted", "distinct", "distinct on", "window", "partition", "limit", "limit", "union", "union all",
         "except", "intersect", "sets", "having", "joined", "left joined", "nested", "nested")  # fmt: skip


class Inside(Run):
    """Queries within queries."""

    keys = ("customer", "customer", "bits", "bits", "day", "land", "strip", "month")

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], seed: int) -> None:
        super().__init__(connection, seed)
        self.used: Counter[str] = Counter()
        self.shape = ""
        self.ctes: list[str] = []
        self.aliases = 0

    def alias(self) -> str:
        self.aliases += 1
        return f"r{self.aliases}"

    def where(self, table: str, alias: str, *more: str) -> str:
        conditions = [*more, *self.conditions(table, alias)]
        return f" where {' and '.join(f'({c})' for c in conditions)}" if conditions else ""

    def inner(self, meaning: str, depth: int = 0, correlated: str = "", single: bool = False) -> tuple[str, str]:
        """A query with the columns k, u and v, or k alone, and its form."""
        pick = self.random
        form = pick.choice(FORMS)
        table, column = pick.choice(COLUMNS[meaning])
        alias = self.alias()
        u, v = (f"{alias}.{name}" for name in WIDTH[table])
        k = f"{alias}.{column}"
        where = self.where(table, alias, *([f"{k} = {correlated}"] if correlated else []))
        source = f"{table} {alias}"
        if form in ("joined", "left joined"):
            other, its = pick.choice(COLUMNS[meaning])
            second = self.alias()
            join = "join" if form == "joined" else pick.choice(("left join", "right join", "full join"))
            source = f"{source} {join} {other} {second} on {second}.{its} = {k}"
            k = pick.choice((k, f"{second}.{its}"))
        elif form == "nested" and depth < 2:
            within, its_form = self.inner(meaning, depth + 1, correlated)
            name = self.alias()
            extra = pick.choice(("", f" where {name}.u::text < '5'", f" where {name}.k is not null", f" where {name}.v::text <> 'x' and {name}.u::text > '3'"))
            return f"select {name}.k{'' if single else f', {name}.u, {name}.v'} from ({within}) {name}{extra}", f"nested {its_form}"
        columns = f"{k} as k" if single else f"{k} as k, {u} as u, {v} as v"
        rows = f"from {source}{where}"
        plain = f"select {columns} {rows}"
        other_rows = f"from {source}{self.where(table, alias)}"
        first = pick.choice((k, u))
        by = f"group by {k}"
        some = f"{pick.choice(('limit', 'limit', 'offset'))} {pick.randint(1, 80)}"
        counted = f"{k} as k" if single else f"{k} as k, count(*) as u, max({v}) as v"
        return {
            "grouped": f"select {columns} {rows} {by}, {u}, {v}",
            "counted": f"select {counted} {rows} {by}",
            "having": f"select {counted} {rows} {by} having count(*) > {pick.randint(0, 4)}",
            "sets": f"select {counted} {rows} group by {pick.choice(('rollup', 'cube', 'grouping sets'))} ({k}, {u})",
            "distinct": f"select distinct {columns} {rows}",
            "distinct on": f"select distinct on ({first}) {columns} {rows} order by {first}, {k}, {u}, {v}",
            "window": f"select {k} as k, {f'{u} as u,' if not single else ''} row_number() over (order by {k}, {u}, {v}) as v {rows}",
            "partition": f"select {k} as k, count(*) over (partition by {u}) as u, {v} as v {rows}",
            "limit": f"{plain} order by {pick.choice((f'{k}, {u}, {v}', f'{u}, {v}, {k}', f'{k} desc, {v}, {u}'))} {some}",
            "union": f"{plain} union select {columns} {other_rows}",
            "union all": f"{plain} union all select {columns} {other_rows}",
            "except": f"{plain} except select {columns} {other_rows}",
            "intersect": f"{plain} intersect all select {columns} {other_rows}",
        }.get(form if not single or form not in ("window", "partition") else "plain", plain), form  # fmt: skip

    def of_inner(self, q: str) -> list[str]:
        pick = self.random
        return pick.sample(
            [f"{q}.u::text >= '3'", f"{q}.v::text < '6'", f"{q}.k is not null", f"{q}.u is null or {q}.v::text > '2'", f"{q}.k::text > '2'", f"{q}.u::text = '{pick.randint(0, 9)}'"],
            pick.choice((0, 1, 1, 2)),
        )  # fmt: skip

    def query(self, depth: int = 0) -> str:
        pick = self.random
        self.aliases = 0
        meaning = {"bits": "customer"}.get(self.key, self.key)
        if meaning not in COLUMNS or pick.random() < 0.1:
            meaning = pick.choice(sorted(COLUMNS))
        table, column = pick.choice(COLUMNS[meaning])
        key = f"a.{column}"
        wheres = self.conditions(table, "a") or self.conditions(table, "a")
        source = f"{table} a"
        columns, ctes = "a.*", ""
        shape = pick.choice(SHAPES)
        lateral = "lateral" in shape or "exists" in shape or shape == "scalar"
        single = shape in ("in", "not in")
        inner, form = self.inner(meaning, 0, key if lateral else "", single)
        equal = pick.choice((f"q.k = {key}", f"{key} = q.k", f"{key} = q.k and q.u::text > '2'"))
        if single:
            wheres.append(f"{'not ' if shape == 'not in' else ''}{key} in ({inner})")
        elif "exists" in shape:
            wheres.append(f"{shape} ({inner})")
        elif shape == "scalar":
            wheres.append(f"(select count(*) from ({inner}) q) {pick.choice('<>=')} {pick.randint(0, 4)}")
        elif shape == "item":
            source += f" join ({inner}) q on {equal}" if pick.random() < 0.5 else f" cross join ({inner}) q"
            wheres += [equal, *self.of_inner("q")]
            columns += ", q.*"
        elif shape in ("left", "right", "full"):
            source += f" {shape} join ({inner}) q on {equal if shape != 'full' else f'q.k = {key}'}"
            wheres += self.of_inner("q") if pick.random() < 0.5 else []
            columns += ", q.*"
        elif "lateral" in shape:
            source += f" {'left ' if 'left' in shape else ''}join lateral ({inner}) q on {pick.choice(('true', equal))}"
            wheres += self.of_inner("q") if pick.random() < 0.4 else []
            columns += ", q.k, q.u"
        else:
            ctes = f"with w as {pick.choice(('', '', 'materialized ', 'not materialized '))}({inner}) "
            join = pick.choice(("join", "join", "left join", "right join"))
            source += f" {join} w q on {equal}"
            wheres += self.of_inner("q")
            columns += ", q.*"
            if shape == "cte twice":
                wheres.append(f"({key} is null or exists (select from w where w.u::text > '{pick.randint(0, 9)}'))")
            elif pick.random() < 0.3:
                source, columns = "w q", "q.*"
                wheres = self.of_inner("q")
                if pick.random() < 0.4:
                    source, columns = "w q, orders o", "q.*, o.id"
                    wheres.append("o.buyer::text = q.k::text" if meaning != "customer" else "o.buyer = q.k")
                    wheres += self.conditions("orders", "o")
        where = " where " + " and ".join(f"({each})" for each in wheres) if wheres else ""
        self.used[f"{shape}: {form}"] += 1
        return f"{ctes}select {columns} from {source}{where}"

    def rows(self, query: str) -> list[str]:
        # Of two columns of one name, a name each.
        found = self.connection.execute(query.encode()).fetchall()
        return sorted(map(str, found))


def inside(database: Database, seed: int, batches: int, until: float) -> Inside:
    with prepare(database) as connection:
        run = Inside(connection, seed)
        for key, (datatype, storage, _) in KEYS.items():
            run.must("select partitioncache_register(%s, %s, %s)", key, datatype, storage)
            run.place(key)
        while batches > 0 or time.monotonic() < until:
            run.batch()
            batches -= 1
        return run


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [20261128, 11])
def test_restrictions_within_queries_lose_no_row(database: Database, seed: int) -> None:
    seconds = float(os.environ.get("INTO_SECONDS", "0"))
    run = inside(database, seed if not seconds else Random().randrange(1 << 30), 10, time.monotonic() + seconds)
    print(sorted(run.seen.items()), sorted(run.used.items()))
    assert sum(count for name, count in run.seen.items() if name.endswith(" applied")) > 40


assert set(WIDTH) <= set(CONDITIONS)
