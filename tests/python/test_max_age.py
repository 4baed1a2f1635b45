"""How long an entry is used outside PostgreSQL, where nothing follows writes: max_age."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import partitioncache
from partitioncache.analysis import analyse
from partitioncache.backends.protocol import Backend
from partitioncache.cli import exchange
from partitioncache.errors import ConfigurationError
from partitioncache.monitor.evaluate import SourceEvaluator
from partitioncache.queues import Item
from partitioncache.sources import open_source

OpenCache = Callable[..., partitioncache.Cache]
STORED = ["redis_set", "redis_bit", "rocksdb_set", "rocksdb_bit", "rocksdict"]
HOUR = 3600.0


@pytest.mark.parametrize("cache_type", STORED)
def test_an_entry_is_used_while_it_is_young_enough(open_cache: OpenCache, cache_type: str) -> None:
    old = open_cache(cache_type)
    handler = old.underlying_handler
    handler.set_set("old", {1, 2}, "city_id", time.time() - 2 * HOUR)
    handler.set_set("dense", set(range(1000)), "city_id", time.time() - 2 * HOUR)
    handler.set_set("of another clock", {1, 2}, "city_id", time.time() + 5 * HOUR)
    old.set_set("new", {2, 3})
    assert old.get("old") == {1, 2}
    for max_age in (HOUR, timedelta(hours=1), 1.5 * HOUR):
        bounded = open_cache(cache_type, max_age=max_age)
        assert bounded.get("old") is None
        assert bounded.get("dense") is None
        assert bounded.get("of another clock") is None
        assert not bounded.exists("old")
        assert bounded.get_intersected(["old", "new"]) == ({2, 3}, 1)
    generous = open_cache(cache_type, max_age=timedelta(hours=3))
    assert generous.get_intersected(["old", "new"]) == ({2}, 2)
    stored = handler.as_of(["old", "new", "missing"], "city_id")
    assert stored is not None
    assert abs(stored - time.time() + 2 * HOUR) < 60
    assert handler.as_of(["missing"], "city_id") is None


def test_what_is_no_age(open_cache: OpenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (0, -1, "often", True, float("nan"), float("inf")):
        with pytest.raises(ConfigurationError, match="no age of entries"):
            open_cache("rocksdict", max_age=wrong)
    with pytest.raises(ConfigurationError, match=r"postgresql_array takes no max_age.*track"):
        open_cache("postgresql_array", max_age=60)
    open_cache("rocksdict").underlying_handler.set_set("old", {1}, "city_id", time.time() - HOUR)
    monkeypatch.setenv("CACHE_MAX_AGE", "60")
    assert open_cache("rocksdict").get("old") is None
    assert open_cache("rocksdict", max_age=2 * HOUR).get("old") == {1}


def test_an_explanation_says_that_it_is_too_old(open_cache: OpenCache) -> None:
    query = "SELECT * FROM poi WHERE kind = 7"
    cache = open_cache("rocksdict", max_age=HOUR)
    (fragment,) = analyse(query, "city_id").fragments
    cache.underlying_handler.set_set(fragment.hash, {1}, "city_id", time.time() - 2 * HOUR)
    explanation = partitioncache.explain_query(query, cache)
    assert explanation.reason == "what the cache has of it is older than max_age"
    assert explanation.entries[0]["state"] == "aside"
    assert partitioncache.apply_cache(query, cache) == query
    cache.set_set(fragment.hash, {1})
    assert partitioncache.explain_query(query, cache).applied


def test_a_copy_is_as_old_as_what_it_was_made_of(open_cache: OpenCache, tmp_path: Path) -> None:
    old = open_cache("rocksdict")
    old.underlying_handler.set_set("h", {1}, "city_id", time.time() - 2 * HOUR)
    new = open_cache("redis_set", max_age=HOUR)
    assert partitioncache.migrate_cache_backend(old, new, "city_id").entries == 1
    assert new.get("h") is None
    file = tmp_path / "export.jsonl"
    file.write_text("".join(f"{line}\n" for line in exchange.lines(old.underlying_handler, ["city_id"])))
    other = open_cache("rocksdb_set", max_age=HOUR)
    exchange.store(other.underlying_handler, str(file), push=False, assert_static=False)
    assert other.underlying_handler.states("city_id") == {"h": "asserted"}
    assert other.get("h") is None


def evaluated(backend: Backend, database: Path, query: str, again: bool = False) -> None:
    with closing(open_source("sqlite", dbname=str(database))) as source:
        columns = source.columns()
    evaluator = SourceEvaluator(
        backend, lambda: open_source("sqlite", dbname=str(database)), columns, "sqlite", again=again
    )
    with closing(evaluator.worker()) as worker:
        for item in evaluator.take_apart(Item(query, "city_id", "integer")):
            worker.evaluate(item)


def test_what_was_restricted_by_old_entries_is_as_old_as_they_are(
    open_cache: OpenCache, tmp_path: Path
) -> None:
    """Else a write that the smaller fragment has missed would be missed by the larger one for another max_age."""
    database = tmp_path / "data.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "create table poi (id integer primary key, city_id integer, kind integer, stars integer)"
        )
        connection.executemany(
            "insert into poi values (?, ?, ?, ?)", [(n, n % 20, n % 5, n % 7) for n in range(500)]
        )
    backend = open_cache("rocksdict").underlying_handler
    part, query = "SELECT * FROM poi WHERE kind = 3", "SELECT * FROM poi WHERE kind = 3 AND stars = 2"
    evaluated(backend, database, part)
    (fragment,) = analyse(part, "city_id", "sqlite").fragments
    keys = backend.get(fragment.hash, "city_id")
    assert keys
    backend.set_set(fragment.hash, keys, "city_id", time.time() - 2 * HOUR)
    evaluated(backend, database, query)
    whole = max(analyse(query, "city_id", "sqlite").fragments, key=lambda each: len(each.conjuncts))
    moment = backend.as_of([whole.hash], "city_id")
    assert moment is not None
    assert moment < time.time() - HOUR
