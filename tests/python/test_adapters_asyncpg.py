"""asyncpg's connections with the cache: the same rows, and nothing of the application's is touched."""

from __future__ import annotations

import asyncio
import datetime
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

import partitioncache
import partitioncache.asyncpg
from partitioncache.errors import ConfigurationError
from support.adapters import OPTIONS
from support.cluster import Database
from support.shop import open_shop

QUERY = "select id, name from place where kind = $1 order by id"
WHEN = datetime.datetime(2024, 3, 1, tzinfo=datetime.timezone.utc)
QUERIES: list[tuple[str, list[Any]]] = [
    (QUERY, [7]),
    ("select id, '$1', price * $2, height / $3 from place where kind = $1 order by id", [7, 0.1, 3]),
    ("select id from place where kind = $1 and price > $2 and height < $3 order by id", [7, Decimal("10.5"), 2000]),
    ("select id from place where kind = $1 and opened > $2 and name <> $3 order by id", [7, WHEN, "it's {\"} $1"]),
    ("select id from place where kind = $1 and id = any($2) order by id", [7, [49, 50, 449, 849]]),
    ("select id from place where kind = $1 and tags @> $2 order by id", [7, ["t1"]]),
    ("select id from place where kind = $1 order by id limit $2 offset $3", [7, 5, 10]),
    ("select id, $2::bytea[] from place where kind = $1 order by id", [7, [b"\x00\xff", b"\\"]]),
    ("select count(*), $1::bytea, $2::uuid, $3::interval from place where kind = 7",
     [b"\x00a", uuid.UUID(int=7), datetime.timedelta(days=40, seconds=3)]),
    ("with w as (select * from place where kind = 7) select count(*), $1::date from w", [datetime.date(2024, 2, 29)]),
    ("select p.id, r.id from place p join review r on r.place_id = p.id and r.city_id = p.city_id "
     "where p.kind = $1 and r.stars > $2 order by 1, 2", [7, 2]),
]  # fmt: skip


@pytest.fixture
def shop(database: Database) -> Database:
    return open_shop(database)


def place(shop: Database) -> dict[str, Any]:
    return {
        "host": shop.cluster.socket_folder,
        "port": shop.cluster.port,
        "user": shop.user,
        "database": shop.name,
    }


def runs(shop: Database, test: Callable[[Any, Any], Awaitable[None]], **options: Any) -> None:
    """Runs a test with a connection that asks the cache, and one that does not."""

    async def run() -> None:
        asking = await partitioncache.asyncpg.connect(**place(shop), **{**OPTIONS, **options})
        plain = await asyncpg.connect(**place(shop))
        try:
            await test(asking, plain)
        finally:
            await asking.close()
            await plain.close()

    asyncio.run(run())


def test_the_same_rows(shop: Database) -> None:
    async def test(asking: Any, plain: Any) -> None:
        for query, values in QUERIES:
            before = partitioncache.asyncpg.statistics(asking).restricted
            expected = await plain.fetch(query, *values)
            for _ in range(3):
                found = await asking.fetch(query, *values)
                assert found == expected, query
                assert [[type(v) for v in row] for row in found] == [
                    [type(v) for v in row] for row in expected
                ]
            assert await asking.fetchrow(query, *values) == expected[0]
            assert await asking.fetchval(query, *values, column=0) == expected[0][0]
            assert partitioncache.asyncpg.statistics(asking).restricted > before, query
        assert partitioncache.asyncpg.statistics(asking).failed == 0

    runs(shop, test)


def test_bytes_do_not_depend_on_other_connections() -> None:
    """libpq escapes them as its last connection needs it, doubling backslashes where there was none."""
    assert partitioncache.asyncpg._exact(b"\x00\xff", False) == "\\x00ff"


