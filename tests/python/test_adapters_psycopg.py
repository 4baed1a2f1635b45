"""psycopg's connections with the cache: the same rows whatever happens, and nothing of the application's is touched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import psycopg_pool
import pytest
from psycopg import sql
from psycopg.adapt import Dumper
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row, namedtuple_row, scalar_row

import partitioncache
import partitioncache.psycopg
from partitioncache.errors import ConfigurationError
from support.adapters import KNOWN, OPTIONS, QUERY, fill, rows
from support.cluster import Database


@pytest.fixture
def data(database: Database) -> Database:
    return fill(database)


def connect(data: Database, **others: Any) -> psycopg.Connection[Any]:
    return partitioncache.psycopg.connect(data.conninfo(), **{**OPTIONS, **others})


def restricted(connection: psycopg.Connection[Any]) -> int:
    return partitioncache.psycopg.statistics(connection).restricted


def status(connection: psycopg.Connection[Any]) -> TransactionStatus:
    return connection.info.transaction_status


@pytest.fixture(params=[True, False], ids=["autocommit", "transactions"])
def connection(request: pytest.FixtureRequest, data: Database) -> Iterator[psycopg.Connection[Any]]:
    with connect(data, autocommit=request.param) as connection:
        yield connection


# -- what is restricted --


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("select id from poi where kind = %s order by id", [7]),
        ("select id from poi where kind = %(kind)s and name like %(name)s order by id", {"kind": 7, "name": "%1%"}),
        ("select id, name like '%%0\\%%' from poi where kind = %s order by id", [7]),
        ("select id, '100%%', %s from poi where kind = 7 order by id", ["it's 5 %s"]),
        ("select id, '100%' from poi where kind = 7 order by id", None),
        ("select id, '100%%' from poi where kind = 7 order by id", ()),
        ("select id, 5-%s from poi where kind = 7 order by id", [-3]),
        ("select id, height / %s from poi where kind = 7 order by id limit %s", [2, 5]),
        (b"select id from poi where kind = %s order by id", [7]),
        (sql.SQL("select {} from poi where kind = %s order by id").format(sql.Identifier("id")), [7]),
        ("with w as (select * from poi where kind = %s) select count(*) from w", [7]),
        ("(select count(*), now() > %s from poi where kind = 7)", [psycopg.Date(2020, 1, 1)]),
        ("-- all of them\nselect count(*) from poi where kind = 7 and id = any(%s)", [[20, 49, 50, 51, 52]]),
    ],
)  # fmt: skip
def test_the_same_rows(connection: psycopg.Connection[Any], data: Database, query: Any, params: Any) -> None:
    for _ in range(8):  # more often than psycopg prepares
        found = connection.execute(query, params)
        with psycopg.connect(data.conninfo()) as plain:
            expected = plain.execute(query, params)
            assert found.fetchall() == expected.fetchall()
            assert [(c.name, c.type_code) for c in found.description or ()] == [
                (c.name, c.type_code) for c in expected.description or ()
            ]
    assert restricted(connection) > 0


@pytest.mark.parametrize("factory", [psycopg.Cursor, psycopg.ClientCursor, psycopg.RawCursor])
def test_kinds_of_cursors_and_rows(data: Database, factory: Any) -> None:
    query = QUERY if factory is not psycopg.RawCursor else QUERY.replace("%s", "$1")
    with connect(data, cursor_factory=factory) as connection:
        assert isinstance(connection.cursor(), factory)
        for row_factory in (dict_row, namedtuple_row, scalar_row):
            found = connection.cursor(row_factory=row_factory).execute(query, [KNOWN]).fetchall()
            with psycopg.connect(data.conninfo(), cursor_factory=factory, row_factory=row_factory) as plain:
                assert found == plain.execute(query, [KNOWN]).fetchall()
        binary = (
            connection.cursor(binary=True) if factory is not psycopg.ClientCursor else connection.cursor()
        )
        assert binary.execute(query, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
        if factory is not psycopg.ClientCursor:
            assert connection.execute(query, [KNOWN], binary=True).fetchall() == rows(data, QUERY, [KNOWN])
        assert restricted(connection) >= 4


class Next(Dumper):
    """Whole numbers as the next ones."""

    oid = psycopg.adapters.types["int4"].oid

    def dump(self, obj: Any) -> bytes:
        return str(obj + 1).encode()


@pytest.mark.parametrize("on_cursor", [True, False])
@pytest.mark.parametrize("factory", [psycopg.Cursor, psycopg.ClientCursor])
def test_values_are_written_by_the_cursor_s_own_rules(data: Database, on_cursor: bool, factory: Any) -> None:
    with connect(data, cursor_factory=factory) as connection:
        cursor = connection.cursor()
        (cursor if on_cursor else connection).adapters.register_dumper(int, Next)
        cursor = cursor if on_cursor else connection.cursor()
        assert cursor.execute(QUERY, [KNOWN - 1]).fetchall() == rows(data, QUERY, [KNOWN])
        assert restricted(connection) == 1
        assert cursor.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN + 1])


def test_a_pool(data: Database) -> None:
    factory = partitioncache.psycopg.cursor_factory(**OPTIONS)
    with psycopg_pool.ConnectionPool(data.conninfo(), min_size=2, kwargs={"cursor_factory": factory}) as pool:
        for _ in range(4):
            with pool.connection() as connection:
                assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
    assert factory.acceleration.statistics().restricted >= 3


def test_what_the_transaction_has_written_is_seen(data: Database) -> None:
    with connect(data) as connection:
        connection.execute("insert into poi values (9001, 499, 7, 'new', 0)")
        assert (9001, "new") in connection.execute(QUERY, [KNOWN]).fetchall()
        assert restricted(connection) == 1
        connection.rollback()
        assert (9001, "new") not in connection.execute(QUERY, [KNOWN]).fetchall()


def test_the_names_are_those_of_the_session(data: Database) -> None:
    data.execute("create schema other")
    data.execute("create table other.poi as select * from poi where id < 100")
    with connect(data, autocommit=True) as connection:
        connection.execute("set search_path = other")
        assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(
            data, "select id, name from other.poi where kind = 7 order by id"
        )
        connection.execute("set search_path = public")
        assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])


# -- what is left alone --


def test_left_alone(data: Database) -> None:
    with connect(data, autocommit=True) as connection:
        expected = rows(data, QUERY, [KNOWN])
        assert connection.execute(QUERY, [KNOWN], prepare=True).fetchall() == expected
        with connection.pipeline():
            cursors = [connection.execute(QUERY, [KNOWN]) for _ in range(3)]
            assert [cursor.fetchall() for cursor in cursors] == [expected] * 3
        with connection.transaction(), connection.cursor(name="kept") as cursor:
            assert cursor.execute(QUERY, [KNOWN]).fetchall() == expected
        assert list(connection.cursor().stream(QUERY, [KNOWN])) == expected
        with connection.cursor().copy(
            "copy (select id from poi where kind = 7 order by id) to stdout"
        ) as copy:
            copy.set_types(["int4"])
            assert [row[0] for row in copy.rows()] == [row[0] for row in expected]
        connection.cursor().executemany("update poi set name = name where kind = %s", [[7], [8]])
        with partitioncache.off():
            assert connection.execute(QUERY, [KNOWN]).fetchall() == expected
        assert connection.execute("/* partitioncache: off */ " + QUERY, [KNOWN]).fetchall() == expected
        found = connection.execute("select id from poi where kind = 7 order by id; select 2")
        assert [row[0] for row in found.fetchall()] == [row[0] for row in expected]
        assert found.nextset()
        connection.execute("update poi set name = 'x' where id = -1")
        connection.execute("select * from note")
        connection.execute("select id from poi where kind = 7 order by id limit 1 for update")
        assert restricted(connection) == 0


def test_only_what_takes_long(data: Database) -> None:
    with connect(data, longer_than_ms=60_000) as connection:
        for _ in range(3):
            connection.execute(QUERY, [KNOWN])
        assert partitioncache.psycopg.statistics(connection).asked == 0
    with connect(data, longer_than_ms=0.0001) as connection:
        for _ in range(3):
            connection.execute(QUERY, [KNOWN])
        assert restricted(connection) == 2
    with connect(data, sample=0) as connection:
        connection.execute(QUERY, [KNOWN])
        assert partitioncache.psycopg.statistics(connection).asked == 0


# -- what must not do harm --


def test_the_state_of_the_transaction_stays(data: Database) -> None:
    with connect(data) as connection:
        connection.execute("set local statement_timeout = '50s'")
        with connection.transaction():
            connection.execute("savepoint partitioncache_asks")
            connection.execute("insert into note values (2, 'kept')")
            connection.execute(QUERY, [KNOWN])
            assert connection.execute("show statement_timeout").fetchone() == ("50s",)
            connection.execute("release savepoint partitioncache_asks")
        connection.commit()
        assert rows(data, "select count(*) from note") == [(2,)]
        connection.execute("set statement_timeout = '40s'")
        connection.execute(QUERY, [KNOWN])
        connection.commit()
        assert connection.execute("show statement_timeout").fetchone() == ("40s",)
        connection.commit()
        for level in (None, *psycopg.IsolationLevel):
            for read_only in (False, True):
                connection.isolation_level, connection.read_only = level, read_only
                for _ in range(2):
                    assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
                    assert status(connection) == TransactionStatus.INTRANS
                    assert connection.execute("show statement_timeout").fetchone() == ("40s",)
                shown = connection.execute("show transaction_read_only").fetchone()
                assert shown == ("on" if read_only else "off",)
                connection.commit()
        statistics = partitioncache.psycopg.statistics(connection)
        # From the first transaction on that cannot be asked (read-only with an old snapshot), no more.
        assert statistics.restricted >= 8
        assert statistics.failed == 0, statistics.problem


def test_a_failed_transaction(data: Database) -> None:
    with connect(data) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("select 1 / 0")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute(QUERY, [KNOWN])
        connection.rollback()
        connection.execute(QUERY, [KNOWN])
        assert restricted(connection) == 1


def test_errors_are_those_of_the_query(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn):
        connection.execute("select nothing from poi where kind = %s", [7])
    connection.rollback()
    with pytest.raises(psycopg.errors.SyntaxError):
        connection.execute("select from where", [])
    connection.rollback()
    with pytest.raises(psycopg.ProgrammingError, match="placeholders"):
        connection.execute(QUERY, [1, 2])
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("select id / 0 from poi where kind = %s", [7])


@pytest.mark.parametrize(
    "statement",
    [
        "drop extension partitioncache cascade",
        "revoke usage on schema partitioncache_internal from adapters_app",
    ],
)
@pytest.mark.parametrize("autocommit", [True, False])
def test_a_cache_that_is_gone(data: Database, statement: str, autocommit: bool) -> None:
    data.psql(
        "do $$ begin create role adapters_app login; exception when duplicate_object then null; end $$;"
        "grant select, insert on poi, note to adapters_app; select partitioncache_grant('adapters_app')"
    )
    with connect(data, user="adapters_app", autocommit=autocommit) as connection:
        connection.execute(QUERY, [KNOWN])
        connection.commit()
        connection.execute("insert into note values (3, 'kept')")
        data.execute(statement)
        for _ in range(3):
            assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
        statistics = partitioncache.psycopg.statistics(connection)
        # Asked once more, then left alone for a while.
        assert (statistics.failed, statistics.problem is None) == (1, False)
    assert rows(data, "select count(*) from note") == [(2,)]


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_cache_that_is_slow(data: Database, autocommit: bool) -> None:
    with (
        connect(data, autocommit=autocommit, limit_ms=100) as connection,
        data.connect(autocommit=False) as other,
    ):
        connection.execute("insert into note values (3, 'kept')")
        other.execute("lock table partitioncache_internal.partitioncache_registration")
        began = time.monotonic()
        assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
        assert time.monotonic() - began < 5
        assert partitioncache.psycopg.statistics(connection).too_late == 1
        assert status(connection) == (TransactionStatus.IDLE if autocommit else TransactionStatus.INTRANS)
    assert rows(data, "select count(*) from note") == [(2,)]


def test_the_session_s_own_timeout_is_not_prolonged(data: Database) -> None:
    with connect(data) as connection, data.connect(autocommit=False) as other:
        other.execute("lock table partitioncache_internal.partitioncache_registration")
        connection.execute("set statement_timeout = '100ms'")
        began = time.monotonic()
        assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
        assert time.monotonic() - began < 5
        assert connection.execute("show statement_timeout").fetchone() == ("100ms",)


class Saboteur(psycopg.Cursor[Any]):
    """Takes the cache away between asking and running."""

    database: Database

    def execute(self, query: Any, params: Any = None, **others: Any) -> Any:
        if isinstance(query, bytes) and b"partitioncache_changed" in query:
            self.database.execute("drop extension partitioncache cascade")
        return super().execute(query, params, **others)


def test_a_restricted_query_that_fails_runs_again_as_it_is(
    data: Database, connection: psycopg.Connection[Any]
) -> None:
    factory = partitioncache.psycopg.cursor_factory(
        type("Dropping", (Saboteur,), {"database": data}), **OPTIONS
    )
    connection.cursor_factory = factory
    for _ in range(3):
        assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
    statistics = partitioncache.psycopg.statistics(connection)
    assert (statistics.restricted, statistics.failed) == (0, 1)


def test_a_role_that_may_not_ask(data: Database) -> None:
    data.psql(
        "do $$ begin create role adapters_stranger login; exception when duplicate_object then null; end $$;"
        "grant select on poi to adapters_stranger"
    )
    for autocommit in (True, False):
        with connect(data, user="adapters_stranger", autocommit=autocommit) as connection:
            for _ in range(2):
                assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
    with connect(data) as connection:
        connection.execute("set role adapters_stranger")
        assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
        connection.execute("reset role")


# -- what it brings --


def test_what_is_slower_is_not_restricted_again(data: Database) -> None:
    """Finding one row by its number takes a tenth of the time that asking takes."""
    with connect(data, autocommit=True, method="literal", share=0.02) as connection:
        query = "select id from poi where kind = 7 and id = %s"
        for _ in range(300):
            connection.execute(query, [49])
        (shape,) = partitioncache.psycopg.statistics(connection).shapes
        assert shape.slower
        assert shape.restricted < 30
        assert shape.saved_ms is not None
        assert shape.saved_ms < 0


def test_originals_tell_what_is_saved(data: Database) -> None:
    query = "select count(*) from poi a, poi b where a.city_id = b.city_id and a.kind = 7 and a.height + b.height > 100"
    data.execute("insert into poi select g, g % 500, 10, 'more', 1 from generate_series(10001, 200000) g")
    data.execute("drop index poi_city_id_idx")
    data.execute("select partitioncache_process_queue(max_seconds => 60)")
    with connect(data, autocommit=True, share=0.5) as connection:
        for _ in range(12):
            connection.execute(query)
        statistics = partitioncache.psycopg.statistics(connection)
        (shape,) = statistics.shapes
        assert shape.restricted
        assert shape.as_it_is
        assert shape.saved_ms is not None
        assert "ms saved" in str(statistics)


def test_learning_by_itself(data: Database) -> None:
    learns = {"learn_seconds": 60, "learn_after_ms": 0, "share": 1}
    query = "select count(*) from poi where kind = %s and name like 'place 1%%'"
    with connect(data, autocommit=True, **learns) as connection:
        acceleration = connection.cursor_factory.acceleration  # type: ignore[attr-defined]
        for _ in range(20):
            connection.execute(query, [3])
            assert acceleration.learner.wait()
            if restricted(connection):
                break
        statistics = partitioncache.psycopg.statistics(connection)
        assert statistics.problem is None
        assert statistics.pushed >= 1
        assert statistics.restricted >= 1
        assert connection.execute(query, [3]).fetchall() == rows(
            data, query.replace("%%", "%").replace("%s", "3")
        )
        assert data.execute("select entries from partitioncache_status()")[0][0] >= 2


@pytest.mark.parametrize("change", ["set role adapters_lesser", "set session authorization adapters_lesser"])
def test_nothing_is_evaluated_as_another_role(data: Database, change: str) -> None:
    """What a lesser role asks in a superuser's session is not evaluated as the superuser."""
    data.psql(
        "do $$ begin create role adapters_lesser login; exception when duplicate_object then null; end $$;"
        "grant select on poi to adapters_lesser; select partitioncache_grant('adapters_lesser', 'push')"
    )
    with connect(
        data, autocommit=True, learn_seconds=60, learn_after_ms=0, share=1, limit_ms=9_000
    ) as connection:
        connection.execute("select 1")
        connection.execute(change)
        for _ in range(5):
            connection.execute("select count(*) from poi where kind = %s and name like 'place 2%%'", [3])
        acceleration = connection.cursor_factory.acceleration  # type: ignore[attr-defined]
        assert acceleration.learner.wait()
        assert partitioncache.psycopg.statistics(connection).pushed == 0


