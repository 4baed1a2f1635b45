"""``pcache trial``: tells whether it pays, on one's own data, and leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import psycopg
import pytest

from partitioncache import trial
from partitioncache.errors import ConfigurationError, QueryError
from support.cluster import Database

DATA = """
create table poi as select n % 2000 as city_id, abs(hashint4(n)) % 977 as kind, abs(hashint4(-n)) % 100 as height
from generate_series(1, 200000) n;
create index on poi (city_id);
analyze poi;
"""
QUERIES = """
-- Which cities have such pairs?
select * from poi a join poi b using (city_id) where a.kind = 7 and b.kind = 8 and a.height < b.height;
select city_id, count(*) from poi a join poi b using (city_id)
where a.kind = 7 and b.kind = 8 and a.height < b.height and b.height > 90 group by 1;
select ';' as semicolon, * from poi where city_id = 5;
select nothing from poi;
with gone as (delete from poi returning 1) select count(*) from gone;
select pg_sleep(20);
select * from poi where kind = 3 limit 3;
"""
LEFT = """
select (select array_agg(nspname order by 1) from pg_namespace), (select count(*) from pg_class),
       (select count(*) from pg_trigger), (select count(*) from pg_proc), (select count(*) from poi)
"""


@pytest.fixture(params=["without the extension", "with the extension"])
def data(request: pytest.FixtureRequest) -> Database:
    with_extension = request.param == "with the extension"
    found: Database = request.getfixturevalue("database" if with_extension else "empty_database")
    found.psql(DATA)
    return found


def pcache(
    database: Database, file: Path | None, *options: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "partitioncache.cli.main", "trial", *options]
    command += [] if file is None else ["--queries", str(file)]
    command += [] if "--picture" in options or folder is not None else ["--no-picture"]
    return subprocess.run(
        command, cwd=folder, env=database.environment(), capture_output=True, text=True, check=False
    )


def test_a_trial(data: Database, tmp_path: Path) -> None:
    file = tmp_path / "queries.sql"
    file.write_text(QUERIES)
    before = data.execute(LEFT)
    picture = tmp_path / "pictures" / "trial.svg"
    options = ("--partition-key", "city_id", "--query-seconds", "5", "--format", "json")
    run = pcache(data, file, *options, "--picture", str(picture))
    assert data.execute(LEFT) == before
    assert "All together" in run.stderr, run.stderr
    assert "Everything was rolled back: nothing is left behind." in run.stderr
    outcomes: list[dict[str, Any]] = json.loads(run.stdout)
    assert [each["rows"] is None for each in outcomes] == [False, False, False, True, True, True, False]
    for each in outcomes[:2]:
        assert each["same_rows"] is True
        assert each["remaining"] < each["partitions"] / 10, each
    assert all(each["same_rows"] in (True, "open") for each in outcomes if each["rows"] is not None)
    reasons = [each["reason"] for each in outcomes]
    assert reasons[:2] == [None, None]
    assert 'it fails: column "nothing" does not exist' in reasons[3]
    assert "read-only transaction" in reasons[4]
    assert reasons[5] == "it takes longer than 5 s"
    assert run.stderr.splitlines()[-1] == f"As a picture: {picture}"
    drawn = " ".join("".join(ElementTree.parse(picture).getroot().itertext()).split())
    for text in ("select city_id, count(*) from poi a join poi b", "without the cache", "with it", " ×"):
        assert text in drawn
    assert "pg_sleep" not in drawn
    file.write_text("select count(*) from poi where kind = 7;")
    nowhere = pcache(data, file, "--partition-key", "city_id", "--picture", "/dev/null/trial.svg")
    assert "The picture cannot be written to /dev/null/trial.svg: Not a directory." in nowhere.stderr
    assert nowhere.returncode == 1
    assert "Traceback" not in nowhere.stderr
    options = ("--partition-key", "city_id", "--format", "json")
    undrawn = pcache(data, file, *options, folder=Path("/proc"))
    assert "The picture cannot be written to /proc/pcache-trial.svg" in undrawn.stderr
    assert json.loads(undrawn.stdout)[0]["same_rows"] is True


def test_what_pg_stat_statements_has(database: Database, tmp_path: Path) -> None:
    """Without a file, the queries are those that the key would restrict, of what this role has asked."""
    database.psql(DATA)
    missing = pcache(database, None, "--partition-key", "city_id")
    assert missing.returncode == 1
    assert "pg_stat_statements has no query of this role that city_id would restrict." in missing.stderr
    assert "--queries" in missing.stderr


def test_a_role_without_rights(empty_database: Database, tmp_path: Path) -> None:
    """Who may create a schema may try."""
    empty_database.psql(DATA)
    file = tmp_path / "queries.sql"
    file.write_text("select count(*) from poi where kind = 7;")
    role = f"trial_{empty_database.name}"
    empty_database.psql(f"create role {role} login; grant select on poi to {role}")
    refused = pcache(empty_database, file, "--partition-key", "city_id", "--db-user", role)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ")
    assert "Traceback" not in refused.stderr
    empty_database.psql(f"grant create on database {empty_database.name} to {role}")
    allowed = pcache(empty_database, file, "--partition-key", "city_id", "--db-user", role)
    assert "nothing is left behind" in allowed.stderr, allowed.stderr
    assert empty_database.execute(
        "select count(*) from pg_namespace where nspname ~ 'pcache|partitioncache'"
    ) == [(0,)]
    empty_database.psql(f"drop owned by {role}; drop role {role}")


def test_wrong_use(data: Database, tmp_path: Path) -> None:
    with data.connect() as connection, pytest.raises(ConfigurationError, match="not in autocommit mode"):
        trial.run(connection, ["select 1"], "city_id")
    with pytest.raises(QueryError, match="The file cannot be read as SQL"):
        trial.split("select 'open")
    empty = tmp_path / "empty.sql"
    empty.write_text("-- nothing;\n;")
    run = pcache(data, empty, "--partition-key", "city_id")
    assert run.returncode == 2
    assert f"There is no query in {empty}" in run.stderr
    data.execute("create schema if not exists pcache_trial")
    with psycopg.connect(data.conninfo()) as connection:
        if data.execute("select count(*) from pg_namespace where nspname = 'partitioncache_internal'") == [
            (0,)
        ]:
            with pytest.raises(ConfigurationError, match="There is a schema pcache_trial already"):
                trial.run(connection, ["select 1"], "city_id")
            return
        connection.execute("select partitioncache_register('city_id', 'integer', cache => 'pcache_trial')")
        connection.commit()
        with pytest.raises(ConfigurationError, match="There is a cache pcache_trial already"):
            trial.run(connection, ["select 1"], "city_id")
