"""From 0.1.0 to the version of this checkout: the objects of a new installation, with all that people entered."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from partitioncache.setup import apply_plan, installed, plan, released
from partitioncache.setup.install import InstallError, Way, runnable
from support.catalog import ONLY_AN_EXTENSION_HAS, assert_same, catalog
from support.cluster import Cluster, Database
from support.installation import DUMPED, version

WAYS: list[Way] = ["extension", "connection"]
ROLES = ("upgrade_app", "upgrade admin", "upgrade_owner")

CONTENT = """
create role upgrade_app login; create role "upgrade admin" login;
grant usage on schema "Old" to public;
grant create on schema public to "upgrade admin";
set search_path = "Old", public;
select partitioncache_register('city_id', 'integer'),
       partitioncache_register('b', 'bigint', 'bit', partition_local => true),
       partitioncache_register('K"e''y %', 'text', cache => 'My "cache');
select partitioncache_grant('upgrade_app'), partitioncache_grant('"upgrade admin"', 'administer');
select partitioncache_update_processor_config(max_parallel_jobs => 5, fragment_timeout => '7 min');
create table public.poi as select n as id, n % 100 as city_id, n % 100 as kind from generate_series(1, 2000) n;
create table public."odd Table" (id integer, "K""e'y %" text);
create table public.untracked as select n as id, n % 100 as city_id from generate_series(1, 2000) n;
grant select on public.poi to upgrade_app;
select partitioncache_set('b', 'bits', array[-5, 7, 40000]::bigint[], 'why');
select partitioncache_set('b', 'no bits', '{}'::bigint[]);
select partitioncache_set('K"e''y %', 'x', array['a', null, 'b'], cache => 'My "cache');
select partitioncache_set_query('city_id', 'only', 'select 1');
select partitioncache_track('public.poi', 'city_id');
select partitioncache_track('public."odd Table"', 'K"e''y %', 'My "cache');
select partitioncache_push('select id from poi where kind = 3', 'city_id');
select partitioncache_process_queue();
select partitioncache_set('city_id', 'mine', array[1, 2]);
select partitioncache_push('select id from poi where kind = 4', 'city_id', priority => 7);
set role upgrade_app;
select partitioncache_push('select id from poi where kind = 5', 'city_id');
set role "upgrade admin";
select partitioncache_register('day', 'date', cache => 'of the admin');
reset role;
"""


def upgrade(
    database: Database, way: Way, start: str | None = "0.1.0", schema: str = "Old", user: str = "postgres"
) -> None:
    """Installs 0.1.0 (start None: it is there) and leads it to the newest version."""
    scripts = released(database.cluster.installation.extension_folder)
    with database.connect(user=user) as connection:
        if start is not None:
            apply_plan(
                connection, plan(connection, way=way, schema=schema, version=start, scripts=scripts), scripts
            )
        else:
            todo = plan(connection, scripts=scripts)
            assert (todo.start, todo.version, todo.way) == ("0.1.0", version(), way)
            apply_plan(connection, todo, scripts)
            there = installed(connection)
            assert there is not None
            assert (there.way, there.version, there.schema) == (way, version(), schema)


@pytest.fixture
def old(any_cluster: Cluster) -> Iterator[Database]:
    database = any_cluster.create_database("template0", settings=False)
    yield database
    any_cluster.drop_database(database)
    for role in ROLES:
        any_cluster.database().psql(f'drop role if exists "{role}"')


@pytest.mark.parametrize("way", WAYS)
def test_an_upgrade_gives_the_objects_of_a_new_installation(old: Database, way: Way) -> None:
    new = old.cluster.create_database("template0", settings=False)
    try:
        upgrade(old, way, schema="public")
        upgrade(old, way, None, schema="public")
        new.execute("create extension partitioncache")
        found, expected = catalog(old, "public"), catalog(new, "public")
        for kind in ONLY_AN_EXTENSION_HAS if way == "connection" else ():
            del found[kind], expected[kind]
        assert_same(found, expected)
    finally:
        old.cluster.drop_database(new)


KEPT: list[tuple[str, list[tuple[Any, ...]]]] = [
    (
        """select max_parallel_jobs, fragment_timeout::text from partitioncache_settings
           where cache = 'partitioncache'""",
        [(5, "00:07:00")],
    ),
    (
        """select cache, partition_key, datatype, storage, partition_local
           from partitioncache_registration order by 1, 2""",
        [
            ('My "cache', "K\"e'y %", "text", "array", False),
            ("of the admin", "day", "date", "array", False),
            ("partitioncache", "b", "bigint", "bit", True),
            ("partitioncache", "city_id", "integer", "array", False),
        ],
    ),
    ("select partitioncache_get('b', 'bits', null::bigint)", [([-5, 7, 40000],)]),
    ("select partitioncache_get('b', 'no bits', null::bigint)", [([],)]),
    (
        "select partitioncache_query('b', 'bits'), partitioncache_query('city_id', 'only')",
        [("why", "select 1")],
    ),
    (
        """select partitioncache_get('K"e''y %', 'x', null::text, cache => 'My "cache')""",
        [(["a", "b", None],)],
    ),
    ("select partitioncache_get('city_id', 'mine', null::integer)", [([1, 2],)]),
    ("select keys from partitioncache_cache_city_id where hash = 'mine'", [([1, 2],)]),
    ("select relation::text, state from partitioncache_tracked_tables()", [("poi", "tracking")]),
    (
        """select relation::text, state from partitioncache_tracked_tables('My "cache')""",
        [('"odd Table"', "tracking")],
    ),
    # an item of each owner, and the fragment that was evaluated before
    (
        """select q.owner_name::text, q.priority, q.query ~ 'kind = [345]'
           from partitioncache_internal.partitioncache_queue q order by 1, 2""",
        [("postgres", 1, True), ("postgres", 7, True), ("upgrade_app", 1, True)],
    ),
]
NOTHING_LEFT = """
    select c.relname from pg_class c where c.relnamespace = '"Old"'::regnamespace and c.relkind <> 'v'
    union all
    select p.proname from pg_proc p
    where p.pronamespace = '"Old"'::regnamespace
      and p.proname not in (select i.proname from pg_proc i
                            where i.pronamespace = 'partitioncache_internal'::regnamespace)
