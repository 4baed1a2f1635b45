"""`track`, `untrack` and `tracked_tables`: tracking from Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import partitioncache
from partitioncache import Cache
from partitioncache.errors import ConfigurationError, PartitionCacheError, QueryError, TrackingError
from support.cluster import Database


@pytest.fixture
def tables(database: Database) -> Database:
    """A database with two tables and a view."""
    database.psql(
        """create table poi (id integer primary key, city_id integer, size integer);
           insert into poi select i, i % 50, i from generate_series(1, 1000) i;
           create schema "My maps";
           create table "My maps"."Kinds" (kind integer);
           create view old_poi as select * from poi;"""
    )
    return database


@pytest.fixture(params=["postgresql_array", "postgresql_bit"])
def cache(request: pytest.FixtureRequest, tables: Database) -> Iterator[Cache]:
    """A cache of each storage."""
    with partitioncache.create_cache(
        request.param, "city_id", "integer", cache="mine", conninfo=tables.conninfo()
    ) as opened:
        yield opened


def test_follows_writes(cache: Cache, tables: Database) -> None:
    query = "select id from poi where size > 990"
    partitioncache.track(cache, "poi")
    partitioncache.push_query(query, "city_id", cache=cache)
    tables.psql("call partitioncache_run_processor('mine')")
    keys, _, _ = partitioncache.get_partition_keys(query, cache, "city_id")
    assert keys is not None
    assert 7 not in keys
    tables.execute("insert into poi values (2000, 7, 2000)")
    with_change, _, _ = partitioncache.get_partition_keys(query, cache, "city_id")
    assert with_change == {*keys, 7}


def test_lists_and_ends(cache: Cache, tables: Database) -> None:
    assert partitioncache.tracked_tables(cache) == []
    partitioncache.track(cache, "poi")
    partitioncache.track(cache, "poi")
    partitioncache.track(cache.underlying_handler, '"My maps"."Kinds"', "city_id")
    tables.execute("update poi set size = 0 where id < 3")
    found = [
        (t.table, t.partition_key, t.unit, t.state, t.changes) for t in partitioncache.tracked_tables(cache)
    ]
    assert found == [
        ('"My maps"."Kinds"', "city_id", "table", "tracking", 0),
        ("poi", "city_id", "partition", "tracking", 1),
    ]
    assert partitioncache.tracked_tables(cache.underlying_handler)[0].since.tzinfo is not None
    assert partitioncache.untrack(cache, "poi")
    assert not partitioncache.untrack(cache, "poi")
    assert [t.table for t in partitioncache.tracked_tables(cache)] == ['"My maps"."Kinds"']


def test_says_what_is_wrong(cache: Cache, tables: Database) -> None:
    with pytest.raises(
        TrackingError, match=r"View (public\.)?old_poi holds no rows; its tables can be tracked"
    ):
        partitioncache.track(cache, "old_poi")
    with pytest.raises(QueryError, match=r"(?i)relation \"nothing\" does not exist"):
        partitioncache.track(cache, "nothing")
    with pytest.raises(PartitionCacheError, match="not registered"):
        partitioncache.track(cache, "poi", "town")
    with pytest.raises(ConfigurationError, match="no partition key of its own"):
        partitioncache.track(cache.underlying_handler, "poi")


def test_needs_postgresql(tmp_path: Path) -> None:
    with partitioncache.create_cache("rocksdict", "city_id", "integer", path=str(tmp_path)) as elsewhere:
        for function in (partitioncache.track, partitioncache.untrack):
            with pytest.raises(ConfigurationError, match="rocksdict cannot follow writes"):
                function(elsewhere, "poi")
        with pytest.raises(ConfigurationError, match="rocksdict cannot follow writes"):
            partitioncache.tracked_tables(elsewhere)


def test_placements(cache: Cache, tables: Database) -> None:
    tables.psql("create table visit (id integer, poi_id integer references poi, seen integer)")
    partitioncache.place(cache, "poi", "id")
    partitioncache.place(cache, "visit", "poi_id", "city_id")
    assert [(p.table, p.expression, p.type, p.state) for p in partitioncache.placements(cache)] == [
        ("poi", "id", "integer", "used"),
        ("visit", "poi_id", "integer", "used"),
    ]
    assert partitioncache.suggest_placements(cache, "poi") == []
    partitioncache.push_query("select 1 from visit where seen = 3", "city_id", cache=cache)
    assert partitioncache.unplace(cache, "visit")
    assert not partitioncache.unplace(cache, "visit")
    assert [s.table for s in partitioncache.suggest_placements(cache, "poi")] == ["visit"]
    with pytest.raises(ConfigurationError, match="may fail for some row"):
        partitioncache.place(cache, "visit", "1 / seen")
    with pytest.raises(QueryError, match="does not exist"):
        partitioncache.place(cache, "nothing", "id")
    with (
        partitioncache.create_cache("rocksdict", "city_id", "integer") as other,
        pytest.raises(ConfigurationError),
    ):
        partitioncache.place(other, "poi", "id")
