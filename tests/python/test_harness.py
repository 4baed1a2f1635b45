"""The servers that the other tests stand on."""

from __future__ import annotations

import pymysql
import pytest
import redis

from support.cluster import Cluster, Database
from support.services import MariaDBServer, RedisServer
from support.tap import read_tap


def test_each_test_has_a_database_of_its_own(database: Database, cluster: Cluster) -> None:
    database.execute("create table here (x integer)")
    other = cluster.create_database()
    assert other.execute("select to_regclass('here')") == [(None,)]
    cluster.drop_database(other)


def test_pg_cron_runs_jobs(cron_database: Database) -> None:
    assert cron_database.execute("select partitioncache_version() is not null") == [(True,)]
    assert cron_database.execute("select cron.schedule('every minute', '* * * * *', 'select 1')") == [(1,)]


def test_cron_database_is_emptied(cluster: Cluster) -> None:
    cluster.reset_cron_database().execute("create table left_behind (x integer)")
    assert cluster.reset_cron_database().execute("select to_regclass('left_behind')") == [(None,)]


def test_redis(redis_server: RedisServer) -> None:
    with redis.Redis(host=redis_server.host, port=redis_server.port) as client:
        assert client.ping()


def test_mariadb(mariadb_server: MariaDBServer) -> None:
    with (
        pymysql.connect(
            host=mariadb_server.host,
            port=mariadb_server.port,
            user=mariadb_server.user,
            password=mariadb_server.password,
            database=mariadb_server.database,
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    ("output", "problems"),
    [
        ("1..2\nok 1\nok 2 - with a name", []),
        ("ok 1\n1..1", []),
        ("1..1\nnot ok 1 - x\n#     have: 1", ["not ok 1 - x\n#     have: 1"]),
        ("1..1\nok 1 # SKIP no", ["ok 1 # SKIP no"]),
        ("1..1\nnot ok 1 # TODO later", ["not ok 1 # TODO later"]),
        ("1..2\nok 1", ["1 test ran, 2 were planned"]),
        ("", ["no plan: the file lacks plan() or finish()"]),
        ("    1..1\n    not ok 1\nnot ok 1 - group\n1..1", ["not ok 1 - group"]),
    ],
)
def test_tap_reader(output: str, problems: list[str]) -> None:
    assert read_tap(output).problems == problems
