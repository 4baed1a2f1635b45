"""Containment over data in MariaDB and SQLite, filled as a monitor fills a cache: types, affinities and collations.

Everything that was stored may be used; what must not be used is told by the rows.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pymysql
import pytest

import partitioncache
from partitioncache.backends.protocol import Backend
from partitioncache.monitor import SourceEvaluator
from partitioncache.queues import Item
from partitioncache.sources import DIALECTS, open_source
from support.services import MariaDBServer

OpenCache = Callable[..., partitioncache.Cache]
Runs = Callable[[str], list[tuple[Any, ...]]]

MARIADB = """
drop table if exists place;
create table place (id int, city_id int, name varchar(20) collate utf8mb4_general_ci,
    code varchar(20) collate utf8mb4_bin, area double, price decimal(8,2), weight float, built year, opened date,
    zip varchar(10), german char(9) character set latin1 collate latin1_german2_ci, grade enum('10', '9', 'b', 'a'));
insert into place values
    (1, 1, 'Berlin', 'Berlin', 1000, 9.99, 0.1, 2069, '2024-01-31', '1000', 'ss', '10'),
    (2, 2, 'berlin ', 'berlin', 900, 10, 0.2, 1970, '2024-02-01', '95', 'ß', '9'),
    (3, 3, 'BERLIN', 'BERLIN', 901, 10.01, 16777216, 2024, '2023-12-31', '9', 's', 'a'),
    (4, 4, 'É', 'É', 1e9, -5, -0.5, 1971, '1970-01-01', '2', 'a', 'b'),
    (5, 5, 'e', 'e', null, null, null, null, null, null, null, null),
    (6, null, 'x', 'x', 2000, 20, 2, 2000, '2025-01-01', '2000', 'x', 'a'),
    (7, 7, 'y', 'y ', -3, 0, 1, 1999, '0001-01-01', '', 'y', '9')
"""
SQLITE = """
create table place (id integer, city_id integer, name text collate nocase, code text, area real, price decimal(8,2),
    weight float, built integer, opened date, zip varchar(10), german text collate rtrim, grade blob);
create view seen as select * from place;
insert into place values
    (1, 1, 'Berlin', 'Berlin', 1000, 9.99, 0.1, 2069, '2024-01-31', '1000', 'ss', 10),
    (2, 2, 'berlin ', 'berlin', 900, 10, 'heavy', 1970, '2024-02-01', '95', 's ', '9'),
    (3, 3, 'BERLIN', 'BERLIN', 901, '10.01', 16777216, 'old', 20231231, 9, 's', 'a'),
    (4, 4, 'e', 'e', 1e9, -5, -0.5, 1971, '1970-01-01', '2', 'a', x'62'),
    (5, 5, 'e', 'e', null, null, null, null, null, null, null, null),
    (6, null, 'x', 'x', 2000, 20, 2, 2000, '2025-01-01', '2000', 'x', 7),
    (7, 7, 'y', 'y ', -3, 0, 1, 1999, '', '', 'y', 900)
