"""Row-level security: two roles that see different rows never get each other's key sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from differential.arena import METHODS
from differential.compare import Session, difference
from support.cluster import Cluster, Database

SETUP = """
create table notes (id integer primary key, city_id integer, owner text, kind integer);
insert into notes
select n, n, case when n % 2 = 0 then 'differential_even' else 'differential_odd' end, n % 3
from generate_series(1, 60) n;
create table tags (id integer primary key, city_id integer, tag text);
insert into tags select n, n, case when n % 5 = 0 then 'five' else 'other' end from generate_series(1, 60) n;
create view seen as select * from notes;
create view seen_as_reader with (security_invoker) as select * from notes;
select partitioncache_register('city_id', 'integer');
select partitioncache_update_processor_config(least_cost => 0);
"""
POLICY = """
alter table notes enable row level security;
create policy own on notes using (owner = current_user);
"""
QUERIES = (
    "select * from notes where kind = 1",
    "select n.id, t.tag from notes n join tags t on n.city_id = t.city_id where n.kind = 1 and t.tag = 'five'",
    "select count(*) from notes n, tags t where n.city_id = t.city_id and t.tag = 'five'",
    "select * from tags t where t.tag = 'five'"
    " and exists (select 1 from notes n where n.city_id = t.city_id and n.kind = 1)",
    "select * from tags t where t.city_id in (select n.city_id from notes n where n.kind = 2)",
    "select * from seen where kind = 1",
    "select * from seen_as_reader where kind = 1",
)
ROLES = ("differential_even", "differential_odd")
# What one of them evaluates serves everybody, what the other one does serves itself alone.
LEVELS = dict(zip(ROLES, ("fill", "push"), strict=True))


@pytest.fixture
def secured(cluster: Cluster, database: Database) -> Iterator[Database]:
    with database.connect() as connection:
        session = Session(connection)
        for role in ROLES:
            session.must(
                f"do $$ begin create role {role} login; exception when duplicate_object then null; end $$"
            )
        for statement in SETUP.split(";\n"):
            session.must(statement)
        for role in ROLES:
            session.must(f"grant usage on schema public to {role}")
            session.must(f"grant select, insert, update, delete on notes, tags, seen, seen_as_reader to {role}")
            session.must(f"select partitioncache_grant('{role}', '{LEVELS[role]}')")
        yield database
        for role in ROLES:
            session.must(f"drop owned by {role} cascade")


def fill(session: Session, query: str) -> None:
    """Push and process; that a query under row-level security is refused is allowed here."""
    session.call("select partitioncache_push($1, 'city_id')", query)
    for _ in range(100):
        done = session.must("select partitioncache_process_queue()")
        if done.rows[0][0] == b"0":
            return


def check(session: Session, query: str) -> None:
    session.must("begin")
    for method in METHODS:
        session.must("savepoint s")
        rewritten = session.call("select partitioncache_apply($1, 'city_id', method => $2)", query, method)
        assert not rewritten.error, rewritten.error
        text = (rewritten.rows[0][0] or b"").decode()
        session.must("savepoint applied")
        original = session.run(query)
        session.must("rollback to applied")
        assert not original.error, original.error
        assert not difference(original, session.run(text)), (method, text)
        session.must("rollback to s")
    session.must("rollback")


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_roles_never_get_each_others_key_sets(secured: Database, query: str, when: str) -> None:
    """The policy is there before the cache is filled, or comes after: each role sees its own rows."""
    with (
        secured.connect() as boss,
        secured.connect(user=ROLES[0]) as even,
        secured.connect(user=ROLES[1]) as odd,
    ):
        sessions = [Session(even), Session(odd), Session(boss)]
        if when == "before":
            sessions[2].must(POLICY)
        for session in sessions:
            fill(session, query)
            for other in sessions:
                check(other, query)
        if when == "after":
            sessions[2].must(POLICY)
        for session in sessions:
            check(session, query)
        sessions[2].must(
            "update notes set owner = case owner when 'differential_even' then 'differential_odd' "
            "else 'differential_even' end"
        )
        for session in sessions:
            check(session, query)


def test_forced_row_security_holds_for_the_owner(secured: Database) -> None:
    with secured.connect() as boss, secured.connect(user=ROLES[0]) as even:
        admin, reader = Session(boss), Session(even)
        fill(admin, QUERIES[0])
        admin.must(POLICY)
        admin.must("alter table notes force row level security")
        admin.must(f"alter table notes owner to {ROLES[1]}")
        check(admin, QUERIES[0])
        check(reader, QUERIES[0])
