"""What is released: a wheel that works in an environment of its own, a Debian package, and one version everywhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from partitioncache.cli.main import PROGRAMS
from support.cluster import Database, running_cluster
from support.installation import CHECKOUT, MAJORS, copy_installation, version

SOURCES = ("debian", "docs", "extension", "scripts", "sql", "upgrade")


def run(*command: object, **options: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def test_all_files_name_one_version() -> None:
    named = [line.split() for line in run(CHECKOUT / "scripts" / "versions").splitlines()]
    assert len(named) == 7
    assert {number for _, number in named} == {version()}


def test_another_version_somewhere_is_noticed(tmp_path: Path) -> None:
    for name in ("scripts", "debian", "python"):
        shutil.copytree(CHECKOUT / name, tmp_path / name)
    for name in ("partitioncache.control", "META.json", "CHANGELOG.md"):
        shutil.copy(CHECKOUT / name, tmp_path)
    changelog = tmp_path / "debian" / "changelog"
    changelog.write_text(changelog.read_text().replace(version(), "9.9"))
    refused = subprocess.run([tmp_path / "scripts" / "versions"], capture_output=True, text=True)
    assert refused.returncode == 1
    assert "debian/changelog 9.9" in refused.stdout
    assert "differ" in refused.stderr


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment, in which the built wheel is installed.

    What the package depends on is taken from the environment of the tests, where it is pinned.
    """
    folder = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=CHECKOUT / "python")
    run("/usr/bin/python3", "-m", "venv", folder / "venv")
    (site,) = (folder / "venv" / "lib").glob("python3*/site-packages")
    (site / "pinned.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (wheel,) = folder.glob("*.whl")
    pip = [folder / "venv" / "bin" / "pip", "--disable-pip-version-check", "-q"]
    run(*pip, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    return folder / "venv" / "bin"


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_of_the_wheel(fresh: Path, program: str) -> None:
    assert f"Usage: {program}" in run(fresh / program, "--help", cwd=fresh, env={"HOME": str(fresh)})


def test_the_wheel_installs_its_sql_and_uses_it(fresh: Path, empty_database: Database) -> None:
    environment = {**empty_database.environment(), "HOME": str(fresh)}
    environment.pop("PYTHONPATH", None)
    assert f"pcache {version()}" in run(fresh / "pcache", "--version", env=environment)
    run(fresh / "pcache", "setup", "--over-connection", "--schema", "cache", "--without-cron", env=environment)
    program = """
import partitioncache, psycopg
assert "site-packages" in partitioncache.__file__ and "fresh" in partitioncache.__file__, partitioncache.__file__
query = "select * from poi where kind = 3 and height > 95"
cache = partitioncache.create_cache("postgresql_array", "city_id", "integer")
with psycopg.connect(autocommit=True) as connection, cache:
    connection.execute(
        "create table poi as select n % 500 as city_id, n % 97 as kind, n * 7 % 101 as height "
        "from generate_series(1, 20000) n"
    )
    connection.execute("create index on poi (city_id)")
    connection.execute("analyze poi")
    partitioncache.push_query(query, "city_id")
    connection.execute("select cache.partitioncache_process_queue()")
    print(partitioncache.explain_query(query, cache, method="literal", connection=connection))
"""
    assert "Restricted to" in run(fresh / "python", "-c", program, env=environment)


def test_the_debian_package(tmp_path: Path) -> None:
    source = tmp_path / "partitioncache"
    source.mkdir()
    for name in SOURCES:
        shutil.copytree(CHECKOUT / name, source / name)
    for name in ("partitioncache.control", "README.md"):
        shutil.copy(CHECKOUT / name, source)
    run("dpkg-buildpackage", "-us", "-uc", "-b", cwd=source)
    (package,) = tmp_path.glob("*.deb")
    assert package.name == f"postgresql-partitioncache_{version()}_all.deb"
    run("dpkg-deb", "-x", package, tmp_path / "root")
    shared = tmp_path / "root" / "usr" / "share" / "postgresql"
    assert {int(folder.name) for folder in shared.iterdir()} == set(MAJORS)
    depends = run("dpkg-deb", "-f", package, "Depends")
    assert {int(major) for major in re.findall(r"postgresql-(\d+)", depends)} == set(MAJORS)
    bare = copy_installation(tmp_path / "installation")
    shutil.copytree(shared / str(MAJORS[0]) / "extension", bare.extension_folder, dirs_exist_ok=True)
    with running_cluster(bare, {"shared_preload_libraries": ""}, template=False) as cluster:
        database = cluster.database("test")
        database.execute("create extension partitioncache")
        assert database.execute("select partitioncache_version()") == [(version(),)]
