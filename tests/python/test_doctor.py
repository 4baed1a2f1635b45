"""``pcache doctor`` on servers that are well, and on ones that lack something: what it says, and that it mends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.cluster import Cluster, Database
from support.commands import Run, lead_to
from support.services import RedisServer

WELL, HINDERED, NOTHING_WORKS = 0, 1, 2

WORLD = """
create table poi as select n % 50 as city_id, n % 7 as kind from generate_series(1, 500) n;
select partitioncache_push('select * from poi where kind = 3', 'city_id');
select partitioncache_process_queue();
"""


def examine(run: Run, *arguments: str) -> tuple[int, dict[str, Any]]:
    """What the doctor exits with, and what is missing, by its name."""
    done = run("pcache", "doctor", *arguments, "--format", "json")
    assert done.out.startswith("["), done.err
    return done.code, {each["name"]: each for each in done.json if each["ok"] is False}


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with entries, to which the variables lead."""
    database.psql(WORLD)
    lead_to(database, monkeypatch)
    return database


def test_all_is_well_where_a_monitor_does_the_work(run: Run, world: Database) -> None:
    done = run("pcache", "doctor", "--without-cron")
    assert done.code == WELL, done.out
    assert "missing" not in done.out
    assert "role postgres has the level administer" in done.out


