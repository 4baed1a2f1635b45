"""One conformance suite over every data source, on the same tables."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import pytest

from partitioncache.errors import ConfigurationError
from partitioncache.sources import (
    DIALECTS,
    SOURCES,
    FragmentTimeout,
    Source,
    SourceError,
    TooManyKeys,
    open_source,
)

if TYPE_CHECKING:
    from support.cluster import Database
    from support.services import MariaDBServer

OpenSource = Callable[[], Source]

ROWS = [(n % 10 or None, f"shop {n}", n / 2) for n in range(200)]
SLOW = (
    "select distinct s1.city_id from shops s1, shops s2, shops s3, shops s4, shops s5 "
    "where s1.name = s2.name and s1.size + s3.size + s4.size + s5.size < 0"
)
TABLES = (
    "create table shops (city_id integer, name varchar(40), size double precision)",
    "create table {quoted} (x bigint)",
    "create view large as select city_id from shops where size > 90",
)


def statements(quote: str) -> Iterator[str]:
    yield from (text.format(quoted=f"{quote}Odd, name{quote}") for text in TABLES)


@pytest.fixture(params=SOURCES)
def open_it(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenSource]:
    with contextlib.ExitStack() as stack:
        yield request.getfixturevalue(f"{request.param}_source")(stack)


@pytest.fixture
def source(open_it: OpenSource) -> Source:
    return open_it()


@pytest.fixture
def sqlite_source(tmp_path: Path) -> Callable[[contextlib.ExitStack], OpenSource]:
    path = tmp_path / "shops #1?.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements('"'):
            connection.execute(statement)
        connection.executemany("insert into shops values (?, ?, ?)", ROWS)
        connection.commit()
    return lambda stack: lambda: stack.enter_context(open_source("sqlite", dbname=path))


@pytest.fixture
def postgresql_source(empty_database: Database) -> Callable[[contextlib.ExitStack], OpenSource]:
    with empty_database.connect() as connection:
        for statement in statements('"'):
            connection.execute(statement.encode())
        with connection.cursor() as cursor:
            cursor.executemany("insert into shops values (%s, %s, %s)", ROWS)
    return lambda stack: (
        lambda: stack.enter_context(open_source("postgresql", conninfo=empty_database.conninfo()))
    )


@pytest.fixture
def mysql_source(mariadb_server: MariaDBServer) -> Callable[[contextlib.ExitStack], OpenSource]:
    arguments = {"host": mariadb_server.host, "port": mariadb_server.port, "user": mariadb_server.user}
    with (
        pymysql.connect(password=mariadb_server.password, **arguments) as connection,  # type: ignore[arg-type]
        connection.cursor() as cursor,
    ):
        cursor.execute("drop database if exists shops_source")
        cursor.execute("create database shops_source collate utf8mb4_bin")
        cursor.execute("use shops_source")
        for statement in statements("`"):
            cursor.execute(statement)
        cursor.executemany("insert into shops values (%s, %s, %s)", ROWS)
        cursor.execute(
            "create table texts (padded varchar(9) collate utf8mb4_bin, exact varchar(9) collate utf8mb4_nopad_bin,"
            " folded varchar(9) collate utf8mb4_general_ci, fixed char(9) collate utf8mb4_bin,"
            " fixed_exact char(9) collate utf8mb4_nopad_bin, single float, stamp timestamp, moment datetime)"
        )
        # row by row: a UNION of literals would compare them by the connection's collation, not by the columns'
        for text, folded in ("a ", "a"), ("a", "A"):
            cursor.execute(
                "insert into texts values (%s, %s, %s, %s, %s, 0.1, now(), now())",
                (text, text, folded, text, text),
            )
        connection.commit()
    return lambda stack: (
        lambda: stack.enter_context(
            open_source("mysql", password=mariadb_server.password, dbname="shops_source", **arguments)
        )
    )


def test_protocol(source: Source) -> None:
    assert isinstance(source, Source)
    assert source.dialect in DIALECTS.values()


def test_keys(source: Source) -> None:
    assert source.keys("select distinct city_id from shops") == {None, *range(1, 10)}
    assert source.keys("select distinct city_id from shops where name like 'shop 1_' -- a comment") == {
        None,
        *range(1, 10),
    }
    assert source.keys("select name from shops where name = 'a%s %(b)s :c ? $1'") == set()
    assert source.keys("select name from shops where size = 2.5") == {"shop 5"}


def test_tables_and_their_columns(source: Source) -> None:
    columns = source.columns()
    assert list(columns["shops"]) == ["city_id", "name", "size"]
    assert columns["shops"]["city_id"] in ("integer", "bigint")
    assert columns["shops"]["name"] == "text"
    assert columns["shops"]["size"] == "float"
    assert list(columns["Odd, name"]) == ["x"]
    assert list(columns["large"]) == ["city_id"]


def test_time_limit_really_stops(source: Source) -> None:
    started = time.monotonic()
    with pytest.raises(FragmentTimeout, match=r"after 0\.4 s"):
        source.keys(SLOW, timeout=0.4)
    assert time.monotonic() - started < 5
    assert source.keys("select distinct city_id from shops where size < 2", timeout=5) == {None, 1, 2, 3}
    assert source.keys("select distinct city_id from shops where size < 2") == {None, 1, 2, 3}, (
        "no limit lingers"
    )


def test_result_limit_gives_no_part_of_a_set(source: Source) -> None:
    with pytest.raises(TooManyKeys, match="more than 9"):
        source.keys("select distinct city_id from shops", limit=9)
    assert len(source.keys("select distinct city_id from shops", limit=10)) == 10
    with pytest.raises(TooManyKeys):
        source.keys("select s1.size + s2.size / 1000 from shops s1, shops s2", limit=5)
    assert len(source.keys("select distinct city_id from shops")) == 10, "the connection is still good"


@pytest.mark.parametrize(
    "statement",
    [
        "delete from shops",
        "drop table shops",
        "create table more (x integer)",
        "update shops set size = 0",
        "select 1; delete from shops",
        "select 1) x; delete from shops; select (1",
        "insert into shops values (1, 'a', 2)",
        "no sql at all",
        "select nothing from shops",
        "",
    ],
)
def test_nothing_but_a_query(source: Source, statement: str) -> None:
    with pytest.raises(SourceError, match="refused the query"):
        source.keys(statement)
    assert len(source.keys("select name from shops")) == 200


def test_check_executes_nothing(source: Source) -> None:
    started = time.monotonic()
    source.check(SLOW)
    assert time.monotonic() - started < 3
    with pytest.raises(SourceError, match="refused the query"):
        source.check("select nothing from shops")


def test_interrupt_from_another_thread(open_it: OpenSource) -> None:
    source = open_it()
    timer = threading.Timer(0.3, source.interrupt)
    timer.start()
    started = time.monotonic()
    with pytest.raises(SourceError):
        source.keys(SLOW, timeout=60)
    assert time.monotonic() - started < 10
    timer.join()
    with pytest.raises(SourceError):
        source.keys(SLOW)


def test_mysql_texts_are_keys_only_where_equality_is_exact(mysql_source: Callable[..., OpenSource]) -> None:
    """Under a collation that folds case, each fragment may name the same partition differently."""
    with contextlib.ExitStack() as stack:
        source = mysql_source(stack)()
        assert source.columns()["texts"] == {
            "padded": "text",
            "exact": "text",
            "folded": None,
            "fixed": "text",
            "fixed_exact": None,
            "single": None,
            "stamp": None,
            "moment": "timestamp",
        }
        assert source.keys("select distinct padded from texts") == {"a"}
        assert source.keys("select distinct exact from texts") == {"a", "a "}
        assert source.keys("select distinct fixed from texts") == {"a"}


@pytest.mark.parametrize(
    "setting",
    ["tmp_memory_table_size = default", "tmp_memory_table_size = 0", "sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'"],
)
@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM", "Aria"])
def test_what_the_rule_for_mysql_texts_stands_on(
    mysql_source: Callable[..., OpenSource], mariadb_server: MariaDBServer, setting: str, engine: str
) -> None:
    """DISTINCT, =, IN and joins agree with one another, whatever engine holds the rows or a temporary table."""
    with contextlib.ExitStack() as stack:
        mysql_source(stack)
        connection = stack.enter_context(
            pymysql.connect(
                host=mariadb_server.host,
                port=mariadb_server.port,
                user=mariadb_server.user,
                password=mariadb_server.password,
                database="shops_source",
            )
        )
        cursor = stack.enter_context(connection.cursor())

        def found(query: str) -> list[str]:
            cursor.execute(query)
            return sorted(text for (text,) in cursor.fetchall())

        cursor.execute(f"set session {setting}")
        cursor.execute(f"alter table texts engine = {engine}")
        for query in (
            "select distinct exact from texts",
            "select distinct * from (select distinct exact from texts) k",
            "select exact from texts group by exact",
            "select exact from texts union select exact from texts",
            "select exact from texts where exact in ('a', 'a ', 'b')",
            "select exact from texts where exact in (select distinct exact from texts)",
            "select t.exact from texts t join (select distinct exact from texts) k on k.exact = t.exact",
        ):
            assert found(query) == ["a", "a "], query
        assert found("select exact from texts where exact = 'a '") == ["a "]
        # under a collation that pads, the key without trailing spaces finds both rows
        for condition in ("padded in ('a', 'b')", "fixed = 'a'", "padded = (select min(padded) from texts)"):
            assert found(f"select exact from texts where {condition}") == ["a", "a "], condition
        # and this is why CHAR is no key where trailing spaces count
        reads_padded = "PAD_CHAR" in setting
        assert found("select exact from texts where fixed_exact = 'a'") == ([] if reads_padded else ["a", "a "])


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_servers_that_are_not_there(kind: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(kind, host="127.0.0.1", port=1, user="x", password="tulip", dbname="x")
    assert "tulip" not in str(caught.value)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no SQLite file"):
        open_source("sqlite", dbname=tmp_path / "none.db")
    text = tmp_path / "text.db"
    text.write_text("this is no database, but long enough to look at" * 50)
    with pytest.raises(SourceError, match="as a SQLite database"):
        open_source("sqlite", dbname=text)
    with pytest.raises(ConfigurationError, match="Did you mean sqlite"):
        open_source("sqlit")
    with pytest.raises(ConfigurationError, match="No mysql database is named"):
        open_source("mysql")
