"""Every kind of key in every dialect, put into a query by every method, finds its own rows and no others."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pymysql
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partitioncache.analysis import METHODS, analyse, extend_query_with_partition_keys
from partitioncache.analysis.dialects import rules
from support.cluster import Database
from support.services import MariaDBServer

Run = Callable[[str], list[tuple[Any, ...]]]

NASTY = ["", " ", "a", "A", "a ", "O'Hara", 'say "x"', "back\\slash", "\\",
         "\\'", "'; DROP TABLE t; --", "100%", "%s", "$1",
         "?", ":x", "é", "日本", "\n", "\t", "{1,2}", "NULL", "null", ",",
         "x,y", "\x1a", "#", "/*", "--", "`", "\u2028"]  # fmt: skip
INTEGERS = [0, 1, -1, 5, -5, 2**31 - 1, -(2**31), 2**31, 2**53 + 1, 2**63 - 1, -(2**63)]
FLOATS = [
    0.0,
    0.1,
    -0.1,
    1 / 3,
    2.5,
    1e22,
    1e-7,
    5e-324,
    1.7976931348623157e308,
    123456789.123456789,
    2.0**53,
    -1e100,
]


def applied(run: Run, text: str) -> Counter[tuple[Any, ...]]:
    """The rows of a rewritten query: the statements before it run first."""
    statements = text.split(";\n") if "partitioncache_keys_" in text else [text]
    for statement in statements[:-1]:
        run(statement)
    return Counter(tuple(row) for row in run(statements[-1]))


def check(run: Run, dialect: str, values: list[Any], wanted: list[Any]) -> None:
    """The table t holds each of the values once, with its place in the list."""
    expected = Counter((number,) for number, value in enumerate(values) if value in wanted)
    for method in METHODS:
        text = extend_query_with_partition_keys(
            "SELECT n FROM t WHERE n >= 0", wanted, "k", method, dialect=dialect
        )
        assert text != "SELECT n FROM t WHERE n >= 0"
        assert applied(run, text) == expected, (method, text[:500])


def check_all(run: Run, dialect: str, values: list[Any]) -> None:
    check(run, dialect, values, values)
    check(run, dialect, values, [])
    check(run, dialect, values, values[::2])
    for value in values:
        check(run, dialect, values, [value])


# -- SQLite --


def in_sqlite(values: list[Any], kind: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(f"CREATE TABLE t (n INTEGER, k {kind})")
    connection.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(values)))
    return connection


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("INTEGER", [*INTEGERS, None]),
        ("", INTEGERS),
        ("REAL", [*FLOATS, math.inf, -math.inf, None]),
        ("", FLOATS),
        ("TEXT", [*NASTY, "a\x00b", None]),
        ("VARCHAR(10)", NASTY),
        ("", ["1", 2, 2.5, "2.5", "x", None]),
    ],
)
def test_sqlite(kind: str, values: list[Any]) -> None:
    with closing(in_sqlite(values, kind)) as connection:
        check_all(lambda text: connection.execute(text).fetchall(), "sqlite", values)


@settings(deadline=None, max_examples=200)
@given(values=st.lists(st.floats(allow_nan=False), unique=True, min_size=1, max_size=8))
def test_sqlite_reads_every_float_exactly(values: list[float]) -> None:
    with closing(in_sqlite(values, "REAL")) as connection:
        for method in METHODS:
            text = extend_query_with_partition_keys("SELECT n FROM t", values, "k", method, dialect="sqlite")
            assert len(applied(lambda it: connection.execute(it).fetchall(), text)) == len(values)


@settings(deadline=None, max_examples=200)
@given(
    values=st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=8),
    data=st.data(),
)
def test_sqlite_reads_every_text_exactly(values: list[str], data: st.DataObject) -> None:
    wanted = [value for value in values if data.draw(st.booleans())]
    with closing(in_sqlite(values, "TEXT")) as connection:
        text = extend_query_with_partition_keys("SELECT n FROM t", wanted, "k", dialect="sqlite")
        found = {number for (number,) in connection.execute(text)}
    assert found == {number for number, value in enumerate(values) if value in wanted}


def test_sqlite_reads_dates_and_times_as_its_driver_writes_them() -> None:
    values = ["2024-02-29", "2024-02-29 12:30:00", "2024-02-29 12:30:00.000001"]
    with closing(in_sqlite(values, "TEXT")) as connection:
        wanted = [date(2024, 2, 29), datetime(2024, 2, 29, 12, 30), datetime(2024, 2, 29, 12, 30, 0, 1)]
        text = extend_query_with_partition_keys("SELECT n FROM t", wanted, "k", dialect="sqlite")
        assert connection.execute(text).fetchall() == [(0,), (1,), (2,)]


# -- MariaDB --


@pytest.fixture(scope="module")
def mariadb(mariadb_server: MariaDBServer) -> Iterator[Any]:
    connection = pymysql.connect(
        host=mariadb_server.host,
        port=mariadb_server.port,
        user=mariadb_server.user,
        password=mariadb_server.password,
        database=mariadb_server.database,
        charset="utf8mb4",
        autocommit=True,
    )
    yield connection
    connection.close()


def run_in_mariadb(connection: Any) -> Run:
    def run(text: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall())

    return run


@pytest.mark.parametrize("sql_mode", ["", "ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES"])
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("BIGINT", [*INTEGERS, None]),
        ("BIGINT UNSIGNED", [0, 2**64 - 1, 2**63]),
        ("DOUBLE", [*FLOATS, None]),
        ("VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin", [*NASTY, "a\x00b", None]),
        ("VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_nopad_bin", ["a", "é", "back\\slash", "O'Hara"]),
        ("DECIMAL(20,5)", [Decimal("0.00000"), Decimal("1.10000"), Decimal("-123456789012345.12345"), None]),
        ("DATE", [date(2024, 2, 29), date(1000, 1, 1), None]),
        ("DATETIME(6)", [datetime(2024, 2, 29, 1, 2, 3), datetime(2024, 2, 29, 1, 2, 3, 4), None]),
        ("CHAR(36)", [str(UUID(int=5)), str(UUID(int=2**127))]),
    ],
)
def test_mariadb(mariadb: Any, kind: str, values: list[Any], sql_mode: str) -> None:
    run = run_in_mariadb(mariadb)
    run("SET sql_mode = ''")
    run("DROP TABLE IF EXISTS t")
    run(f"CREATE TABLE t (n INT, k {kind})")
    with mariadb.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", list(enumerate(values)))
    run(f"SET sql_mode = '{sql_mode}'")
    try:
        check_all(run, "mysql", values)
    finally:
        run("SET sql_mode = ''")


def test_mariadb_floats_of_four_bytes_are_found_by_what_the_driver_shows(mariadb: Any) -> None:
    run = run_in_mariadb(mariadb)
    run("DROP TABLE IF EXISTS t")
    run("CREATE TABLE t (n INT, k FLOAT)")
    run("INSERT INTO t VALUES (0, 0.1), (1, 16777216), (2, 2.5), (3, 0.333333343)")
    shown = [value for (value,) in run("SELECT k FROM t ORDER BY n")]
    check(run, "mysql", shown, shown)
    check(run, "mysql", shown, shown[1:2])


def test_mariadb_texts_that_ignore_case_lose_no_rows(mariadb: Any) -> None:
    """Two tables whose keys are equal to the database and different to Python, and pairs that DISTINCT would merge."""
    run = run_in_mariadb(mariadb)
    for table in "ab":
        run(f"DROP TABLE IF EXISTS {table}")
        run(f"CREATE TABLE {table} (k VARCHAR(20) COLLATE utf8mb4_general_ci, x INT, y INT)")
    run("INSERT INTO a VALUES ('Berlin', 1, 2), ('BERLIN', 2, 1), ('É', 1, 1), ('Paris ', 1, 1), ('x', 3, 3)")
    run("INSERT INTO b VALUES ('berlin', 1, 1), ('e', 1, 2), ('PARIS', 2, 1), ('x', 4, 4)")
    for query in (
        "SELECT * FROM a WHERE x = 1 AND y = 2",
        "SELECT * FROM a, b WHERE a.k = b.k AND a.x = 1 AND b.y = 1",
        "SELECT * FROM a JOIN b USING (k) WHERE a.x < 3 AND b.x < 3 AND a.y <= b.x",
    ):
        analysis = analyse(query, "k", "mysql")
        known: dict[str, set[Any]] = {}
        for fragment in analysis.fragments:
            keys = {key for (key,) in run(fragment.sql)}
            known[fragment.family] = known.get(fragment.family, keys) & keys
        for method in METHODS:
            assert applied(run, analysis.rewrite(known, method)) == Counter(run(query)), (query, known)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT * FROM poi WHERE name = "x" AND id = 1',
        "SELECT * FROM poi WHERE name = 'it\\'s' AND id = 1",
        "SELECT * FROM poi WHERE name || 'x' = 'yx' AND id = 1",
        "SELECT * FROM poi WHERE id = 1 /*! OR 1 = 1 */",
        "SELECT @n := 1 FROM poi WHERE id = 1",
        "SELECT id FROM poi WHERE id = @n",
    ],
)
def test_mysql_texts_that_depend_on_the_session_are_left_alone(query: str) -> None:
    assert analyse(query, "k", "mysql").reason is not None
    assert extend_query_with_partition_keys(query, {1}, "k", dialect="mysql") in (
        query,
        query + " AND poi.k IN (1)",
        query.replace("WHERE ", "WHERE (") + ") AND poi.k IN (1)",
    )


# -- PostgreSQL --

UTC = timezone.utc


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("integer", [*(key for key in INTEGERS if -(2**31) <= key < 2**31), None]),
        ("bigint", [*INTEGERS, None]),
        ("numeric", [Decimal("0"), Decimal("1.10"), Decimal("-5"), Decimal("1e30"), Decimal("NaN"), None]),
        ("double precision", [*FLOATS, math.inf, -math.inf, None]),
        ("real", [0.0, 0.1, -0.1, 2.5, 16777216.0, 0.33333334, None]),
        ("text", [*NASTY, None]),
        ("varchar(30)", NASTY),
        ("uuid", [UUID(int=0), UUID(int=2**128 - 1), None]),
        ("date", [date(2024, 2, 29), date(1, 1, 1), None]),
        ("timestamp", [datetime(2024, 2, 29, 1, 2, 3, 4), datetime(1900, 1, 1), None]),
        ("timestamptz", [datetime(2024, 2, 29, tzinfo=UTC),
                         datetime(2024, 7, 1, 1, 2, tzinfo=timezone(timedelta(hours=5))), None]),
        ("mood", ["fine", "so, so", None]),
        ("positive", [1, 2, None]),
    ],
)  # fmt: skip
def test_postgresql(empty_database: Database, kind: str, values: list[Any]) -> None:
    with empty_database.connect() as connection:
        connection.execute(
            "create type mood as enum ('fine', 'so, so'); create domain positive as integer check (value > 0)"
        )
        connection.execute(f"create table t (n int, k {kind})".encode())
        connection.cursor().executemany(
            f"insert into t values (%s, %s::{kind})".encode(), list(enumerate(values))
        )

        def run(text: str) -> list[tuple[Any, ...]]:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

        comparable = [value for value in values if not (isinstance(value, Decimal) and value.is_nan())]
        for wanted in (values, [], comparable[::2], *([value] for value in comparable)):
            expected = Counter(
                (n,) for n, value in enumerate(values) if any(value is one or value == one for one in wanted)
            )
            for method in METHODS:
                text = extend_query_with_partition_keys("SELECT n FROM t", wanted, "k", method)
                assert applied(run, text) == expected, (method, text)


def test_keys_of_a_larger_type_are_no_error(empty_database: Database) -> None:
    with empty_database.connect() as connection:
        connection.execute("create table a (k integer, x int); create table b (k bigint, y int)")
        connection.execute(
            "insert into a values (1, 1), (2, 1); insert into b values (1, 1), (4000000000, 1)"
        )
        query = "SELECT a.k FROM a, b WHERE a.k = b.k AND b.y = 1"
        analysis = analyse(query, "k")
        for method in METHODS:
            text = analysis.rewrite({"b": {1, 4000000000, 2**70}}, method)
            assert text != query
            cursor = connection.cursor()
            for statement in text.split(";\n"):
                cursor.execute(statement.encode())
            assert cursor.fetchall() == [(1,)], method


def test_citext_and_blank_padded_keys_lose_no_rows(empty_database: Database) -> None:
    with empty_database.connect() as connection:
        connection.execute("create extension citext")
        for kind, first, second in (("citext", "Berlin", "berlin"), ("char(8)", "ab", "ab ")):
            connection.execute(
                f"drop table if exists a, b; create table a (k {kind}, x int, y int); "
                f"create table b (k {kind}, x int, y int);"
                f"insert into a values ('{first}', 1, 2), (upper('{first}'), 1, 1),"
                f"(upper('{first}'), 2, 2), ('z', 1, 1);"
                f"insert into b values ('{second}', 1, 2), ('q', 1, 1)".encode()
            )
            for query in (
                "SELECT * FROM a WHERE x = 1 AND y = 2",
                "SELECT * FROM a, b WHERE a.k = b.k AND a.x = 1 AND b.y = 2",
                "SELECT * FROM a, b WHERE a.k = b.k AND a.x = b.x AND a.y = b.y",
            ):
                analysis = analyse(query, "k")
                known: dict[str, set[Any]] = {}
                for fragment in analysis.fragments:
                    keys = {key for (key,) in connection.execute(fragment.sql.encode()).fetchall()}
                    known[fragment.family] = known.get(fragment.family, keys) & keys
                for method in METHODS:
                    found = applied(lambda it: _rows(connection, it), analysis.rewrite(known, method))
                    assert found == Counter(connection.execute(query.encode()).fetchall()), (query, known)


def _rows(connection: psycopg.Connection[Any], text: str) -> list[tuple[Any, ...]]:
    cursor = connection.execute(text.encode())
    return cursor.fetchall() if cursor.description else []


# -- the text itself --


def test_the_users_text_stays_to_the_letter() -> None:
    query = (
        '/*+ SeqScan(p) */ SELECT  p."Name" AS "x y", count( * ), $$it\'s$$ , E\'\\n\', 5::int  -- one\n'
        "FROM poi   AS p /* two */\nWHERE p.kind  =  1 -- three\nGROUP BY  1 ORDER BY 1 ;"
    )
    for method in ("IN", "VALUES", "literal"):
        text = extend_query_with_partition_keys(query, {1}, "city_id", method)
        start, _, end = text.partition("(p.kind  =  1) AND ")
        assert query.startswith(start)
        assert query.endswith(" -- three\nGROUP BY  1 ORDER BY 1 ;")
        assert end.endswith(" -- three\nGROUP BY  1 ORDER BY 1 ;")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM t", "SELECT * FROM t WHERE t.k IN (1)"),
        ("SELECT * FROM t x ORDER BY 1 LIMIT 3", "SELECT * FROM t x WHERE x.k IN (1) ORDER BY 1 LIMIT 3"),
        ("SELECT * FROM t WHERE a OR b", "SELECT * FROM t WHERE (a OR b) AND t.k IN (1)"),
        ("SELECT a IS DISTINCT FROM b FROM t GROUP BY 1", "SELECT a IS DISTINCT FROM b FROM t "
            "WHERE t.k IN (1) GROUP BY 1"),
        ('SELECT * FROM "T 1" WHERE a', 'SELECT * FROM "T 1" WHERE (a) AND "T 1".k IN (1)'),
        ("SELECT * FROM s.t WHERE a", "SELECT * FROM s.t WHERE (a) AND t.k IN (1)"),
        ("SELECT * FROM t LEFT JOIN u USING (k)", "SELECT * FROM t LEFT JOIN u USING (k) WHERE t.k IN (1)"),
        ("SELECT * FROM t JOIN u USING (k)", "SELECT * FROM t JOIN u USING (k) WHERE t.k IN (1) AND u.k IN (1)"),
        ("SELECT * FROM t FETCH FIRST ROW ONLY", "SELECT * FROM t WHERE t.k IN (1) FETCH FIRST ROW ONLY"),
        ("SELECT sum(x) OVER w FROM t WINDOW w AS (ORDER BY y)",
         "SELECT sum(x) OVER w FROM t WHERE t.k IN (1) WINDOW w AS (ORDER BY y)"),
        ("WITH c AS (SELECT 1 WHERE false) SELECT * FROM t WHERE x IN (SELECT 2 FROM c WHERE true)",
         "WITH c AS (SELECT 1 WHERE false) SELECT * FROM t WHERE (x IN (SELECT 2 FROM c WHERE true)) AND t.k IN (1)"),
        ("SELECT count(*) FILTER (WHERE a) FROM t", "SELECT count(*) FILTER (WHERE a) FROM t WHERE t.k IN (1)"),
        ("SELECT * FROM t WHERE a = %s LIMIT %s", "SELECT * FROM t WHERE (a = %s) AND t.k IN (1) LIMIT %s"),
    ],
)  # fmt: skip
def test_the_restriction_goes_into_where(query: str, expected: str) -> None:
    assert extend_query_with_partition_keys(query, {1}, "k") == expected


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 UNION SELECT k FROM t",
        "INSERT INTO t VALUES (1)",
        "SELECT * FROM t; DELETE FROM t",
        "SELECT * FROM a, b WHERE a.k < b.k",
        "SELECT * FROM (SELECT * FROM t) q",
        "SELECT * INTO u FROM t",
        "not sql at all",
        "",
    ],
)
def test_what_cannot_be_restricted_comes_back_unchanged(query: str) -> None:
    assert extend_query_with_partition_keys(query, {1, 2}, "k") == query


@pytest.mark.parametrize("keys", [{True}, {b"x"}, {(1, 2)}, {object()}, "abc", {"\ud800"}])
def test_keys_that_are_none_leave_the_query_alone(keys: Any) -> None:
    assert extend_query_with_partition_keys("SELECT * FROM t", keys, "k") == "SELECT * FROM t"


def test_no_keys_and_unknown_keys() -> None:
    assert extend_query_with_partition_keys("SELECT * FROM t", None, "k") == "SELECT * FROM t"
    assert extend_query_with_partition_keys("SELECT * FROM t", set(), "k") == "SELECT * FROM t WHERE 1 = 0"
    assert (
        extend_query_with_partition_keys("SELECT * FROM t", {None}, "k")
        == "SELECT * FROM t WHERE t.k IS NULL"
    )


def test_wrong_names_of_methods_and_dialects_are_errors() -> None:
    with pytest.raises(ValueError, match="Use one of: auto, IN, VALUES"):
        extend_query_with_partition_keys("SELECT * FROM t", {1}, "k", "JOIN")
    with pytest.raises(ValueError, match="Use postgres, mysql or sqlite"):
        analyse("SELECT * FROM t", "k", "oracle")
    with pytest.raises(ValueError, match="at least one fragment"):
        analyse("SELECT * FROM t", "k", max_fragments=0)


def test_a_hundred_thousand_keys_are_written_quickly() -> None:
    text = extend_query_with_partition_keys("SELECT * FROM t", range(100_000), "k")
    assert text.endswith("99999)")


# -- what the analyser believes about the servers --


def test_functions_believed_to_be_immutable_are(empty_database: Database) -> None:
    """Apart from those that depend on the session's time zone, which `analyse` assumes to be the same."""
    with empty_database.connect() as connection:
        found = connection.execute(
            "select distinct proname from pg_proc where proname = any(%s) and provolatile <> 'i' and prokind = 'f' "
            "and oid <> all ('{\"length(bytea,name)\"}'::regprocedure[])",
            (sorted(rules("postgres").immutable),),
        ).fetchall()
        assert {name for (name,) in found} == {"date_part", "date_trunc"}
        volatile = connection.execute(
            "select distinct proname from pg_proc where proname = any(%s) and provolatile = 'v'",
            (sorted(rules("postgres").known),),
        ).fetchall()
        assert volatile == []


def test_sqlite_functions_believed_to_be_immutable_are() -> None:
    deterministic = 0x800
    with closing(sqlite3.connect(":memory:")) as connection:
        listed = connection.execute("pragma function_list").fetchall()
    flags = {name: flags for name, _, kind, _, _, flags in listed if kind == "s"}
    believed = rules("sqlite").immutable & flags.keys()
    assert len(believed) > 20
    assert {name for name in believed if not flags[name] & deterministic} == set()