def test_a_server_without_the_extension(
    run: Run, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(empty_database, monkeypatch)
    code, missing = examine(run, "--without-cron")
    assert (code, list(missing)) == (NOTHING_WORKS, ["partitioncache"])
    assert run(*missing["partitioncache"]["fix"].split()).code in (0, 1)
    assert examine(run, "--without-cron") == (WELL, {})


def test_the_order_in_which_to_mend(
    run: Run, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_database.psql("create role doctor_new login")
    lead_to(empty_database, monkeypatch)
    try:
        monkeypatch.setenv("DB_USER", "doctor_new")
        code, missing = examine(run, "--without-cron")
        assert (code, list(missing)) == (NOTHING_WORKS, ["right to install", "partitioncache"])
        assert "1. run as the owner of the database:" in run("pcache", "doctor", "--without-cron").out
        empty_database.psql(missing["right to install"]["fix"])
        done = run("pcache", "setup", "--over-connection", "--schema", "cache", "--without-cron")
        assert done.code == 0, done.err
        assert examine(run, "--without-cron") == (WELL, {})
        monkeypatch.setenv("DB_USER", "postgres")
        code, missing = examine(run, "--without-cron")
        assert (code, list(missing)) == (NOTHING_WORKS, ["rights of this role"])
        assert "would run with a superuser's rights" in missing["rights of this role"]["detail"]
    finally:
        empty_database.psql("drop owned by doctor_new cascade; drop role doctor_new")


def test_version_0_1_0(run: Run, empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_database.execute("create extension partitioncache version '0.1.0'")
    lead_to(empty_database, monkeypatch)
    code, missing = examine(run, "--without-cron")
    assert (code, list(missing)) == (NOTHING_WORKS, ["partitioncache"])
    assert "version 0.1.0" in missing["partitioncache"]["detail"]
    assert run("pcache", "setup", "--check", "--without-cron").code == 1
    assert run("pcache", "setup", "--without-cron").code == 0
    assert examine(run, "--without-cron") == (WELL, {})


def test_a_server_without_pg_cron(run: Run, newest_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    database = newest_cluster.create_database("template1", settings=False)
    try:
        database.execute("create extension partitioncache")
        lead_to(database, monkeypatch)
        code, missing = examine(run)
        assert (code, list(missing)) == (HINDERED, ["pg_cron loaded", "processor"])
        assert "pg_cron is not on this server" in missing["pg_cron loaded"]["detail"]
        assert examine(run, "--without-cron") == (WELL, {})
    finally:
        newest_cluster.drop_database(database)


@pytest.fixture
def lesser_role(world: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A role that was granted nothing, as which the variables connect."""
    world.psql('create role "doctor; app" login')
    monkeypatch.setenv("DB_USER", "doctor; app")
    yield world
    world.psql('drop owned by "doctor; app" cascade; drop role "doctor; app"')


def test_a_role_without_rights(run: Run, lesser_role: Database) -> None:
    code, missing = examine(run, "--without-cron")
    assert (code, list(missing)) == (NOTHING_WORKS, ["rights of this role"])
    lesser_role.psql(missing["rights of this role"]["fix"])
    assert examine(run, "--without-cron") == (WELL, {})
    # a right in one cache is none in another
    code, missing = examine(run, "--without-cron", "--cache", "other")
    assert (code, list(missing)) == (NOTHING_WORKS, ["rights of this role"])
    assert "'other'" in missing["rights of this role"]["fix"]


def test_a_role_that_may_only_look(run: Run, lesser_role: Database) -> None:
    lesser_role.psql("""select partitioncache_grant('"doctor; app"', 'monitor')""")
    done = run("pcache", "doctor", "--without-cron")
    assert done.code == WELL, done.out
    assert "has the level monitor" in done.out


def test_pg_cron_in_another_database(run: Run, world: Database) -> None:
    code, missing = examine(run)
    assert (code, list(missing)) == (HINDERED, ["processor"])
    assert missing["processor"]["fix"] == "select public.partitioncache_enable_processor('partitioncache');"


def test_settings_that_hinder(run: Run, lesser_role: Database) -> None:
    lesser_role.psql(
        """select partitioncache_grant('"doctor; app"', 'push');
           alter role "doctor; app" set default_transaction_read_only = on;
           alter role "doctor; app" set statement_timeout = '3s'"""
    )
    for word in ("default_transaction_read_only", "statement_timeout"):
        assert examine(run)[0] == HINDERED
        assert word in run("pcache", "doctor").out
        for each in run("pcache", "doctor", "--format", "json").json:
            if word in each["detail"]:
                lesser_role.psql(each["fix"])
    assert "settings" not in examine(run)[1]


def test_items_that_are_dead_or_stuck(run: Run, world: Database) -> None:
    world.psql(
        """select partitioncache_push('select * from poi where kind = 5', 'city_id');
           select partitioncache_push('select * from poi where kind = 6', 'city_id');
           update partitioncache_internal.partitioncache_queue set due_at = now() - interval '1 hour'"""
    )
    code, missing = examine(run, "--without-cron")
    assert (code, list(missing)) == (HINDERED, ["queue"])
    assert "2 items wait since" in missing["queue"]["detail"]
    world.psql(
        "update partitioncache_internal.partitioncache_queue set due_at = now(), status = 'dead', died_at = now()"
    )
    code, missing = examine(run, "--without-cron")
    assert code == HINDERED
    assert "2 items are dead" in missing["queue"]["detail"]
    world.psql(missing["queue"]["fix"])
    assert examine(run, "--without-cron") == (WELL, {})


def test_tables_that_are_not_tracked_or_badly(run: Run, world: Database) -> None:
    world.psql("alter table poi disable trigger user")
    code, missing = examine(run, "--without-cron")
    assert code == HINDERED
    assert "broken" in missing["tracked table"]["detail"]
    world.psql(missing["tracked table"]["fix"])
    assert "tracked table" not in examine(run, "--without-cron")[1]
    world.psql("select partitioncache_untrack('poi', 'city_id'); alter table poi rename to \"Other's\"")
    code, missing = examine(run, "--without-cron")
    assert (code, list(missing)) == (HINDERED, ["entries"])
    assert missing["entries"]["fix"].startswith("select public.partitioncache_track('")
    world.psql(missing["entries"]["fix"])


def test_the_same_in_sql(world: Database) -> None:
    world.psql("alter table poi disable trigger user")
    found = world.execute("select name, ok, fix from partitioncache_doctor(with_cron => false)")
    assert [(name, ok) for name, ok, _ in found] == [
        ("rights of this role", True),
        ("settings", True),
        ("queue", True),
        ("tracked table", False),
        ("entries", None),
    ]
    world.psql(found[3][2])
    wrong = "select name, detail from partitioncache_doctor(with_cron => false) where not ok"
    assert world.execute(wrong) == []


def test_redis(run: Run, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("REDIS_HOST", redis_server.host)
    monkeypatch.setenv("REDIS_PORT", str(redis_server.port))
    monkeypatch.setenv("QUERY_QUEUE_PROVIDER", "redis")
    (tmp_path / "shop.db").touch()
    way = ("--cache-backend", "redis_set", "--db-backend", "sqlite", "--db-name", str(tmp_path / "shop.db"))
    assert examine(run, *way) == (WELL, {})
    monkeypatch.setenv("REDIS_PORT", "1")
    code, missing = examine(run, *way)
    assert (code, list(missing)) == (NOTHING_WORKS, ["redis_set", "queues in redis"])


def test_rocksdb(run: Run, tmp_path: Any) -> None:
    way = ("--cache-backend", "rocksdict", "--cache-path", str(tmp_path / "cache"))
    assert examine(run, *way, "--db-backend", "sqlite", "--db-name", str(tmp_path / "none.db"))[0] in (0, 2)
    (tmp_path / "file").touch()
    code, missing = examine(run, "--cache-backend", "rocksdict", "--cache-path", str(tmp_path / "file"))
    assert (code, list(missing)) == (NOTHING_WORKS, ["rocksdict"])


def test_a_server_that_is_away(run: Run, world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PORT", "1")
    assert run("pcache", "doctor").code == 3
