"""The Python analyser against the contract: restricted queries return exactly the rows of the original.

`fuzz.py` beside this file goes on with random seeds; what it finds becomes a test of `tests/python/test_analysis.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from differential.python_analyser import implied
from differential.python_analyser.check import Report, hunt
from differential.python_analyser.expressions import compare
from differential.python_analyser.worlds import MySQL, PostgreSQL, Server, SQLite, kinds, make
from support.cluster import Cluster
from support.services import MariaDBServer

# Databases of 57 queries each: three of every class.
WORLDS = {"sqlite": 24, "mysql": 9, "postgres": 10}
EXPRESSIONS = {"sqlite": 2000, "mysql": 600, "postgres": 600}

Open = Callable[[str], Server]


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a server of a dialect; it is started when it is first needed."""
    found: list[Any] = []

    def open_server(dialect: str) -> Server:
        if dialect == "sqlite":
            return SQLite()
        if dialect == "postgres":
            cluster: Cluster = request.getfixturevalue("cluster")
            found.append(PostgreSQL(cluster.create_database(template="template1").conninfo()))
        else:
            mariadb: MariaDBServer = request.getfixturevalue("mariadb_server")
            found.append(
                MySQL(
                    host=mariadb.host,
                    port=mariadb.port,
                    user=mariadb.user,
                    password=mariadb.password,
                    database=mariadb.database,
                )
            )
        server: Server = found[-1]
        return server

    yield open_server
    for server in found:
        server.close()


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgres"])
def test_restricted_queries_return_the_rows_of_the_original(opened: Open, dialect: str) -> None:
    server, report = opened(dialect), Report()
    for seed in range(WORLDS[dialect]):
        possible = kinds(dialect)
        hunt(make(server, possible[seed % len(possible)], seed), seed, 57, report)
    print(report.table())
    tried = sum(tally.tried for tally in report.classes.values())
    assert tried > WORLDS[dialect] * 45
    assert not report.refused_fragments, report.refused_fragments
    for name in (
        "one table",
        "inner joins",
        "four to six tables",
        "USING",
        "sub-selects in conditions",
        "limited",
    ):
        tally = report.classes[name]
        assert tally.rewritten > tally.tried / 5, (name, tally)
    assert report.classes["constants changed"].implied > 20


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgres"])
def test_what_is_called_implied_is_true(opened: Open, dialect: str) -> None:
    server, found = opened(dialect), Counter[str]()
    for seed in range(3):
        found += implied.compare(server, seed, 90).implied
    print(found)
    numeric = {"sqlite": ("INTEGER", "REAL"), "mysql": ("INT", "DOUBLE"), "postgres": ("integer", "real")}[
        dialect
    ]
    assert min(found[declared] for declared in numeric) > 50, found


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgres"])
def test_conditions_keep_their_meaning(opened: Open, dialect: str) -> None:
    outcome = compare(opened(dialect), 1, EXPRESSIONS[dialect])
    assert outcome.compared > EXPRESSIONS[dialect] / 8, outcome
