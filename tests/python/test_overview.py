"""The snippets of the product's system overview, each one as its users read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import partitioncache
from support.cluster import Database
from support.services import RedisServer


@pytest.fixture
def app_database(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database that the environment names, as in the overview, with the table of its queries."""
    monkeypatch.setenv("DB_HOST", database.cluster.socket_folder)
    monkeypatch.setenv("DB_PORT", str(database.cluster.port))
    monkeypatch.setenv("DB_USER", database.user)
    monkeypatch.setenv("DB_NAME", database.name)
    database.psql(
        """
        create table events (id integer, user_id integer, type text);
        insert into events select g, g % 50, case when g % 50 in (2, 3, 40) then 'click' else 'view' end
        from generate_series(1, 2000) g;
        """
    )
    return database


@pytest.fixture
def cache(app_database: Database) -> Iterator[partitioncache.Cache]:
    with partitioncache.create_cache("postgresql_array", "user_id", "integer") as opened:
        yield opened


@pytest.mark.usefixtures("app_database")
def test_streamlined_api(capsys: pytest.CaptureFixture[str]) -> None:
    # Simple cache creation with automatic validation
    cache = partitioncache.create_cache("postgresql_array", "user_id", "integer")

    # Store and retrieve partition keys
    cache.set_set("query_hash", {1, 2, 3, 4, 5})
    results = cache.get("query_hash")  # Returns: {1, 2, 3, 4, 5}

    # List available backends
    backends = partitioncache.list_cache_types()
    print(backends)  # Shows compatibility matrix

    assert results == {1, 2, 3, 4, 5}
    matrix = {line.split()[0]: line.split()[1:5] for line in capsys.readouterr().out.splitlines()[2:]}
    assert matrix == {
        "postgresql_array": ["yes", "yes", "yes", "yes"],
        "postgresql_bit": ["yes", "-", "-", "-"],
        "redis_set": ["yes", "-", "yes", "-"],
        "redis_bit": ["yes", "-", "-", "-"],
        "rocksdb_set": ["yes", "-", "yes", "-"],
        "rocksdb_bit": ["yes", "-", "-", "-"],
        "rocksdict": ["yes", "yes", "yes", "yes"],
    }
    cache.close()


@pytest.mark.usefixtures("app_database")
def test_multi_partition_support() -> None:
    cache = partitioncache.create_cache("postgresql_array", "city_id", "integer")

    # Different partition keys with different datatypes
    cache.set_set("spatial_query", {1, 5, 10}, partition_key="city_id")
    cache.set_set("temporal_query", {"2024-01", "2024-02"}, partition_key="time_bucket")
    cache.set_set("user_query", {100, 200, 300}, partition_key="user_region")

    # List all partitions
    partitions = cache.get_partition_keys()
    # Returns: [("city_id", "integer"), ("time_bucket", "text"), ("user_region", "integer")]

    assert partitions == [("city_id", "integer"), ("time_bucket", "text"), ("user_region", "integer")]
    cache.close()


def test_query_processing(cache: partitioncache.Cache, app_database: Database) -> None:
    query = "SELECT * FROM events WHERE type='click' AND user_id IN (1,2,3)"
    app_database.execute("select partitioncache_push(%s, 'user_id')", [query])
    while app_database.execute("select partitioncache_process_queue('partitioncache')") != [(0,)]:
        pass

    # Get partition keys for complex queries
    partition_keys, num_subqueries, cache_hits = partitioncache.get_partition_keys(
        query="SELECT * FROM events WHERE type='click' AND user_id IN (1,2,3)",
        cache_handler=cache.underlying_handler,
        partition_key="user_id",
    )

    # Apply cached results to optimize queries
    optimized_query = partitioncache.extend_query_with_partition_keys(
        query="SELECT * FROM events WHERE type='click'",
        partition_keys=partition_keys,
        partition_key="user_id",
        method="IN",
    )

    assert partition_keys is not None
    assert {2, 3} <= partition_keys <= {2, 3, 40}
    assert num_subqueries >= cache_hits >= 1
    wanted = app_database.execute(
        "select * from events where type = 'click' and user_id = any (%s)", [list(partition_keys)]
    )
    assert sorted(app_database.execute(optimized_query)) == sorted(wanted)
    assert "user_id IN" in optimized_query