def test_times_are_told_to_the_database(data: Database) -> None:
    with connect(data, autocommit=True, share=0.5, record_seconds=3600) as connection:
        acceleration = connection.cursor_factory.acceleration  # type: ignore[attr-defined]
        for _ in range(3):
            connection.execute(QUERY, [KNOWN])
        with partitioncache.off():
            connection.execute(QUERY, [KNOWN])
        for shape in acceleration._shapes.values():
            shape.losing = True  # as if it were: then it is not restricted
            shape.price = 1e9
        connection.execute(QUERY, [KNOWN])
        acceleration.tell(now=True)
        assert acceleration.learner.wait()
        assert acceleration.statistics().problem is None
        gain = "select what, restricted_runs, original_ms > 0, restricted_ms > 0 from partitioncache_gain()"
        assert data.execute(gain) == [(QUERY.replace("%s", "?"), 3, True, True)]
        ((saved,),) = data.execute("select saved_ms from partitioncache_status()")
        assert saved != 0
        acceleration.tell(now=True)
        assert acceleration.learner.wait()
        assert data.execute(gain)[0][1] == 3, "each run is told once"


def test_a_role_that_may_not_tell_times_is_not_troubled(data: Database) -> None:
    with connect(data, autocommit=True, share=0.5, record_seconds=3600) as connection:
        acceleration = connection.cursor_factory.acceleration  # type: ignore[attr-defined]
        connection.execute(QUERY, [KNOWN])
        data.psql("drop extension partitioncache cascade")
        for _ in range(2):
            acceleration.tell(now=True)
            assert acceleration.learner.wait()
        assert connection.execute(QUERY, [KNOWN]).fetchall() == rows(data, QUERY, [KNOWN])
        assert "partitioncache" in str(acceleration.statistics().problem)


