"""Looking up, rewriting, queueing and migrating, as an application does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import partitioncache
from partitioncache.analysis import analyse
from partitioncache.errors import ConfigurationError, NotRegisteredError, PartitionCacheError
from partitioncache.queues import open_queue
from partitioncache.registry import CACHE_TYPES
from support.cluster import Database
from support.services import RedisServer

OpenCache = Callable[..., partitioncache.Cache]

DATA = """
create table poi (id integer primary key, city_id integer, kind integer, name text, x double precision);
create table street (id integer primary key, city_id integer, width numeric, x double precision);
insert into poi select g, case when g % 97 = 0 then null else g % 60 end, g % 60 / 7 * 3 + g % 2,
                       'n' || g % 60 % 9 || 'it''s', g % 60 * 0.01
from generate_series(1, 3000) g;
insert into street select g, g % 60, g % 60 % 11 + 0.5, g % 60 * 0.0101 from generate_series(1, 1200) g;
analyze;
"""

QUERIES = [
    "SELECT * FROM poi WHERE kind = 7",
    "SELECT p.id FROM poi p WHERE p.name = 'n3it''s' AND p.kind IN (3, 7, 10)",
    "SELECT p.id, s.id FROM poi p, street s WHERE p.city_id = s.city_id AND p.kind = 4 AND s.width > 2.5",
    "SELECT p.id, s.id FROM poi p JOIN street s ON p.city_id = s.city_id AND abs(p.x - s.x) < 0.002 "
    "WHERE p.name LIKE 'n1%'",
    "SELECT count(*) FROM poi WHERE kind < 5 AND name <> 'n2it''s'",
]


@pytest.fixture
def data(database: Database) -> Database:
    database.psql(DATA)
    return database


@pytest.fixture
def server_cache(data: Database) -> Iterator[partitioncache.Cache]:
    with partitioncache.create_cache(
        "postgresql_array", "city_id", "integer", conninfo=data.conninfo()
    ) as cache:
        yield cache


def process(data: Database) -> None:
    while data.execute("select partitioncache_process_queue('partitioncache')") != [(0,)]:
        pass


def evaluate(
    run: Callable[[str], list[tuple[Any, ...]]], cache: partitioncache.Cache, query: str, dialect: str
) -> None:
    """What a monitor does: stores the key set of each fragment."""
    for fragment in analyse(query, cache.partition_key, dialect).fragments:
        cache.set_set(fragment.hash, {row[0] for row in run(fragment.sql)}, query=fragment.sql)


def rows(result: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(result, key=repr)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("method", ["auto", "literal", "subquery", "IN", "VALUES"])
def test_apply_with_postgresql(
    data: Database, server_cache: partitioncache.Cache, query: str, method: str
) -> None:
    assert partitioncache.apply_cache(query, server_cache, "city_id", method=method) == query
    partitioncache.push_query(query, "city_id", cache=server_cache)
    process(data)
    rewritten = partitioncache.apply_cache(query, server_cache, method=method)
    assert method == "auto" or rewritten != query
    assert rows(data.execute(rewritten)) == rows(data.execute(query))
    keys, subqueries, hits = partitioncache.get_partition_keys(query, server_cache, "city_id")
    select = (
        query.replace("p.id, s.id", "p.city_id").replace("p.id", "p.city_id").replace("count(*)", "city_id")
    )
    needed = data.execute(f"select distinct q.city_id from ({select}) q")
    assert keys is not None
    assert {row[0] for row in needed} - {None} <= keys
    assert subqueries >= hits >= 1


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("cache_type", ["redis_set", "redis_bit", "rocksdb_set", "rocksdb_bit", "rocksdict"])
def test_apply_without_a_server(open_cache: OpenCache, data: Database, cache_type: str, query: str) -> None:
    cache = open_cache(cache_type)
    assert partitioncache.apply_cache(query, cache, "city_id") == query
    assert partitioncache.get_partition_keys(query, cache.underlying_handler, "city_id")[0] is None
    evaluate(data.execute, cache, query, "postgres")
    rewritten = partitioncache.apply_cache(query, cache.underlying_handler, "city_id")
    assert rewritten != query
    assert rows(data.execute(rewritten)) == rows(data.execute(query))
    keys, subqueries, hits = partitioncache.get_partition_keys(query, cache, "city_id")
    assert keys is not None
    assert subqueries == hits


def test_sqlite_without_any_server(open_cache: OpenCache) -> None:
    cache = open_cache("rocksdict")
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table poi (id integer primary key, city_id integer, kind integer)")
        connection.executemany(
            "insert into poi values (?, ?, ?)", [(n, n % 50, n % 50 // 5) for n in range(1_000)]
        )

        def run(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        evaluate(run, cache, "SELECT * FROM poi WHERE kind = 3", "sqlite")
        query = "SELECT id FROM poi WHERE kind = ? AND id > :low".replace(":low", "?")
        rewritten = partitioncache.apply_cache(query, cache, "city_id", [3, 500], dialect="sqlite")
        assert "city_id IN (15, 16, 17, 18, 19)" in rewritten
        assert rows(run(rewritten)) == rows(connection.execute(query, [3, 500]).fetchall())


def test_partition_columns_that_are_not_equated(
    data: Database, server_cache: partitioncache.Cache, open_cache: OpenCache
) -> None:
    query = (
        "SELECT p.id, s.id FROM poi p, street s "
        "WHERE p.kind = 7 AND s.width = 3.5 AND p.id = s.id AND p.city_id > s.city_id"
    )
    local = open_cache("rocksdict")
    evaluate(data.execute, local, query, "postgres")
    partitioncache.push_query(query, "city_id", cache=server_cache)
    process(data)
    for cache in (server_cache, local):
        keys, subqueries, hits = partitioncache.get_partition_keys(query, cache, "city_id")
        assert keys is None
        assert subqueries >= hits >= 2
        rewritten = partitioncache.apply_cache(query, cache, "city_id", method="IN")
        assert rows(data.execute(rewritten)) == rows(data.execute(query))


def test_parameters(data: Database, server_cache: partitioncache.Cache, open_cache: OpenCache) -> None:
    query = "SELECT * FROM poi WHERE name = %s AND kind > %s AND name NOT LIKE '%%z%%'"
    params = ["n3it's", -1]
    local = open_cache("redis_set")
    for cache in (server_cache, local):
        bound = partitioncache.apply_cache(query, cache, "city_id", params)
        assert "'n3it''s'" in bound
        assert rows(data.execute(bound)) == rows(data.execute(query, params))
    evaluate(data.execute, local, bound, "postgres")
    partitioncache.push_query(bound, "city_id", cache=server_cache)
    process(data)
    for cache in (server_cache, local):
        rewritten = partitioncache.apply_cache(query, cache, "city_id", params, method="IN")
        assert rewritten != bound
        assert rows(data.execute(rewritten)) == rows(data.execute(query, params))
    named = partitioncache.apply_cache(
        "SELECT * FROM poi WHERE name = %(n)s", server_cache, params={"n": "%s'; drop table poi; --"}
    )
    assert data.execute(named) == []
    for wrong in ([], [1, 2, 3], {"x": 1}):
        for cache in (server_cache, local):
            with pytest.raises(PartitionCacheError):
                partitioncache.apply_cache(query, cache, "city_id", wrong)


def test_mistakes(open_cache: OpenCache, server_cache: partitioncache.Cache) -> None:
    local = open_cache("rocksdict")
    assert partitioncache.apply_cache("SELEC nonsense", local, "city_id") == "SELEC nonsense"
    assert partitioncache.apply_cache("SELEC nonsense", server_cache, "city_id") == "SELEC nonsense"
    assert partitioncache.get_partition_keys("SELEC nonsense", local, "city_id") == (None, 0, 0)
    assert partitioncache.get_partition_keys("SELEC nonsense", server_cache, "city_id") == (None, 0, 0)
    assert partitioncache.get_partition_keys("SELECT 1 FROM poi", server_cache, "nothing") == (None, 0, 0)
    with pytest.raises(PartitionCacheError, match="Syntax error"):
        partitioncache.push_query("SELEC nonsense", "city_id", cache=server_cache)
    with pytest.raises(ConfigurationError, match="no queue of its own"):
        partitioncache.push_query("SELECT 1", "city_id", cache=local)
    with pytest.raises(ConfigurationError, match="cannot be a partition key"):
        partitioncache.apply_cache("SELECT 1", local.underlying_handler)
    with pytest.raises(ConfigurationError, match="no method"):
        partitioncache.apply_cache("SELECT 1 FROM poi WHERE kind = 1", server_cache, method="magic")


def test_queues(redis_server: RedisServer, data: Database, server_cache: partitioncache.Cache) -> None:
    with open_queue("redis", "api_test", host=redis_server.host, port=redis_server.port) as queue:
        queue.clear()
        partitioncache.push_query("SELECT * FROM poi WHERE kind = 1", "city_id", queue=queue)
        partitioncache.push_fragment(
            "SELECT DISTINCT city_id FROM poi WHERE kind = 1", "city_id", "h", "integer", queue=queue
        )
        assert partitioncache.get_queue_lengths(queue) == (1, 1)
        there = {
            "provider": "redis",
            "name": "api_test",
            "host": redis_server.host,
            "port": redis_server.port,
        }
        partitioncache.push_query("SELECT * FROM poi WHERE kind = 2", "city_id", **there)
        assert partitioncache.get_queue_lengths(**there) == (2, 1)
        queue.clear()
    partitioncache.push_query(
        "SELECT * FROM street WHERE width > 1", "city_id", "integer", cache=server_cache
    )
    partitioncache.push_fragment(
        "SELECT DISTINCT city_id FROM poi", "city_id", "h", conninfo=data.conninfo(), provider="postgresql"
    )
    assert partitioncache.get_queue_lengths(conninfo=data.conninfo(), provider="postgresql") == (1, 1)


def overview_migrate(old_cache: Any, new_cache: Any, partition_key: str) -> None:
    """The loop of the overview."""
    keys = old_cache.get_all_keys(partition_key)
    for key in keys:
        data = old_cache.get(key, partition_key)
        query = old_cache.get_query(key, partition_key)

        new_cache.set_set(key, data, partition_key=partition_key)
        if query:
            new_cache.set_query(key, query, partition_key=partition_key)


def assert_static(old: Any, new: Any, partition_key: str) -> None:
    partitioncache.migrate_cache_backend(old, new, partition_key, assert_static=True)


@pytest.mark.parametrize("migrate", [assert_static, overview_migrate])
@pytest.mark.parametrize("cache_type", ["redis_bit", "rocksdict"])
def test_fragments_are_found_after_moving_from_postgresql(
    data: Database,
    server_cache: partitioncache.Cache,
    open_cache: OpenCache,
    cache_type: str,
    migrate: Callable[..., Any],
) -> None:
    for query in QUERIES:
        partitioncache.push_query(query, "city_id", cache=server_cache)
    process(data)
    server_cache.set_set("a name of my own", {1, 2}, query="SELECT DISTINCT city_id FROM poi WHERE kind = 99")
    new = open_cache(cache_type)
    migrate(server_cache, new, "city_id")
    assert new.get("a name of my own") == {1, 2}
    for query in QUERIES:
        found = [new.get(fragment.hash) for fragment in analyse(query, "city_id").fragments]
        assert any(keys is not None for keys in found), query
        rewritten = partitioncache.apply_cache(query, new, "city_id")
        assert rewritten != query
        assert rows(data.execute(rewritten)) == rows(data.execute(query))


@pytest.mark.parametrize("migrate", [partitioncache.migrate_cache_backend, overview_migrate])
def test_fragments_are_found_after_moving_to_postgresql(
    data: Database, open_cache: OpenCache, migrate: Callable[..., Any]
) -> None:
    old = open_cache("rocksdb_set")
    for query in QUERIES:
        evaluate(data.execute, old, query, "postgres")
    new = open_cache("postgresql_bit")
    migrate(old, new, "city_id")
    for query in QUERIES:
        rewritten = partitioncache.apply_cache(query, new, "city_id", method="IN")
        assert rewritten != query
        assert rows(data.execute(rewritten)) == rows(data.execute(query))


@pytest.mark.parametrize("migrate", [partitioncache.migrate_cache_backend, overview_migrate])
def test_what_cannot_follow_writes_does_not_come_where_they_are_followed(
    data: Database, open_cache: OpenCache, migrate: Callable[..., Any]
) -> None:
    old, new = open_cache("rocksdict"), open_cache("postgresql_array")
    evaluate(data.execute, old, QUERIES[0], "postgres")
    old.set_set("mine", {1})
    partitioncache.track(new, "poi")
    migrate(old, new, "city_id")
    assert new.get("mine") == {1}
    assert partitioncache.apply_cache(QUERIES[0], new, "city_id", method="IN") == QUERIES[0]


@pytest.mark.parametrize("first", ["rocksdict", "redis_set"])
def test_moving_between_alike_keeps_the_hashes(data: Database, open_cache: OpenCache, first: str) -> None:
    old = open_cache(first)
    evaluate(data.execute, old, QUERIES[2], "postgres")
    new = open_cache("rocksdb_bit", cache="the_new_one")
    done = partitioncache.migrate_cache_backend(old, new, "city_id")
    assert done.renamed == {}
    assert done.entries == old.count() == new.count()
    for hash in old.get_all_keys():
        assert (old.get(hash), old.get_query(hash)) == (new.get(hash), new.get_query(hash))
    assert partitioncache.get_partition_keys(QUERIES[2], new, "city_id") == partitioncache.get_partition_keys(
        QUERIES[2], old, "city_id"
    )


@pytest.mark.parametrize(
    ("first", "second", "cache"),
    [
        ("postgresql_array", "postgresql_bit", "another"),
        ("postgresql_array", "redis_bit", None),
        ("postgresql_bit", "rocksdict", None),
    ],
)
def test_what_follows_writes_is_not_copied(
    data: Database, open_cache: OpenCache, first: str, second: str, cache: str | None
) -> None:
    old = open_cache(first)
    partitioncache.track(old, "poi")
    partitioncache.push_query(QUERIES[0], "city_id", cache=old)
    process(data)
    old.set_set("mine", {1, None}, query="SELECT 1")
    new = open_cache(second, **({"cache": cache} if cache else {}))
    done = partitioncache.migrate_cache_backend(old, new, "city_id", push=True)
    assert (done.entries, new.get_all_keys(), new.get("mine")) == (1, {"mine"}, {1, None})
    assert set(done.left_out) == old.get_all_keys() - {"mine"}
    assert {"follows the writes" in reason for reason in done.reasons.values()} == {True}
    assert done.queued == (len(done.left_out) if cache else 0)
    if cache:
        data.psql(f"call partitioncache_run_processor('{cache}')")
        assert set(done.left_out) <= new.get_all_keys()
        assert set(new.underlying_handler.states("city_id").values()) & {"evaluated", "static", "tracked"}
        before = new.underlying_handler.states("city_id")
        partitioncache.migrate_cache_backend(old, new, "city_id", assert_static=True)
        assert new.underlying_handler.states("city_id") == before, "what is evaluated there stays so"


@pytest.mark.parametrize("cache_type", [*CACHE_TYPES])
def test_a_cache_is_not_copied_into_itself(open_cache: OpenCache, cache_type: str) -> None:
    old = open_cache(cache_type)
    old.set_set("h", {1})
    twin = {"postgresql_array": "postgresql_bit", "postgresql_bit": "postgresql_array"}.get(cache_type, cache_type)
    same = open_cache(twin, datatype=None)
    with pytest.raises(ConfigurationError, match="the same cache"):
        partitioncache.migrate_cache_backend(old, same, "city_id")
    other = open_cache(cache_type, cache="other")
    assert partitioncache.migrate_cache_backend(old, other, "city_id").entries == 1


def test_two_backends_in_one_directory(open_cache: OpenCache, tmp_path: Path) -> None:
    old, link = open_cache("rocksdict"), tmp_path / "link"
    old.set_set("h", {1})
    link.symlink_to(tmp_path / "rocksdict")
    same = open_cache("rocksdb_bit", path=link)
    assert same.get("h") == {1}
    with pytest.raises(ConfigurationError, match="the same cache"):
        partitioncache.migrate_cache_backend(old, same, "city_id")


def test_what_cannot_be_moved(open_cache: OpenCache) -> None:
    old = open_cache("rocksdict", "k", "text")
    old.set_set("h", {"a"})
    new = open_cache("rocksdb_bit")
    with pytest.raises(PartitionCacheError, match="rocksdb_bit holds integers, not text"):
        partitioncache.migrate_cache_backend(old, new, "k")
    with pytest.raises(NotRegisteredError, match="It has: k"):
        partitioncache.migrate_cache_backend(old, new, "nothing")


def test_fewer_conditions_are_never_given_the_keys_of_more(data: Database, open_cache: OpenCache) -> None:
    """PostgreSQL leaves conditions on the key itself, and any that is not immutable, out of its fragments."""
    old, new = open_cache("rocksdict"), open_cache("postgresql_array")
    for condition in (
        "kind = 7 AND city_id < 30",
        "kind = 7 AND name = lower(name)",
        "kind = 7 AND x BETWEEN 0.1 AND 0.3",
    ):
        evaluate(data.execute, old, f"SELECT * FROM poi WHERE {condition}", "postgres")
    partitioncache.migrate_cache_backend(old, new, "city_id")
    for query in (
        "SELECT * FROM poi WHERE kind = 7",
        "SELECT * FROM poi WHERE kind = 7 AND x BETWEEN 0.1 AND 0.3",
    ):
        rewritten = partitioncache.apply_cache(query, new, "city_id", method="IN")
        assert rows(data.execute(rewritten)) == rows(data.execute(query))


def test_the_readme_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (Path(partitioncache.__file__).parents[2] / "README.md").read_text()
    program = readme.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "README.md", "exec"), {})
    shown = readme.split("It prints:\n\n```\n")[1].split("```")[0]
    assert capsys.readouterr().out == shown
