"""Another session changes the catalog while a query is being taken apart, or a fragment evaluated.

What is read of the catalog after the text was parsed includes the rules of its views. So the other session makes its
changes, locks the catalog of rules, and commits when somebody waits for that lock: between the two.
"""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from support.cluster import Cluster, Database
from support.processing import until

WORLD = """
create schema app;
create schema lib;
create table poi (id integer primary key, city_id integer, kind integer, name varchar);
insert into poi select i, i % 500, i % 70, 'n' || i % 70 from generate_series(1, 20000) i;
create index on poi (city_id);
analyze poi;
create function lib.sort_of(kind bigint) returns bigint immutable language sql return kind % 35;
create operator lib.~~~ (leftarg = text, rightarg = text, function = pg_catalog.texteq);
select partitioncache_register('city_id', 'integer');
select partitioncache_update_processor_config(untracked => 'static', least_cost => 0);
"""

# What is changed, and the condition that then means something else.
CHANGES = {
    "a table of an earlier schema": (
        "kind = 5",
        """create table app.poi as select id + 100000 as id, (city_id + 250) % 500 as city_id, kind, name from poi;
           create index on app.poi (city_id)""",
    ),
    "a function that fits better": (
        "sort_of(kind) = 5",
        "create function lib.sort_of(kind integer) returns integer immutable language sql return kind % 35 + 1",
    ),
    "an operator that fits better": (
        "name ~~~ 'n5'",
        """create function lib.unlike(varchar, varchar) returns boolean immutable language sql return $1 <> $2;
           create operator lib.~~~ (leftarg = varchar, rightarg = varchar, function = lib.unlike)""",
    ),
}


def meanwhile(database: Database, changes: str, session: psycopg.Connection[Any], statement: str) -> Any:
    """Runs a statement in a session while another one makes changes that are committed in the middle of it."""
    found: list[Any] = []
    with database.connect(autocommit=False) as other, database.connect() as watching:
        pid = session.info.backend_pid
        waiting = (
            "select true from pg_locks where not granted and pid = %s and relation = 'pg_rewrite'::regclass"
        )
        watching.execute(waiting, [pid])  # what this view is, nobody can read while that is locked
        other.execute(changes.encode())
        other.execute("lock table pg_rewrite in access exclusive mode")

        def run() -> None:
            try:
                found.append(session.execute(statement.encode()).fetchone())
            except psycopg.Error as error:
                found.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        until(lambda: not thread.is_alive() or watching.execute(waiting, [pid]).fetchone() == (True,))
        assert thread.is_alive(), found
        other.commit()
        thread.join(60)
        assert not thread.is_alive()
    (result,) = found
    if isinstance(result, psycopg.Error):
        raise result
    return result


def rows(session: psycopg.Connection[Any], query: str) -> list[Any]:
    return sorted(session.execute(query.encode()).fetchall())


@pytest.mark.parametrize("change", CHANGES)
def test_a_query_taken_apart(any_cluster: Cluster, change: str) -> None:
    condition, changes = CHANGES[change]
    database = _world(any_cluster)
    query = f"select id from poi where {condition} and id > 0"
    try:
        with database.connect(options="-c search_path=app,lib,public") as session:
            session.execute("select partitioncache_push(%s, 'city_id')", [query])
            session.execute("call partitioncache_run_processor()")
            # The session has met the views of the extension before they are locked.
            (applied,) = session.execute("select partitioncache_apply(%s, 'city_id')", [query]).fetchone()  # type: ignore[misc]
            assert applied != query
            meanwhile(database, changes, session, f"select partitioncache_apply($q${query} $q$, 'city_id')")
        with database.connect(options="-c search_path=app,lib,public") as session:
            expected = rows(session, query)
            (applied,) = session.execute(
                "select partitioncache_apply(%s, 'city_id')", [query + " "]
            ).fetchone()  # type: ignore[misc]
            assert rows(session, applied) == expected
    finally:
        any_cluster.drop_database(database)


def test_a_fragment_evaluated(any_cluster: Cluster) -> None:
    database = _world(any_cluster)
    query = "select id from app.poi where kind = 5 and id > 0"
    try:
        with database.connect() as session:
            for schema, shift in (("app", 0), ("app_next", 250)):
                session.execute(f"create schema if not exists {schema}".encode())
                session.execute(
                    f"""create table {schema}.poi as select id, (city_id + {shift}) % 500 as city_id, kind from poi;
                        create index on {schema}.poi (city_id); analyze {schema}.poi""".encode()
                )
                session.execute("select partitioncache_track(%s::regclass, 'city_id')", [f"{schema}.poi"])
            session.execute("select partitioncache_push_fragment(%s, 'city_id')", [query])
            meanwhile(
                database,
                "alter schema app rename to app_old; alter schema app_next rename to app",
                session,
                "select partitioncache_process_queue()",
            )
            session.execute("insert into app.poi values (100000, 499, 5)")
            (applied,) = session.execute("select partitioncache_apply(%s, 'city_id')", [query]).fetchone()  # type: ignore[misc]
            assert rows(session, applied) == rows(session, query)
    finally:
        any_cluster.drop_database(database)


def _world(cluster: Cluster) -> Database:
    database = cluster.create_database(template="template1")
    database.psql("create extension partitioncache;" + WORLD)
    return database
