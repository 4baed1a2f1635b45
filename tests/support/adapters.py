"""What the tests of the adapters share: a table of which the cache knows something, and how to see what happened."""

from __future__ import annotations

from typing import Any

import psycopg

from support.cluster import Database

DATA = """
create table poi (id integer primary key, city_id integer, kind integer, name text, height float8);
insert into poi select g, g % 500, g % 500 / 7, 'place ' || g || '%', g / 3.0 from generate_series(1, 5000) g;
create index on poi (city_id);
create table note (id integer primary key, text text);
insert into note values (1, 'nothing to do with cities');
analyze;
"""
QUERY = "select id, name from poi where kind = %s order by id"
KNOWN = 7
OPTIONS: dict[str, Any] = {
    "partition_key": "city_id",
    "method": "current",
    "learn_seconds": 0,
    "record_seconds": 0,
    "limit_ms": 10_000,
    "share": 0,
}
"""Nothing is left to chance: the form is given, and a slow machine is no reason."""


def fill(database: Database) -> Database:
    """Makes the table, and lets the cache know the query with its known value."""
    database.psql(DATA)
    database.execute("select partitioncache_push('select id from poi where kind = 7', 'city_id')")
    database.execute("select partitioncache_process_queue(max_seconds => 60)")
    return database


def rows(database: Database, query: str, params: Any = None) -> list[tuple[Any, ...]]:
    """What the query gives without any adapter."""
    with psycopg.connect(database.conninfo()) as connection:
        return connection.execute(query.encode(), params).fetchall()
