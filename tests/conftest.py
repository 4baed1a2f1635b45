"""Fixtures that every test may ask for. The servers are real, private to the run, and start when first needed."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from support import services
from support.cluster import Cluster, Database, running_cluster
from support.installation import MAJORS, Installation, copy_installation, installation_of

# What the person who runs the tests has set up for other databases is none of theirs.
for _name in [
    n
    for n in os.environ
    if n.startswith(("PG", "DB_", "REDIS_", "MYSQL_", "ROCKSDB_", "CACHE_", "QUERY_QUEUE_"))
]:
    if _name != "PG_CONFIG":
        del os.environ[_name]

# Whoever ends the run early gets the servers stopped all the same.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """PostgreSQL 15 with the extension of this checkout."""
    root = Path(tempfile.mkdtemp(prefix="pc-"))
    try:
        copy = copy_installation(root)
        copy.install_extension()
        yield copy
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(installation: Installation) -> Iterator[Cluster]:
    """The server that most tests share. Roles are seen by all of them: name them after the test."""
    with running_cluster(installation) as running:
        yield running


@pytest.fixture(scope="session")
def newest_cluster() -> Iterator[Cluster]:
    """A server of the newest version that the extension is tested on, without pg_cron, pgTAP and plpgsql_check."""
    root = Path(tempfile.mkdtemp(prefix="pc-"))
    try:
        newest = installation_of(MAJORS[-1], root / "installation")
        with running_cluster(newest, {"shared_preload_libraries": ""}, template=False) as running:
            yield running
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(params=MAJORS, ids=[f"PostgreSQL {major}" for major in MAJORS])
def any_cluster(request: pytest.FixtureRequest) -> Cluster:
    """A server of each version that the extension is tested on, in turn."""
    found: Cluster = request.getfixturevalue("cluster" if request.param == MAJORS[0] else "newest_cluster")
    return found


@pytest.fixture
def make_cluster(installation: Installation) -> Iterator[Callable[[Mapping[str, str] | None], Cluster]]:
    """A function that starts a further server, with settings of its own; it takes about three seconds."""
    with ExitStack() as stack:

        def start(settings: Mapping[str, str] | None = None) -> Cluster:
            return stack.enter_context(running_cluster(installation, settings))

        yield start


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A fresh database with the extension in schema public and pgTAP in schema tap."""
    fresh = cluster.create_database()
    yield fresh
    cluster.drop_database(fresh)


@pytest.fixture
def empty_database(cluster: Cluster) -> Iterator[Database]:
    """A fresh database without the extension, which is there to be created."""
    fresh = cluster.create_database(template="template1")
    yield fresh
    cluster.drop_database(fresh)


@pytest.fixture
def cron_database(cluster: Cluster) -> Iterator[Database]:
    """The database in which pg_cron lives, emptied, with pg_cron (its jobs really run) and the extension."""
    database = cluster.reset_cron_database()
    yield database
    database.execute("drop extension if exists pg_cron cascade")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[services.RedisServer]:
    """A Redis server; a test that leaves keys behind flushes its database."""
    with services.redis_server() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[services.MariaDBServer]:
    """A MariaDB server with one database."""
    with services.mariadb_server() as server:
        yield server
