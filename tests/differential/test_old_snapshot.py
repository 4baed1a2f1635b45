"""A transaction that reads under an old snapshot runs its queries by the definitions of now; so do rewritten ones.

PostgreSQL looks definitions up as they are, whatever the snapshot; a query on the catalog sees them as they were.
Cause of a defect: key sets were judged by the latter, in REPEATABLE READ transactions.
"""

from __future__ import annotations

import pytest
from psycopg.pq import Escaping, ExecStatus

from differential.arena import METHODS
from differential.compare import Session, difference
from support.cluster import Database

POIS = (
    "create table pois (id integer primary key, city_id integer, kind integer)",
    "insert into pois select n, n % 20, n % 5 from generate_series(1, 100) n",
)
MORE = ("create table more (like pois)", "insert into more values (101, 3, 1), (102, 4, 2), (103, 5, 1)")
CLOSED = (
    *POIS,
    "create table closed (city_id integer)",
    "create table closed_1 (check (city_id >= 0)) inherits (closed)",
    "create table closed_2 () inherits (closed_1)",
    "insert into closed_2 select unnest(array[1, 2, 11])",
    "insert into closed values (6)",
)
CLOSED_PARTS = (
    *POIS,
    "create table closed (city_id integer) partition by range (city_id)",
    "create table closed_1 partition of closed for values from (0) to (10)",
    "create table closed_2 partition of closed for values from (10) to (20)",
    "insert into closed select unnest(array[1, 2, 11])",
)
OPEN = "select id from pois p where kind = 1 and not exists (select from closed c where c.city_id = p.city_id)"
PARTS = (
    "create table pois (id integer, city_id integer, kind integer) partition by range (id)",
    "create table pois_1 partition of pois for values from (0) to (101)",
    *POIS[1:],
)
CHANGES: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "view": (
        (*POIS, "create view v as select * from pois where kind = 1"),
        "select id from v where id < 50",
        ("create or replace view v as select * from pois where kind = 2",),
    ),
    "view of a view": (
        (
            *POIS,
            "create view inner_one as select * from pois where kind = 1",
            "create view v as select id, city_id from inner_one where id > 3",
        ),
        "select id from v where id < 50",
        ("create or replace view inner_one as select * from pois where kind = 2",),
    ),
    "view of another view": (
        (
            *POIS,
            "create view one as select * from pois where kind = 1",
            "create view two as select * from pois where kind = 2",
            "create view v as select id, city_id from one where id > 3",
        ),
        "select id from v where id < 50",
        ("create or replace view v as select id, city_id from two where id > 3",),
    ),
    "placed view": (
        (
            *POIS,
            "create view v as select id, city_id as place, kind from pois where kind = 1",
        ),
        "select id from v where id < 50",
        ("create or replace view v as select id, city_id as place, kind from pois where kind = 2",),
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
    "first child": ((*POIS, *MORE), "select id from pois where kind = 1", ("alter table more inherit pois",)),
    "another child": (
        (*POIS, "create table few () inherits (pois)", "insert into few values (200, 6, 1)", *MORE),
        "select id from pois where kind = 1",
        ("alter table more inherit pois",),
    ),
    "grandchild": (
        (*POIS, "create table few () inherits (pois)", "insert into few values (200, 6, 1)", *MORE),
        "select id from pois where kind = 1",
        ("alter table more inherit few",),
    ),
    "child for child": (
        (*POIS, "create table few () inherits (pois)", "insert into few values (200, 6, 1)", *MORE),
        "select id from pois where kind = 1",
        ("begin", "alter table few no inherit pois", "alter table more inherit pois", "commit"),
    ),
    "child taken away": (CLOSED, OPEN, ("alter table closed_1 no inherit closed",)),
    "grandchild taken away": (CLOSED, OPEN, ("alter table closed_2 no inherit closed_1",)),
    "child dropped": (CLOSED, OPEN, ("drop table closed_2",)),
    "partition attached": (
        (*PARTS, *MORE),
        "select id from pois where kind = 1",
        ("alter table pois attach partition more for values from (101) to (200)",),
    ),
    "partition detached": (CLOSED_PARTS, OPEN, ("alter table closed detach partition closed_1",)),
    "partition detached concurrently": (
        CLOSED_PARTS,
        OPEN,
        ("alter table closed detach partition closed_1 concurrently",),
    ),
    "partition dropped": (CLOSED_PARTS, OPEN, ("drop table closed_1",)),
}


