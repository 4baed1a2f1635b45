"""What one session does while another is in the middle of something."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest

from support.cluster import Cluster, Database

Connection = psycopg.Connection[tuple[Any, ...]]

TABLES = """
create table poi (id integer primary key, city_id integer, size integer);
insert into poi select i, i % 40, i from generate_series(1, 1000) i;
create table visit (id integer, city_id integer, day integer) partition by range (day);
create table visit_0 partition of visit for values from (0) to (10);
insert into visit select i, i % 40, i % 10 from generate_series(1, 1000) i;
create table closed (city_id integer, street integer);
insert into closed select i % 40, i from generate_series(1, 400) i;
analyze;
select partitioncache_register('city_id', 'integer');
select partitioncache_track(t, 'city_id') from unnest('{poi,visit,closed}'::regclass[]) t;
"""

BIG = "select id, city_id from poi where size > 990"
VISITS = "select id from visit where id > 990"
OPEN = (
    "select id from poi p where size > 900 and not exists (select from closed c where c.city_id = p.city_id)"
)


def ask(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query, in order."""
    return sorted(connection.execute(query.encode()).fetchall())


def rewritten(connection: Connection, query: str, method: str = "current") -> str:
    """The query as the cache would have it run."""
    row = connection.execute(
        "select partitioncache_apply(%s, 'city_id', method => %s)", (query, method)
    ).fetchone()
    assert row is not None
    return str(row[0])


def agree(connection: Connection, query: str, text: str | None = None) -> None:
    """Both forms of a query have the same rows. text: the other form, where it was made before."""
    assert ask(connection, text or rewritten(connection, query)) == ask(connection, query)


def learn(database: Database, *queries: str) -> None:
    """Fills the cache with the fragments of some queries."""
    with database.connect() as connection:
        for query in queries:
            connection.execute("select partitioncache_push(%s, 'city_id')", (query,))
        connection.execute("call partitioncache_run_processor()")
        for query in queries:
            assert rewritten(connection, query) != query


@pytest.fixture
def tracked(database: Database) -> Database:
    """A database with tracked tables and a filled cache."""
    database.psql(TABLES)
    learn(database, BIG, VISITS, OPEN)
    return database


@pytest.fixture
def other(tracked: Database) -> Iterator[Connection]:
    """A session beside that of the test."""
    with tracked.connect() as connection:
        yield connection


@pytest.fixture
def session(tracked: Database) -> Iterator[Connection]:
    """The session of the test."""
    with tracked.connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("query", "meanwhile"),
    [
        (BIG, "insert into poi values (2001, 50, 2001)"),
        (BIG, "update poi set city_id = 50 where id = 995"),
        (BIG, "truncate poi; insert into poi values (2001, 50, 2001)"),
        (OPEN, "truncate closed"),
        (OPEN, "delete from closed where city_id = 5"),
        (
            VISITS,
            "create table visit_1 as select 3000 as id, 50 as city_id, 15 as day;"
            "alter table visit attach partition visit_1 for values from (10) to (20)",
        ),
        (VISITS, "alter table visit detach partition visit_0"),
    ],
)
def test_an_older_snapshot(session: Connection, other: Connection, query: str, meanwhile: str) -> None:
    before = rewritten(session, query)
    with session.transaction():
        session.execute("set transaction isolation level repeatable read")
        session.execute("select 1")
        other.execute(meanwhile.encode())
        for method in ("current", "subquery", "literal"):
            agree(session, query, rewritten(session, query, method))
        agree(session, query, before)
    agree(session, query)
    agree(session, query, before)


def test_rows_that_were_there_before_their_partition(session: Connection, other: Connection) -> None:
    other.execute("create table visit_1 as select 3000 as id, 50 as city_id, 15 as day")
    text = rewritten(session, VISITS)
    with session.transaction():
        session.execute("set transaction isolation level repeatable read")
        session.execute("select 1")
        other.execute("alter table visit attach partition visit_1 for values from (10) to (20)")
        # PostgreSQL reads partitions by the catalog of now, whatever the snapshot.
        assert (3000,) in ask(session, VISITS)
        agree(session, VISITS)
        agree(session, VISITS, text)