def test_nothing_is_learned_without_a_budget(data: Database) -> None:
    with connect(data, autocommit=True, learn_seconds=0, learn_after_ms=0) as connection:
        for _ in range(5):
            connection.execute("select count(*) from poi where kind = %s", [3])
        statistics = partitioncache.psycopg.statistics(connection)
        assert (statistics.pushed, statistics.restricted) == (0, 0)


def test_options_are_checked(data: Database) -> None:
    with pytest.raises(ConfigurationError, match="limit_ms=-1 is no number from 0 to"):
        connect(data, limit_ms=-1)
    with pytest.raises(ConfigurationError, match="share='much' is no number from 0 to 1"):
        partitioncache.psycopg.cursor_factory(partition_key="city_id", share="much")
    with (
        psycopg.connect(data.conninfo()) as plain,
        pytest.raises(ConfigurationError, match="The cursors of this connection do not ask the cache"),
    ):
        partitioncache.psycopg.statistics(plain)


# -- asynchronous --


def test_asynchronous(data: Database) -> None:
    async def run() -> None:
        expected = rows(data, QUERY, [KNOWN])
        for autocommit in (True, False):
            connection = await partitioncache.psycopg.connect_async(
                data.conninfo(), autocommit=autocommit, **OPTIONS
            )
            async with connection:
                for _ in range(7):
                    assert await (await connection.execute(QUERY, [KNOWN])).fetchall() == expected
                wanted = TransactionStatus.IDLE if autocommit else TransactionStatus.INTRANS
                assert connection.info.transaction_status == wanted
                async with connection.pipeline():
                    assert await (await connection.execute(QUERY, [KNOWN])).fetchall() == expected
                before = partitioncache.psycopg.statistics(connection).restricted
                with partitioncache.off():
                    assert await (await connection.execute(QUERY, [KNOWN])).fetchall() == expected
                await connection.commit()
                async with connection.transaction():
                    await connection.execute("insert into note values (%s, 'kept')", [20 + autocommit])
                    with data.connect(autocommit=False) as other:
                        other.execute("lock table partitioncache_internal.partitioncache_decision")
                        await connection.execute("set local statement_timeout = '100ms'")
                        assert await (await connection.execute(QUERY, [KNOWN])).fetchall() == expected
                        await connection.execute("set local statement_timeout = '0'")
                    assert (
                        await (await connection.execute("select count(*) from note")).fetchone() is not None
                    )
                statistics = partitioncache.psycopg.statistics(connection)
                assert statistics.restricted == before
                assert statistics.too_late == 1 + (not autocommit)
        factory = partitioncache.psycopg.async_cursor_factory(**OPTIONS)
        async with psycopg_pool.AsyncConnectionPool(
            data.conninfo(), kwargs={"cursor_factory": factory}
        ) as pool:
            found = await asyncio.gather(*(one(pool) for _ in range(6)))
        assert found == [expected] * 6
        assert rows(data, "select count(*) from note") == [(3,)]

    async def one(pool: Any) -> list[Any]:
        async with pool.connection() as connection:
            cursor = await connection.execute(QUERY, [KNOWN])
            return list(await cursor.fetchall())

    asyncio.run(run())


def test_a_cancelled_question_leaves_nothing_open(data: Database) -> None:
    async def run() -> None:
        connection = await partitioncache.psycopg.connect_async(data.conninfo(), autocommit=True, **OPTIONS)
        async with connection:
            with data.connect(autocommit=False) as other:
                other.execute("lock table partitioncache_internal.partitioncache_registration")
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(connection.execute(QUERY, [KNOWN]), 0.3)
            assert connection.info.transaction_status == TransactionStatus.IDLE
            cursor = await connection.execute(QUERY, [KNOWN])
            assert await cursor.fetchall() == rows(data, QUERY, [KNOWN])

    asyncio.run(run())
