"""A transaction that stays open with all that a lesser role may do in it makes nobody wait."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from support.cluster import Cluster, Database

ROLES = ("session_mallory", "session_filler", "session_admin", "session_writer", "session_other")

WORLD = """
create role session_mallory login; create role session_filler login; create role session_admin login;
create role session_writer login; create role session_other login;
create table public.poi as select n as id, n % 50 as city_id, n % 7 as kind from generate_series(1, 1000) n;
analyze public.poi;
select partitioncache_register('city_id', 'integer');
select partitioncache_track('public.poi', 'city_id');
select partitioncache_grant('session_mallory', 'push'), partitioncache_grant('session_other', 'push'),
       partitioncache_grant('session_filler', 'fill'), partitioncache_grant('session_admin', 'administer');
grant select on public.poi to public;
grant insert, update on public.poi to session_writer;
create schema session_mallory authorization session_mallory;
create table session_mallory.own (id integer, city_id integer);
alter table session_mallory.own owner to session_mallory;
"""

QUERY = "select id from public.poi where kind = 3"

# What a role with level push may call; each leaves behind what it locks.
HOLDS = [
    f"select partitioncache_apply('{QUERY}', 'city_id')",
    f"select partitioncache_push('{QUERY}', 'city_id')",
    "select partitioncache_process_queue(max_seconds => 30)",
    "select partitioncache_internal.pc_call('maintain', '{\"cache\": \"partitioncache\"}')",
    "select partitioncache_internal.pc_call('revive', '{\"cache\": \"partitioncache\"}')",
    "select partitioncache_set('city_id', 'shared name', array[1])",
    "select partitioncache_set_query('city_id', 'shared name', 'words')",
    "select partitioncache_delete('city_id', 'shared name')",
    "select partitioncache_clear()",
    "select partitioncache_clear_queue()",
    "select partitioncache_requeue()",
    "select partitioncache_track('session_mallory.own', 'city_id')",
    "select partitioncache_assert_static('session_mallory.own')",
    "select partitioncache_listen()",
    "select * from partitioncache_entries('city_id')",
    "select partitioncache_status()",
]

# What others do meanwhile.
MEANWHILE = [
    ("session_writer", "insert into public.poi values (5000, 7, 3)"),
    ("session_writer", "update public.poi set kind = 4 where id = 1"),
    ("session_other", f"select partitioncache_push('{QUERY}', 'city_id')"),
    ("session_other", "select partitioncache_process_queue(max_seconds => 30)"),
    ("session_other", "select partitioncache_set('city_id', 'shared name', array[2])"),
    ("session_other", f"select partitioncache_apply('{QUERY}', 'city_id')"),
    ("session_filler", f"select partitioncache_push('{QUERY}', 'city_id')"),
    ("session_filler", "select partitioncache_process_queue(max_seconds => 30)"),
    ("session_filler", "select partitioncache_set('city_id', 'shared name', array[3])"),
    ("session_filler", "select partitioncache_delete('city_id', 'shared name')"),
    ("session_filler", "call partitioncache_run_processor()"),
    ("session_admin", "select partitioncache_clear()"),
    ("session_admin", "select partitioncache_register('kind', 'integer')"),
    ("session_admin", "select partitioncache_grant('session_other', 'fill')"),
    ("session_admin", "select partitioncache_update_processor_config(max_attempts => 5)"),
    ("postgres", "select partitioncache_track('public.poi', 'city_id')"),
    ("postgres", "select partitioncache_process_queue()"),
    ("postgres", "select partitioncache_clear()"),
    (
        "postgres",
        "vacuum public.poi, partitioncache_internal.partitioncache_queue,"
        " partitioncache_internal.partitioncache_changes_city_id",
    ),
    ("postgres", "select partitioncache_revoke('session_mallory')"),
]


@pytest.fixture
def world(cluster: Cluster) -> Iterator[Database]:
    database = cluster.create_database()
    database.psql(WORLD)
    yield database
    cluster.drop_database(database)
    cluster.database().psql("".join(f"drop role if exists {role};" for role in ROLES))


def test_nobody_waits_for_an_open_transaction_of_a_lesser_role(world: Database) -> None:
    for role, call in MEANWHILE[4:7] + MEANWHILE[7:9]:  # there is something to meet
        with world.connect(user=role) as session:
            session.execute(call.encode())
    with world.connect(user="session_mallory", autocommit=False) as mallory:
        for hold in HOLDS:
            mallory.execute(hold.encode())
        waited = []
        for role, call in MEANWHILE:
            with world.connect(user=role) as session:
                session.execute("set lock_timeout = '5s'")
                try:
                    session.execute(call.encode())
                except psycopg.errors.LockNotAvailable:
                    waited.append((role, call))
        mallory.rollback()
    assert waited == []


def test_several_administrators_grant_at_once(world: Database) -> None:
    def call(statement: str) -> None:
        world.execute(statement)

    for function in ("partitioncache_grant('{}', 'fill')", "partitioncache_revoke('{}')"):
        with ThreadPoolExecutor(len(ROLES)) as pool:
            list(pool.map(call, [f"select {function.format(role)}" for role in ROLES]))
    assert world.execute("select count(*) from partitioncache_internal.partitioncache_role") == [(0,)]
