"""What is PostgreSQL's own: connections that break, roles, the session's search_path, two storages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import partitioncache
from partitioncache.backends.postgresql import METHODS_OF_SERVER, PostgresqlArray
from partitioncache.datatypes import DATATYPES, NATIVE
from partitioncache.errors import (
    ConfigurationError,
    DatatypeError,
    NotRegisteredError,
    PartitionCacheError,
    RegistrationConflictError,
    UnavailableError,
)
from partitioncache.postgresql import Server, Typed
from support.cluster import Cluster, Database

OpenCache = Callable[..., partitioncache.Cache]


@pytest.fixture
def role(database: Database) -> Iterator[str]:
    database.execute("create role backends_python login")
    yield "backends_python"
    database.execute("drop owned by backends_python")
    database.execute("drop role backends_python")


def test_a_lost_connection_is_replaced(open_cache: OpenCache, database: Database) -> None:
    cache = open_cache("postgresql_array")
    cache.set_set("h", {1})
    database.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'partitioncache'"
    )
    assert cache.get("h") == {1}


def test_a_server_that_goes_away(make_cluster: Callable[..., Cluster]) -> None:
    cluster = make_cluster()
    database = cluster.create_database()
    with partitioncache.create_cache(
        "postgresql_array", "k", "integer", conninfo=database.conninfo(), timeout=2
    ) as cache:
        cache.set_set("h", {1})
        cluster.server.stop()
        with pytest.raises(UnavailableError, match="PostgreSQL cannot be reached"):
            cache.get("h")


def test_threads_share_a_cache(open_cache: OpenCache) -> None:
    cache = open_cache("postgresql_array", max_connections=3)
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                cache.set_set(f"h{number}", {number, turn})
                assert cache.get(f"h{number}") == {number, turn}
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_role_without_rights(database: Database, role: str) -> None:
    with pytest.raises(PartitionCacheError, match=r"has no rights.*pcache grant backends_python") as caught:
        partitioncache.create_cache("postgresql_array", "k", "integer", conninfo=database.conninfo(user=role))
    assert caught.value.hint is not None


def test_queries_mean_what_the_session_says(database: Database) -> None:
    database.psql(
        """
        create schema app;
        create table app.poi as select g as id, g % 20 as city_id, g % 5 as kind from generate_series(1, 500) g;
        """
    )
    query = "SELECT * FROM poi WHERE kind = 3"
    there = database.conninfo(options="-csearch_path=app,public")
    with partitioncache.create_cache("postgresql_array", "city_id", "integer", conninfo=there) as cache:
        partitioncache.push_query(query, "city_id", cache=cache)
        while database.execute("select partitioncache_process_queue()") != [(0,)]:
            pass
        assert partitioncache.get_partition_keys(query, cache, "city_id") == ({3, 8, 13, 18}, 1, 1)
        assert "app.poi" in partitioncache.apply_cache(query, cache, method="literal")
    with partitioncache.create_cache(
        "postgresql_array", "city_id", "integer", conninfo=database.conninfo()
    ) as other:
        assert partitioncache.apply_cache(query, other) == query


def test_one_storage_for_each_partition_key(open_cache: OpenCache) -> None:
    bits = open_cache("postgresql_bit", "k", "integer", cache="shared")
    bits.set_set("h", {1, 2})
    with pytest.raises(RegistrationConflictError, match=r"registered in shared as integer in postgresql_bit"):
        open_cache("postgresql_array", "k", "integer", cache="shared")
    arrays = open_cache("postgresql_array", "other", "text", cache="shared")
    assert arrays.get("h", "k") == {1, 2}
    assert arrays.get_partition_keys() == [("k", "integer"), ("other", "text")]


def test_integers_are_as_wide_as_their_type(open_cache: OpenCache) -> None:
    cache = open_cache("postgresql_array", "k", "integer")
    with pytest.raises(
        DatatypeError, match=r"2147483648 does not fit into integer.*Register the partition key as bigint"
    ):
        cache.set_set("h", {2**31})
    cache.set_set("h", {2**31}, "wide")
    assert cache.datatype("wide") == "bigint"


def test_a_size_of_a_million_keys(open_cache: OpenCache, database: Database) -> None:
    for cache_type, column, promised in (
        ("postgresql_array", "keys", 4_000_100),
        ("postgresql_bit", "bits", 125_100),
    ):
        cache = open_cache(cache_type, "k", "integer", cache=cache_type)
        cache.set_set("h", range(1_000_000))
        ((size,),) = database.execute(f"select pg_column_size({column}) from {cache_type}_cache_k")
        assert size <= promised


def test_the_server_object(database: Database) -> None:
    with Server(conninfo=database.conninfo()) as server:
        assert server.schema == "public"
        assert database.name in repr(server)
        assert server.call("partitioncache_version") == [(partitioncache.__version__,)]
        server.call("partitioncache_register", "k", "integer", cache="c")
        server.call("partitioncache_set", "k", "h", Typed("pg_catalog.int4[]", [1, 2]), cache="c")
        assert server.call("partitioncache_count", cache="c", partition_key="k") == [(1,)]
        with pytest.raises(NotRegisteredError) as caught:
            server.call("partitioncache_keys", "nothing", "c")
        assert caught.value.hint is not None
        with pytest.raises(ConfigurationError):
            server.call("partitioncache_set", "k", "", Typed("pg_catalog.int4[]", [1]), cache="c")
    with pytest.raises(UnavailableError, match="cache is closed"):
        server.call("partitioncache_version")


def test_a_password_is_never_shown(database: Database) -> None:
    with PostgresqlArray(conninfo=database.conninfo(password="s3cret")) as handler:
        assert "s3cret" not in repr(handler)
    with pytest.raises(PartitionCacheError) as caught:
        PostgresqlArray(conninfo=database.conninfo(password="s3cret", dbname="missing"))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"dbname": "nodb"}, 'PostgreSQL refuses: database "nodb" does not exist. Set DB_NAME'),
        ({"user": "nobody_here"}, 'PostgreSQL refuses: role "nobody_here" does not exist. Set DB_USER'),
        ({"host": "/nowhere"}, "No such file or directory. Is the server running there? Set DB_HOST"),
        ({"host": "127.0.0.1", "port": 1}, "Connection refused. Is the server running there? Set DB_HOST"),
        ({"host": "nowhere.invalid"}, "Set DB_HOST, or PGHOST, to the name of the server."),
    ],
)
def test_a_connection_that_fails_says_why_once(database: Database, wrong: dict[str, Any], says: str) -> None:
    where = {"host": database.cluster.socket_folder, "port": database.cluster.port, "user": "postgres"}
    with pytest.raises(UnavailableError) as caught:
        partitioncache.create_cache(
            "postgresql_array", "k", "integer", **{**where, "dbname": database.name, **wrong}
        )
    text = str(caught.value)
    assert says in text
    assert text.count("running") <= 1
    assert len(text.splitlines()) == 1


def test_a_port_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match="'99999' is no port"):
        partitioncache.create_cache("postgresql_array", "k", "integer", port=99999)


def test_all_connections_are_busy(database: Database) -> None:
    with (
        Server(conninfo=database.conninfo(), max_connections=1, timeout=0.5) as server,
        server.connection(),
        pytest.raises(UnavailableError, match="All connections of this cache are busy"),
    ):
        server.call("partitioncache_version")


def test_a_partition_key_that_nobody_registered(database: Database) -> None:
    with pytest.raises(NotRegisteredError, match="never_registered is not registered in the cache partitioncache"):
        partitioncache.create_cache("postgresql_array", "never_registered", conninfo=database.conninfo())


def test_server_and_client_know_the_same_datatypes_and_methods(database: Database) -> None:
    """Each has one table of them."""
    known = database.execute(
        "select datatype, native::text, (native::text || '[]')::regtype::text"
        " from partitioncache_internal.pc_datatypes()"
    )
    assert [row[0] for row in known] == list(DATATYPES)
    for name, native, array in known:
        named = f"select '{NATIVE[name][0]}'::regtype::text, '{NATIVE[name][1]}'::regtype::text"
        assert database.execute(named) == [(native, array)]
    for method in ("auto", *METHODS_OF_SERVER):
        database.execute(f"select partitioncache_internal.pc_check_method('{method}')")