def test_a_transaction_that_is_not_over_when_an_entry_is_evaluated(
    tracked: Database, session: Connection, other: Connection
) -> None:
    with other.transaction():
        other.execute("insert into poi values (2001, 50, 2001)")
        session.execute("update partitioncache_internal.partitioncache_cache_city_id set evaluated_at = 'epoch'")
        learn(tracked, BIG)
        assert len(ask(session, rewritten(session, BIG))) == 10
    assert (2001, 50) in ask(session, rewritten(session, BIG))


def test_a_prepared_transaction(make_cluster: Callable[[Mapping[str, str] | None], Cluster]) -> None:
    database = make_cluster({"max_prepared_transactions": "5"}).create_database()
    database.psql(TABLES)
    learn(database, BIG)
    with database.connect() as connection:
        connection.execute("begin")
        connection.execute("insert into poi values (2001, 50, 2001)")
        connection.execute("prepare transaction 'later'")
        connection.execute("update poi set size = 0 where id = 1")
        connection.execute("call partitioncache_run_processor()")
        learn(database, BIG)
        agree(connection, BIG)
        connection.execute("select pc_trim_changes('partitioncache')")
        connection.execute("commit prepared 'later'")
        assert (2001, 50) in ask(connection, rewritten(connection, BIG))


def test_an_evaluation_that_the_trimmer_overtakes(session: Connection, other: Connection) -> None:
    evaluate = """select pc_evaluate_fragment('partitioncache', 'city_id', e.hash, e.query, (e.evaluation).keyed_tables,
                                              (e.evaluation).parts)
                  from (select * from partitioncache_internal.partitioncache_cache_city_id
                        where query like '%990%' and query like '%poi%') e"""
    with session.transaction():
        session.execute("set transaction isolation level repeatable read")
        session.execute("select 1")
        other.execute("insert into poi values (2001, 50, 2001)")
        session.execute(evaluate.encode())
        # As if a trimmer that cannot see this session had gone on.
        other.execute("delete from partitioncache_changes_city_id")
        other.execute(
            "update partitioncache_log_trimmed set below = pg_snapshot_xmax(pg_current_snapshot())"
        )
    agree(other, BIG)


def test_the_trimmer_waits_for_evaluations(session: Connection, other: Connection) -> None:
    with session.transaction():
        session.execute("set transaction isolation level repeatable read")
        session.execute("select 1")
        other.execute("insert into poi values (2001, 50, 2001)")
        other.execute("delete from partitioncache_internal.partitioncache_cache_city_id")
        assert other.execute("select pc_trim_changes('partitioncache')").fetchone() == (0,)
    assert other.execute("select pc_trim_changes('partitioncache')").fetchone() == (1,)


def test_tracking_waits_for_writers(tracked: Database, session: Connection, other: Connection) -> None:
    session.execute("select partitioncache_untrack('poi', 'city_id')")
    session.execute("select partitioncache_update_processor_config(untracked => 'static')")
    learn(tracked, BIG)
    beginning = threading.Thread(
        target=other.execute, args=("select partitioncache_track('poi', 'city_id')",), daemon=True
    )
    with session.transaction():
        session.execute("insert into poi values (2001, 50, 2001)")
        beginning.start()
        time.sleep(0.3)
        assert beginning.is_alive()
    beginning.join(20)
    agree(session, BIG)
    learn(tracked, BIG)
    agree(session, BIG)


def test_rows_that_are_locked_after_they_moved(session: Connection, other: Connection) -> None:
    """A locked row is judged again as it is then: a list of keys from before must not exclude it."""
    query = f"{BIG} for update"
    text = rewritten(session, query)
    found: list[tuple[Any, ...]] = []
    reading = threading.Thread(target=lambda: found.extend(ask(session, text)), daemon=True)
    with other.transaction():
        other.execute("update poi set city_id = 50 where id = 995")
        reading.start()
        time.sleep(0.3)
        assert reading.is_alive()
    reading.join(20)
    assert (995, 50) in found


