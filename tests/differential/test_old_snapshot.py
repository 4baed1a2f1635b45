"""A transaction that reads under an old snapshot runs its queries by the definitions of now; so do rewritten ones.

PostgreSQL looks definitions up as they are, whatever the snapshot; a query on the catalog sees them as they were.
Cause of a defect: key sets were judged by the latter, in REPEATABLE READ transactions.
"""

from __future__ import annotations

import pytest

from differential.arena import METHODS
from differential.compare import Session, difference
from support.cluster import Database

POIS = (
    "create table pois (id integer primary key, city_id integer, kind integer)",
    "insert into pois select n, n % 20, n % 5 from generate_series(1, 100) n",
)
CHANGES: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "view": (
        (*POIS, "create view v as select * from pois where kind = 1"),
        "select id from v where id < 50",
        ("create or replace view v as select * from pois where kind = 2",),
    ),
    "function": (
        (*POIS, "create function f(n integer) returns boolean language sql immutable as 'select n = 1'"),
        "select id from pois where f(kind)",
        ("create or replace function f(n integer) returns boolean language sql immutable as 'select n = 2'",),
    ),
    "column": (
        POIS,
        "select id from pois where kind = 1",
        ("alter table pois rename kind to kind_before", "alter table pois add kind integer default 1"),
    ),
    "key": (
        (*POIS, "alter table pois add district integer default 7"),
        "select id from pois where kind = 1",
        ("alter table pois rename city_id to old_id", "alter table pois rename district to city_id"),
    ),
    "table": (
        (*POIS, "create table other as select id, city_id, (kind + 1) % 5 as kind from pois"),
        "select id from pois where kind = 1",
        ("begin", "alter table pois rename to gone", "alter table other rename to pois", "commit"),
    ),
    "enum": (
        (
            "create type level as enum ('a', 'b', 'c')",
            "create table pois (id integer primary key, city_id integer, kind level)",
            "insert into pois "
            "select n, n % 20, (array['a', 'b', 'c'])[n % 20 % 3 + 1]::level from generate_series(1, 60) n",
        ),
        "select id from pois where kind = 'b'",
        ("alter type level rename value 'b' to 'x'", "alter type level rename value 'a' to 'b'"),
    ),
    "earlier table": (
        (
            *POIS,
            "create schema early",
            "create table early.other (id integer, city_id integer, kind integer)",
        ),
        "select id from pois where kind = 1",
        ("alter table early.other rename to pois",),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_definitions_of_now_under_an_old_snapshot(what: str, database: Database) -> None:
    setup, query, changes = CHANGES[what]
    with database.connect() as first, database.connect() as second:
        admin, reader = Session(first), Session(second)
        for statement in setup:
            admin.must(statement)
        for session in (admin, reader):
            session.must("set search_path = early, public")
        admin.must("select partitioncache_register('city_id', 'integer')")
        admin.call("select partitioncache_push($1, 'city_id')", query)
        while admin.must("select partitioncache_process_queue()").rows[0][0] != b"0":
            pass
        applied = "select partitioncache_apply($1, 'city_id', method => $2)"
        assert admin.call(applied, query, "literal").rows[0][0] != query.encode()
        before = (reader.call(applied, query, "subquery").rows[0][0] or b"").decode()
        reader.must("begin isolation level repeatable read")
        reader.must("select 1")
        for statement in changes:
            admin.must(statement)
        for method in METHODS:
            rewritten = (reader.call(applied, query, method).rows[0][0] or b"").decode()
            assert not difference(reader.run(query), reader.run(rewritten)), (method, rewritten)
        if what in ("view", "function", "enum"):
            # A text that looks its keys up when it is run finds out, too.
            assert not difference(reader.run(query), reader.run(before)), before
        reader.must("rollback")
