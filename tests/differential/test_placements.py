"""Partition keys that stand in columns of other names, and in expressions: random queries answer the same.

One small world of its own: tables of which none has a column called like the keys. Queries join them by their keys, by
the expressions, by the columns that determine these, by other columns and by none; with outer joins, sub-selects, NULL
keys and groups. What is cached is a part of them; rows are written in between; placements change.

    python -m pytest tests/differential/test_placements.py                     # fixed seeds
    PLACEMENTS_SECONDS=120 python -m pytest tests/differential/test_placements.py    # further seeds, for so long
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

from support.cluster import Database

WORLD = """
create table customer (id integer primary key, name text, segment integer, country varchar(20), born date);
create table orders (id integer, buyer bigint, total integer, at timestamp, price numeric, country text);
create table visits (id integer, who integer, minutes integer, at timestamp, seen date) partition by range (at);
create table visits_1 partition of visits for values from (minvalue) to ('2024-04-01');
create table visits_2 partition of visits for values from ('2024-04-01') to ('2024-07-01');
create table visits_3 partition of visits default;
create table calls (who integer, seconds integer, at timestamp, whom integer, "At" date, x float8, y float8);
create table points (id integer, x float8, y float8, kind integer);
create table kinds (kind integer, label text);
insert into customer
select n, 'customer ' || n % 7, n % 10, (array['DE', 'de', 'Fr', 'fr', 'IT', null])[1 + n % 6], date '1990-01-01' + n % 40 from generate_series(-40, 60) n;
insert into orders
select n, nullif(n * 7 % 71, 70) - 10, n % 60, timestamp '2024-01-01' + n * interval '11 h', n % 33 / 4.0, (array['de', 'fr', 'FR', 'xx', null])[1 + n % 5]
from generate_series(1, 500) n;
insert into visits
select n, nullif(n * 11 % 67, 66) - 20, n % 50, nullif(timestamp '2024-01-01' + n % 300 * interval '1 day', '2024-02-03'), date '2024-01-01' + n % 250
from generate_series(1, 400) n;
insert into calls
select n * 13 % 59 - 9, n % 40, timestamp '2024-02-01' + n % 90 * interval '30 h', n % 67, nullif(date '2024-01-15' + n % 200, '2024-02-01'), n * 37 % 101 - 50, n * 53 % 97 / 3.0
from generate_series(1, 300) n;
insert into points select n, n * 37 % 101 - 50, n * 53 % 97 / 3.0, n % 9 from generate_series(1, 250) n;
insert into kinds select n, 'kind ' || n from generate_series(0, 8) n;
create view bought as select o.total, o.buyer as by_whom, o.at, o.price from orders o where o.total > 5;
create view joined as select c.segment, v.who as whose, v.minutes from customer c join visits v on v.who = c.id;
analyze;
"""

CELL = "floor(x::numeric / 10)::text || ':' || floor(y::numeric / 10)::text"

# For each partition key its datatype, storage, and where it stands.
KEYS: dict[str, tuple[str, str, dict[str, list[str]]]] = {
    "customer": (
        "bigint",
        "array",
        {"customer": ["id"], "orders": ["buyer"], "visits": ["who", "id"], "calls": ["who", "whom"]},
    ),
    "bits": ("bigint", "bit", {"customer": ["id"], "orders": ["buyer"], "visits": ["who"], "calls": ["who"]}),
    "block": (
        "bigint",
        "array",
        {
            "customer": ["id / 10"],
            "orders": ["buyer / 10", "total / 7"],
            "visits": ["(who / 10)"],
            "calls": ["who / 10"],
            "points": ["kind"],
        },
    ),
    "month": (
        "timestamp",
        "array",
        {
            "orders": ["date_trunc('month', at)", "date_trunc('week', at)"],
            "visits": ["date_trunc('month', at)", "date_trunc('month', seen::timestamp)"],
            "calls": ["date_trunc('month', at)", "date_trunc('month', \"At\"::timestamp)"],
        },
    ),
    "day": (
        "date",
        "array",
        {
            "orders": ["at::date"],
            "visits": ["seen", "at::date"],
            "calls": ['"At"', "at::date"],
            "customer": ["born"],
        },
    ),
    "land": (
        "text",
        "array",
        {
            "customer": ["lower(country)", "left(country, 1)", "country"],
            "orders": ["lower(country)", "country"],
        },
    ),
    "year": ("numeric", "array", {"orders": ["extract(month from at)"], "visits": ["extract(year from at)"]}),
    "cell": (
        "text",
        "array",
        {
            "points": [CELL, "floor(x::numeric / 25)::text"],
            "calls": [CELL],
        },
    ),
    "strip": ("float", "array", {"points": ["floor(x / 10)"], "calls": ["floor(x / 10.0)", "floor(y)"]}),
}

CONDITIONS = {
    "customer": ["{0}.segment = {n}", "{0}.name = 'customer {n}'", "{0}.id > {m}", "{0}.country is not null",
                 "{0}.born < date '1990-01-01' + {m}"],
    "orders": ["{0}.total = {m}", "{0}.total > 4{n}", "{0}.price < {n}", "{0}.at >= '2024-0{k}-01'", "{0}.buyer in ({n}, {m})",
               "{0}.buyer is null or {0}.total < {n}", "date_trunc('month', {0}.at) = '2024-0{k}-01'", "lower({0}.country) = 'fr'"],
    "visits": ["{0}.minutes = {m}", "{0}.minutes > 4{n}", "{0}.at < '2024-0{k}-15'", "{0}.who / 10 = {k}", "{0}.at is null or {0}.minutes = {n}",
               "{0}.seen = date '2024-01-0{k}' + {n}"],
    "calls": ["{0}.seconds = {m}", "{0}.seconds > 3{n}", "{0}.whom <> {n}", '{0}."At" > \'2024-0{k}-05\'', "{0}.x > 3{n}"],
    "points": ["{0}.kind = {n}", "{0}.kind in (1, {n})", "{0}.y > 2{n}"],
    "bought": ["{0}.total = {m}", "{0}.total > 4{n}", "{0}.price < {n}", "{0}.by_whom > {n}"],
    "joined": ["{0}.minutes = {m}", "{0}.segment = {n}"],
    "kinds": ["{0}.label = 'kind {n}'"],
}  # fmt: skip

JOINS = {
    ("customer", "orders"): ["{1}.buyer = {0}.id", "{0}.id = {1}.buyer", "lower({0}.country) = lower({1}.country)", "{0}.country = {1}.country",
                             "{0}.id / 10 = {1}.buyer / 10", "{0}.segment < {1}.price"],
    ("customer", "visits"): ["{0}.id = {1}.who", "{1}.who / 10 = {0}.id / 10", "{0}.segment = {1}.minutes"],
    ("customer", "calls"): ["{0}.id = {1}.who", "{0}.id = {1}.whom", "{0}.id = {1}.who and {0}.segment < {1}.seconds"],
    ("orders", "visits"): ["{0}.buyer = {1}.who", "date_trunc('month', {0}.at) = date_trunc('month', {1}.at)", "{0}.at = {1}.at", "{0}.at::date = {1}.seen",
                           "{0}.at < {1}.at and {0}.total = {1}.minutes", "extract(month from {0}.at) = extract(year from {1}.at) - 2020"],
    ("orders", "calls"): ["{0}.buyer = {1}.who and {0}.total > {1}.seconds", "{0}.at::date = {1}.\"At\"", "date_trunc('month', {0}.at) = date_trunc('month', {1}.at)"],
    ("visits", "calls"): ["{0}.who = {1}.who", "{0}.who = {1}.whom", "{0}.at = {1}.at", "{0}.seen = {1}.\"At\" and {0}.minutes < {1}.seconds", "{0}.at::date = {1}.\"At\""],
    ("calls", "points"): ["({0}.x - {1}.x) ^ 2 + ({0}.y - {1}.y) ^ 2 < {m}", "{0}.x = {1}.x and {0}.y = {1}.y", "{0}.x = {1}.x", "floor({0}.x / 10) = floor({1}.x / 10)",
                          "floor({0}.x / 10) || ':' || floor({0}.y / 10) = floor({1}.x / 10) || ':' || floor({1}.y / 10)"],
    ("customer", "bought"): ["{0}.id = {1}.by_whom", "{0}.segment < {1}.total"],
    ("calls", "joined"): ["{0}.who = {1}.whose", "{0}.seconds = {1}.minutes"],
    ("points", "kinds"): ["{0}.kind = {1}.kind"],
}  # fmt: skip

WRITES = (
    "insert into orders select {m} + n, nullif(n * {n} % 71, 70) - 10, n % 60, timestamp '2024-01-01' + n * interval '{m} h', n / 4.0, 'FR' from generate_series(1, {n}) n",
    "insert into visits values ({m}, {n}, {m}, '2024-0{k}-{m}', null), ({m}, null, {m}, null, '2024-03-0{k}')",
    "update calls set who = {m}, at = '2024-0{k}-01', x = {m} where seconds = {n}",
    "update orders set buyer = null, at = null where total = {m}",
    "update visits set at = at + interval '40 days' where minutes = {m}",
    "insert into points values ({m}, {m}, {n}, {n}), (null, null, {n}, {n}), (0, 'NaN', 'Infinity', {n})",
    "update customer set country = 'de' where segment = {n}",
    "delete from orders where total = {m}",
)
METHODS = ("auto", "literal", "subquery", "current", "IN", "VALUES", "TMP_TABLE_IN")


class Run:
    """Random queries on one database, from one seed."""

    keys: tuple[str, ...] = tuple(sorted(KEYS))
    writes: tuple[str, ...] = WRITES

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], seed: int) -> None:
        self.random = Random(seed)
        self.connection = connection
        self.seen: Counter[str] = Counter()
        self.history: list[str] = []
        self.key = ""

    def filled(self, template: str, *aliases: str) -> str:
        pick = self.random
        for name, value in (
            ("{n}", pick.randint(0, 9)),
            ("{m}", pick.randint(10, 28)),
            ("{k}", pick.randint(1, 9)),
        ):
            template = template.replace(name, str(value))
        for number, alias in enumerate(aliases):
            template = template.replace(f"{{{number}}}", alias)
        return template

    def conditions(self, table: str, alias: str) -> list[str]:
        chosen = self.random.sample(
            CONDITIONS[table], min(self.random.choice((0, 1, 1, 2)), len(CONDITIONS[table]))
        )
        return [self.filled(each, alias) for each in chosen]

    def query(self, depth: int = 0) -> str:
        pick = self.random
        tables = [pick.choice(sorted(CONDITIONS))]
        aliases = ["a"]
        froms = [f"{tables[0]} a"]
        wheres = self.conditions(tables[0], "a")
        while len(tables) < 3 and pick.random() < 0.6:
            pairs = [(pair, place) for pair in JOINS for place, table in enumerate(tables) if table in pair]
            pair, place = pick.choice(pairs)
            new = pair[1] if pair[0] == tables[place] else pair[0]
            alias = "abc"[len(tables)]
            ends = (aliases[place], alias) if pair[0] == tables[place] else (alias, aliases[place])
            on = self.filled(pick.choice(JOINS[pair]), *ends)
            kind = pick.choice(("join", "join", ",", "left join"))
            if kind == ",":
                wheres.append(f"({on})")
                froms[0] = f"{froms[0]} cross join {new} {alias}"
            else:
                froms[0] = f"{froms[0]} {kind} {new} {alias} on {on}"
            tables.append(new)
            aliases.append(alias)
            wheres += self.conditions(new, alias)
        if depth == 0 and pick.random() < 0.15:
            table = pick.choice(sorted(CONDITIONS))
            inner = " and ".join(self.conditions(table, "s")) or "true"
            wheres.append(
                f"{pick.choice(('exists', 'not exists'))} (select from {table} s where {inner} and s::text <> a::text)"
            )
        where = " where " + " and ".join(wheres) if wheres else ""
        columns = ", ".join(f"{alias}.*" for alias in aliases)
        text = f"select {columns} from {froms[0]}{where}"
        if depth == 0 and pick.random() < 0.15:
            text = f"select count(*), min(a::text) from {froms[0]}{where} group by a::text"
        elif depth == 0 and pick.random() < 0.1:
            text = f"select q.* from ({self.query(1)}) q"
        elif depth == 0 and pick.random() < 0.1:
            text = f"with q as ({self.query(1)}) select count(*) from q"
        return text

    def rows(self, query: str) -> list[str]:
        found = self.connection.execute(f"select q::text from ({query}) q(a1)".encode()).fetchall()
        return sorted(str(row[0]) for row in found)

    def must(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        self.history.append(statement % tuple(map(repr, parameters)) if parameters else statement)
        result = self.connection.execute(statement.encode(), parameters or None)
        return result.fetchall() if result.description else []

    def place(self, key: str, again: bool = False) -> None:
        for table, expressions in KEYS[key][2].items():
            if not again or self.random.random() < 0.3:
                self.must(
                    "select partitioncache_place(%s, %s, %s)", table, self.random.choice(expressions), key
                )

    def compare(self, key: str, query: str) -> None:
        wanted = self.rows(query)
        for method in self.random.sample(METHODS, 3):
            ((rewritten, applied, reason),) = self.connection.execute(
                "select rewritten, applied, reason from partitioncache_explain(%s, %s, method => %s)",
                (query, key, method),
            ).fetchall()
            self.seen[f"{key} {'applied' if applied else 'not'}"] += 1
            if not applied and reason is not None and "ould" in str(reason) and "fail" in str(reason):
                raise AssertionError(f"{reason}\n{query}")
            found = self.rows(str(rewritten))
            if found != wanted:
                lost, more = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
                raise AssertionError(
                    f"{key} {method}: {sum(lost.values())} rows lost, {sum(more.values())} too many\n{query}\n{rewritten}\n"
                    + "\n".join(self.history[-12:])
                )

    def batch(self) -> None:
        key = self.key = self.random.choice(self.keys)
        queries = [self.query() for _ in range(6)]
        for query in queries[:4]:
            try:
                self.must("select partitioncache_push(%s, %s)", query, key)
            except psycopg.errors.RaiseException as error:
                raise AssertionError(f"{error}\n{query}") from error
        self.must("select partitioncache_process_queue(max_seconds => 20)")
        for query in queries:
            self.compare(key, query)
        # Queries that say more than one that is known.
        for query in queries[:2]:
            if " where " in query and "group by" not in query and " q" not in query:
                self.compare(key, query + " and a::text <> 'x'")
        for _ in range(2):
            self.must(self.filled(self.random.choice(self.writes)))
        for query in queries:
            self.compare(key, query)
        if self.random.random() < 0.3:
            self.place(key, again=True)
            for query in queries[:3]:
                self.compare(key, query)


def prepare(database: Database) -> psycopg.Connection[tuple[object, ...]]:
    database.psql(WORLD)
    return database.connect()


def hunt(database: Database, seed: int, batches: int, until: float) -> Counter[str]:
    with prepare(database) as connection:
        run = Run(connection, seed)
        for key, (datatype, storage, _) in KEYS.items():
            run.must("select partitioncache_register(%s, %s, %s)", key, datatype, storage)
            run.place(key)
        while batches > 0 or time.monotonic() < until:
            run.batch()
            batches -= 1
        failed = connection.execute(
            "select distinct error_msg from partitioncache_processor_log where status in ('failed', 'timeout')"
        ).fetchall()
        assert failed == [], failed
        return run.seen


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [20261127, 7])
def test_placed_keys_lose_no_row(database: Database, seed: int) -> None:
    seconds = float(os.environ.get("PLACEMENTS_SECONDS", "0"))
    seen = hunt(database, seed if not seconds else int(time.time()), 9, time.monotonic() + seconds)
    print(sorted(seen.items()))
    for key in KEYS if not seconds else ():
        assert seen[f"{key} applied"] > 0 or sum(seen[f"{key} {x}"] for x in ("applied", "not")) < 60, (
            key,
            seen,
        )
