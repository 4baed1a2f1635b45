"""The commands, as the overview shows them and as people mistype them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import pytest

from partitioncache.cli import base, main
from partitioncache.cli.main import PROGRAMS
from partitioncache.cli.upkeep import to_evict
from support.cluster import Cluster, Database
from support.commands import Run, lead_to
from support.services import RedisServer

DATA = """
create table events (user_id integer, type text, shop text);
insert into events select i % 50, case when i % 7 = 0 then 'click' else 'view' end, 'shop ' || i % 9
from generate_series(1, 1000) i;
create table users (user_id integer, country text);
insert into users select i, 'country ' || i % 5 from generate_series(1, 50) i;
analyze;
"""
QUERY = (
    "SELECT * FROM events e, users u WHERE e.user_id = u.user_id "
    "AND e.type = 'click' AND u.country = 'country 3' AND e.shop <> u.country"
)


@pytest.fixture
def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with data and the extension, to which the overview's variables lead."""
    database.psql(DATA)
    lead_to(database, monkeypatch)
    return database


@pytest.fixture
def redis_here(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Redis to which the variables lead; gives the name of a cache that is empty."""
    monkeypatch.setenv("REDIS_HOST", redis_server.host)
    monkeypatch.setenv("REDIS_PORT", str(redis_server.port))
    return f"c{uuid.uuid4().hex[:12]}"


def direct(run: Run, query: str = QUERY, *more: str) -> list[dict[str, Any]]:
    done = run(
        "pcache-add", "--direct", "--query", query, "--partition-key", "user_id", "--format", "json", *more
    )
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = done.json
    return found


# The overview's commands, word for word


def test_overview_cache_management(run: Run, shop: Database) -> None:
    query = ("--query", "SELECT DISTINCT user_id FROM events", "--partition-key", "user_id")
    assert run("pcache-add", "--direct", *query).code == 0
    assert run("pcache-add", "--queue", *query).code == 0
    shop.execute("select partitioncache_set('user_id', 'abc123', array[3, 1, null])")
    found = run(
        "pcache-read",
        "--cache-backend",
        "postgresql_array",
        "--partition-key",
        "user_id",
        "--query-hash",
        "abc123",
    )
    assert (found.code, found.out) == (0, "1\n3\n(null)\n")
    counted = run("pcache-manage", "--count-cache", "--partition-key", "user_id")
    assert counted.code == 0
    assert "2" in counted.out
    assert run("pcache-manage", "--clear-cache", "--partition-key", "user_id", "--yes").code == 0
    assert shop.execute("select partitioncache_count('user_id')") == [(0,)]
    queued = run("pcache-add", "--queue", *query)
    assert "its own keys will be stored" in queued.err
    assert run("pcache-monitor", "--once").code == 0
    assert shop.execute("select key_count from partitioncache_entries('user_id')") == [(50,)]


def test_overview_queue_operations(run: Run, shop: Database) -> None:
    run("pcache-add", "--queue", "--query", QUERY, "--partition-key", "user_id")
    counted = run("pcache-manage", "--count-queue", "--format", "json")
    assert [row["ready"] for row in counted.json] == [1, 0]
    worked = run(
        "pcache-monitor",
        "--db-backend",
        "postgresql",
        "--cache-backend",
        "postgresql_array",
        "--db-name",
        shop.name,
        "--once",
    )
    assert worked.code == 0, worked.err
    assert shop.execute("select partitioncache_count('user_id') > 2") == [(True,)]
    run("pcache-add", "--queue", "--query", QUERY, "--partition-key", "user_id")
    assert run("pcache-manage", "--clear-queue", "--yes").code == 0
    assert shop.execute("select * from partitioncache_queue_lengths()") == [(0, 0)]


def test_overview_processor(run: Run, cron_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(cron_database, monkeypatch)
    enabled = run("pcache-processor", "--frequency", "1", "--max-parallel-jobs", "3", "enable")
    assert enabled.code == 0, enabled.err
    assert cron_database.execute("select count(*) from cron.job") == [(4,)]
    status = run("pcache-processor", "status", "--format", "json").json
    assert (status["enabled"], status["max_parallel_jobs"], status["frequency_seconds"]) == (True, 3, 1)
    assert run("pcache-processor", "logs").code == 0

    assert run("pcache-processor", "enable", "--timeout", "5min", "--max-parallel-jobs", "1").code == 0
    config = run("pcache-processor", "config", "--format", "json").json
    assert (config["max_parallel_jobs"], config["fragment_timeout"]) == (1, "00:05:00")
    assert cron_database.execute("select count(*) from cron.job") == [(2,)]
    changed = run(
        "pcache-processor", "config", "--frequency", "0.5", "--max-attempts", "7", "--format", "json"
    ).json
    assert (changed["frequency_seconds"], changed["max_attempts"]) == (0.5, 7)
    limits = {
        "learning_budget": 0.5,
        "max_bytes": 5_000_000_000,
        "max_entries": 7,
        "least_cost": 10,
        "max_fragments": 9,
    }
    given = [part for name, value in limits.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    changed = run("pcache-processor", "config", *given, "--max-age", "30d", "--format", "json").json
    assert {name: changed[name] for name in limits} == limits

    assert run("pcache-processor", "disable").code == 0
    assert cron_database.execute("select count(*) from cron.job") == [(0,)]
    assert run("pcache-processor", "disable").code == 0, "twice is once"


@pytest.mark.parametrize("module", ["monitor_cache_queue", "setup_postgresql_queue_processor"])
def test_modules_run_as_programs(module: str) -> None:
    done = program("-m", f"partitioncache.cli.{module}", "--help")
    assert done.returncode == 0
    assert "Examples:" in done.stdout


def program(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Python, as a program of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more.pop("env", {})}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
        **more,
    )


# pcache-add, pcache-read, pcache apply


def test_direct_takes_the_query_apart(run: Run, shop: Database) -> None:
    first = direct(run)
    assert {each["status"] for each in first} == {"stored"}
    assert len(first) >= 3
    assert run("pcache", "tracked").out.count("tracking") == 2
    again = run("pcache-add", "--direct", "--query", QUERY, "--partition-key", "user_id")
    assert (again.code, again.out) == (0, "")
    assert "holds all fragments" in again.err
    assert len(direct(run, QUERY, "--refresh")) == len(first)


def test_direct_with_a_bit_cache(run: Run, shop: Database) -> None:
    direct(run, QUERY, "--cache-backend", "postgresql_bit", "--cache-name", "bits")
    rows = run("pcache-manage", "overview", "--format", "json").json
    assert [(row["cache"], row["storage"]) for row in rows] == [("bits", "bit")]


def test_queue_registers_the_partition_key_for_its_backend(run: Run, shop: Database) -> None:
    queued = run(
        "pcache-add",
        "--queue",
        "--query",
        QUERY,
        "--partition-key",
        "user_id",
        "--cache-backend",
        "postgresql_bit",
    )
    assert queued.code == 0, queued.err
    assert shop.execute("select storage from partitioncache_partition_keys()") == [("bit",)]


def test_no_recompose_stores_the_query_as_it_stands(run: Run, shop: Database) -> None:
    text = "SELECT DISTINCT user_id FROM events WHERE shop = 'shop 4'"
    stored = run(
        "pcache-add", "--direct", "--no-recompose", "--query", text, "--query-hash", "four",
        "--partition-key", "user_id", "--partition-datatype", "bigint", "--format", "json",
    )  # fmt: skip
    assert stored.code == 0, stored.err
    expected = {row[0] for row in shop.execute(text)}
    assert stored.json["keys"] == len(expected)
    found = run("pcache-read", "--partition-key", "user_id", "--query-hash", "four", "--format", "json")
    assert set(found.json["keys"]) == expected
    assert shop.execute("select datatype from partitioncache_partition_keys()") == [("bigint",)]


def test_query_from_a_file_and_from_standard_input(run: Run, shop: Database, tmp_path: Path) -> None:
    file = tmp_path / "query.sql"
    file.write_text(f"-- a report\n{QUERY};\n")
    assert run("pcache-add", "--queue", "--query-file", str(file), "--partition-key", "user_id").code == 0
    done = program(
        "-m",
        "partitioncache.cli.add",
        "--queue",
        "--query-file",
        "-",
        "--partition-key",
        "user_id",
        input=QUERY,
    )
    assert done.returncode == 0, done.stderr
    assert shop.execute("select incoming from partitioncache_queue_lengths()") == [(2,)]


def test_read_by_query(run: Run, shop: Database, tmp_path: Path) -> None:
    narrower = f"{QUERY} AND e.shop = 'shop 1'"
    nothing = run("pcache-read", "--partition-key", "user_id", "--query", QUERY)
    assert nothing.code == base.FOUND_NOTHING
    direct(run)
    expected = {row[0] for row in shop.execute(QUERY)}
    found = run("pcache-read", "--partition-key", "user_id", "--query", narrower, "--format", "json")
    assert found.code == 0
    assert set(found.json["keys"]) == expected
    assert found.json["hits"] >= 3
    file = tmp_path / "keys.csv"
    run(
        "pcache-read",
        "--partition-key",
        "user_id",
        "--query",
        QUERY,
        "--format",
        "csv",
        "--output",
        str(file),
    )
    with file.open() as written:
        lines = list(csv.reader(written))
    assert lines[0] == ["user_id"]
    assert {int(line[0]) for line in lines[1:]} == expected


def test_queue_says_at_once_what_can_never_be_stored(run: Run, shop: Database) -> None:
    for query, why in (
        ("SELECT * FROM events", "Nothing of this query can be cached"),
        ("SELECT * FROM events WHERE random() < 0.5", "Nothing of this query can be cached"),
        ("SELECT count(*) FROM users", "Nothing of this query can be cached"),
    ):
        done = run("pcache-add", "--queue", "--query", query, "--partition-key", "user_id")
        assert done.code == base.FAILED
        assert why in done.err
    assert shop.execute("select * from partitioncache_queue_lengths()") == [(0, 0)]


def test_parameters(run: Run, shop: Database) -> None:
    query = "SELECT * FROM users WHERE country = %s AND user_id > %s"
    whole = query.replace("%s", "'country 3'", 1).replace("%s", "3")
    asked = ("--partition-key", "user_id", "--query", query, "--param", "country 3", "--param", "3")
    assert run("pcache-add", "--direct", *asked).code == 0
    applied = run("pcache", "apply", *asked, "--method", "literal")
    assert applied.code == 0, applied.err
    assert sorted(shop.execute(applied.out)) == sorted(shop.execute(whole))
    named = ("--query", "SELECT * FROM users WHERE country = %(name)s AND user_id > %(low)s")
    values = ("--param", "name=country 3", "--param", "low=3")
    explained = run("pcache", "explain", *named, *values, "--method", "literal", "--partition-key", "user_id")
    assert explained.code == 0
    assert run("pcache-add", "--queue", *named, *values, "--partition-key", "user_id").code == 0
    mixed = run(
        "pcache", "explain", *named, "--param", "name=x", "--param", "3", "--partition-key", "user_id"
    )
    assert (mixed.code, "Give all of them a name" in mixed.err) == (base.WRONG_USE, True)
    missing = run("pcache", "apply", *asked[:-2])
    assert missing.code == base.FAILED
    assert "parameters" in missing.err


def test_explain_gives_a_reason(run: Run, shop: Database, redis_here: str) -> None:
    unknown = ("--query", "SELECT * FROM events WHERE type = 'click'", "--partition-key", "user_id")
    direct(run)
    shop.execute("select partitioncache_update_processor_config(least_cost => 0)")
    for query, why in (
        ("SELECT * FROM events WHERE type = 'view'", "in the cache"),
        ("SELECT * FROM events WHERE random() < 1", "random"),
        ("SELECT * FROM nowhere", "nowhere"),
    ):
        for command in ("explain", "apply"):
            done = run("pcache", command, "--query", query, "--partition-key", "user_id")
            assert done.code == base.FOUND_NOTHING
            assert why in (done.out if command == "explain" else done.err)
    found = run("pcache", "explain", "--query", QUERY, "--partition-key", "user_id", "--format", "json")
    assert found.json["hits"] > 0
    redis = ("--cache-backend", "redis_set", "--cache-name", redis_here)
    direct(run, QUERY, *redis)
    assert "in the cache" in run("pcache", "explain", *unknown, *redis).out
    asked = ("--query", f"{QUERY} AND e.user_id > 3", "--partition-key", "user_id")
    for cache in ((), redis):
        assert " is said by both" in run("pcache", "explain", *asked, *cache).out
        form = run("pcache", "form", *asked, *cache, "--format", "json").json
        assert {part["part"] for part in form} == {"table", "condition", "key group"}
    assert run("pcache", "form", "--query", "SELECT FROM nowhere", "--partition-key", "user_id").code == base.FAILED
    assert run("pcache", "explain", "--query", QUERY, "--partition-key", "user_id", *redis).code == 0


def test_a_misspelt_cache_says_so(run: Run, shop: Database, redis_here: str, tmp_path: Path) -> None:
    redis = ("--cache-backend", "redis_set", "--cache-name", redis_here)
    rocks = ("--cache-backend", "rocksdict", "--cache-path", str(tmp_path))
    for where in ((), redis, rocks):
        direct(run, QUERY, *where)
        wrong = (*where, "--cache-name", "partitoncache")
        ours = redis_here if where == redis else "partitioncache"
        for arguments in (
            ("pcache-manage", *wrong, "--count-cache"),
            ("pcache-manage", *wrong, "--clear-cache", "--yes"),
            ("pcache-manage", *wrong, "status"),
            ("pcache-manage", *wrong, "entries"),
            ("pcache-manage", *wrong, "verify"),
            ("pcache-manage", *wrong, "export", str(tmp_path / "x")),
            ("pcache-manage", *wrong, "copy", "--to-backend", "rocksdict", "--to-path", str(tmp_path / "y")),
            ("pcache", "apply", *wrong, "--query", QUERY, "--partition-key", "user_id"),
            ("pcache", "explain", *wrong, "--query", QUERY, "--partition-key", "user_id"),
            ("pcache-read", *wrong, "--query-hash", "x", "--partition-key", "user_id"),
        ):
            done = run(*arguments)
            assert done.code == base.FAILED
            assert 'There is no cache "partitoncache"; there are: ' in done.err
            assert ours in done.err
    for arguments in (("status",), ("config",), ("enable",), ("disable",)):
        done = run("pcache-processor", "--cache-name", "partitoncache", *arguments)
        assert 'There is no cache "partitoncache"' in done.err
    assert (
        'There is no cache "partitoncache"'
        in run("pcache-manage", "--cache-name", "partitoncache", "--count-queue").err
    )


@pytest.mark.parametrize("way", [(), ("--over-connection", "--schema", "elsewhere")])
def test_setup_and_uninstall(
    run: Run, empty_database: Database, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]
) -> None:
    lead_to(empty_database, monkeypatch)
    empty_database.psql(DATA)
    before = empty_database.execute("select count(*) from pg_depend")
    assert run("pcache", "uninstall", "--yes").code == base.FOUND_NOTHING
    assert run("pcache", "setup", *way).code == 0
    direct(run)
    assert run("pcache", "track", "events", "--partition-key", "user_id").code == 0
    assert run("pcache", "uninstall").code == base.WRONG_USE
    done = run("pcache", "uninstall", "--yes")
    assert done.code == 0, done.err
    assert "is removed from database" in done.err
    left = """select 1 from pg_proc where proname ~ '^(partitioncache|pc)_' union all
              select 1 from pg_class where relname ~ '^(partitioncache|pc)_' union all
              select 1 from pg_namespace where nspname = 'partitioncache_internal' union all
              select 1 from pg_extension where extname = 'partitioncache' union all
              select 1 from pg_trigger where not tgisinternal"""
    assert empty_database.execute(left) == []
    empty_database.execute("insert into events values (1, 'click', 'shop')")
    assert run("pcache", "setup", *way).code == 0
    direct(run)
    assert run("pcache", "uninstall", "--yes").code == 0
    if way:
        empty_database.execute("drop schema elsewhere")
    assert empty_database.execute("select count(*) from pg_depend") == before


def test_grant_and_revoke(run: Run, shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.psql('create role "Cli Role" login; grant select on events, users to "Cli Role"')
    try:
        direct(run)
        asked = ("--query", "SELECT * FROM events WHERE type = 'click'", "--partition-key", "user_id")
        monkeypatch.setenv("DB_USER", "Cli Role")
        refused = run("pcache", "status")
        assert refused.code == base.FAILED
        assert "pcache grant" in refused.err
        monkeypatch.setenv("DB_USER", "postgres")
        done = run("pcache", "grant", "Cli Role", "--level", "read")
        assert done.code == 0, done.err
        monkeypatch.setenv("DB_USER", "Cli Role")
        assert run("pcache", "explain", *asked).code in (0, base.FOUND_NOTHING)
        assert run("pcache-add", "--queue", *asked).code == base.FAILED
        assert run("pcache", "grant", "Cli Role", "--level", "administer").code == base.FAILED
        worked = run("pcache-monitor", "--once")
        assert worked.code == base.FAILED
        assert "may not call partitioncache_process_queue" in worked.err
        monkeypatch.setenv("DB_USER", "postgres")
        assert run("pcache", "grant", "Cli Role", "--level", "push", "--cache", "partitioncache").code == 0
        monkeypatch.setenv("DB_USER", "Cli Role")
        pushed = run("pcache-add", "--queue", *asked)
        assert pushed.code == 0, pushed.err
        monkeypatch.setenv("DB_USER", "postgres")
        assert run("pcache", "revoke", "Cli Role").code == 0
        assert run("pcache", "revoke", "Cli Role").code == base.FOUND_NOTHING
        assert "nobody_of_that_name" in run("pcache", "grant", "nobody_of_that_name", "--level", "read").err
        assert run("pcache", "grant", "Cli Role", "--level", "use").code == base.WRONG_USE
    finally:
        shop.psql('drop owned by "Cli Role"; drop role "Cli Role"')


def test_apply(run: Run, shop: Database) -> None:
    unknown = run("pcache", "apply", "--query", QUERY, "--partition-key", "user_id")
    assert (unknown.code, unknown.out.strip()) == (base.FOUND_NOTHING, QUERY)
    direct(run)
    applied = run("pcache", "apply", "--query", QUERY, "--partition-key", "user_id", "--method", "literal")
    assert applied.code == 0
    assert sorted(shop.execute(applied.out)) == sorted(shop.execute(QUERY))


# pcache-manage


def test_setup_and_its_second_run(
    run: Run, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(empty_database, monkeypatch)
    before = run("pcache-manage", "setup", "--check", "--format", "json")
    assert before.code == base.FAILED
    assert "pcache-manage setup" in [each["fix"] for each in before.json]
    there = run("pcache", "setup", "--check", "--cache-name", "shop")
    assert "pcache-manage setup --cache-name shop\n" in there.out
    missing = run("pcache-manage", "--count-cache")
    assert missing.code == base.FAILED
    assert "There is no PartitionCache in the database" in missing.err
    done = run("pcache-manage", "setup", "--over-connection", "--schema", "elsewhere")
    assert done.code == 0, done.err
    assert "running: \\i partitioncache--" in done.err
    assert done.err.rstrip().endswith(", elsewhere;")
    again = run("pcache", "setup")
    assert again.code == 0
    assert "running" not in again.err
    assert "search_path" not in again.err
    assert empty_database.execute("select elsewhere.partitioncache_version() is not null") == [(True,)]


def test_status_overview_and_entries(run: Run, shop: Database) -> None:
    stored = direct(run)
    status = run("pcache-manage", "status", "--format", "json").json
    assert status["entries"] == len(stored)
    assert run("pcache", "status").out.startswith("cache")
    overview = run("pcache", "overview", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(overview.out))
    assert (row["partition_key"], row["entries"]) == ("user_id", str(len(stored)))
    entries = run("pcache-manage", "entries", "--format", "json").json
    assert {each["hash"] for each in entries} == {each["hash"] for each in stored}
    assert {each["state"] for each in entries} == {"fresh"}


@pytest.mark.parametrize("name", ["cache.jsonl", "cache.jsonl.gz"])
def test_export_and_import(run: Run, shop: Database, tmp_path: Path, name: str) -> None:
    direct(run)
    shop.execute("select partitioncache_register('day', 'timestamptz')")
    shop.execute(
        "select partitioncache_set('day', 'ü \" entry', array['2024-01-31 12:00:00.5+02', null]::timestamptz[])"
    )
    file = tmp_path / name
    assert run("pcache-manage", "export", str(file)).code == 0
    assert (file.read_bytes()[:2] == b"\x1f\x8b") is name.endswith(".gz")
    assert run("pcache-manage", "export", str(file)).code == base.WRONG_USE, "it would be overwritten"
    assert run("pcache-manage", "export", str(file), "--yes").code == 0
    rocks = ("--cache-backend", "rocksdict", "--cache-path", str(tmp_path / "rocks"))
    assert run("pcache-manage", *rocks, "import", str(file)).code == 0
    read_back = run(
        "pcache-read", *rocks, "--partition-key", "day", "--query-hash", 'ü " entry', "--format", "json"
    )
    assert read_back.json["keys"][1] is None
    assert datetime.fromisoformat(read_back.json["keys"][0]) == datetime(
        2024, 1, 31, 10, 0, 0, 500_000, timezone.utc
    )
    printed = run("pcache-manage", "export", "-", "--partition-key", "day").out.splitlines()
    assert len(printed) == 3


HEAD = '{"partitioncache": "export", "version": 2}'
SECTION = '{"partition_key": "k", "datatype": "integer"}'


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("no json", 1, "no JSON"),
        ("[1]", 1, "no JSON object"),
        ('{"partitioncache": "export", "version": 99}', 1, "Version 99"),
        ('{"partitioncache": "export", "version": true}', 1, "Version True"),
        (f'{HEAD}\n{{"keys": 3}}', 2, "before its partition key"),
        (f'{HEAD}\n{{"partition_key": "k"}}', 2, "no datatype"),
        (f'{HEAD}\n{{"partition_key": 7, "datatype": "integer"}}', 2, "cannot be a partition key"),
        (f'{HEAD}\n{{"partition_key": "k", "datatype": "intger"}}', 2, "no data type"),
        (f'{HEAD}\n{{"partition_key": "k", "datatype": ["integer"]}}', 2, "no text"),
        *(
            (f'{HEAD}\n{SECTION}\n{{"hash": "good", "keys": [1]}}\n{entry}', 4, why)
            for entry, why in (
                ('{"hash": "b", "keys": "123"}', "keys are no list"),
                ('{"hash": "b", "keys": {"7": 1}}', "keys are no list"),
                ('{"hash": "b", "keys": null}', "keys are no list"),
                ('{"hash": "b"}', "no keys"),
                ('{"keys": [1]}', "no hash"),
                ('{"hash": 7, "keys": [1]}', "cannot name an entry"),
                ('{"hash": "", "keys": [1]}', "cannot name an entry"),
                (r'{"hash": "\ud800", "keys": [1]}', "cannot name an entry"),
                ('{"hash": "b", "keys": [true]}', "no whole number"),
                ('{"hash": "b", "keys": ["1"]}', "no whole number"),
                ('{"hash": "b", "keys": [1.0]}', "no whole number"),
                ('{"hash": "b", "keys": [1e400]}', "no whole number"),
                ('{"hash": "b", "keys": [NaN]}', "NaN is no number"),
                ('{"hash": "b", "keys": [[1]]}', "no whole number"),
                ('{"hash": "b", "keys": [9999999999999999999999]}', "does not fit"),
                ('{"hash": "b", "keys": [' + "9" * 10_000 + "]}", "no JSON"),
                ('{"hash": "b", "keys": [1, 1]}', "occurs twice"),
                ('{"hash": "b", "hash": "c", "keys": [1]}', "occurs twice"),
                ('{"hash": "b", "query": 5, "keys": [1]}', "query is no text"),
                (r'{"hash": "b", "query": "a\u0000b", "keys": [1]}', "query is no text"),
                ('{"hash": "b", "state": "fine", "keys": [1]}', "no state"),
                ('{"hash": "b", "state": ["asserted"], "keys": [1]}', "no state"),
                ('{"hash": "b", "extra": 1, "keys": [1]}', "unknown"),
                ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
                ('{"hash": "b", "keys": ' + "[" * 100_000, "nested too deeply"),
                ("\0", "no JSON"),
                ("", "no JSON"),
            )
        ),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_import_of_something_else(
    run: Run, tmp_path: Path, text: str, line: int, why: str, compressed: bool
) -> None:
    file = tmp_path / ("x.jsonl.gz" if compressed else "x.jsonl")
    file.write_bytes(gzip.compress(f"{text}\n".encode()) if compressed else f"{text}\n".encode())
    rocks = ("--cache-backend", "rocksdict", "--cache-path", str(tmp_path / "rocks"))
    done = run("pcache-manage", *rocks, "import", str(file))
    assert done.code == base.FAILED
    assert f"Line {line} of" in done.err
    assert why in done.err
    assert "Nothing was stored" in done.err
    assert run("pcache-manage", *rocks, "overview", "--format", "json").json == []


def test_import_of_something_damaged(run: Run, tmp_path: Path) -> None:
    rocks = ("--cache-backend", "rocksdict", "--cache-path", str(tmp_path / "rocks"))
    whole = f'{HEAD}\n{SECTION}\n{{"hash": "good", "keys": [1]}}\n'.encode()
    packed = gzip.compress(whole)
    for name, content in (
        ("cut.gz", packed[:-4]), ("short.gz", packed[:20]), ("changed.gz", packed[:20] + b"xx" + packed[22:]),
        ("no.gz", whole), ("empty.jsonl", b""), ("binary.jsonl", b"\xff\xfe\x00"), ("empty.gz", b""),
    ):  # fmt: skip
        file = tmp_path / name
        file.write_bytes(content)
        done = run("pcache-manage", *rocks, "import", str(file))
        assert (name, done.code) == (name, base.FAILED)
        assert run("pcache-manage", *rocks, "overview", "--format", "json").json == []


def test_import_from_standard_input(shop: Database, tmp_path: Path) -> None:
    arguments = (
        "-m",
        "partitioncache.cli.manage",
        "--cache-backend",
        "rocksdict",
        "--cache-path",
        str(tmp_path),
    )
    text = f'{HEAD}\n{SECTION}\n{{"hash": "good", "keys": [1, null]}}\n'
    done = program(*arguments, "import", "-", input=text)
    assert done.returncode == 0, done.stderr
    assert "1 entries were stored into rocksdict" in done.stderr
    assert base.FILLING_ASSERTS in done.stderr
    refused = program(*arguments, "import", "-", input=f"{text}nonsense\n")
    assert refused.returncode == base.FAILED
    assert "Line 4 of -" in refused.stderr


def test_an_old_export(run: Run, tmp_path: Path) -> None:
    """Version 1 did not say what had been evaluated."""
    query = "SELECT DISTINCT t1.k FROM public.t t1"
    entries = [
        {"hash": "mine", "query": None, "keys": [1]},
        {"hash": sha256(query.encode()).hexdigest(), "query": query, "keys": [2]},
    ]
    file = tmp_path / "old.jsonl"
    head = {"partitioncache": "export", "version": 1}
    file.write_text("\n".join(map(json.dumps, [head, json.loads(SECTION), *entries])))
    rocks = ("--cache-backend", "rocksdict", "--cache-path", str(tmp_path / "rocks"))
    done = run("pcache-manage", *rocks, "import", str(file))
    assert "1 entries were stored" in done.err
    assert "1 entries were left out" in done.err
    assert "2 entries were stored" in run("pcache-manage", *rocks, "import", "--assert-static", str(file)).err


@pytest.mark.parametrize("storage", ["array", "bit"])
def test_an_export_comes_back_into_its_own_cache(
    run: Run, shop: Database, tmp_path: Path, storage: str
) -> None:
    shop.execute("select partitioncache_register('user_id', 'integer', %s)", [storage])
    shop.execute("select partitioncache_track('events', 'user_id'), partitioncache_track('users', 'user_id')")
    direct(run)
    shop.execute("select partitioncache_set('user_id', 'mine', array[1, 2, null])")
    before = shop.execute(
        "select hash, state, tracked, key_count from partitioncache_entries('user_id') order by 1"
    )
    assert {row[2] for row in before if row[0] != "mine"} == {True}
    file = str(tmp_path / "x.jsonl")
    assert run("pcache-manage", "export", file).code == 0
    done = run("pcache-manage", "import", file)
    assert done.code == 0, done.err
    assert "1 entries were stored" in done.err
    assert "the target has evaluated the same itself" in done.err
    after = shop.execute(
        "select hash, state, tracked, key_count from partitioncache_entries('user_id') order by 1"
    )
    assert after == before
    assert run("pcache-manage", "--clear-cache", "--yes").code == 0
    assert "Say --push" in run("pcache-manage", "import", file).err
    assert shop.execute("select hash from partitioncache_entries('user_id')") == [("mine",)]
    pushed = run("pcache-manage", "import", "--push", file)
    assert "of their queries were queued" in pushed.err
    run("pcache-monitor", "--once")
    assert {row[:2] for row in before if row[0] != "mine"} <= {
        row[:2]
        for row in shop.execute("select hash, state from partitioncache_entries('user_id') where tracked")
    }


def test_copy_between_backends_still_hits(run: Run, shop: Database, redis_here: str) -> None:
    direct(run)
    to = ("--to-backend", "redis_set", "--to-name", redis_here)
    refused = run("pcache-manage", "copy", *to, "--partition-key", "user_id")
    assert refused.code == 0, refused.err
    assert "0 entries were copied" in refused.err
    assert "Say --assert-static" in refused.err
    done = run("pcache-manage", "copy", *to, "--partition-key", "user_id", "--assert-static")
    assert done.code == 0, done.err
    assert base.FILLING_ASSERTS in done.err
    where = ("--cache-backend", "redis_set", "--cache-name", redis_here)
    assert run("pcache-manage", *where, "--count-cache", "--format", "json").json[0]["entries"] >= 3
    assert run("pcache-read", *where, "--partition-key", "user_id", "--query", QUERY).code == 0


def test_copy_into_itself_is_refused(run: Run, shop: Database, redis_here: str, tmp_path: Path) -> None:
    shop.execute("select partitioncache_register('user_id', 'integer')")
    shop.execute("select partitioncache_track('events', 'user_id'), partitioncache_track('users', 'user_id')")
    direct(run)
    before = shop.execute("select hash, state, tracked from partitioncache_entries('user_id') order by 1")
    for kind in ("postgresql_array", "postgresql_bit"):
        for more in ((), ("--to-name", "partitioncache"), ("--to-db", shop.name)):
            done = run("pcache-manage", "copy", "--to-backend", kind, *more, "--partition-key", "user_id")
            assert done.code == base.FAILED
            assert "the same cache" in done.err
    assert (
        shop.execute("select hash, state, tracked from partitioncache_entries('user_id') order by 1")
        == before
    )
    redis = ("--cache-backend", "redis_set", "--cache-name", redis_here)
    query = ("--query", "SELECT DISTINCT user_id FROM events", "--partition-key", "user_id")
    assert run("pcache-add", "--direct", *query, *redis).code == 0
    assert "the same cache" in run("pcache-manage", *redis, "copy", "--to-backend", "redis_set").err
    rocks = ("--cache-backend", "rocksdict", "--cache-path", str(tmp_path))
    done = run("pcache-manage", *rocks, "copy", "--to-backend", "rocksdb_bit", "--to-path", f"{tmp_path}/./")
    assert "the same cache" in done.err


def test_delete(run: Run, shop: Database) -> None:
    first, second, *_ = (each["hash"] for each in direct(run))
    assert run("pcache-manage", "delete", first, "--partition-key", "user_id").code == base.WRONG_USE
    assert run("pcache-manage", "delete", first, "--partition-key", "user_id", "--yes").code == 0
    done = run("pcache-manage", "delete", first, second, "--partition-key", "user_id", "--yes")
    assert done.code == base.FOUND_NOTHING
    assert f"no entry {first}" in done.err
    assert shop.execute("select partitioncache_exists('user_id', %s)", [second]) == [(False,)]


def test_prune_removes_what_is_put_aside(run: Run, shop: Database) -> None:
    amount = len(direct(run))
    assert "nothing to remove" in run("pcache-manage", "prune", "--yes").err
    shop.execute("alter table users add column more integer")
    shown = run("pcache-manage", "prune", "--dry-run", "--format", "json")
    assert 0 < len(shown.json) < amount
    assert run("pcache-manage", "prune", "--yes").code == 0
    assert shop.execute("select partitioncache_count('user_id')") == [(amount - len(shown.json),)]


def test_evict(run: Run, shop: Database) -> None:
    amount = len(direct(run))
    assert run("pcache-manage", "evict").code == base.WRONG_USE
    assert (
        "nothing to remove" in run("pcache-manage", "evict", "--older-than", "1h", "--unused-for", "2d").err
    )
    for rule in ("--older-than", "--unused-for"):
        refused = run("pcache-manage", "evict", rule, "30")
        assert refused.code == base.WRONG_USE
        assert "'30' has no unit; write 30s, 30min, 30h or 30d" in refused.err
    gone = run("pcache-manage", "evict", "--max-entries", "2", "--yes", "--format", "json")
    assert len(gone.json) == amount - 2
    assert run("pcache-manage", "evict", "--older-than", "0s", "--yes").code == 0
    assert shop.execute("select partitioncache_count('user_id')") == [(0,)]


def test_which_entries_are_evicted() -> None:
    now = datetime(2024, 6, 30, tzinfo=timezone.utc)

    def entry(name: str, days: int, used: int | None, size: int) -> dict[str, Any]:
        last = None if used is None else now - timedelta(days=used)
        return {
            "hash": name,
            "evaluated_at": now - timedelta(days=days),
            "created_at": now,
            "last_used": last,
            "bytes": size,
        }

    found = [
        entry("old", 90, 1, 10),
        entry("idle", 20, 20, 10),
        entry("never", 5, None, 10),
        entry("huge", 1, 1, 1000),
    ]

    def gone(**rules: Any) -> set[str]:
        return {each["hash"] for each in to_evict(found, now, **rules)}

    assert gone(older_than=timedelta(days=30)) == {"old"}
    assert gone(unused_for=timedelta(days=10)) == {"idle"}
    assert gone(larger_than=999) == {"huge"}
    assert gone(max_entries=3) == {"idle"}
    assert gone(max_bytes=1010) == {"idle", "never"}
    assert gone(larger_than=999, max_bytes=20) == {"huge", "idle"}
    assert gone() == set()


def test_verify_finds_the_entry_that_lacks_a_key(run: Run, shop: Database) -> None:
    direct(run)
    assert run("pcache-manage", "verify").code == 0
    shop.execute(
        "select partitioncache_set('user_id', 'wrong', array[1], 'select distinct user_id from users')"
    )
    shop.execute("select partitioncache_set('user_id', 'large', array[1, 2, 3], 'select 1')")
    shop.execute("select partitioncache_set('user_id', 'unknown', array[1])")
    done = run("pcache-manage", "verify", "--format", "json")
    assert done.code == base.FAILED
    results = {each["hash"]: each["result"] for each in done.json}
    assert (results["wrong"], results["large"], results["unknown"]) == ("wrong", "right", "not verified")
    run("pcache-manage", "verify", "--fix")
    assert shop.execute(
        "select partitioncache_exists('user_id', 'wrong'), partitioncache_exists('user_id', 'large')"
    ) == [(False, True)]


def test_verify_runs_no_text_of_another_role(run: Run, shop: Database) -> None:
    direct(run)
    shop.psql(
        """
        create role verify_other;
        update partitioncache_internal.partitioncache_cache_user_id
        set owner = 'verify_other'::regrole, owner_name = 'verify_other', query = 'select 1 / 0';
        """
    )
    try:
        done = run("pcache-manage", "verify", "--format", "json")
        assert {each["error"] for each in done.json} == {"it belongs to role verify_other"}
    finally:
        shop.psql("drop role verify_other")


def test_dead_items_and_their_requeue(run: Run, shop: Database) -> None:
    run("pcache-add", "--queue", "--query", QUERY, "--partition-key", "user_id")
    shop.execute(
        "update partitioncache_internal.partitioncache_queue "
        "set status = 'dead', died_at = now(), error_msg = 'no luck'"
    )
    (dead,) = run("pcache-manage", "dead", "--format", "json").json
    assert (dead["queue"], dead["error"]) == ("incoming", "no luck")
    assert run("pcache-manage", "requeue", "999999").code == base.FAILED
    assert run("pcache-manage", "requeue", dead["id"]).code == 0
    assert run("pcache-manage", "dead", "--format", "json").json == []


# pcache-processor


def test_processor_setup_and_verify(
    run: Run, cron_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cron_database.execute("drop extension pg_cron")
    cron_database.execute("drop extension partitioncache")
    lead_to(cron_database, monkeypatch)
    assert run("pcache-processor", "verify").code == base.FAILED
    done = run("pcache-processor", "setup", "--format", "json")
    assert done.code == 0, done.out
    assert {each["ok"] for each in done.json} <= {True, None}
    verified = run("pcache-processor", "verify", "--format", "json")
    assert verified.code == base.FAILED
    assert [each["fix"] for each in verified.json if each["ok"] is False] == [
        "select partitioncache.partitioncache_enable_processor('partitioncache');"
    ]


def test_processor_of_a_database_in_which_pg_cron_does_not_live(
    run: Run, shop: Database, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = cluster.reset_cron_database()
    printed = run("pcache-processor", "--max-parallel-jobs", "2", "enable", "--print-only")
    assert printed.code == 0
    assert printed.out.count("select cron.schedule_in_database(") == 3
    done = run("pcache-processor", "--max-parallel-jobs", "2", "enable")
    assert done.code == 0, done.err
    assert home.execute("select count(*), min(database) from cron.job") == [(3, shop.name)]
    assert run("pcache-processor", "disable").code == 0
    assert home.execute("select count(*) from cron.job") == [(0,)]
    home.execute("drop extension pg_cron")
    refused = run("pcache-processor", "enable")
    assert refused.code == base.FAILED
    assert "pg_cron is loaded for database test, but not created there" in refused.err
    assert "select cron.schedule_in_database(" in refused.out


def test_processor_logs(run: Run, shop: Database) -> None:
    run("pcache-add", "--queue", "--query", QUERY, "--partition-key", "user_id")
    run("pcache-monitor", "--once")
    logged = run("pcache-processor", "logs", "--since", "1h", "--format", "json").json
    assert {each["status"] for each in logged} == {"success"}
    assert len(logged) >= 4
    assert run("pcache-processor", "logs", "--status", "failed", "--format", "json").json == []
    assert run("pcache-processor", "logs", "--since", "yesterday").code == base.WRONG_USE


def test_processor_needs_postgresql(run: Run, redis_here: str) -> None:
    done = run("pcache-processor", "--cache-backend", "redis_set", "status")
    assert done.code == base.FAILED
    assert "needs a cache in PostgreSQL" in done.err


# How they behave


@pytest.mark.parametrize("program_name", PROGRAMS)
def test_every_command_has_help_with_examples(run: Run, program_name: str) -> None:
    found = run(program_name, "--help")
    assert found.code == 0
    assert "Examples:" in found.out


def every_command(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from every_command(below, (*path, name))


def test_every_option_is_explained() -> None:
    for path, command in every_command(main.command):
        assert command.help, path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.name)
                assert "password" not in parameter.name.split("_") if parameter.name else True


def test_no_password_is_ever_printed(run: Run, shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_USER", "nobody here")
    for program_name, *arguments in (
        ("pcache-manage", "--count-cache"),
        ("pcache-manage", "setup"),
        ("pcache-manage", "--count-queue"),
        ("pcache-add", "--direct", "--no-recompose", "--query", "select 1", "--partition-key", "x"),
    ):
        done = run(program_name, *arguments)
        assert done.code == base.NO_SERVER, done.err
        assert "tulip" not in done.out + done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("pcache-manage", "--count-cache"),
        ("pcache-manage", "setup"),
        ("pcache-manage", "status"),
        ("pcache-add", "--direct", "--query", "select 1", "--partition-key", "x"),
        ("pcache-add", "--queue", "--query", "select 1", "--partition-key", "x"),
        ("pcache-read", "--partition-key", "x", "--query-hash", "y"),
        ("pcache-monitor", "--once"),
        ("pcache-processor", "status"),
        ("pcache-manage", "--cache-backend", "redis_set", "--count-cache"),
        ("pcache-manage", "--queue-provider", "redis", "--count-queue"),
    ],
)
def test_servers_that_are_not_there(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    for name, value in {
        "DB_HOST": "127.0.0.1",
        "DB_PORT": "1",
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    done = run(*arguments)
    assert done.code == base.NO_SERVER
    assert done.err.startswith("Error: ")
    assert "Hint: " in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pcache-add", "--query", "select 1", "--partition-key", "user_id"), "Say --direct"),
        (
            ("pcache-add", "--direct", "--queue", "--query", "select 1", "--partition-key", "user_id"),
            "Say either --direct",
        ),
        (("pcache-add", "--direct", "--partition-key", "user_id"), "Give the query"),
        (("pcache-add", "--direct", "--query", " ; ", "--partition-key", "user_id"), "empty"),
        (
            ("pcache-add", "--direct", "--query", "select 1", "--query-hash", "a", "--partition-key", "x"),
            "needs --no-recompose",
        ),
        (("pcache-add", "--direct", "--query", "select 1"), "--partition-key"),
        (
            (
                "pcache-add",
                "--queue",
                "--query",
                "select 1",
                "--partition-key",
                "x",
                "--partition-datatype",
                "intger",
            ),
            "integer",
        ),
        (("pcache-read", "--partition-key", "x"), "Give the query"),
        (("pcache-manage", "--cache-backend", "redis_sets", "--count-cache"), "redis_set"),
        (("pcache-manage", "--cache-name", "no name", "--count-cache"), "cannot name a cache"),
        (("pcache-manage", "--count-cache", "status"), "two things"),
        (("pcache-manage", "sttus"), "No such command"),
        (("pcache-manage", "evict", "--max-bytes", "much"), "is no size"),
        (("pcache-manage", "import", "/nowhere"), "does not exist"),
        (("pcache-processor", "--timeout", "soon", "enable"), "is no duration"),
        (("pcache-monitor", "--max-processes", "0"), "--max-processes"),
    ],
)
def test_wrong_use(run: Run, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.code in (base.WRONG_USE, base.FAILED)
    assert message in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("pcache-add", "--direct", "--query", "select nothing from events", "--partition-key", "user_id"),
            "does not exist",
        ),
        (
            ("pcache-add", "--queue", "--query", "delete from events", "--partition-key", "user_id"),
            "single query",
        ),
        (
            ("pcache-add", "--queue", "--query", "select 1; drop table events", "--partition-key", "user_id"),
            "single query",
        ),
        (
            (
                "pcache-add",
                "--direct",
                "--query",
                "select * from events where type = 'a'",
                "--partition-key",
                "planet",
            ),
            "planet",
        ),
        (
            ("pcache-manage", "--count-cache", "--partition-key", "planet"),
            "does not know the partition key planet",
        ),
        (
            ("pcache-manage", "--cache-backend", "redis_set", "--queue-provider", "redis", "prune"),
            "needs a cache in PostgreSQL",
        ),
        (("pcache-processor", "logs", "--env-file", "/nowhere"), "does not exist"),
    ],
)
def test_mistakes(
    run: Run, shop: Database, redis_here: str, arguments: tuple[str, ...], message: str
) -> None:
    done = run(*arguments)
    assert done.code != 0
    assert message in done.err
    assert shop.execute("select count(*) from events") == [(1000,)]


def test_destructive_commands_ask(run: Run, shop: Database) -> None:
    direct(run)
    for arguments in (("--clear-cache",), ("--clear-queue",), ("evict", "--max-entries", "0")):
        done = run("pcache-manage", *arguments)
        assert done.code == base.WRONG_USE
        assert "--yes" in done.err
    assert shop.execute("select partitioncache_count('user_id') > 0") == [(True,)]


def test_broken_pipe(shop: Database) -> None:
    shop.execute("select partitioncache_register('n', 'integer')")
    shop.execute("select partitioncache_set('n', 'many', array(select generate_series(1, 200000)))")
    command = f"{sys.executable} -m partitioncache.cli.read --partition-key n --query-hash many | head -n 1"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_no_color(shop: Database) -> None:
    coloured = {"TERM": "xterm-256color", "FORCE_COLOR": "1", "COLUMNS": "200"}
    arguments = ("-m", "partitioncache.cli.manage", "setup", "--check")
    assert "\x1b[" in program(*arguments, env=coloured).stdout
    plain = program(*arguments, env={**coloured, "NO_COLOR": "1"}).stdout
    assert "\x1b[3" not in plain, "emphasis may stay, colours go"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(run: Run, shell: str) -> None:
    found = run("pcache", "completion", shell)
    assert found.code == 0
    assert all(f"_{name.upper().replace('-', '_')}_COMPLETE" in found.out for name in PROGRAMS)


def test_completion_completes() -> None:
    done = program(
        "-c", "from partitioncache.cli.main import main; import sys; sys.argv[0] = 'pcache'; main()",
        env={"_PCACHE_COMPLETE": "bash_complete", "COMP_WORDS": "pcache manage ev", "COMP_CWORD": "2"},
    )  # fmt: skip
    assert "evict" in done.stdout


def test_types(run: Run) -> None:
    assert "postgresql_array" in run("pcache", "types").out
    assert {row["name"] for row in run("pcache", "types", "--format", "json").json} >= {
        "redis_bit",
        "rocksdict",
    }
    assert (
        run("pcache", "types", "--use-case", "development", "--format", "json").json["backend"] == "rocksdict"
    )
    assert run("pcache", "--version").out.startswith("pcache ")


def test_env_file(run: Run, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(
        f"DB_HOST={database.cluster.socket_folder}\nDB_PORT={database.cluster.port}\nDB_USER=postgres\nDB_NAME={database.name}\n"
    )
    before = dict(os.environ)
    try:
        assert run("pcache-manage", "--env-file", str(file), "--count-queue").code == 0
    finally:
        os.environ.clear()
        os.environ.update(before)


# Nothing ends in a traceback


def test_query_files_that_hold_no_text(run: Run, tmp_path: Path) -> None:
    for content in (b"\xff\xfe\x00\x01", b"SELECT \xe9", b"SELECT 1\x00", b"", b"\xef\xbb\xbf ; "):
        file = tmp_path / "query.sql"
        file.write_bytes(content)
        for program_name, *command in (("pcache-add", "--direct"), ("pcache-read",), ("pcache", "apply")):
            done = run(program_name, *command, "--query-file", str(file), "--partition-key", "k")
            assert done.code == base.WRONG_USE
            assert any(word in done.err for word in ("UTF-8", "NUL", "empty"))


def test_every_subcommand_has_an_example() -> None:
    for path, command in every_command(main.command):
        assert command.epilog, path
        assert "Example" in command.epilog, path


BAD_VALUES = (
    "", " ", "-1", "0", "99999999999999999999", "x" * 5_000, "ü", "'", '"', ";", "a\nb", "../../etc", "[bold]", "%s",
    "{}", "null", "1e400", "NaN", "-", "--", "\udcff",
)  # fmt: skip


def test_bad_arguments_never_end_in_a_traceback(run: Run, shop: Database, tmp_path: Path) -> None:
    """Every option of every command with values that it may not expect: a sentence, and an exit code."""
    chance = random.Random(5)
    rocks = ("--cache-backend", "rocksdict", "--cache-path", str(tmp_path / "rocks"))
    left_out = {"pcache-monitor", "processor", "completion"}
    tried = 0
    for path, command in every_command(main.command):
        if not path or isinstance(command, click.Group) or left_out & {*path, f"pcache-{path[0]}"}:
            continue
        options = [
            each for each in command.params if isinstance(each, click.Option) and each.name != "env_file"
        ]
        for option in chance.sample(options, min(len(options), 6)):
            arguments: list[str] = [*path]
            for other in command.params:
                if isinstance(other, click.Argument) or (other.required and other is not option):
                    arguments += [*other.opts[:1]] if isinstance(other, click.Option) else []
                    kind = other.type
                    arguments.append(
                        kind.choices[0] if isinstance(kind, click.Choice) else chance.choice(BAD_VALUES)
                    )
            arguments.append(option.opts[0])
            if not option.is_flag:
                arguments.append(chance.choice(BAD_VALUES))
            where = rocks if chance.random() < 0.5 else ()
            done = run("pcache", *arguments, *where)
            assert "This should not happen" not in done.err, arguments
            assert done.code in (0, 1, 2, 3), arguments
            tried += 1
    assert tried > 100


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CACHE_BACKEND", "postgres"), ("CACHE_BACKEND", "\udcff"), ("DB_PORT", "99999"), ("DB_PORT", "x"),
        ("DB_HOST", "\udcff"), ("DB_NAME", "no such"), ("DB_BACKEND", "oracle"), ("QUERY_QUEUE_PROVIDER", "kafka"),
        ("PG_ARRAY_CACHE_TABLE_PREFIX", "no name"), ("PG_QUEUE_TABLE_PREFIX", "no name"), ("DB_USER", "x" * 100),
        ("PGOPTIONS", "-c nonsense=1"), ("PGSSLMODE", "perhaps"), ("DB_NAME", "postgresql://nowhere.invalid/x"),
        ("PG_PREPARE_THRESHOLD", "often"), ("REDIS_PORT", "x"), ("REDIS_URL", "http://x"), ("REDIS_TLS", "maybe"),
    ],
)  # fmt: skip
def test_bad_environments_never_end_in_a_traceback(
    run: Run, shop: Database, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    redis = ("--cache-backend", "redis_set") if name.startswith("REDIS") else ()
    queue = ("--queue-provider", "redis") if name.startswith("REDIS") else ()
    for arguments in (
        ("pcache", *redis, "status"), ("pcache-manage", *redis, *queue, "--count-queue"),
        ("pcache-add", *redis, *queue, "--queue", "--query", "SELECT 1", "--partition-key", "k"),
        ("pcache-monitor", *redis, *queue, "--once"), ("pcache-processor", "status"),
    ):  # fmt: skip
        done = run(*arguments)
        assert done.code in (0, 1, 2, 3), (arguments, done.err)
        assert "This should not happen" not in done.err, (arguments, done.err)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"A=\xff", b"'", b"A='x"])
def test_bad_env_files(run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.env"
    file.write_bytes(content)
    done = run("pcache", "--help") if not content else run("pcache-manage", "--env-file", str(file), "--help")
    assert done.code in (0, 1, 2)
