"""The extension as a package: built from its sources, at home in any schema, saved by pg_dump, on PGXN."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomllib

from support.cluster import Database, running_cluster
from support.installation import CHECKOUT, Installation, copy_installation, version

SOURCES = sorted((CHECKOUT / "sql").glob("*/*.sql"))
FUNCTION = re.compile(r"^create (?:or replace )?function .*?\bas \$", re.M | re.S)
MEMBERS = """
    select count(*) from pg_depend d join pg_extension e on e.oid = d.refobjid
    where e.extname = 'partitioncache' and d.deptype = 'e'
"""


def test_the_built_file_is_the_sources_in_order(tmp_path: Path) -> None:
    subprocess.run([CHECKOUT / "scripts" / "build-extension", tmp_path], check=True)
    built = (tmp_path / f"partitioncache--{version()}.sql").read_text(encoding="ascii")
    assert built.splitlines()[1] == '\\echo Use "CREATE EXTENSION partitioncache" to load this file. \\quit'
    place = 0
    for source in SOURCES:
        place = built.index(source.read_text(), place)


def test_what_is_not_ascii_is_refused(tmp_path: Path) -> None:
    """A database in EUC_JP or LATIN1 could not read it."""
    for folder in ("scripts", "sql", "upgrade"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    shutil.copy(CHECKOUT / "partitioncache.control", tmp_path)
    (tmp_path / "sql" / "10-foundation" / "99-more.sql").write_text("select 'größer';\n")
    run = subprocess.run([tmp_path / "scripts" / "build-extension"], capture_output=True, text=True)
    assert run.returncode != 0
    assert "99-more.sql:1" in run.stdout
    assert "ASCII only" in run.stderr


@pytest.mark.parametrize("source", SOURCES, ids=[str(path.relative_to(CHECKOUT / "sql")) for path in SOURCES])
def test_every_function_states_what_it_is(source: Path) -> None:
    for definition in FUNCTION.findall(source.read_text()):
        name = definition.split("(")[0]
        assert re.search(r"\b(immutable|stable|volatile)\b", definition), f"{name} states no volatility"
        assert re.search(r"\bparallel (safe|restricted|unsafe)\b", definition), (
            f"{name} does not state its parallel safety"
        )


def test_one_version_everywhere(database: Database) -> None:
    meta = json.loads((CHECKOUT / "META.json").read_text())
    assert meta["version"] == version()
    assert meta["provides"]["partitioncache"]["version"] == version()
    assert meta["provides"]["partitioncache"]["file"] == f"extension/partitioncache--{version()}.sql"
    assert f"## [{version()}]" in (CHECKOUT / "CHANGELOG.md").read_text()
    assert f'version = "{version()}"' in (CHECKOUT / "python" / "pyproject.toml").read_text()
    assert database.execute("select partitioncache_version()") == [(version(),)]


def test_requirements_hold_what_the_package_depends_on() -> None:
    project = tomllib.loads((CHECKOUT / "python" / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project.get("optional-dependencies", {}).values() for name in extra),
    ]
    pinned = {
        re.split(r"[=\[]", line)[0].lower()
        for line in (CHECKOUT / "tests" / "requirements.txt").read_text().splitlines()
        if "==" in line
    }
    missing = {re.split(r"[^A-Za-z0-9._-]", name)[0].lower() for name in wanted} - pinned - {"partitioncache"}
    assert not missing, f"tests/requirements.txt lacks {', '.join(sorted(missing))}"


@pytest.mark.parametrize("schema", ["elsewhere", "Mixed Case", "select"])
def test_any_schema(empty_database: Database, schema: str) -> None:
    transcript = empty_database.psql(
        f"""
        create schema "{schema}";
        create extension partitioncache schema "{schema}";
        set search_path = "{schema}";
        select partitioncache_register('city_id', 'integer');
        create table public.poi as select n % 100 as city_id, n as height from generate_series(1, 1000) n;
        select partitioncache_push('select * from public.poi where height > 990', 'city_id') > 0;
        select partitioncache_process_queue() > 0;
        select hits, keys from partitioncache_explain('select * from public.poi where height > 990', 'city_id');
        select * from public.poi where height > 998 and city_id >= 0;
        """
    )
    assert transcript.stdout.splitlines()[1:] == ["t", "t", "1|10", "99|999", "0|1000"]


def test_drop_leaves_only_the_key_sets(empty_database: Database) -> None:
    objects = """
        select array_agg(o order by o) from (
            select 'function ' || proname as o from pg_proc where pronamespace = 'public'::regnamespace
            union all select 'relation ' || relname from pg_class where relnamespace = 'public'::regnamespace
            union all select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace
            union all select 'event trigger ' || evtname from pg_event_trigger) o
    """
    before = empty_database.execute(objects)
    empty_database.execute("create extension partitioncache")
    empty_database.execute("drop extension partitioncache")
    assert empty_database.execute(objects) == before


def test_dump_and_restore(database: Database, empty_database: Database) -> None:
    """What was registered, stored and queued comes back; what was evaluated still answers, being the same cluster."""
    query = "select * from poi where height > 990"
    database.psql(
        f"""
        create table poi as select n % 100 as city_id, n as height from generate_series(1, 1000) n;
        select partitioncache_push('{query}', 'city_id');
        select partitioncache_process_queue();
        select partitioncache_register('day', 'date');
        select partitioncache_set('day', 'holidays', array['2026-01-01', '2026-12-25']::date[], 'which days?');
        select partitioncache_register('code', 'bigint', 'bit', 'another');
        select partitioncache_set('code', 'some', array[-5, 7, 40000000]::bigint[], cache => 'another');
        select partitioncache_push('select * from poi where height > 5', 'city_id');
        """
    )
    dump = subprocess.run(
        [database.cluster.installation.program("pg_dump"), "--format=custom"],
        env=database.environment(), check=True, capture_output=True,
    ).stdout  # fmt: skip
    restored = empty_database
    subprocess.run(
        [restored.cluster.installation.program("pg_restore"), "--exit-on-error", "--dbname", restored.name],
        env=restored.environment(), input=dump, check=True,
    )  # fmt: skip
    for question in (
        "select partition_key, datatype, storage, entries from partitioncache_partition_keys() order by 1",
        "select partitioncache_get('day', 'holidays', null::date), partitioncache_query('day', 'holidays')",
        "select partitioncache_get('code', 'some', null::bigint, cache => 'another')",
        "select partitioncache_queue_lengths()::text",
    ):
        assert restored.execute(question) == database.execute(question), question
    # The tables are other tables now, so what was evaluated on the old ones is evaluated anew.
    assert restored.execute(query.replace("*", "count(*)")) == [(10,)]
    rewritten = restored.execute("select partitioncache_apply(%s, 'city_id', method => 'literal')", [query])[0][0]
    assert sorted(restored.execute(rewritten)) == sorted(database.execute(query))


@pytest.fixture(scope="module")
def bare_installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """PostgreSQL without our extension, to install it into."""
    return copy_installation(tmp_path_factory.mktemp("installation") / "root")


@pytest.fixture(scope="module")
def archive() -> Iterator[Path]:
    """The archive that `make dist` makes."""
    subprocess.run(["make", "--no-print-directory", "dist"], cwd=CHECKOUT, check=True)
    path = CHECKOUT / f"partitioncache-{version()}.zip"
    yield path
    path.unlink()


def test_archive_is_laid_out_for_pgxn(archive: Path) -> None:
    top = f"partitioncache-{version()}"
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
    assert all(name.startswith(f"{top}/") for name in names)
    for needed in (
        "META.json",
        "Makefile",
        "partitioncache.control",
        "README.md",
        "extension/partitioncache--0.1.0.sql",
        f"extension/partitioncache--0.1.0--{version()}.sql",
        f"extension/partitioncache--{version()}.sql",
    ):
        assert f"{top}/{needed}" in names


def test_pgxn_client_installs_and_checks(archive: Path, bare_installation: Installation) -> None:
    options = ["--nosudo", "--yes", "--pg_config", str(bare_installation.pg_config)]
    subprocess.run(["pgxn", "install", *options, f"./{archive.name}"], cwd=archive.parent, check=True)
    assert (bare_installation.extension_folder / "partitioncache.control").exists()
    with running_cluster(bare_installation, template=False) as cluster:
        database = cluster.database("test")
        check = ["pgxn", "check", "--yes", "--pg_config", str(bare_installation.pg_config)]
        run = subprocess.run(
            [*check, f"./{archive.name}"],
            cwd=archive.parent,
            env=database.environment(),
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        assert database.execute("create extension partitioncache") == []
        (members,) = database.execute(MEMBERS)[0]
        assert members > 50
