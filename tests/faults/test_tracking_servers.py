"""Tracking on every version of the server: what newer versions can do to a column, and what dump and restore do."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from support.cluster import Cluster, Database
from support.installation import DUMPED

SETUP = """
create extension partitioncache;
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select n, n % 100, n % 50 from generate_series(1, 2000) n;
create table kinds (kind integer, name text);
insert into kinds select n, 'kind ' || n from generate_series(0, 49) n;
create materialized view far as select city_id, max(kind) as kind from poi group by 1;
analyze;
"""
QUERY = "select id from poi where kind = 3"
JOIN = "select p.id from poi p join kinds k on k.kind = p.kind where k.name = 'kind 7'"


@pytest.fixture
def world(any_cluster: Cluster) -> Iterator[Database]:
    """A database with the extension, tables, and nothing learned yet."""
    any_cluster.database().psql(
        "drop database if exists tracking; create database tracking template template0"
    )
    made = any_cluster.database("tracking")
    made.psql(SETUP)
    yield made
    any_cluster.drop_database(made)


def learn(connection: psycopg.Connection[tuple[object, ...]], *queries: str) -> None:
    for query in queries:
        connection.execute("select partitioncache_push(%s, 'city_id')", (query,))
    connection.execute("select partitioncache_process_queue(max_seconds => 60)")


def rows(connection: psycopg.Connection[tuple[object, ...]], query: str) -> tuple[list[object], list[object]]:
    """The rows of a query and of its rewritten form."""
    applied = connection.execute("select partitioncache_apply(%s, 'city_id', method => 'subquery')", (query,))
    ((rewritten,),) = applied.fetchall()
    return (
        sorted(connection.execute(query.encode()).fetchall()),
        sorted(connection.execute(str(rewritten).encode()).fetchall()),
    )


def states(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    found = connection.execute("select distinct state from partitioncache_entries('city_id') order by 1")
    return [str(state) for (state,) in found.fetchall()]


def test_a_virtual_column(world: Database) -> None:
    with world.connect() as connection:
        if connection.info.server_version < 180000:
            connection.execute("alter table poi add column seen integer")
            return
        learn(connection, QUERY)
        assert states(connection) == ["fresh"]
        connection.execute("drop materialized view far")
        connection.execute("alter table poi drop column city_id")
        connection.execute("alter table poi add column city_id integer generated always as (id % 100)")
        connection.execute("insert into poi (id, kind) values (5000, 3), (5001, 4)")
        connection.execute("update poi set kind = 3 where id = 5001")
        connection.execute("set session_replication_role = replica")
        connection.execute("insert into poi (id, kind) values (5002, 3)")
        connection.execute("reset session_replication_role")
        original, rewritten = rows(connection, QUERY)
        assert original == rewritten
        connection.execute("select partitioncache_untrack('poi', 'city_id')")
        connection.execute("select partitioncache_track('poi', 'city_id')")
        assert connection.execute("select unit, state from partitioncache_tracked_tables()").fetchall() == [
            ("table", "tracking")
        ]
        numbers = itertools.count(10000, 100)
        for role in "origin", "replica":
            learn(connection, QUERY)
            assert states(connection) == ["fresh"]
            connection.execute(f"set session_replication_role = {role}".encode())
            for write in (
                "insert into poi (id, kind) values ({0}, 3)",
                "insert into poi (id, kind) select {0} + i, 3 from generate_series(1, 5) i",
                "update poi set id = {0}, kind = 3 where id = (select max(id) from poi where kind <> 3)",
                "with a as (insert into poi (id, kind) values ({0}, 3)) delete from poi where id = 10000",
            ):
                connection.execute(write.format(next(numbers)).encode())
                original, rewritten = rows(connection, QUERY)
                assert original == rewritten
                learn(connection, QUERY)
            connection.execute("reset session_replication_role")


def test_what_is_not_tracked_is_not_used(world: Database) -> None:
    notices: list[str] = []
    with world.connect() as connection:
        connection.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
        learn(connection, QUERY, "select city_id from far where kind = 7", QUERY)
        assert [n.split(";")[0] for n in notices] == [
            "writes to public.poi are logged from now on for city_id (partitioncache_track)",
            "public.far cannot be tracked: materialised view public.far is refreshed without triggers",
        ]
        connection.execute("insert into poi values (5000, 77, 3)")
        original, rewritten = rows(connection, QUERY)
        assert original == rewritten
        assert states(connection) == ["changed"]
        connection.execute("select partitioncache_assert_static('far')")
        learn(connection, "select city_id from far where kind = 7")
        assert states(connection) == ["changed", "static"]


def test_writers_are_not_waited_for(world: Database) -> None:
    notices: list[str] = []
    with world.connect() as connection, world.connect(autocommit=False) as writer:
        connection.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
        writer.execute("insert into poi values (5000, 77, 3)")
        connection.execute("select partitioncache_push(%s, 'city_id')", (QUERY,))
        connection.execute("select partitioncache_push(%s, 'city_id')", (QUERY + " and id > 5",))
        assert len(notices) == 1
        assert "public.poi is being written to; the next push tries again" in notices[0]
        writer.commit()
        connection.execute("select partitioncache_push(%s, 'city_id')", (QUERY + " and id > 6",))
        assert notices[1].startswith("writes to public.poi are logged from now on")


@pytest.mark.parametrize("any_cluster", DUMPED, indirect=True, ids=[f"PostgreSQL {major}" for major in DUMPED])
@pytest.mark.parametrize("jobs", [1, 4])
def test_a_restore(world: Database, tmp_path: Path, jobs: int) -> None:
    archive = tmp_path / "archive"
    with world.connect() as connection:
        connection.execute("select partitioncache_register('city_id', 'integer')")
        connection.execute("select partitioncache_assert_static('kinds')")
        connection.execute("create role tracking_backup login in role pg_read_all_data")
        learn(connection, QUERY, JOIN)
        assert states(connection) == ["fresh", "static"]
        connection.execute("insert into poi values (5000, 77, 3)")
    program = world.cluster.installation.program
    try:
        subprocess.run(
            [program("pg_dump"), "-Fc", "-f", str(archive)],
            env=world.environment(PGUSER="tracking_backup"),
            check=True,
        )
    finally:
        world.execute("drop role tracking_backup")
    world.cluster.database().psql(
        "drop database if exists restored; create database restored template template0"
    )
    restored = world.cluster.database("restored")
    try:
        subprocess.run(
            [program("pg_restore"), "-j", str(jobs), "-d", "restored", str(archive)],
            env=world.environment(),
            check=True,
        )
        with restored.connect() as connection:
            connection.execute("analyze")
            assert connection.execute(
                "select relation::text, state from partitioncache_tracked_tables()"
            ).fetchall() == [("poi", "tracking")]
            assert connection.execute(
                "select relation::text from partitioncache_static_tables()"
            ).fetchall() == [("kinds",)]
            assert states(connection) == ["aside"]
            connection.execute("insert into poi values (5001, 78, 3)")
            learn(connection, QUERY, JOIN)
            connection.execute("insert into poi values (5002, 79, 3)")
            connection.execute("insert into poi values (5003, 80, 7)")
            assert states(connection) == ["changed"]
            for query in (QUERY, JOIN):
                original, rewritten = rows(connection, query)
                assert original == rewritten
            connection.execute("drop table kinds")
            connection.execute("create table kinds as select 7 as kind, 'kind 7' as name")
            assert connection.execute("select * from partitioncache_static_tables()").fetchall() == []
            original, rewritten = rows(connection, JOIN)
            assert original == rewritten
    finally:
        world.cluster.drop_database(restored)
