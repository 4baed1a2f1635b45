"""partition_local: where no match of a connecting condition crosses partitions, no row is lost, connected or not.

The data keep what the assertion says: an event is in the city of its place, and what lies in a city has an x of that
city alone. Tables that no condition connects meet in all cities.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

import pytest

from partitioncache.analysis import METHODS, analyse, extend_query_with_partition_keys

CITIES = range(12)
TABLES = {
    "poi": ["id", "city_id", "kind", "x"],
    "event": ["poi_id", "city_id", "day"],
    "street": ["id", "city_id", "length", "x"],
    "cuisine": ["kind", "spicy"],
}
#: Conditions that connect; those between tables with the key hold within a city only.
JOINS = {
    ("poi", "event"): ["{0}.id = {1}.poi_id", "{0}.id + 0 = {1}.poi_id"],
    ("poi", "street"): ["abs({0}.x - {1}.x) < 90", "{0}.x < {1}.x AND {0}.x > {1}.x - 95", "{0}.x = {1}.x"],
    ("poi", "cuisine"): ["{0}.kind = {1}.kind"],
}
OWN = {
    "poi": ["{0}.kind = @", "{0}.kind > @", "{0}.x > 700", "{0}.city_id > @"],
    "event": ["{0}.day = @", "{0}.day < @"],
    "street": ["{0}.length > @", "{0}.length IN (@, @)"],
    "cuisine": ["{0}.spicy = 1"],
}


@pytest.fixture
def data() -> Any:
    rng = random.Random(7)
    with closing(sqlite3.connect(":memory:")) as connection:
        for table, columns in TABLES.items():
            connection.execute(
                f"create table {table} ({', '.join(f'{column} integer' for column in columns)})"
            )
        places = [(n, n % 12, rng.randrange(6), n % 12 * 100 + rng.randrange(5)) for n in range(60)]
        connection.executemany("insert into poi values (?, ?, ?, ?)", places)
        events = [(place[0], place[1], rng.randrange(6)) for place in rng.sample(places, 40)]
        connection.executemany("insert into event values (?, ?, ?)", events)
        streets = [
            (n, city := rng.choice(CITIES), rng.randrange(8), city * 100 + rng.randrange(5))
            for n in range(40)
        ]
        connection.executemany("insert into street values (?, ?, ?, ?)", streets)
        connection.executemany("insert into cuisine values (?, ?)", [(n, n % 2) for n in range(6)])
        yield connection


def query(rng: random.Random) -> str:
    tables = [rng.choice(["poi", "event", "street"])]
    conditions: list[str] = []
    for _ in range(rng.randrange(1, 4)):
        number = len(tables)
        partners = [
            (place, joins, place if pair[0] == table else None, other)
            for place, table in enumerate(tables)
            for pair, joins in JOINS.items()
            if table in pair
            for other in [pair[1] if pair[0] == table else pair[0]]
        ]
        if partners and rng.random() < 0.6:
            place, joins, first, other = rng.choice(partners)
            tables.append(other)
            sides = (f"a{place}", f"a{number}") if first is not None else (f"a{number}", f"a{place}")
            conditions.append(rng.choice(joins).format(*sides))
        else:
            tables.append(rng.choice(list(TABLES)))
    for number, table in enumerate(tables):
        if rng.random() < 0.7:
            text = rng.choice(OWN[table]).format(f"a{number}")
            conditions.append("".join(part if part != "@" else str(rng.randrange(6)) for part in text))
    sources = ", ".join(f"{table} a{number}" for number, table in enumerate(tables))
    rowids = ", ".join(f"a{number}.rowid" for number in range(len(tables)))
    return f"SELECT {rowids} FROM {sources}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")


def test_no_row_is_lost(data: sqlite3.Connection) -> None:
    rng = random.Random(3)
    cache: dict[str, frozenset[Any]] = {}
    done = Counter[str]()
    for _ in range(700):
        text = query(rng)
        (amount,) = data.execute(f"SELECT count(*) FROM ({text} LIMIT 60000)").fetchone()
        if amount == 60000:
            continue
        original = Counter(data.execute(text))
        analysis = analyse(text, "city_id", "sqlite", TABLES, partition_local=True)
        known: dict[str, frozenset[Any]] = {}
        for fragment in analysis.fragments:
            if fragment.hash not in cache:
                cache[fragment.hash] = frozenset(row[0] for row in data.execute(fragment.sql))
            keys = cache[fragment.hash]
            known[fragment.family] = known.get(fragment.family, keys) & keys
        rewritten = analysis.rewrite(known, rng.choice([m for m in METHODS if not m.startswith("TMP")]))
        assert Counter(data.execute(rewritten)) == original, f"{text}\n{rewritten}\n{known}"
        merged = analysis.merged(known)
        if merged is not None:
            extended = extend_query_with_partition_keys(
                text, merged, "city_id", dialect="sqlite", schema=TABLES
            )
            assert Counter(data.execute(extended)) == original, f"{text}\n{extended}"
        done["restricted" if rewritten != text else "unchanged"] += 1
        done["with rows"] += bool(original)
    assert done["restricted"] > 300, done
    assert done["with rows"] > 300, done
