"""Where settings come from, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

import partitioncache
from partitioncache import config
from partitioncache.errors import ConfigurationError, UnavailableError
from support.cluster import Database


def test_arguments_win_over_the_environment() -> None:
    env = {"DB_HOST": "a", "DB_PORT": "1", "DB_USER": "u", "DB_PASSWORD": "p", "DB_NAME": "d"}
    assert config.postgresql_parameters({}, env) == {
        "host": "a", "port": "1", "user": "u", "password": "p", "dbname": "d",
    }  # fmt: skip
    assert config.postgresql_parameters({"host": "b", "db_name": "e", "port": None}, env)["host"] == "b"
    assert config.postgresql_parameters({"database": "e"}, env)["dbname"] == "e"
    assert config.postgresql_parameters({"conninfo": "service=x"}, env) == {"conninfo": "service=x"}


def test_the_queue_has_variables_of_its_own() -> None:
    env = {"DB_HOST": "a", "DB_USER": "u", "PG_QUEUE_HOST": "q", "PG_QUEUE_DB": "queue_database"}
    assert config.postgresql_parameters({}, env, "PG_QUEUE_") == {
        "host": "q",
        "user": "u",
        "dbname": "queue_database",
    }


def test_libpq_variables_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PGHOST=filehost\nDB_NAME=app\nexport PGUSER='someone'\n")
    monkeypatch.chdir(tmp_path)
    assert config.postgresql_parameters({}) == {"dbname": "app", "host": "filehost", "user": "someone"}
    monkeypatch.setenv("PGHOST", "real")
    assert "host" not in config.postgresql_parameters({}), "libpq reads it by itself"
    monkeypatch.setenv("DB_NAME", "other")
    assert config.postgresql_parameters({})["dbname"] == "other", "the environment wins over the file"
    assert config.environment(tmp_path / ".env")["DB_NAME"] == "other"
    with pytest.raises(ConfigurationError, match="no file"):
        config.environment(tmp_path / "missing.env")


def test_mistakes_are_named() -> None:
    with pytest.raises(ConfigurationError, match="'x' is no port"):
        config.postgresql_parameters({"port": "x"}, {})
    with pytest.raises(ConfigurationError, match="REDIS_PORT is 'x'"):
        config.redis_parameters({}, {"REDIS_PORT": "x"})
    with pytest.raises(ConfigurationError, match="REDIS_TLS is 'perhaps'"):
        config.redis_parameters({}, {"REDIS_TLS": "perhaps"})


def test_redis() -> None:
    env = {"REDIS_URL": "redis://a:1/2", "REDIS_PASSWORD": "p", "REDIS_CLUSTER": "0"}
    assert config.redis_parameters({}, env) == {"url": "redis://a:1/2", "password": "p", "cluster": False}
    assert config.redis_parameters({"host": "b"}, env) == {"host": "b", "password": "p", "cluster": False}
    assert config.redis_parameters({"url": "redis://c"}, {"REDIS_HOST": "a", "REDIS_DB": "3"}) == {
        "url": "redis://c"
    }
    assert config.redis_parameters({"socket": "/s", "tls": True}, {}) == {
        "unix_socket_path": "/s",
        "ssl": True,
    }


def test_rocksdb(tmp_path: Path) -> None:
    assert config.rocksdb_path("rocksdict", tmp_path, {"ROCKSDB_PATH": "/x"}) == tmp_path
    assert config.rocksdb_path("rocksdict", None, {"XDG_CACHE_HOME": "/c"}) == Path(
        "/c/partitioncache/rocksdict"
    )
    assert config.rocksdb_path("rocksdict", None, {}) == Path.home() / ".cache/partitioncache/rocksdict"


def test_postgresql_by_url_keywords_and_pg_variables(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, folder = database.cluster.port, database.cluster.socket_folder
    ways = (
        {"url": f"postgresql://{database.user}@127.0.0.1:{port}/{database.name}"},
        {"host": folder, "port": port, "user": database.user, "dbname": database.name, "connect_timeout": 5},
        {"dsn": database.conninfo(), "table_prefix": "myapp"},
    )
    for way in ways:
        with partitioncache.create_cache("postgresql_array", "k", "integer", **way) as cache:
            cache.set_set("h", {1})
            assert cache.get("h") == {1}
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"):
        monkeypatch.setenv(name, database.environment()[name])
    with partitioncache.create_cache("postgresql_array", "k", "integer") as cache:
        assert cache.get("h") == {1}


def test_postgresql_that_is_not_there(database: Database, empty_database: Database) -> None:
    folder, port = database.cluster.socket_folder, database.cluster.port
    with pytest.raises(UnavailableError, match="Set DB_HOST"):
        partitioncache.create_cache("postgresql_array", "k", "integer", host="127.0.0.1", port=1, dbname="x")
    with pytest.raises(UnavailableError, match=r"\"nothing\" does not exist"):
        partitioncache.create_cache(
            "postgresql_array", "k", "integer", host=folder, port=port, user="postgres", dbname="nothing"
        )
    with pytest.raises(ConfigurationError, match="CREATE EXTENSION partitioncache"):
        partitioncache.create_cache("postgresql_array", "k", "integer", conninfo=empty_database.conninfo())
    with pytest.raises(ConfigurationError, match="hots"):
        partitioncache.create_cache("postgresql_array", "k", "integer", hots="x")


@pytest.mark.parametrize("schema", ["odd schema", "public"])
def test_the_extension_in_any_schema(empty_database: Database, schema: str) -> None:
    empty_database.psql(
        f'create schema if not exists "{schema}"; create extension partitioncache schema "{schema}"'
    )
    with partitioncache.create_cache(
        "postgresql_bit", "k", "integer", conninfo=empty_database.conninfo()
    ) as cache:
        cache.set_set("h", {1, 2})
        cache.set_set("i", {2, 3})
        assert cache.get_intersected(["h", "i"]) == ({2}, 2)
        assert partitioncache.get_partition_keys("select 1", cache, "k") == (None, 0, 0)
        assert partitioncache.apply_cache("select 1", cache) == "select 1"


def test_the_backend_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_BACKEND", "rocksdb_bit")
    monkeypatch.setenv("ROCKSDB_PATH", str(tmp_path))
    with partitioncache.create_cache("auto", "k", "integer") as cache:
        assert cache.backend == "rocksdb_bit"
    monkeypatch.setenv("CACHE_BACKEND", "rocksdb_bits")
    with pytest.raises(ConfigurationError, match=r"Did you mean rocksdb_bit\?"):
        partitioncache.create_cache("auto", "k", "integer")