def test_transactions(shop: Database) -> None:
    async def test(asking: Any, plain: Any) -> None:
        expected = await plain.fetch(QUERY, 7)
        for options in ({}, {"isolation": "repeatable_read"}, {"readonly": True}):
            async with asking.transaction(**options):
                assert await asking.fetch(QUERY, 7) == expected
                assert await asking.fetchval("show statement_timeout") == "0"
        async with asking.transaction():
            await asking.execute("set local statement_timeout = '50s'")
            await asking.execute("insert into city values (1000, 'kept')")
            await asking.execute("insert into place values (9999, 399, 7, 'new', 1, 1, now())")
            async with asking.transaction():
                assert len(await asking.fetch(QUERY, 7)) == len(expected) + 1
            assert await asking.fetchval("show statement_timeout") == "50s"
            await asking.execute("delete from place where id = 9999")
        await asking.execute("begin")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await asking.fetch("select 1 / 0")
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await asking.fetch(QUERY, 7)
        await asking.execute("rollback")
        assert await asking.fetch(QUERY, 7) == expected
        assert not asking.is_in_transaction()
        assert await plain.fetchval("select name from city where id = 1000") == "kept"
        restricted = partitioncache.asyncpg.statistics(asking).restricted
        assert restricted >= 4
        for options in ({"isolation": "repeatable_read", "readonly": True}, {"isolation": "serializable"}):
            async with asking.transaction(**options):
                assert await asking.fetch(QUERY, 7) == expected
        assert partitioncache.asyncpg.statistics(asking).restricted == restricted

    runs(shop, test)


def test_left_alone(shop: Database) -> None:
    async def test(asking: Any, plain: Any) -> None:
        expected = await plain.fetch(QUERY, 7)
        assert await (await asking.prepare(QUERY)).fetch(7) == expected
        async with asking.transaction():
            assert [row async for row in asking.cursor(QUERY, 7)] == expected
        with partitioncache.off():
            assert await asking.fetch(QUERY, 7) == expected
        assert await asking.fetch("/* partitioncache: off */" + QUERY, 7) == expected
        # What cannot be said as a text surely.
        naive = "select id from place where kind = 7 and opened > $1::timestamp"
        when = datetime.datetime(2024, 3, 1)
        await asking.execute("set timezone = 'Asia/Tokyo'")
        await plain.execute("set timezone = 'Asia/Tokyo'")
        assert await asking.fetch(naive, when) == await plain.fetch(naive, when)
        with pytest.raises(asyncpg.DataError):
            await asking.fetch(QUERY, "seven")
        with pytest.raises(asyncpg.InterfaceError):
            await asking.fetch(QUERY)
        assert partitioncache.asyncpg.statistics(asking).restricted == 0
        with pytest.raises(ConfigurationError, match="This connection does not ask the cache"):
            partitioncache.asyncpg.statistics(plain)

    runs(shop, test)


@pytest.mark.parametrize(
    ("name", "encoder", "query", "value"),
    [
        ("int4", lambda value: str(value + 1), QUERY, 7),
        ("int4", lambda value: str(value + 1), QUERY.replace("= $1", "= any ($1)"), [7]),
        ("text", str.upper, "select id from place where kind = 7 and name <> $1 order by id", "place 7"),
        ("text", str.upper, "select id, 'small' from place where kind = 7 order by id", None),
        ("jsonb", lambda value: f'"{value}"', "select id, $1::jsonb from place where kind = 7 order by id", "7"),
    ],
)
def test_codecs_of_the_application(
    shop: Database, name: str, encoder: Callable[[Any], str], query: str, value: Any
) -> None:
    """What a value means is what its codec makes of it, which the adapter does not know."""

    async def test(asking: Any, plain: Any) -> None:
        values = [] if value is None else [value]
        for connection in (asking, plain):
            await connection.set_type_codec(name, schema="pg_catalog", encoder=encoder, decoder=str)
        assert await asking.fetch(query, *values) == await plain.fetch(query, *values)
        assert partitioncache.asyncpg.statistics(asking).restricted == 0
        assert not asking.is_in_transaction()
        await asking.reset_type_codec(name, schema="pg_catalog")
        await plain.reset_type_codec(name, schema="pg_catalog")
        for _ in range(3):
            assert await asking.fetch(query, *values) == await plain.fetch(query, *values)

    runs(shop, test)


