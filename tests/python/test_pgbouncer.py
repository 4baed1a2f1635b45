"""Everything through PgBouncer in transaction mode, where a session is another one after each transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest
from psycopg.rows import dict_row

import partitioncache
import partitioncache.psycopg
from partitioncache.queues import Item, open_queue
from partitioncache.setup.install import behind_pooler
from partitioncache.sources.postgresql import PostgreSQLSource
from support.cluster import Database
from support.commands import Run, lead_to
from support.services import pgbouncer

WORLD = """
create table poi as select n % 500 as city_id, n % 97 as kind, n * 7 % 101 as height from generate_series(1, 20000) n;
create index on poi (city_id);
analyze poi;
create role bouncer_app login;
grant select on poi to bouncer_app;
select partitioncache_register('city_id', 'integer'), partitioncache_update_processor_config(least_cost => 0);
select partitioncache_push('select * from poi where kind = 3 and height > 95', 'city_id');
select partitioncache_process_queue();
select partitioncache_grant('bouncer_app', 'push');
"""
QUERY = "select count(*) from poi where kind = 3 and height > 95 and city_id >= 0"


@pytest.fixture
def pooled(database: Database) -> Iterator[Database]:
    """A database with an entry, as it is reached through PgBouncer."""
    database.psql(WORLD)
    try:
        with pgbouncer(database, "bouncer_app") as through:
            yield through
    finally:
        database.cluster.drop_database(database)
        database.cluster.database().psql("drop role bouncer_app")


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.conninfo(), autocommit=True, prepare_threshold=None) as connection:
        return connection.execute(query.encode()).fetchall()


def keys_of(database: Database) -> partitioncache.Cache:
    return partitioncache.create_cache("postgresql_array", "city_id", conninfo=database.conninfo())


def test_a_pooler_is_noticed(pooled: Database, database: Database) -> None:
    for reached, expected in ((pooled, True), (database, False)):
        with psycopg.connect(reached.conninfo(), autocommit=True) as connection:
            assert behind_pooler(connection) is expected


def test_sql(pooled: Database) -> None:
    (plain,) = rows(pooled, QUERY)
    for method in ("auto", "literal", "current", "subquery", "IN", "VALUES"):
        ((rewritten,),) = rows(
            pooled, f"select partitioncache_apply($q${QUERY}$q$, 'city_id', method => '{method}')"
        )
        assert rewritten != QUERY
        assert rows(pooled, rewritten) == [plain], method
    # one transaction is one session
    for method in ("TMP_TABLE_IN", "TMP_TABLE_JOIN"):
        with psycopg.connect(pooled.conninfo(), prepare_threshold=None) as connection:
            row = connection.execute(
                "select partitioncache_apply(%s, 'city_id', method => %s)", [QUERY, method]
            ).fetchone()
            assert row is not None
            assert connection.execute(row[0].encode()).fetchall() == [plain], method
    with psycopg.connect(pooled.conninfo(), prepare_threshold=None) as connection:
        connection.execute("select partitioncache_open('c', %s, 'city_id')", [QUERY])
        assert connection.execute("fetch all from c").fetchall() == [plain]


@pytest.mark.parametrize("factory", [None, dict_row])
def test_apply_and_push_again_and_again(pooled: Database, factory: object) -> None:
    """More often than psycopg needs to prepare a statement, from more clients than there are sessions."""
    (plain,) = rows(pooled, QUERY)

    def ask(number: int) -> None:
        with keys_of(pooled) as cache:
            given = {} if factory is None else {"row_factory": factory}
            with psycopg.connect(pooled.conninfo(), autocommit=True, **given) as connection:  # type: ignore[arg-type]
                for turn in range(8):
                    for way in ({}, {"connection": connection}):
                        rewritten = partitioncache.apply_cache(QUERY, cache, **way)  # type: ignore[arg-type]
                        assert rewritten != QUERY
                    assert partitioncache.explain_query(QUERY, cache, connection=connection).applied
                    partitioncache.push_query(
                        f"select * from poi where kind = {number} and height > {turn}",
                        "city_id",
                        cache=cache,
                        connection=connection,
                    )
                assert rows(pooled, rewritten) == [plain]

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(ask, range(6)))


@pytest.mark.parametrize("method", ["TMP_TABLE_IN", "TMP_TABLE_JOIN"])
@pytest.mark.parametrize("autocommit", [True, False])
def test_a_temporary_table_never_goes_astray(
    pooled: Database, method: str, autocommit: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the query may run in another session than its temporary table is in, the keys go into the text."""
    (plain,) = rows(pooled, QUERY)
    with (
        keys_of(pooled) as cache,
        psycopg.connect(pooled.conninfo(), autocommit=autocommit, prepare_threshold=None) as connection,
        caplog.at_level(logging.WARNING, "partitioncache"),
    ):
        outside = partitioncache.apply_cache(QUERY, cache, method=method, connection=connection)
        assert "pg_temp" not in outside
        assert outside != QUERY
        assert "behind a pooler" in caplog.text
        assert rows(pooled, outside) == [plain]
        with connection.transaction():
            connection.execute("select 1")
            inside = partitioncache.apply_cache(QUERY, cache, method=method, connection=connection)
            assert "pg_temp" in inside
            assert connection.execute(inside.encode()).fetchall() == [plain]


