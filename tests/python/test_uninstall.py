"""Leaving no trace: what was there before is there afterwards, and the next installation begins anew."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from partitioncache.setup import apply_plan, installed, plan, released
from partitioncache.setup.install import Way
from support.cluster import Cluster, Database

EVERYTHING = """
    select i.type || ' ' || i.identity from (
        select 'pg_class'::regclass as class, c.oid from pg_class c where c.relkind <> 't' and c.relname !~ '^pg_toast'
        union all select 'pg_proc'::regclass, p.oid from pg_proc p
        union all select 'pg_type'::regclass, t.oid from pg_type t where t.typname !~ '^_?pg_toast'
        union all select 'pg_trigger'::regclass, t.oid from pg_trigger t
        union all select 'pg_namespace'::regclass, n.oid from pg_namespace n where n.nspname !~ '^pg_(toast_)?temp_'
        union all select 'pg_extension'::regclass, e.oid from pg_extension e
        union all select 'pg_constraint'::regclass, c.oid from pg_constraint c where c.contype = 't'
        union all select 'pg_event_trigger'::regclass, e.oid from pg_event_trigger e
    ) o cross join pg_identify_object(o.class, o.oid, 0) i where i.schema is distinct from 'pg_toast' order by 1
"""
USE = """
    set search_path = public, "My Cache";
    select partitioncache_register('city_id', 'integer');
    select partitioncache_register('odd " key', 'text', cache => 'an''other');
    select partitioncache_track('poi', 'city_id');
    select partitioncache_push('select * from poi where kind = 3', 'city_id');
    select partitioncache_process_queue();
    insert into poi values (4, 4);
    select partitioncache_push('select * from poi where kind = 4', 'city_id');
    select partitioncache_grant('uninstall_app', 'push'), partitioncache_grant('uninstall_app', 'monitor', 'an''other');
"""


@pytest.fixture
def fresh(any_cluster: Cluster) -> Iterator[Database]:
    database = any_cluster.create_database("template0", settings=False)
    database.psql("""
        create role uninstall_app login;
        create schema "My Cache";
        create table poi as select n % 100 as city_id, n % 100 as kind from generate_series(1, 2000) n;
    """)
    yield database
    any_cluster.drop_database(database)
    any_cluster.database().psql("drop role uninstall_app")


def install(database: Database, way: Way) -> None:
    scripts = released(database.cluster.installation.extension_folder)
    with database.connect() as connection:
        apply_plan(connection, plan(connection, way=way, schema="My Cache", scripts=scripts), scripts)


REMOVAL: dict[Way, str] = {
    "extension": "drop extension partitioncache cascade",
    "connection": 'select "My Cache".partitioncache_uninstall(confirm => true)',
}


@pytest.mark.parametrize("way", list(REMOVAL))
def test_nothing_is_left_and_it_can_be_installed_again(fresh: Database, way: Way) -> None:
    before = fresh.execute(EVERYTHING)
    for _ in range(2):
        install(fresh, way)
        fresh.psql(USE)
        fresh.execute(REMOVAL[way])
        assert fresh.execute(EVERYTHING) == before
        fresh.psql("insert into poi values (5, 5); truncate poi")
        with fresh.connect() as connection:
            assert installed(connection) is None


def test_an_extension_that_was_never_used_is_dropped_without_cascade(fresh: Database) -> None:
    before = fresh.execute(EVERYTHING)
    install(fresh, "extension")
    fresh.execute("drop extension partitioncache")
    assert fresh.execute(EVERYTHING) == before


def refusal(connection: psycopg.Connection[tuple[object, ...]], statement: str) -> tuple[str | None, ...]:
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(statement.encode())
    diag = refused.value.diag
    return diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint


def test_what_stands_in_its_way(fresh: Database) -> None:
    install(fresh, "connection")
    fresh.psql(USE)
    call = 'select "My Cache".partitioncache_uninstall'
    with fresh.connect() as connection:
        assert connection.execute(f"{call}()".encode()).fetchone() == (
            "This would remove PartitionCache with 2 registered partition keys, 1 tracked tables and 1 queued items. "
            "To do so: select partitioncache_uninstall(confirm => true);",
        )
        connection.execute('create view mine as select * from "My Cache".partitioncache_settings')
        code, message, detail, _ = refusal(connection, f"{call}(true)")
        assert (code, message) == ("PC001", "there are objects that use PartitionCache")
        assert detail is not None
        assert "view public.mine" in detail
        connection.execute(
            """drop view mine; create view mine as select * from "My Cache"."an'other_cache_odd "" key" """
        )
        assert refusal(connection, f"{call}(true)")[1] == "there are objects that use PartitionCache"
        connection.execute(
            "drop view mine; create view mine as select \"My Cache\".partitioncache_count('city_id')"
        )
        assert refusal(connection, f"{call}(true)")[1] == "there are objects that use PartitionCache"
        assert connection.execute("select * from mine").fetchall() == [(1,)]
    with fresh.connect(user="uninstall_app") as connection:
        assert refusal(connection, f"{call}(true)")[0] == "42501"
        fresh.execute('grant execute on function "My Cache".partitioncache_uninstall to uninstall_app')
        fresh.execute(
            "grant execute on function partitioncache_internal.partitioncache_uninstall to uninstall_app"
        )
        assert refusal(connection, f"{call}(true)")[:2] == (
            "PC007",
            'only role "postgres", which installed PartitionCache, may remove it',
        )


def test_of_an_extension_it_says_how(fresh: Database) -> None:
    install(fresh, "extension")
    with fresh.connect() as connection:
        code, message, _, hint = refusal(connection, 'select "My Cache".partitioncache_uninstall(true)')
    assert (code, message) == ("PC001", "PartitionCache is installed as an extension")
    assert hint is not None
    assert "drop extension partitioncache cascade" in hint
