"""Cells of a map: what lies near each other lies in different cells as well, and no row is lost without buffers.

Points, streets and stops, joined by their distance: up to several cells wide, or by neighbouring cells, or not at all. The
size of the cells is random, and so is where the key stands: cells, strips, or one of each table. Some of a query's parts are
known; rows move across borders in between.

    python -m pytest tests/differential/test_map.py                  # fixed seeds
    MAP_SECONDS=120 python -m pytest tests/differential/test_map.py     # further seeds, for so long
"""

# SQL stands in one line a statement.
# ruff: noqa: E501

from __future__ import annotations

import os
import time
from random import Random

import pytest

from differential.test_placements import Run
from support.cluster import Database

WORLD = """
create table points (id integer, x float8, y float8, kind integer, weight integer);
create table streets (id integer, x float8, y float8, width integer, name text);
create table stops (id integer, x float8, y float8, line integer);
insert into points select n, (n * 7919 % 2003) / 10.0 - 100, (n * 104729 % 1999) / 10.0 - 100, n % 40, n % 7 from generate_series(1, 700) n;
insert into streets select n, (n * 6151 % 1997) / 10.0 - 100, (n * 3571 % 2011) / 10.0 - 100, n % 30, 'street ' || n % 60 from generate_series(1, 500) n;
insert into stops select n, (n * 4099 % 2017) / 10.0 - 100, (n * 2741 % 1993) / 10.0 - 100, n % 20 from generate_series(1, 200) n;
insert into points select -n, case when n % 3 > 0 then n * 10 end, n * 10, n % 40, 3 from generate_series(-12, 12) n;
insert into streets select -n, n * 10, case when n % 5 > 0 then n * 10 end, n % 30, null from generate_series(-12, 12) n;
insert into stops values (0, 'Infinity', 'NaN', 3), (-1, '-Infinity', 0, 3), (-2, 0, 0, 3);
analyze;
"""
TABLES = {
    "points": ["{0}.kind = {k}", "{0}.kind in ({k}, {k2})", "{0}.weight = 3 and {0}.kind < 20", "{0}.kind is null or {0}.kind = {k}", "{0}.x > 55"],
    "streets": ["{0}.width = {k}", "{0}.name = 'street {k}'", "{0}.width > 26 and {0}.name is not null", "{0}.name is null"],
    "stops": ["{0}.line = {k}", "{0}.line < 3", "{0}.id % 13 = 4"],
}  # fmt: skip
WRITES = (
    "update points set x = x + {d}, y = y - {d} where kind = {k}",
    "update streets set x = -x where width = {k}",
    "insert into streets select {k} + n, n * {d}, n, {k}, 'street {k}' from generate_series(-3, 3) n",
    "insert into points select {k} + n, n, n * {d}, {k}, 3 from generate_series(-3, 3) n",
    "delete from stops where line = {k}",
    "update stops set y = null where id % 11 = 5",
)


class Map(Run):
    """Random cells, and random questions about what is near."""

    def filled(self, template: str, *aliases: str) -> str:
        pick = self.random
        for name, value in (("{k2}", pick.randint(0, 29)), ("{k}", pick.randint(0, 19)), ("{d}", pick.choice((3, 10, 17.5, 40)))):  # fmt: skip
            template = template.replace(name, str(value))
        for number, alias in enumerate(aliases):
            template = template.replace(f"{{{number}}}", alias)
        return template

    def place(self, key: str, again: bool = False) -> None:
        """Places both keys anew, in cells of a size that tables mostly share."""
        self.size = self.random.choice((3, 5, 10, 25, 60))
        for table in TABLES:
            size = self.size if self.random.random() < 0.7 else self.random.choice((4, 10, 33))
            self.must("select partitioncache_place(%s, %s, 'cell')", table, f"floor(x::numeric / {size})::text || ':' || floor(y::numeric / {size})::text")
            self.must("select partitioncache_place(%s, %s, 'strip')", table, f"floor({self.random.choice('xy')} / {size})")

    def near(self, a: str, b: str) -> str:
        widest = self.size * self.random.choice((0.3, 1, 2.5, 4))
        apart = f"({a}.x - {b}.x) ^ 2 + ({a}.y - {b}.y) ^ 2"
        return self.random.choice((
            f"{apart} < {widest} ^ 2", f"sqrt({apart}) <= {widest}", f"abs({a}.x - {b}.x) < {widest} and abs({a}.y - {b}.y) < {widest}",
            f"point({a}.x, {a}.y) <-> point({b}.x, {b}.y) < {widest}", f"floor({a}.x / {self.size}) = floor({b}.x / {self.size}) and abs({a}.y - {b}.y) < {widest}",
        ))  # fmt: skip

    def query(self, depth: int = 0) -> str:
        pick = self.random
        tables = pick.sample(sorted(TABLES), pick.choice((2, 2, 2, 3)))
        aliases = "abc"[: len(tables)]
        wheres = [self.filled(pick.choice(TABLES[table]), alias) for table, alias in zip(tables, aliases, strict=True) if pick.random() < 0.85]
        froms = f"{tables[0]} a"
        for place in range(1, len(tables)):
            on = self.near(aliases[pick.randrange(place)], aliases[place])
            if pick.random() < 0.2:
                froms += f" left join {tables[place]} {aliases[place]} on {on}"
            elif pick.random() < 0.5:
                froms += f" join {tables[place]} {aliases[place]} on {on}"
            else:
                froms += f" cross join {tables[place]} {aliases[place]}"
                wheres.append(on)
        if pick.random() < 0.15:
            wheres.append(f"{pick.choice(('', 'not '))}exists (select from {pick.choice(sorted(TABLES))} s where {self.near('a', 's')})")
        where = "".join(f" and ({each})" for each in wheres)
        columns = ", ".join(f"{alias}.id" for alias in aliases)
        return f"select {columns} from {froms} where true{where}"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [20261127, 3])
def test_what_is_near_across_borders_is_found(database: Database, seed: int) -> None:
    seconds = float(os.environ.get("MAP_SECONDS", "0"))
    until = time.monotonic() + seconds
    database.psql(WORLD)
    with database.connect() as connection:
        run = Map(connection, seed if not seconds else Random().randrange(1 << 30))
        run.keys = ("cell", "strip")
        run.must("select partitioncache_register('cell', 'text'), partitioncache_register('strip', 'float')")
        run.writes = WRITES
        batches = 6
        while batches > 0 or time.monotonic() < until:
            run.place("cell")
            run.batch()
            batches -= 1
        failed = connection.execute("select distinct error_msg from partitioncache_processor_log where status in ('failed', 'timeout')").fetchall()
        assert failed == [], failed
    print(sorted(run.seen.items()))
    assert run.seen["cell applied"] + run.seen["strip applied"] > 40