def test_logical_replication(make_cluster: Callable[[Mapping[str, str] | None], Cluster]) -> None:
    cluster = make_cluster({"wal_level": "logical"})
    origin, copy = cluster.create_database(), cluster.create_database()
    for database in (origin, copy):
        database.psql(TABLES)
    origin.psql(
        "create publication p for table poi, closed; select pg_create_logical_replication_slot('s', 'pgoutput')"
    )
    origin.psql("alter table closed replica identity full")
    copy.psql("truncate poi, closed")
    copy.psql(
        f"""create subscription s connection '{origin.conninfo()}' publication p
            with (create_slot = false, slot_name = 's', copy_data = true)"""
    )
    with origin.connect() as writer, copy.connect() as reader:

        def wait(condition: str) -> None:
            for _ in range(200):
                if reader.execute(condition.encode()).fetchone() == (True,):
                    return
                time.sleep(0.1)
            pytest.fail(f"never: {condition}")

        wait("select count(*) = 1000 from poi")
        wait("select bool_and(srsubstate = 'r') and count(*) = 2 from pg_subscription_rel")
        assert {row[0] for row in reader.execute("select state from partitioncache_tracked_tables()")} == {
            "broken: public.closed has no applied trigger",
            "broken: public.poi has no applied trigger",
            "tracking",
        }
        reader.execute("select pc_sync_tracking('partitioncache')")
        learn(copy, BIG, OPEN)
        writer.execute("delete from closed where city_id = 5")
        wait("select not exists (select from closed where city_id = 5)")
        agree(reader, OPEN)
        assert (925,) in ask(reader, rewritten(reader, OPEN))
        writer.execute("insert into poi values (2001, 50, 2001)")
        wait("select exists (select from poi where id = 2001)")
        assert (2001, 50) in ask(reader, rewritten(reader, BIG))
        assert rewritten(reader, BIG) != BIG
        learn(copy, BIG)
        writer.execute("update poi set city_id = 51 where id = 2001")
        wait("select exists (select from poi where city_id = 51)")
        agree(reader, BIG)
        writer.execute("truncate poi")
        wait("select not exists (select from poi)")
        agree(reader, BIG)
        reader.execute("alter subscription s disable")
        reader.execute("alter subscription s set (slot_name = none)")
        reader.execute("drop subscription s")


@pytest.mark.parametrize("elsewhere", [False, True], ids=["the same cluster", "another cluster"])
def test_a_restored_database(
    tracked: Database, make_cluster: Callable[[Mapping[str, str] | None], Cluster], elsewhere: bool
) -> None:
    target = (make_cluster({}) if elsewhere else tracked.cluster).create_database(template="template1")
    dump = subprocess.run(
        [tracked.cluster.installation.program("pg_dump")],
        env=tracked.environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    target.psql(dump.stdout)
    target.execute(f"alter database {target.name} set search_path = public".replace("'", ""))
    with target.connect() as connection:
        tables = connection.execute(
            "select relation::text, state from partitioncache_tracked_tables()"
        ).fetchall()
        assert [name for name, _ in tables] == ["closed", "poi", "visit"]
        # The triggers came with their tables, and all that tracking is are the triggers.
        assert {state for _, state in tables} == {"tracking"}
        connection.execute("insert into poi values (2001, 50, 2001)")
        connection.execute("insert into visit values (3000, 51, 5)")
        for query in (BIG, VISITS, OPEN):
            assert rewritten(connection, query) == query
        reasons = {
            row[0] for row in connection.execute("select reason from partitioncache_entries('city_id')").fetchall()
        }
        assert reasons == {
            "it was computed in another database cluster, whose transactions are numbered otherwise"
            if elsewhere
            else "a table of it is gone: dropped, or made anew by a restore from a dump"
        }
        mended = connection.execute("select * from partitioncache_internal.pc_sync_tracking('partitioncache')")
        assert mended.fetchall() == []
        learn(target, BIG, VISITS, OPEN)
        connection.execute("insert into poi values (2002, 52, 2002)")
        connection.execute("insert into visit_0 values (3001, 53, 5)")
        for query in (BIG, VISITS, OPEN):
            agree(connection, query)
        assert connection.execute(
            "select count(*) from pg_trigger where tgrelid = 'poi'::regclass and tgname like 'partitioncache%'"
        ).fetchone() == (4,)
