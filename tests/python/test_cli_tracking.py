"""`pcache track`, `untrack` and `tracked`, and the same of pcache-manage."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cluster import Database

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def maps(database: Database) -> Database:
    """A database with two tables, a view, a partitioned table and a registered partition key."""
    database.psql(
        """create table poi (id integer primary key, city_id integer);
           create schema "My maps";
           create table "My maps"."Kinds" (kind integer);
           create view old_poi as select * from poi;
           create table street (id integer, city_id integer) partition by list (city_id);
           select partitioncache_register('city_id', 'integer');
           select partitioncache_register('town', 'text');"""
    )
    return database


@pytest.fixture
def run(maps: Database) -> Run:
    """Runs pcache, or another program, on that database."""

    def call(*arguments: str, module: str = "main") -> subprocess.CompletedProcess[str]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PG", "DB_", "CACHE_"))
        }
        environment |= {
            "DB_HOST": maps.cluster.socket_folder,
            "DB_PORT": str(maps.cluster.port),
            "DB_USER": "postgres",
            "DB_NAME": maps.name,
        }
        done = subprocess.run(
            [sys.executable, "-m", f"partitioncache.cli.{module}", *arguments],
            capture_output=True,
            text=True,
            env=environment,
        )
        assert "Traceback" not in done.stderr
        return done

    return call


def test_track_list_and_end(run: Run, maps: Database) -> None:
    done = run("track", "poi", '"My maps"."Kinds"', "--partition-key", "city_id")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Writes to poi are logged for city_id." in done.stderr
    assert run("track", "poi", "--partition-key", "town", module="manage").returncode == 0
    maps.execute("insert into poi values (1, 1), (2, 2)")

    found = json.loads(run("tracked", "--format", "json").stdout)
    assert [
        {name: each[name] for name in ("partition_key", "table", "unit", "changes")} for each in found
    ] == [
        {"partition_key": "city_id", "table": '"My maps"."Kinds"', "unit": "table", "changes": 0},
        {"partition_key": "city_id", "table": "poi", "unit": "partition", "changes": 1},
        {"partition_key": "town", "table": "poi", "unit": "table", "changes": 1},
    ]
    assert all(each["state"] == "tracking" and each["since"] for each in found)

    done = run("tracked", "--partition-key", "town", "--format", "csv", module="manage")
    (line,) = csv.DictReader(io.StringIO(done.stdout))
    assert (line["table"], line["state"]) == ("poi", "tracking")
    words = run("tracked").stdout.split()
    assert words[:7] == ["partition", "key", "table", "unit", "state", "changes", "since"]
    assert {"poi", "tracking"} <= set(words)

    done = run("untrack", "poi", "--partition-key", "city_id", "--yes")
    assert (done.returncode, done.stderr) == (0, "Writes to poi are no longer logged for city_id.\n")
    assert [each["partition_key"] for each in json.loads(run("tracked", "--format", "json").stdout)] == [
        "city_id",
        "town",
    ]
    done = run("untrack", "poi", "--partition-key", "city_id", "--yes", module="manage")
    assert (done.returncode, done.stderr) == (1, "poi was not tracked for city_id.\n")


def test_nothing_is_tracked(run: Run) -> None:
    assert json.loads(run("tracked", "--format", "json").stdout) == []
    assert run("tracked").returncode == 0


def test_broken_tracking_is_told_and_mended(run: Run, maps: Database) -> None:
    assert run("track", "street", "--partition-key", "city_id").returncode == 0
    maps.execute("create table street_1 partition of street for values in (1)")
    done = run("tracked", "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)[0]["state"] == "broken: public.street_1 has no insert trigger"
    assert run("track", "street", "--partition-key", "city_id").returncode == 0
    assert run("tracked").returncode == 0


def test_untracking_asks(run: Run) -> None:
    assert run("track", "poi", "--partition-key", "city_id").returncode == 0
    done = run("untrack", "poi", "--partition-key", "city_id")
    assert done.returncode == 2
    assert "Log the writes to poi no longer?" in done.stderr
    assert len(json.loads(run("tracked", "--format", "json").stdout)) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("track", "poi"), 2, "Missing option '--partition-key'"),
        (("track", "--partition-key", "city_id"), 2, "Missing argument 'TABLE...'"),
        (("track", "old_poi", "--partition-key", "city_id"), 1, "View public.old_poi holds no rows"),
        (("track", "nothing", "--partition-key", "city_id"), 1, "does not exist"),
        (("track", "poi", "--partition-key", "area"), 1, "not registered"),
        (("untrack", "nothing", "--partition-key", "city_id", "--yes"), 1, "does not exist"),
        (("tracked", "--db-host", "/nowhere"), 3, "/nowhere"),
    ],
)
def test_mistakes(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message.lower() in done.stderr.lower()


def test_other_caches_cannot_follow_writes(run: Run, tmp_path: Path) -> None:
    done = run("tracked", "--cache-backend", "rocksdb_set", "--cache-path", str(tmp_path / "cache"))
    assert done.returncode == 1
    assert "Tracking needs a cache in PostgreSQL" in done.stderr


def test_place_list_and_take_back(run: Run, maps: Database) -> None:
    maps.psql(
        "create table town (id integer primary key); alter table street add town_id integer references town"
    )
    found = json.loads(
        run("suggest-placements", "town", "--partition-key", "city_id", "--format", "json").stdout
    )
    assert [(each["table"], each["expression"]) for each in found] == [("street", "town_id"), ("town", "id")]
    assert run("place", "town", "id", "--partition-key", "city_id").returncode == 0
    done = run("place", "street", "town_id / 10", "--partition-key", "city_id", module="manage")
    assert (done.returncode, done.stdout) == (0, "")
    assert "city_id stands in town_id / 10 of street." in done.stderr
    listed = json.loads(run("placements", "--format", "json").stdout)
    assert [(each["table"], each["expression"], each["state"]) for each in listed] == [
        ("street", "(town_id / 10)", "used"),
        ("town", "id", "used"),
    ]
    maps.execute("alter table street rename town_id to town")
    assert run("placements").returncode == 1
    assert run("unplace", "street", "--partition-key", "city_id", "--yes").returncode == 0
    assert run("unplace", "street", "--partition-key", "city_id", "--yes").returncode == 1
    assert run("place", "town", "id", "--partition-key", "settlement").returncode == 1
    done = run("place", "town", "id", "--partition-key", "settlement", "--partition-datatype", "integer")
    assert (
        done.returncode,
        maps.execute("select datatype from partitioncache_registration where partition_key = 'settlement'"),
    ) == (0, [("integer",)])
    done = run("place", "town", "id; drop table town", "--partition-key", "city_id")
    assert done.returncode == 1
    assert "cannot be read surely" in done.stderr