"""
MEMBERS_OF_A_REGISTRATION = """
    select c.relname from pg_class c join pg_depend d on d.objid = c.oid and d.deptype = 'e'
    where c.relname like 'My%' or c.relname like '%city_id'
"""


@pytest.mark.parametrize("way", WAYS)
def test_what_people_entered_is_kept(old: Database, way: Way) -> None:
    upgrade(old, way)
    old.psql(CONTENT)
    upgrade(old, way, None)
    old.execute(f'alter database {old.name} set search_path = "Old", public')
    for question, answer in KEPT:
        assert old.execute(question) == answer, question
    assert old.execute(NOTHING_LEFT) == []
    assert old.execute(MEMBERS_OF_A_REGISTRATION) == []

    # Rights: as before, no more.
    with old.connect(user="upgrade_app") as app, old.connect(user="upgrade admin") as admin:
        assert app.execute("select partitioncache_process_queue()").fetchall()
        assert app.execute("select partitioncache_set('city_id', 'of app', array[9])").fetchall()
        with pytest.raises(psycopg.Error, match=r"permission|right"):
            app.execute("select partitioncache_register('other', 'integer')")
        admin.execute("select partitioncache_register('other', 'integer')")
    assert old.execute("select partitioncache_get('city_id', 'of app', null::integer)") == [([9],)]

    # Writes and look-ups go on.
    old.execute("select partitioncache_process_queue()")
    query = "select id from poi where kind = 3"
    old.psql(
        """
        insert into poi values (9001, 50, 3), (9002, null, 3);
        update poi set city_id = 51 where id = 9001;
        delete from poi where id = 3;
        """
    )
    ((applied, state),) = old.execute(
        """select partitioncache_apply(%s, 'city_id', method => 'literal'),
                  (partitioncache_explain(%s, 'city_id', method => 'literal')).hits > 0""",
        [query, query],
    )
    assert state
    assert sorted(old.execute(applied)) == sorted(old.execute(query))
    old.psql("""insert into "odd Table" values (1, 'a'); truncate poi""")


@pytest.mark.parametrize("any_cluster", DUMPED, indirect=True, ids=[f"PostgreSQL {major}" for major in DUMPED])
def test_a_dump_after_the_upgrade_holds_everything(old: Database) -> None:
    upgrade(old, "extension")
    old.psql(CONTENT)
    upgrade(old, "extension", None)
    restored = old.cluster.create_database("template0", settings=False)
    try:
        program = old.cluster.installation.program
        dump = subprocess.run(
            [program("pg_dump"), "-Fc"], env=old.environment(), check=True, capture_output=True
        ).stdout
        subprocess.run(
            [program("pg_restore"), "--exit-on-error", "-d", restored.name],
            env=restored.environment(),
            input=dump,
            check=True,
        )
        for question in (
            'select count(*) from "Old".partitioncache_registration',
            """select "Old".partitioncache_get('b', 'bits', null::bigint)""",
            "select count(*) from partitioncache_internal.partitioncache_queue",
            "select count(*) from partitioncache_internal.partitioncache_tracked",
            "select count(*) from pg_trigger where not tgisinternal",
            """select array_agg(p.proacl::text order by p.proacl::text) from pg_proc p
               where p.proname ~ '^partitioncache_' and p.proacl is not null""",
        ):
            assert restored.execute(question) == old.execute(question), question
    finally:
        old.cluster.drop_database(restored)


def test_only_the_owner_upgrades(old: Database) -> None:
    old.psql(
        f"""create role upgrade_owner login; grant create on schema public to upgrade_owner;
            grant create on database {old.name} to upgrade_owner"""
    )
    upgrade(old, "connection", schema="Old", user="upgrade_owner")
    (script,) = released(old.cluster.installation.extension_folder).path("0.1.0", version())
    with old.connect() as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(runnable(script.read_text(), '"Old"').encode())
    assert refused.value.diag.message_primary == (
        'PartitionCache belongs to role "upgrade_owner", and only that role upgrades it'
    )
    assert (
        refused.value.diag.message_hint == "set role upgrade_owner; and upgrade again. Nothing was changed."
    )
    old.psql(f"revoke create on database {old.name} from upgrade_owner")
    with pytest.raises(InstallError, match="may not create schemas in database"):
        upgrade(old, "connection", None, schema="Old", user="upgrade_owner")
    old.psql(
        f'grant create on database {old.name} to upgrade_owner; create view uses as select "Old".partitioncache_count()'
    )
    with pytest.raises(InstallError, match=r"objects that use functions of PartitionCache 0\.1\.0"):
        upgrade(old, "connection", None, schema="Old", user="upgrade_owner")
    assert old.execute('select "Old".partitioncache_version()') == [("0.1.0",)]
    old.psql("drop view uses")
    upgrade(old, "connection", None, schema="Old", user="upgrade_owner")
    assert old.execute(
        "select distinct nspowner::regrole::text from pg_namespace where nspname = 'partitioncache_internal'"
    ) == [("upgrade_owner",)]


def test_an_upgrade_is_not_led_astray(old: Database) -> None:
    """What a role of 0.1.0 could register without owning it is not touched with the installer's rights."""
    scripts = released(old.cluster.installation.extension_folder)
    with old.connect() as connection:
        todo = plan(connection, way="extension", schema="public", version="0.1.0", scripts=scripts)
        apply_plan(connection, todo, scripts)
    old.psql(
        """create role upgrade_app login;
           create table public.caught (who text);
           select partitioncache_register('city_id', 'integer')"""
    )
    allowed = """grant create on schema public to upgrade_app; grant insert on public.caught to public;
                 select partitioncache_grant('upgrade_app')"""
    key_table = """create table public.partitioncache_cache_evil (
                       hash {}, key_count bigint, query text, deps oid[], keys integer[], matches_null boolean,
                       owner text)"""
    plants = {
        "a view": """create view public.partitioncache_cache_evil as
                     select public.evil() as hash, 1::bigint as key_count, ''::text as query, null::oid[] as deps,
                            null::integer[] as keys, false as matches_null, 'postgres'::text as owner""",
        "a table with a type of its own": "create domain public.trap as text check (public.evil() is not null);"
        + key_table.format("public.trap"),
        "a plain table": key_table.format("text"),
        "a function": """create function public.partitioncache_log_evil() returns trigger
                         language plpgsql as 'begin return null; end'""",
    }
    for what, plant in plants.items():
        old.psql(allowed)
        with old.connect(user="upgrade_app") as app:
            app.execute(
                """create or replace function public.evil() returns text language plpgsql as
                   $$ begin insert into public.caught values (current_user); return 'x'; end $$"""
            )
            app.execute(plant.encode())
            app.execute(
                """insert into partitioncache_registration (cache, partition_key, datatype, storage)
                   values ('partitioncache', 'evil', 'integer', 'array')"""
            )
        with old.connect() as connection, pytest.raises(psycopg.Error, match="none of PartitionCache's"):
            connection.execute("alter extension partitioncache update")
        assert old.execute("select who from public.caught where who <> 'upgrade_app'") == [], what
        old.psql(
            """delete from partitioncache_registration where partition_key = 'evil';
               drop owned by upgrade_app cascade"""
        )
    # and of the installer's own, what is only called like ours
    mine = [
        ("table", "audit_cache_orders", "(hash text, key_count bigint)"),
        ("table", "audit_changes_orders", "(at timestamptz, what text)"),
        ("sequence", "audit_hits", ""),
        ("function", "audit_log_orders", "() returns trigger language plpgsql as 'begin return null; end'"),
    ]
    for kind, name, definition in mine:
        old.psql(f"{allowed}; create {kind} public.{name} {definition}")
        with old.connect(user="upgrade_app") as app:
            app.execute("insert into partitioncache_settings (cache) values ('audit') on conflict do nothing")
            app.execute(
                """insert into partitioncache_registration (cache, partition_key, datatype, storage)
                   values ('audit', 'orders', 'integer', 'array')"""
            )
        with old.connect() as connection, pytest.raises(psycopg.Error, match="none of PartitionCache's"):
            connection.execute("alter extension partitioncache update")
        old.psql(
            f"""delete from partitioncache_registration where cache = 'audit';
                drop {kind} public.{name};
                drop owned by upgrade_app cascade"""
        )
    old.execute("alter extension partitioncache update")
    assert old.execute("select partitioncache_version()") == [(version(),)]