# After these a text that names tables and columns means something else than it did.
NAMES = ("column", "key", "table", "earlier table")
# A stable function reads under the snapshot of the statement that calls it, and plans its queries when it comes to
# them.
STABLE = """
create function answers(texts text[], out answer text[]) language plpgsql stable as $$
declare
    rows text;
begin
    perform pg_advisory_lock(4711);
    foreach rows in array texts loop
        execute format('select coalesce(string_agg(x::text, '','' order by x::text), '''') from (%s) x', rows)
        into rows;
        answer := array_append(answer, rows);
    end loop;
    perform pg_advisory_unlock(4711);
end $$
"""


@pytest.mark.parametrize("what", sorted(set(CHANGES).difference(NAMES)))
def test_definitions_of_now_in_a_stable_function(what: str, database: Database) -> None:
    setup, query, changes = CHANGES[what]
    with database.connect() as first, database.connect() as second:
        admin, reader = Session(first), Session(second)
        for statement in (*setup, STABLE):
            admin.must(statement)
        admin.must("select partitioncache_register('city_id', 'integer')")
        admin.must("select partitioncache_update_processor_config(least_cost => 0)")
        admin.call("select partitioncache_push($1, 'city_id')", query)
        while admin.must("select partitioncache_process_queue()").rows[0][0] != b"0":
            pass
        rewritten = admin.call("select partitioncache_apply($1, 'city_id', method => 'subquery')", query)
        text = (rewritten.rows[0][0] or b"").decode()
        assert text != query
        admin.must("select pg_advisory_lock(4711)")
        server = reader.connection.pgconn
        quoted = [Escaping(server).escape_literal(each.encode()).decode() for each in (query, text)]
        server.send_query(f"select a[1], a[2] from answers(array[{', '.join(quoted)}]) a".encode())
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        while admin.must(waiting).rows[0][0] == b"0":
            pass
        for statement in changes:
            admin.must(statement)
        admin.must("select pg_advisory_unlock(4711)")
        result = server.get_result()
        assert result is not None
        assert result.status == ExecStatus.TUPLES_OK, result.error_message
        assert result.get_value(0, 0) == result.get_value(0, 1), text
        while server.get_result() is not None:
            pass


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
        admin.must("select partitioncache_update_processor_config(least_cost => 0)")
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
        if what not in NAMES:
            # A text that looks its keys up when it is run finds out, too.
            assert not difference(reader.run(query), reader.run(before)), before
        reader.must("rollback")


@pytest.mark.parametrize(
    ("setup", "query"),
    [
        (POIS, "select id from pois where kind = 1"),
        (PARTS, "select id from pois where kind = 1"),
        (PARTS, "select id from pois_1 where kind = 1"),
        ((*POIS, "create table few () inherits (pois)"), "select id from pois where kind = 1"),
        ((*POIS, "create table few () inherits (pois)"), "select id from only pois where kind = 1"),
        (CLOSED, OPEN),
        (CLOSED_PARTS, OPEN),
        ((*POIS, "create view v as select * from pois where kind = 1"), "select id from v where id < 50"),
        ((*POIS, "create view v as select id, city_id as place from pois"), "select id from v where id = 7"),
    ],
)
def test_entries_are_used_under_a_snapshot_that_is_not_old(
    setup: tuple[str, ...], query: str, database: Database
) -> None:
    with database.connect() as connection:
        session = Session(connection)
        for statement in setup:
            session.must(statement)
        session.must("select partitioncache_register('city_id', 'integer')")
        session.must("select partitioncache_update_processor_config(least_cost => 0)")
        session.call("select partitioncache_push($1, 'city_id')", query)
        while session.must("select partitioncache_process_queue()").rows[0][0] != b"0":
            pass
        session.must("begin isolation level repeatable read")
        for method in ("literal", "subquery"):
            rewritten = session.call("select partitioncache_apply($1, 'city_id', method => $2)", query, method)
            assert rewritten.rows[0][0] != query.encode()
            text = (rewritten.rows[0][0] or b"").decode()
            assert not difference(session.run(query), session.run(text)), text
        assert session.must("select distinct state from pc_entry_state('partitioncache', 'city_id')").rows == (
            (b"fresh",),
        )
        session.must("rollback")
