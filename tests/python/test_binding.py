"""Parameters put into a query mean what the driver would have made of them: on SQLite, MariaDB and PostgreSQL."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any
from uuid import UUID

import psycopg
import pymysql
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partitioncache.binding import bind, open_placeholder
from partitioncache.errors import QueryError
from support.cluster import Database
from support.services import MariaDBServer

EAST = timezone(timedelta(hours=5, minutes=30))
TEXTS = [
    "a'b", "\\", "\\'", "'; drop table t; --", "%s", "%%", "?", ":x", "$1", "", "--", "/*", "*/ 1", "a\nb", "\t", '"',
    "`", "$$", "ü", "日本", "x\nand 0 union select 1 --", "\x1a", "#", "E'", "0x41", "null",
]  # fmt: skip


class Color(Enum):
    RED = 1


class Level(IntEnum):
    HIGH = 3


class Word(str, Enum):
    HELLO = "hel'lo"


texts = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12
) | st.sampled_from(TEXTS)
integers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False)
naive = st.datetimes(min_value=datetime(1001, 1, 1))
aware = st.datetimes(min_value=datetime(1001, 1, 1), timezones=st.sampled_from([timezone.utc, EAST]))
few = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


# -- SQLite --


@pytest.fixture(scope="module")
def lite() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t (i integer, r real, x text, n numeric, b blob, u)")
        values: list[Any] = [None, 0, 5, -5, 2.5, "5", "a'b", "", b"5", 2**62, "2024-01-31", "A"]
        connection.executemany(
            "insert into t values (?, ?, ?, ?, ?, ?)", [(v, v, v, v, v, v) for v in values]
        )
        yield connection


SQLITE_TEXTS = [
    "select typeof({0}), {0}, {1} is {0}",
    "select rowid, i < {0}, r < {0}, x < {0}, n < {0}, b < {0}, u < {0}, i = {0}, x = {0}, u = {0} from t",
    "select rowid from t where u in ({0}, {1}) or x between {0} and {1} order by rowid",
    "select 1-{0}, -{0}, 7 -{1}, {0}--{1}\n, {1}",
    "select rowid from t where x like {0} or i = 3-{1} -- {0} ? :b\n or '?' = {0}",
    "select rowid from t order by {0}, {1} collate nocase desc, rowid",
    "select count(*) from t group by {0} having {1} is {1}",
    'select rowid /* ? {0} */ from t where [i] = {0} and `u` is not {1} and "x" <> {0}',
]


def run(connection: Any, query: str, *params: object) -> object:
    """The rows, with their types; or that there is an error."""
    try:
        found = connection.execute(query, *params)
        return [
            [(type(value).__name__, repr(abs(value) if value == 0 else value)) for value in row]
            for row in found.fetchall()
        ]
    except (sqlite3.Error, OverflowError) as error:
        return type(error)


@few
@given(
    st.sampled_from(SQLITE_TEXTS),
    st.sampled_from(["?", "?1", "?2", ":a", "@b", "$c", "?7", "$1"]),
    st.sampled_from(["?", "?1", "?2", ":b", "@b", "$c"]),
    st.lists(
        st.none() | integers | floats | texts | st.binary(max_size=4) | st.booleans() | naive | aware | st.dates()
        | st.sampled_from(["a\0b", "\0", Level.HIGH, Word.HELLO, math.inf, -math.inf, math.nan, bytearray(b"x")]),
        min_size=7, max_size=7,
    ),
)  # fmt: skip
def test_sqlite(lite: sqlite3.Connection, text: str, first: str, second: str, values: list[Any]) -> None:
    # comments keep no placeholder: sqlite3 does not see one there
    query = re.sub(r"(--|/\*) ?\?? ?\{[01]\}", r"\1 ?", text) if "-- {0}" in text or "/* ?" in text else text
    query = query.format(first, second)
    for count in range(8):
        params = values[:count]
        original = run(lite, query, params)
        if original is sqlite3.ProgrammingError:
            with pytest.raises(QueryError):
                bind(query, params, "sqlite")
        else:
            assert run(lite, bind(query, params, "sqlite")) == original, (query, params)
    names: Mapping[str, Any] = dict(zip(["a", "b", "c", "1", "2", "7", "d"], values, strict=True))
    original = run(lite, query, names)
    if original is sqlite3.ProgrammingError:
        with pytest.raises(QueryError):
            bind(query, names, "sqlite")
    else:
        assert run(lite, bind(query, names, "sqlite")) == original, (query, names)


def test_sqlite_uses_the_adapters_of_the_driver(lite: sqlite3.Connection) -> None:
    for value in (Decimal("1.5"), UUID(int=7), Color.RED, [1], time(1, 2), object()):
        with pytest.raises(QueryError, match="adapter"):
            bind("select ?", [value], "sqlite")

    class Point:
        def __conform__(self, protocol: object) -> str:
            return "it's a point"

    sqlite3.register_adapter(Color, lambda value: f"{value.name}'")
    try:
        for adapted in (Color.RED, Point()):
            bound = bind("select ?", [adapted], "sqlite")
            assert lite.execute(bound).fetchall() == lite.execute("select ?", [adapted]).fetchall()
    finally:
        del sqlite3.adapters[Color, sqlite3.PrepareProtocol]
    with pytest.raises(QueryError, match="64 bits"):
        bind("select ?", [2**63], "sqlite")
    with pytest.raises(QueryError, match="Unicode"):
        bind("select ?", ["\ud800"], "sqlite")
    with pytest.raises(QueryError, match="surely"):
        bind("select $a(b)", [1], "sqlite")


# -- MySQL --


@pytest.fixture
def maria(mariadb_server: MariaDBServer) -> Iterator[Any]:
    connection = pymysql.connect(
        host=mariadb_server.host, port=mariadb_server.port, user=mariadb_server.user,
        password=mariadb_server.password, database=mariadb_server.database, charset="utf8mb4",
    )  # fmt: skip
    with closing(connection):
        yield connection


def maria_run(connection: Any, query: str, *params: Any) -> object:
    with connection.cursor() as cursor:
        try:
            cursor.execute(query, *params)
            return [[(type(value).__name__, repr(value)) for value in row] for row in cursor.fetchall()]
        except pymysql.MySQLError as error:
            return error.args[0]


MYSQL_TEXTS = [
    "SELECT %s, 1-%s, '%%', 5 %% 3",
    "SELECT 3 - -%s, concat(%s, '#%%')",
    "SELECT %s = %s # it's 100%% a comment\n, `a``b` FROM (SELECT 1 AS `a``b`) q WHERE \"%%\" = '%%'",
    "SELECT CAST(%s AS CHAR), CAST(%s AS CHAR)",
]


@few
@given(
    st.sampled_from(MYSQL_TEXTS),
    st.lists(
        st.none() | integers | floats.filter(math.isfinite) | texts | st.booleans() | naive | aware | st.dates()
        | st.times() | st.timedeltas(timedelta(0), timedelta(days=30)) | st.uuids() | st.binary(max_size=4)
        | st.decimals(-(10**9), 10**9, places=3) | st.sampled_from([Color.RED, Level.HIGH, "a\0b"]),
        min_size=2, max_size=2,
    ),
)  # fmt: skip
def test_mysql(maria: Any, text: str, values: list[Any]) -> None:
    original = maria_run(maria, text, values)
    assert maria_run(maria, bind(text, values, "mysql")) == original, values
    names = text.replace("%s", "%(first)s", 1).replace("%s", "%(second one)s", 1)
    assert maria_run(maria, bind(names, {"first": values[0], "second one": values[1]}, "mysql")) == original


@few
@given(
    st.lists(integers | texts | st.none() | floats.filter(math.isfinite) | st.dates(), min_size=1, max_size=5)
)
def test_mysql_lists(maria: Any, values: list[Any]) -> None:
    for listed in (values, tuple(values)):
        query = "SELECT x, x IN %s FROM (SELECT 1 AS x UNION SELECT 'a' UNION SELECT NULL) q"
        assert maria_run(maria, bind(query, [listed], "mysql")) == maria_run(maria, query, [listed])


@pytest.mark.parametrize("mode", ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "PIPES_AS_CONCAT"])
def test_mysql_in_every_mode(maria: Any, mode: str) -> None:
    maria_run(maria, f"SET sql_mode = '{mode}'")
    for value in TEXTS:
        assert maria_run(maria, bind("SELECT %s", [value], "mysql")) == [[("str", repr(value))]]


def test_mysql_refuses_what_it_has_no_literal_for() -> None:
    for value in ([], set(), {"a": 1}, math.nan, math.inf, Decimal("NaN"), timedelta(-1), object(), "\ud800"):
        with pytest.raises(QueryError, match="parameter 1"):
            bind("SELECT %s", [value], "mysql")


def test_mysql_question_marks() -> None:
    assert bind("SELECT ?-? FROM t ORDER BY ?, x % 2", [1, -2, 3], "mysql") == (
        "SELECT 1-(-2) FROM t ORDER BY (SELECT 3), x % 2"
    )
    assert bind("SELECT * FROM t WHERE a = %(a)s OR b = %(a)s", {"a": "ü'"}, "mysql") == (
        "SELECT * FROM t WHERE a = 'ü''' OR b = 'ü'''"
    )
    assert bind("SELECT @v := :v, ':v'", {"v": 1}, "mysql") == "SELECT @v := 1, ':v'"


# -- PostgreSQL --

POSTGRES_TEXTS = [
    "SELECT {}, 5 %% 3, '%%', {}",
    "SELECT q.x, '{\"a\": 1}'::jsonb ? 'a', '{\"a\": 1}'::jsonb ?| array['b'] FROM (SELECT {} AS x) q, (SELECT {}) r",
    'SELECT (ARRAY[1,2,3])[1:2], $$%%s$$, "a""b", {} -- it\'s 100%%\n, E\'\\\'%%\', {} FROM (SELECT 1 AS "a""b") q',
]


@pytest.fixture
def postgres(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with database.connect() as connection:
        connection.autocommit = True
        yield connection


@few
@given(
    st.sampled_from(POSTGRES_TEXTS),
    st.lists(
        st.none() | integers | floats | texts | st.booleans() | naive | aware | st.dates() | st.uuids() | st.times()
        | st.binary(max_size=4) | st.decimals(allow_nan=False, places=3) | st.timedeltas(timedelta(-99), timedelta(99))
        | st.lists(integers, max_size=3) | st.lists(texts, min_size=1, max_size=3)
        | st.sampled_from([Level.HIGH, Color.RED, Word.HELLO]),
        min_size=2, max_size=2,
    ),
)  # fmt: skip
def test_postgres(postgres: psycopg.Connection[Any], text: str, values: list[Any]) -> None:
    wanted = postgres.execute(text.replace("{}", "%s").encode(), values).fetchall()
    for connection in (None, postgres):
        bound = bind(text.replace("{}", "%s"), values, "postgres", connection)
        assert repr(postgres.execute(bound.encode()).fetchall()) == repr(wanted), bound
    named = text.replace("{}", "%(first)s", 1).replace("{}", "%(second one)s", 1)
    assert (
        bind(named, {"first": values[0], "second one": values[1], "more": 1}, "postgres", postgres) == bound
    )


@few
@given(
    st.integers(-(2**40), 2**40) | floats | st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.sampled_from([1, 2.0, Decimal(2)]),
)
def test_numbers_keep_their_type(postgres: psycopg.Connection[Any], value: Any, divisor: Any) -> None:
    wanted = postgres.execute("SELECT 1 - (%s), 7 / %s", [value, divisor]).fetchall()
    for style, query in (
        ("%s", "SELECT 1-%s, 7/%s -- %%\n"),
        ("$1", "SELECT 1-$1, 7/$2 -- %\n"),
        (":v", "SELECT 1-:v, 7/:d"),
    ):
        bound = bind(query, {"v": value, "d": divisor} if style == ":v" else [value, divisor])
        assert repr(postgres.execute(bound.encode()).fetchall()) == repr(wanted), bound
    postgres.cursor_factory = psycopg.ClientCursor
    wanted = postgres.execute("SELECT 1 - (%s), 7 / %s", [value, divisor]).fetchall()
    bound = bind("SELECT 1-%s, 7/%s", [value, divisor], "postgres", postgres)
    assert repr(postgres.execute(bound.encode()).fetchall()) == repr(wanted)
    postgres.cursor_factory = psycopg.Cursor


def test_postgres_types_that_the_connection_knows(postgres: psycopg.Connection[Any]) -> None:
    from psycopg.types.enum import EnumInfo, register_enum

    postgres.execute("CREATE TYPE color AS ENUM ('RED', 'BLUE')")
    info = EnumInfo.fetch(postgres, "color")
    assert info is not None
    register_enum(info, postgres, Color)
    bound = bind("SELECT pg_typeof(%s)::text", [Color.RED], "postgres", postgres)
    assert postgres.execute(bound.encode()).fetchall() == [("color",)]


def test_postgres_styles() -> None:
    assert (
        bind("SELECT $2, $1, $$ $1 $$, '$1', a ? 'x', 5 % 2", [1, "b"])
        == "SELECT 'b', 1, $$ $1 $$, '$1', a ? 'x', 5 % 2"
    )
    assert bind("SELECT :n::int, x::text, a[1:n], f(b := :n) FROM t", {"n": -1}) == (
        "SELECT (-1)::int, x::text, a[1:n], f(b := (-1)) FROM t"
    )
    assert bind("SELECT '?', x::text FROM t WHERE a = :a -- :b", {"a": 1, "b": 2}) == (
        "SELECT '?', x::text FROM t WHERE a = 1 -- :b"
    )
    assert bind("SELECT '%%', 5 %% 2", None) == "SELECT '%%', 5 %% 2"
    assert bind("SELECT '%%', 5 %% 2", []) == "SELECT '%', 5 % 2"
    assert bind("SELECT u&%s, e%s", ["x", "y"]) == "SELECT u& 'x', e 'y'"
    assert (
        bind("SELECT x FROM t GROUP BY f($1), ROLLUP ($2)", [1, 2])
        == "SELECT x FROM t GROUP BY f(1), ROLLUP ((SELECT 2))"
    )


@pytest.mark.parametrize(
    ("query", "params", "message"),
    [
        ("SELECT '?', a%%b /* %s */ WHERE a = %s AND c = %(n)s", [1], "some have none"),
        ("SELECT %s -- %s", [1, 2], "in a string, a quoted name or a comment"),
        ("SELECT '%s'", [1], "in a string, a quoted name or a comment"),
        ('SELECT "%s"', [1], "in a string, a quoted name or a comment"),
        ("SELECT $$%s$$", [1], "in a string, a quoted name or a comment"),
        ("SELECT %s", [], "has 1 parameter, and 0 values were given"),
        ("SELECT %s, %s", [1], "has 2 parameters, and 1 value was given"),
        ("SELECT %s", [1, 2], "has 1 parameter, and 2 values were given"),
        ("SELECT a ? 'x'", [1], "has 0 parameters, and 1 value was given"),
        ("SELECT $2", [1], "has 2 parameters, and 1 value was given"),
        ("SELECT %(a)s", {"b": 1}, "The parameter a has no value"),
        ("SELECT :a, :b", {"b": 1}, "The parameter a has no value"),
        ("SELECT %(a)s", [1], "have names, and the values have none"),
        ("SELECT %s", {"a": 1}, "have names, and the query's parameters have none"),
        ("SELECT %s, $1", [1], "two kinds"),
        ("SELECT a[:n]", {"n": 1}, "surely"),
        ("SELECT 5 % 2, %s", [1], "% is no placeholder"),
        ("SELECT %d", [1], "%d is no placeholder"),
        ("SELECT 1 WHERE x LIKE 'a%' AND y = %s", [1], "no placeholder"),
        ("SELECT x FROM t ORDER BY %s", [1], "position"),
        ("SELECT x FROM t GROUP BY x, (%s)", [1], "position"),
        ("SELECT DISTINCT ON (:a) x FROM t", {"a": 1}, "position"),
        ("SELECT 'a", [1], "cannot be read"),
        ("SELECT %s", "a", "The parameters are of type str"),
        ("SELECT %s", {1}, "The parameters are of type set"),
        ("SELECT %s", ["\0"], "parameter 1, of type str"),
        ("SELECT %s", ["\ud800"], "Unicode"),
        ("SELECT %s", [object()], "parameter 1, of type object"),
        ("SELECT 1 WHERE 1 IN %s", [(1, 2)], "write = ANY(…) and give a list"),
    ],
)
def test_what_does_not_fit_is_refused(query: str, params: Any, message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        bind(query, params)


def test_a_query_with_parameters_left_open() -> None:
    assert open_placeholder("SELECT * FROM t WHERE x = %s") == "%s"
    assert open_placeholder("SELECT * FROM t WHERE x = %(name)s") == "%(name)s"
    assert open_placeholder("SELECT * FROM t WHERE x = $1 AND y = $2") == "$1"
    assert open_placeholder("SELECT * FROM t WHERE x = ?1", "sqlite") == "?1"
    assert open_placeholder("SELECT '%s', 5 % 2, a ? 'x' -- %s") is None