def test_query_processing_with_nothing_cached(cache: partitioncache.Cache) -> None:
    partition_keys, num_subqueries, cache_hits = partitioncache.get_partition_keys(
        query="SELECT * FROM events WHERE type='click' AND user_id IN (1,2,3)",
        cache_handler=cache.underlying_handler,
        partition_key="user_id",
    )
    query = "SELECT * FROM events WHERE type='click'"
    assert (partition_keys, cache_hits) == (None, 0)
    assert num_subqueries >= 1
    assert partitioncache.extend_query_with_partition_keys(query, partition_keys, "user_id") == query


def test_environment_variables(
    app_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHE_BACKEND", "postgresql_array")
    monkeypatch.setenv("PG_ARRAY_CACHE_TABLE_PREFIX", "myapp_cache")
    monkeypatch.setenv("PG_BIT_CACHE_TABLE_PREFIX", "myapp_bit_cache")
    assert partitioncache.get_table_prefix_from_env() == "myapp_cache_"
    for cache_type in ("postgresql_array", "postgresql_bit"):
        with partitioncache.create_cache(cache_type, "user_id", "integer") as cache:
            cache.set_set("h", {1})
    caches = app_database.execute("select cache from partitioncache_registration order by 1")
    assert caches == [("myapp_bit_cache",), ("myapp_cache",)]

    monkeypatch.setenv("CACHE_BACKEND", "postgresql_bit")
    assert partitioncache.get_table_prefix_from_env() == "myapp_bit_cache_"
    monkeypatch.setenv("CACHE_BACKEND", "redis_set")
    assert partitioncache.get_table_prefix_from_env() == "partitioncache_"
    for name in ("CACHE_BACKEND", "PG_ARRAY_CACHE_TABLE_PREFIX"):
        monkeypatch.delenv(name)
    assert partitioncache.get_table_prefix_from_env() == "partitioncache_"

    # the same from a .env file in the working directory
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("CACHE_BACKEND=postgresql_array\nPG_ARRAY_CACHE_TABLE_PREFIX=from_file\n")
    assert partitioncache.get_table_prefix_from_env() == "from_file_"


@pytest.mark.usefixtures("app_database")
def test_high_volume_integer_partitions() -> None:
    cache = partitioncache.create_cache("postgresql_bit", "postal_code", "integer")
    cache.set_set("restaurant_query", {10001, 10002, 10003, 10004})

    assert cache.get("restaurant_query") == {10001, 10002, 10003, 10004}
    cache.close()


@pytest.mark.usefixtures("app_database")
def test_mixed_datatype_applications() -> None:
    cache = partitioncache.create_cache("postgresql_array", "default", "integer")
    cache.set_set("cities", {1, 2, 3}, partition_key="city_id")
    cache.set_set("regions", {"north", "south"}, partition_key="region_name")

    assert cache.get("regions", "region_name") == {"north", "south"}
    assert ("default", "integer") in cache.get_partition_keys()
    cache.close()


def test_distributed_systems(redis_server: RedisServer) -> None:
    cache = partitioncache.create_cache(
        "redis_set", "session_id", "text", host=redis_server.host, port=redis_server.port
    )

    cache.set_set("h", {"a", "b"})
    assert cache.get("h") == {"a", "b"}
    cache.underlying_handler.clear()
    cache.close()


def test_development_and_testing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = partitioncache.create_cache("rocksdict", "test_partition", "integer")

    cache.set_set("h", {1})
    assert cache.get("h") == {1}
    cache.close()


@pytest.mark.usefixtures("app_database")
def test_time_series_data() -> None:
    cache = partitioncache.create_cache("postgresql_array", "time_bucket", "timestamp")
    cache.set_set("events", {datetime(2024, 1, 1), datetime(2024, 1, 2)})

    assert cache.get("events") == {datetime(2024, 1, 1), datetime(2024, 1, 2)}
    cache.close()


# Migration utility function
def migrate_cache_backend(old_cache: Any, new_cache: Any, partition_key: str) -> None:
    keys = old_cache.get_all_keys(partition_key)
    for key in keys:
        data = old_cache.get(key, partition_key)
        query = old_cache.get_query(key, partition_key)

        new_cache.set_set(key, data, partition_key=partition_key)
        if query:
            new_cache.set_query(key, query, partition_key=partition_key)


def test_between_backends(cache: partitioncache.Cache, tmp_path: Path) -> None:
    cache.set_set("a", {1, 2}, query="SELECT DISTINCT user_id FROM events WHERE type = 'click'")
    cache.set_set("b", set())
    with partitioncache.create_cache("rocksdict", "user_id", "integer", path=tmp_path) as new_cache:
        migrate_cache_backend(cache, new_cache, "user_id")

        assert new_cache.get("a", "user_id") == {1, 2}
        assert new_cache.get("b", "user_id") == set()
        assert (
            new_cache.get_query("a", "user_id") == "SELECT DISTINCT user_id FROM events WHERE type = 'click'"
        )


# Monitor cache sizes
def monitor_cache_metrics(cache: Any, partition_key: str) -> dict[str, Any]:
    keys = cache.get_all_keys(partition_key)
    total_size = sum(len(cache.get(key, partition_key) or set()) for key in keys)

    return {
        "partition_key": partition_key,
        "total_keys": len(keys),
        "total_partition_values": total_size,
        "avg_partition_size": total_size / len(keys) if keys else 0,
    }


# Monitor queue health
def monitor_queue_health() -> dict[str, int]:
    incoming, outgoing = partitioncache.get_queue_lengths()
    return {
        "incoming_depth": incoming,
        "outgoing_depth": outgoing,
        "processing_backlog": incoming + outgoing,
    }


def test_custom_monitoring(cache: partitioncache.Cache) -> None:
    assert monitor_cache_metrics(cache, "user_id")["avg_partition_size"] == 0
    cache.set_set("a", {1, 2, 3})
    cache.set_set("b", {4})
    assert monitor_cache_metrics(cache, "user_id") == {
        "partition_key": "user_id",
        "total_keys": 2,
        "total_partition_values": 4,
        "avg_partition_size": 2.0,
    }
    assert monitor_queue_health() == {"incoming_depth": 0, "outgoing_depth": 0, "processing_backlog": 0}
    partitioncache.push_query("SELECT * FROM events WHERE type = 'click'", "user_id")
    assert monitor_queue_health() == {"incoming_depth": 1, "outgoing_depth": 0, "processing_backlog": 1}


def test_log_analysis(cache: partitioncache.Cache, app_database: Database) -> None:
    partitioncache.push_query("SELECT * FROM events WHERE type = 'click'", "user_id")
    while app_database.execute("select partitioncache_process_queue('partitioncache')") != [(0,)]:
        pass
    performance = """
    SELECT
        AVG(execution_time_ms) as avg_time,
        MAX(execution_time_ms) as max_time,
        COUNT(*) as total_jobs
    FROM partitioncache_processor_log
    WHERE status = 'success'
    AND created_at > CURRENT_TIMESTAMP - INTERVAL '1 hour';
    """
    errors = """
    SELECT error_msg, COUNT(*) as frequency
    FROM partitioncache_processor_log
    WHERE status = 'failed'
    GROUP BY error_msg
    ORDER BY frequency DESC;
    """
    assert app_database.execute(performance)[0][2] >= 1
    assert app_database.execute(errors) == []
    assert cache.count() >= 1
