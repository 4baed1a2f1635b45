"""A schema as applications have it, for the tests of object-relational mappers: cities with places that have reviews.

The partition key is city_id. Every place of kind 7 stands in one of seven cities, so that queries about them are
restricted.
"""

from __future__ import annotations

from support.cluster import Database

TABLES = """
create table city (id integer primary key, name text not null);
create table place (
    id integer primary key, city_id integer not null references city, kind integer not null, name text not null,
    height float8, price numeric(10, 2), opened timestamptz, tags text[] not null default '{}'
);
create table review (
    id integer primary key, city_id integer not null, place_id integer not null references place,
    stars integer not null, text text
);
insert into city select g, 'city ' || g from generate_series(0, 399) g;
insert into place
select g, g % 400, g % 400 / 7 % 50, 'place ' || g || case g % 10 when 0 then ' 100%' else '' end, g / 3.0, g / 4.0,
    '2024-01-01 00:00+00'::timestamptz + g * interval '1 hour', array['t' || g % 3]
from generate_series(1, 8000) g;
insert into review
select g, g % 8000 % 400, g % 8000 + (g % 8000 = 0)::integer * 400, g % 5, 'review ' || g
from generate_series(1, 16000) g;
create index on place (city_id);
create index on review (city_id);
create index on review (place_id);
analyze;
"""
QUERIES = (
    "select id from place where kind = 7",
    "select p.id from place p join review r on r.place_id = p.id and r.city_id = p.city_id "
    "where p.kind = 7 and r.stars > 2",
)


def open_shop(database: Database) -> Database:
    """Makes the tables, and lets the cache know in which cities the queries match."""
    database.psql(TABLES)
    for query in QUERIES:
        database.execute("select partitioncache_push(%s, 'city_id')", [query])
    database.execute("select partitioncache_process_queue(max_seconds => 60)")
    return database