"""
#: The condition that is stored, one that may use it, and one that must not: they ask for rows that it leaves out.
CASES = [
    ("area > 900", "area > 1000", None),
    ("area >= 901", "area in (901, 2000)", None),
    ("price < 10", "price < 9.995", "price <= 10"),
    ("price between 1 and 15", "price between 9 and 11", "price > 1"),
    ("weight > 0.05", "weight >= 0.1", None),
    ("id in (1, 2, 3)", "id = 2", "id in (3, 4)"),
    ("name in ('berlin', 'x')", "name = 'x'", "name = 'e'"),
    ("code = 'Berlin'", "code = 'Berlin' and id < 5", "code = 'BERLIN'"),
    ("name is not null", "name > 'b'", None),
    ("abs(area - 950) < 100", "abs(area - 950) <= 51", "abs(area - 950) < 200"),
    # In the order of texts, of years with two digits, of enums: only the same implies itself.
    ("zip > 900", "zip > 900 and id > 0", "zip > 1000"),
    ("zip > '900'", "zip > '900' and id > 0", "zip > '1000'"),
    ("code > 'a'", "code > 'a' and id > 0", "code > 'B'"),
    ("german = 's'", "german = 's' and id > 0", "german in ('s', 'ss')"),
    ("opened > '2024-01-01'", "opened > '2024-01-01' and id > 0", "opened > '2023-01-01'"),
    ("built > 70", "built > 70 and id > 0", "built > 69"),
    ("built in (69, 70)", "built in (70, 69)", "built = 1970"),
    ("grade > 8", "grade > 8 and id > 0", "grade > 1"),
]  # fmt: skip


@contextmanager
def mariadb(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, dict[str, Any], Runs]]:
    server: MariaDBServer = request.getfixturevalue("mariadb_server")
    own = {name: getattr(server, name) for name in ("host", "port", "user", "password", "database")}
    where = {"dbname" if name == "database" else name: value for name, value in own.items()}
    with closing(pymysql.connect(**own, charset="utf8mb4", autocommit=True)) as connection:

        def run(query: str) -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())

        for statement in MARIADB.split(";\n"):
            run(statement)
        yield "mysql", where, run


@contextmanager
def sqlite(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, dict[str, Any], Runs]]:
    with closing(sqlite3.connect(folder / "data.db")) as connection:
        connection.executescript(SQLITE)
        connection.commit()
        yield (
            "sqlite",
            {"dbname": str(folder / "data.db")},
            lambda query: connection.execute(query).fetchall(),
        )


def evaluate(kind: str, where: dict[str, Any], cache: Backend, query: str) -> Any:
    """As a monitor does; returns the schema that it read."""
    with open_source(kind, **where) as source:
        columns, declared = source.columns(), source.declared()
    evaluator = SourceEvaluator(
        cache, lambda: open_source(kind, **where), columns, DIALECTS[kind], declared=declared
    )
    with closing(evaluator.worker()) as worker:
        for fragment in evaluator.take_apart(Item(query, "city_id")):
            worker.evaluate(fragment)
    return declared


@pytest.mark.parametrize("data", [mariadb, sqlite], ids=["MariaDB", "SQLite"])
@pytest.mark.parametrize(("stored", "served", "other"), CASES, ids=[case[0] for case in CASES])
def test_entries_serve_what_they_contain_and_lose_no_row(
    request: pytest.FixtureRequest,
    open_cache: OpenCache,
    tmp_path: Path,
    data: Callable[..., Any],
    stored: str,
    served: str,
    other: str | None,
) -> None:
    cache = open_cache("rocksdict")
    with data(request, tmp_path) as (kind, where, run):
        schema = evaluate(kind, where, cache.underlying_handler, f"select * from place where {stored}")
        if "between" not in stored:
            schema = None  # what the entry knows is enough
        for condition in filter(None, (served, other)):
            query = f"select id from place where {condition}"
            found = partitioncache.explain_query(query, cache, dialect=DIALECTS[kind], schema=schema)
            assert found.applied or condition != served, (condition, str(found))
            assert Counter(run(found.rewritten)) == Counter(run(query)), found.rewritten


def test_dates_of_mariadb_are_dates(
    request: pytest.FixtureRequest, open_cache: OpenCache, tmp_path: Path
) -> None:
    cache = open_cache("rocksdict")
    with mariadb(request, tmp_path) as (kind, where, run):
        evaluate(kind, where, cache.underlying_handler, "select * from place where opened >= '2024-01-01'")
        for condition, applied in (
            ("opened > '2024-01-31'", True),
            ("opened between '2024-01-31' and '2024-12-31'", True),
            ("opened = '2024-02-01'", True),
            ("opened > '2023-12-31'", False),
            ("opened > '24-2-1'", False),
            ("opened > 20240201", False),
        ):
            query = f"select id from place where {condition}"
            found = partitioncache.explain_query(
                query,
                cache,
                dialect="mysql",
                schema={"place": {"id": "int", "city_id": "int", "opened": "date"}},
            )
            assert found.applied == applied, condition
            assert Counter(run(found.rewritten)) == Counter(run(query))


def test_a_view_of_sqlite_has_no_types(
    request: pytest.FixtureRequest, open_cache: OpenCache, tmp_path: Path
) -> None:
    """Its columns may compare as those of any branch of a UNION."""
    cache = open_cache("rocksdict")
    with sqlite(request, tmp_path) as (kind, where, run):
        evaluate(kind, where, cache.underlying_handler, "select * from seen where area > 900")
        same = partitioncache.explain_query("select id from seen where area > 900", cache, dialect="sqlite")
        other = partitioncache.explain_query("select id from seen where area > 1000", cache, dialect="sqlite")
        assert (same.applied, other.applied) == (True, False)
        assert run(same.rewritten) == run("select id from seen where area > 900")
