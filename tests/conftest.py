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
from support.installation import DUMPED, MAJORS, Installation, copy_installation, installation_of

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


# What the tests share decides by statistics that change when a test says so, not when a worker comes by.
_SHARED = {"autovacuum": "off"}


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
    with running_cluster(installation, _SHARED) as running:
        yield running


@pytest.fixture(scope="session")
def cluster_of(request: pytest.FixtureRequest) -> Iterator[Callable[[int], Cluster]]:
    """A function that gives the server of a version; all but the first are without pg_cron and plpgsql_check."""
    running: dict[int, Cluster] = {}
    root = Path(tempfile.mkdtemp(prefix="pc-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, root, ignore_errors=True)

        def of(major: int) -> Cluster:
            if major == MAJORS[0]:
                found: Cluster = request.getfixturevalue("cluster")
                return found
            if major not in running:
                installed = installation_of(major, root / str(major))
                start = running_cluster(installed, _SHARED | {"shared_preload_libraries": ""})
                running[major] = stack.enter_context(start)
            return running[major]

        yield of


@pytest.fixture
def newest_cluster(cluster_of: Callable[[int], Cluster]) -> Cluster:
    """A server of the newest version that the extension is tested on."""
    return cluster_of(MAJORS[-1])


@pytest.fixture(params=MAJORS, ids=[f"PostgreSQL {major}" for major in MAJORS])
def any_cluster(request: pytest.FixtureRequest, cluster_of: Callable[[int], Cluster]) -> Cluster:
    """A server of each version that the extension is tested on, in turn."""
    return cluster_of(request.param)


@pytest.fixture(params=DUMPED, ids=[f"PostgreSQL {major}" for major in DUMPED])
def dumped_cluster(request: pytest.FixtureRequest, cluster_of: Callable[[int], Cluster]) -> Cluster:
    """A server of each version that comes with its own pg_dump, in turn."""
    return cluster_of(request.param)


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