def settings_of_sessions(pooled: Database) -> set[tuple[object, ...]]:
    """What the sessions behind PgBouncer are left with."""
    found = set()
    with ExitStack() as stack:
        for _ in range(2):  # as many as there are
            connection = stack.enter_context(psycopg.connect(pooled.conninfo(), prepare_threshold=None))
            found.update(
                connection.execute(
                    """select current_setting('statement_timeout'), current_setting('default_transaction_read_only'),
                              (select count(*) from pg_listening_channels()),
                              (select count(*) from pg_prepared_statements)"""
                ).fetchall()
            )
    return found


def test_the_monitor(pooled: Database, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(pooled, monkeypatch)
    before = settings_of_sessions(pooled)
    rows(pooled, "select partitioncache_push('select * from poi where kind = 5 and height > 90', 'city_id')")
    with open_queue("postgresql", conninfo=pooled.conninfo()) as queue:
        queue.push("incoming", [Item("SELECT * FROM poi WHERE kind = 6 AND height > 90", "city_id")])
        assert queue.wait(0.01) is False
    done = run("pcache-monitor", "--once", "--max-processes", "3", "--timeout", "60")
    assert done.code == 0, done.err
    assert "error" not in done.err
    assert rows(pooled, "select incoming + outgoing from partitioncache_queue_lengths()") == [(0,)]
    for kind in (5, 6):
        query = f"select count(*) from poi where kind = {kind} and height > 90"
        assert rows(pooled, f"select applied from partitioncache_explain('{query}', 'city_id')") == [(True,)]
    assert settings_of_sessions(pooled) == before


def test_a_monitor_of_another_cache_leaves_nothing_in_the_sessions(
    pooled: Database, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    lead_to(pooled, monkeypatch)
    before = settings_of_sessions(pooled)
    cache = ("--cache-backend", "rocksdict", "--cache-path", f"{tmp_path}/cache")
    done = run("pcache-add", "--direct", "--query", QUERY, "--partition-key", "city_id", *cache)
    assert done.code == 0, done.err
    with PostgreSQLSource(pooled.conninfo()) as source:
        for _ in range(8):
            source.keys("select distinct city_id from poi where kind = 3", timeout=5)
    assert settings_of_sessions(pooled) == before


def test_a_lesser_role_through_the_commands(
    pooled: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(pooled, monkeypatch)
    monkeypatch.setenv("DB_USER", "bouncer_app")
    doctor = run("pcache", "doctor", "--without-cron")
    assert doctor.code == 0, doctor.out
    assert "in transaction mode: sessions are shared" in doctor.out
    assert run("pcache", "apply", "--partition-key", "city_id", "--query", QUERY).code == 0
    assert run("pcache", "status").code == 0
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=8MB")
    refused = run("pcache", "status")
    assert refused.code == 3
    assert "PGOPTIONS" in refused.err


def test_writes_between_two_questions(pooled: Database) -> None:
    """Freshness does not depend on the session."""
    with keys_of(pooled) as cache:
        before = rows(pooled, partitioncache.apply_cache(QUERY, cache))
        with psycopg.connect(pooled.conninfo(), autocommit=True, prepare_threshold=None) as connection:
            connection.execute("insert into poi values (77, 3, 99), (9999, 3, 99)")
        after = rows(pooled, partitioncache.apply_cache(QUERY, cache))
    assert after[0][0] == before[0][0] + 2  # type: ignore[operator]


def test_an_adapter(pooled: Database) -> None:
    """Many clients on few sessions, with an adapter that learns by itself; the sessions stay clean."""
    before = settings_of_sessions(pooled)
    options = {"method": "current", "limit_ms": 20_000, "share": 1, "learn_after_ms": 0, "learn_seconds": 60}
    factory = partitioncache.psycopg.cursor_factory(partition_key="city_id", **options)
    other = "select count(*) from poi where kind = %s and height > 90 and city_id >= 0"
    expected = [rows(pooled, QUERY), rows(pooled, other.replace("%s", "5"))]

    def client(autocommit: bool) -> None:
        with psycopg.connect(
            pooled.conninfo(), autocommit=autocommit, prepare_threshold=None, cursor_factory=factory
        ) as connection:
            for _ in range(10):
                assert connection.execute(QUERY).fetchall() == expected[0]
                assert connection.execute(other, [5]).fetchall() == expected[1]
                connection.commit()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(client, [True, False, True, False]))
    assert factory.acceleration.learner.wait()
    statistics = factory.acceleration.statistics()
    assert statistics.problem is None
    assert statistics.restricted
    assert statistics.pushed
    assert settings_of_sessions(pooled) == before