@pytest.mark.parametrize(
    ("setting", "query", "value"),
    [
        ("IntervalStyle = sql_standard", "select $1::interval from place where kind = 7", datetime.timedelta(0, -5)),
        ("IntervalStyle = sql_standard", "select $1::interval from place where kind = 7", datetime.timedelta(0, 0, -1)),
        ("array_nulls = off", "select id, $1::text[] from place where kind = 7", ["a", None, "null"]),
        ("array_nulls = off", "select id, $1::text[] from place where kind = 7", [["a", None], ["null", "b"]]),
        ("DateStyle = German", "select id, $1::timestamptz from place where kind = 7", WHEN),
        ("standard_conforming_strings = off", "select id, $1::text from place where kind = 7", "\\' \\\\"),
        ("bytea_output = escape", "select id, $1::bytea from place where kind = 7", b"\\x\x00'"),
        ("extra_float_digits = -3", "select id, $1::float8 from place where kind = 7", 0.1 + 0.2),
        ("timezone = 'Asia/Kolkata'", "select id, $1::timestamptz from place where kind = 7", WHEN),
    ],
)  # fmt: skip
def test_settings_that_say_what_a_text_means(shop: Database, setting: str, query: str, value: Any) -> None:
    async def test(asking: Any, plain: Any) -> None:
        for connection in (asking, plain):
            await connection.execute(f"set {setting}")
        for _ in range(3):
            assert await asking.fetch(query, value) == await plain.fetch(query, value)

    runs(shop, test)


def test_codecs_of_other_types_do_not_matter(shop: Database) -> None:
    async def test(asking: Any, plain: Any) -> None:
        await asking.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=str)
        for query, value in ((QUERY, 7), (QUERY.replace("= $1", "= any ($1)"), [7])):
            assert await asking.fetch(query, value) == await plain.fetch(query, value)
        assert partitioncache.asyncpg.statistics(asking).restricted == 2

    runs(shop, test)


def test_a_cache_that_is_gone(shop: Database) -> None:
    async def test(asking: Any, plain: Any) -> None:
        expected = await asking.fetch(QUERY, 7)
        await plain.execute("drop extension partitioncache cascade")
        async with asking.transaction():
            await asking.execute("insert into city values (1000, 'kept')")
            assert await asking.fetch(QUERY, 7) == expected
        assert await asking.fetch(QUERY, 7) == expected
        assert await plain.fetchval("select name from city where id = 1000") == "kept"
        assert partitioncache.asyncpg.statistics(asking).failed == 1

    runs(shop, test)


def test_a_cache_that_is_slow(shop: Database) -> None:
    async def test(asking: Any, plain: Any) -> None:
        async with plain.transaction():
            await plain.execute("lock table partitioncache_internal.partitioncache_registration")
            async with asking.transaction():
                assert await asking.fetch(QUERY, 7)
                await asking.execute("select 1")
            assert partitioncache.asyncpg.statistics(asking).too_late == 1
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asking.fetch(QUERY.replace("name", "kind"), 7), 0.05)
            assert not asking.is_in_transaction()
        assert await asking.fetch(QUERY, 7) == await plain.fetch(QUERY, 7)

    runs(shop, test, limit_ms=300)


def test_a_pool_that_learns(shop: Database) -> None:
    query = "select count(*) from place where kind = $1 and name like $2"

    async def run() -> None:
        options = {**OPTIONS, "share": 1, "learn_seconds": 60, "learn_after_ms": 0}
        async with partitioncache.asyncpg.create_pool(
            **place(shop), min_size=1, max_size=3, **options
        ) as pool:
            expected = await pool.fetchval(query, 9, "place 1%")
            for _ in range(20):
                found = await asyncio.gather(*(pool.fetchval(query, 9, "place 1%") for _ in range(3)))
                assert found == [expected] * 3
                async with pool.acquire() as connection:
                    statistics = partitioncache.asyncpg.statistics(connection)
                    assert await asyncio.to_thread(connection.acceleration.learner.wait)
                if statistics.restricted:
                    break
            assert statistics.problem is None
            assert statistics.pushed
            assert statistics.restricted

    asyncio.run(run())
