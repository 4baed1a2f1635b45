"""PartitionCache asked on the application's own connection: it works inside the session, and leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

import partitioncache
from partitioncache.errors import (
    ConfigurationError,
    NotRegisteredError,
    PartitionCacheError,
    QueryError,
    UnavailableError,
)
from support.cluster import Database

DATA = """
do $$ begin create role session_app login; exception when duplicate_object then null; end $$;
create schema tenant2;
create table poi (id integer primary key, city_id integer, kind integer);
create table tenant2.poi (id integer primary key, city_id integer, kind integer);
insert into poi select g, g % 60, g % 60 / 7 from generate_series(1, 3000) g;
insert into tenant2.poi select g, g % 50, g % 50 / 7 from generate_series(1, 2000) g;
grant usage on schema tenant2 to session_app;
grant select, insert on poi, tenant2.poi to session_app;
analyze;
"""
QUERY = "SELECT id FROM poi WHERE kind = 7"
FORMS = ["literal", "IN", "VALUES", "subquery", "TMP_TABLE_IN", "TMP_TABLE_JOIN", "auto"]


@pytest.fixture
def data(database: Database) -> Database:
    database.psql(DATA)
    return database


@pytest.fixture
def cache(data: Database) -> Iterator[partitioncache.Cache]:
    with partitioncache.create_cache(
        "postgresql_array", "city_id", "integer", conninfo=data.conninfo()
    ) as cache:
        for path in ("public", "tenant2"):
            partitioncache.push_query(QUERY, "city_id", cache=cache, search_path=path)
        while data.execute("select partitioncache_process_queue('partitioncache')") != [(0,)]:
            pass
        yield cache


def status(connection: psycopg.Connection[Any]) -> TransactionStatus:
    return connection.info.transaction_status


def same(connection: psycopg.Connection[Any], rewritten: str, query: str = QUERY) -> None:
    found = sorted(connection.execute(rewritten.encode()).fetchall())
    assert found == sorted(connection.execute(query.encode()).fetchall())
    assert found


@pytest.mark.parametrize("method", FORMS)
def test_names_are_those_of_the_session(data: Database, cache: partitioncache.Cache, method: str) -> None:
    with data.connect() as connection:
        for path, other in (("public", "tenant2"), ("tenant2", "public")):
            connection.execute(f"set search_path = {path}".encode())
            rewritten = partitioncache.apply_cache(QUERY, cache, method=method, connection=connection)
            assert method == "auto" or rewritten != QUERY
            assert f"{other}.poi" not in rewritten
            same(connection, rewritten)
            if method.startswith("TMP"):
                continue
            # Without a connection, names are those of the path that was given, whoever runs the text.
            pinned = partitioncache.apply_cache(QUERY, cache, method=method, search_path=other)
            assert method == "auto" or f"{other}.poi" in pinned
            if pinned == QUERY:
                continue
            same(connection, pinned, f"SELECT id FROM {other}.poi WHERE kind = 7")
            keys = partitioncache.get_partition_keys(QUERY, cache, "city_id", connection=connection)[0]
            assert keys is not None
            assert keys == {row[0] for row in connection.execute(b"select city_id from poi where kind = 7")}


@pytest.mark.parametrize("method", FORMS)
@pytest.mark.parametrize("autocommit", [True, False])
def test_uncommitted_writes_are_seen_and_stay_uncommitted(
    data: Database, cache: partitioncache.Cache, method: str, autocommit: bool
) -> None:
    partitioncache.track(cache, "poi")
    partitioncache.push_query(QUERY, "city_id", cache=cache)
    while data.execute("select partitioncache_process_queue('partitioncache')") != [(0,)]:
        pass
    with data.connect(autocommit=autocommit) as connection:
        if autocommit:
            connection.execute("begin")
        connection.execute("insert into poi values (5000, 3, 7)")
        rewritten = partitioncache.apply_cache(QUERY, cache, method=method, connection=connection)
        assert status(connection) == TransactionStatus.INTRANS
        same(connection, rewritten)
        assert data.execute("select count(*) from poi where id = 5000") == [(0,)]
        connection.execute("rollback")
    assert data.execute("select count(*) from poi where id = 5000") == [(0,)]


def test_the_state_of_the_transaction_stays(data: Database, cache: partitioncache.Cache) -> None:
    with data.connect(autocommit=False) as connection:
        partitioncache.apply_cache(QUERY, cache, connection=connection)
        assert status(connection) == TransactionStatus.IDLE
        with connection.transaction():
            connection.execute("insert into poi values (5001, 3, 7)")
            partitioncache.apply_cache(QUERY, cache, connection=connection)
            partitioncache.explain_query(QUERY, cache, connection=connection)
            with connection.transaction():
                partitioncache.apply_cache(QUERY, cache, connection=connection)
        # The block has committed, since it was not inside a transaction of ours.
        assert data.execute("select count(*) from poi where id = 5001") == [(1,)]
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("select 1 / 0")
        assert status(connection) == TransactionStatus.INERROR
        assert partitioncache.apply_cache(QUERY, cache, connection=connection) == QUERY
        assert (
            partitioncache.apply_cache("SELECT %s", cache, params=["a'"], connection=connection)
            == "SELECT 'a'''"
        )
        assert status(connection) == TransactionStatus.INERROR
        with pytest.raises(UnavailableError, match="has failed"):
            partitioncache.explain_query(QUERY, cache, connection=connection)
        with pytest.raises(UnavailableError, match="has failed"):
            partitioncache.push_query(QUERY, "city_id", cache=cache, connection=connection)
        connection.rollback()
        with connection.pipeline():
            assert partitioncache.apply_cache(QUERY, cache, connection=connection) == QUERY
        connection.rollback()
        with connection.cursor().copy("copy poi to stdout") as copy:
            assert partitioncache.apply_cache(QUERY, cache, connection=connection) == QUERY
            for _ in copy:
                pass
    assert connection.closed
    assert partitioncache.apply_cache(QUERY, cache, connection=connection) == QUERY


@pytest.mark.parametrize("autocommit", [True, False])
def test_an_error_does_not_abort_the_transaction(
    data: Database, cache: partitioncache.Cache, autocommit: bool
) -> None:
    """A role without rights in PartitionCache, and a server that refuses the call."""
    with data.connect(autocommit=autocommit, user="session_app") as connection, connection.transaction():
        connection.execute("insert into poi values (5002, 3, 7)")
        assert partitioncache.apply_cache(QUERY, cache, connection=connection) == QUERY
        with pytest.raises(PartitionCacheError, match=r"may not (use|call) "):
            partitioncache.explain_query(QUERY, cache, connection=connection)
        with pytest.raises(PartitionCacheError, match=r"may not (use|call) "):
            partitioncache.push_query(QUERY, "city_id", cache=cache, connection=connection)
        assert status(connection) == TransactionStatus.INTRANS
    assert data.execute("select count(*) from poi where id = 5002") == [(1,)]
    with data.connect(autocommit=autocommit) as connection, connection.transaction():
        connection.execute("insert into poi values (5003, 3, 7)")
        with pytest.raises(QueryError):
            partitioncache.push_query("SELEC nonsense", "city_id", cache=cache, connection=connection)
        assert status(connection) == TransactionStatus.INTRANS
    assert data.execute("select count(*) from poi where id = 5003") == [(1,)]


def test_a_push_belongs_to_the_transaction(data: Database, cache: partitioncache.Cache) -> None:
    query = "SELECT id FROM poi WHERE kind = 3"
    with data.connect(autocommit=False) as connection:
        connection.execute("set search_path = tenant2")
        connection.commit()
        connection.execute("select 1")
        partitioncache.push_query(
            "SELECT id FROM poi WHERE kind = %s", "city_id", params=[3], cache=cache, connection=connection
        )
        assert data.execute("select count(*) from partitioncache_queue where status = 'ready'") == [(0,)]
        connection.rollback()
        partitioncache.push_query(query, "city_id", cache=cache, connection=connection)
        assert data.execute("select count(*) from partitioncache_queue where status = 'ready'") == [(1,)]
        while data.execute("select partitioncache_process_queue('partitioncache')") != [(0,)]:
            pass
        assert partitioncache.apply_cache(query, cache, method="IN") == query
        rewritten = partitioncache.apply_cache(query, cache, method="IN", connection=connection)
        assert rewritten != query
        same(connection, rewritten, query)


def factories() -> list[Callable[[psycopg.Connection[Any]], None]]:
    def set_attribute(name: str, value: Any) -> Callable[[psycopg.Connection[Any]], None]:
        return lambda connection: setattr(connection, name, value)

    return [
        set_attribute("row_factory", dict_row),
        set_attribute("cursor_factory", psycopg.ClientCursor),
        set_attribute("cursor_factory", psycopg.RawCursor),
        set_attribute("prepare_threshold", None),
        set_attribute("prepare_threshold", 0),
    ]


@pytest.mark.parametrize("set_up", factories())
def test_whatever_the_connection_makes_of_rows_and_cursors(
    data: Database, cache: partitioncache.Cache, set_up: Callable[[psycopg.Connection[Any]], None]
) -> None:
    with data.connect() as connection:
        set_up(connection)
        for _ in range(3):
            query = "SELECT id FROM poi WHERE kind = %s"
            rewritten = partitioncache.apply_cache(
                query, cache, params=[7], method="IN", connection=connection
            )
            assert "IN (" in rewritten
            explanation = partitioncache.explain_query(
                query, cache, params=[7], method="IN", connection=connection
            )
            assert (explanation.applied, explanation.reason, explanation.rewritten) == (True, None, rewritten)


def test_a_role_whose_rights_were_taken_away_still_gets_its_rows(data: Database) -> None:
    data.execute("select partitioncache_register('city_id', 'integer')")
    data.execute("select partitioncache_grant('session_app', 'read')")
    conninfo = data.conninfo(user="session_app")
    with partitioncache.create_cache("postgresql_array", "city_id", conninfo=conninfo) as cache:
        assert partitioncache.explain_query(QUERY, cache).reason
        data.execute("select partitioncache_revoke('session_app')")
        assert partitioncache.apply_cache(QUERY, cache) == QUERY
        with pytest.raises(PartitionCacheError, match=r"may not (use|call) "):
            partitioncache.explain_query(QUERY, cache)


@pytest.mark.parametrize("level", list(psycopg.IsolationLevel))
@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("method", ["literal", "subquery"])
def test_every_kind_of_transaction(
    data: Database, cache: partitioncache.Cache, level: psycopg.IsolationLevel, read_only: bool, method: str
) -> None:
    with data.connect(autocommit=False) as connection:
        # A query that nobody has asked before cannot be taken apart in a read-only transaction.
        partitioncache.apply_cache(QUERY, cache, method=method, connection=connection)
        connection.isolation_level = level
        connection.read_only = read_only
        for _ in range(2):
            explanation = partitioncache.explain_query(QUERY, cache, method=method, connection=connection)
            if not explanation.applied:
                # The server cannot tell, without writing, what the query means under an old snapshot.
                assert read_only
                assert level in (psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE)
                assert "read-only" in (explanation.reason or "")
                continue
            rewritten = partitioncache.apply_cache(QUERY, cache, method=method, connection=connection)
            assert rewritten != QUERY
            same(connection, rewritten)
            assert status(connection) == TransactionStatus.INTRANS
        connection.commit()


def test_explanations(cache: partitioncache.Cache) -> None:
    explanation = partitioncache.explain_query(QUERY, cache, method="literal")
    assert explanation.applied
    assert explanation.reason is None
    assert (explanation.method_used, explanation.fragments, explanation.hits, explanation.partitions) == (
        "literal",
        1,
        1,
        60,
    )
    assert explanation.keys == 7
    assert len(explanation.entries) == 1
    assert "Restricted to 7 of 60 partitions by literal" in str(explanation)
    for query, reason in (
        ("SELECT id FROM poi WHERE kind = 99", "cache"),
        ("SELECT id FROM poi WHERE random() < 2", "volatile"),
        ("SELECT nothing FROM poi", "nothing"),
        ("SELECT id FROM poi WHERE kind = %s", "%s looks like a parameter"),
        ("", ""),
    ):
        explanation = partitioncache.explain_query(query, cache, method="literal")
        assert not explanation.applied
        assert explanation.rewritten == query
        assert explanation.reason
        assert reason in explanation.reason
    misspelt = partitioncache.explain_query(QUERY, cache, "citi_id")
    assert (
        misspelt.reason
        == "The partition key citi_id is not registered in the cache partitioncache. Did you mean city_id?"
    )


def test_mistakes(data: Database, cache: partitioncache.Cache) -> None:
    for method in ("TMP_TABLE_IN", "TMP_TABLE_JOIN"):
        with pytest.raises(ConfigurationError, match=r"temporary table in the session.*connection="):
            partitioncache.apply_cache(QUERY, cache, method=method)
    with data.connect() as connection:
        with pytest.raises(ConfigurationError, match="Did you mean literal"):
            partitioncache.apply_cache(QUERY, cache, method="literl", connection=connection)
        with pytest.raises(
            NotRegisteredError,
            match=r"citi_id is not registered in the cache partitioncache\. Did you mean city_id",
        ):
            partitioncache.apply_cache(QUERY, cache, "citi_id", connection=connection)
    for ask in (partitioncache.apply_cache, partitioncache.get_partition_keys, partitioncache.explain_query):
        with pytest.raises(QueryError, match="The query is None"):
            ask(None, cache, "city_id")  # type: ignore[operator]
        with pytest.raises(ConfigurationError, match="'partitioncache' is no cache, but a text"):
            ask(QUERY, "partitioncache", "city_id")  # type: ignore[operator]
        with pytest.raises(ConfigurationError, match=r"takes a psycopg.Connection, not a str"):
            ask(QUERY, cache, "city_id", connection="dbname=x")  # type: ignore[operator]
    with pytest.raises(NotRegisteredError, match="Did you mean city_id"):
        partitioncache.get_partition_keys(QUERY, cache, "citi_id")
    with pytest.raises(NotRegisteredError, match="Did you mean city_id"):
        partitioncache.push_query(QUERY, "citi_id", cache=cache)
    with pytest.raises(QueryError, match="%s looks like a parameter: give its value in params"):
        partitioncache.push_query("SELECT id FROM poi WHERE kind = %s", "city_id", cache=cache)
    with pytest.raises(NotRegisteredError, match="did you mean the cache partitioncache"):
        partitioncache.create_cache(
            "postgresql_array", "city_id", cache="partitoncache", conninfo=data.conninfo()
        )
    with pytest.raises(NotRegisteredError, match="never_registered is not registered"):
        partitioncache.create_cache("postgresql_array", "never_registered", conninfo=data.conninfo())


def test_the_query_runs_where_the_cache_cannot_be_reached(data: Database) -> None:
    cache = partitioncache.create_cache(
        "postgresql_array", "city_id", "integer", conninfo=data.conninfo(), timeout=0.1, max_connections=1
    )
    handler = cache.underlying_handler
    with handler.server.connection():  # type: ignore[attr-defined]
        assert partitioncache.apply_cache(QUERY, cache) == QUERY
    cache.close()
    with pytest.raises(UnavailableError, match="closed"):
        partitioncache.apply_cache(QUERY, cache)


def test_statements_are_not_prepared_behind_a_pooler(data: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepared(**options: Any) -> int:
        with partitioncache.create_cache(
            "postgresql_array", "city_id", "integer", conninfo=data.conninfo(), max_connections=1, **options
        ) as cache:
            for _ in range(10):
                cache.exists("x")
            with cache.underlying_handler.server.connection() as connection:  # type: ignore[attr-defined]
                return int(connection.execute("select count(*) from pg_prepared_statements").fetchone()[0])

    assert prepared() > 0
    assert prepared(prepare_threshold=None) == 0
    monkeypatch.setenv("PG_PREPARE_THRESHOLD", "none")
    assert prepared() == 0
    assert prepared(prepare_threshold=2) > 0
    with pytest.raises(ConfigurationError, match="'often' is no number of runs"):
        prepared(prepare_threshold="often")
