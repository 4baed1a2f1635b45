"""Looking up by containment outside PostgreSQL: forms, implication, and the catalogue that each client holds."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

import partitioncache
from partitioncache.analysis import analyse
from partitioncache.analysis.forms import form_of_entry, read_form, written
from partitioncache.backends.stored import StoredCache
from partitioncache.cli import exchange

OpenCache = Callable[..., partitioncache.Cache]

TYPES = {
    "poi": {
        "id": "integer",
        "city_id": "integer",
        "area": "real",
        "kind": "integer",
        "name": "text",
        "zip": "text",
    },
    "street": {"id": "integer", "city_id": "integer", "x": "real", "poi_id": "integer"},
}
KNOWN = [
    "SELECT * FROM poi WHERE area > 900",
    "SELECT * FROM poi WHERE kind IN (3, 4)",
    "SELECT * FROM poi p, street s WHERE p.city_id = s.city_id AND abs(p.area - s.x) < 50",
    "SELECT * FROM poi WHERE name IN ('n3', 'n4')",
    "SELECT * FROM poi WHERE zip > 900",
    "SELECT * FROM poi t0 WHERE EXISTS (SELECT t1.id FROM street t1 WHERE t1.poi_id = t0.id AND t1.x < 100 "
    "LIMIT 1)",
]
SERVED = [
    "SELECT count(*) FROM poi WHERE area > 1000",
    "SELECT count(*) FROM poi WHERE area BETWEEN 901 AND 1100",
    "SELECT count(*) FROM poi WHERE 1000 <= area AND name LIKE 'n%' AND id > 3 AND zip <> 'x' AND kind > 0",
    "SELECT id FROM poi q WHERE q.kind = 3",
    "SELECT id FROM poi q WHERE q.kind IN (4) AND q.name > 'a'",
    "SELECT p.id FROM street s JOIN poi p USING (city_id) WHERE abs(p.area - s.x) < 30 AND s.id > 2",
    "SELECT a.id FROM poi b, poi a JOIN street c ON c.city_id = a.city_id WHERE abs(a.area - c.x) <= 49 "
    "AND b.city_id = a.city_id",
    "SELECT id FROM poi WHERE area > 3 AND name IN ('n3')",
    "SELECT p.id FROM poi p WHERE p.id > 1 AND EXISTS (SELECT 1 AS a FROM street u0 WHERE u0.poi_id = p.id "
    "AND u0.x < 100 LIMIT 1)",
]
NOT_SERVED = [
    "SELECT count(*) FROM poi WHERE area > 899",
    "SELECT count(*) FROM poi WHERE area >= 900",
    "SELECT count(*) FROM poi WHERE area < 1000",
    "SELECT count(*) FROM poi WHERE id > 1000",
    "SELECT count(*) FROM poi WHERE kind IN (3, 4, 5)",
    "SELECT count(*) FROM poi WHERE kind = 3 OR area > 1000",
    "SELECT count(*) FROM poi WHERE kind > 2 AND kind < 5",
    "SELECT count(*) FROM poi WHERE name = 'N3'",
    "SELECT count(*) FROM poi WHERE name > 'n3'",
    "SELECT count(*) FROM poi WHERE zip > 1000",
    "SELECT p.id FROM poi p, street s WHERE p.id = s.id AND abs(p.area - s.x) < 30",
    "SELECT s.id FROM street s LEFT JOIN poi p ON p.city_id = s.city_id AND p.area > 1000 WHERE s.x IS NOT NULL",
]


@pytest.fixture
def data() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(
            """
            create table poi (id integer, city_id integer, area real, kind integer, name text, zip text);
            create table street (id integer, city_id integer, x real, poi_id integer);
            """
        )
        connection.executemany(
            "insert into poi values (?, ?, ?, ?, ?, ?)",
            [
                (n, n % 60 or None, n % 60 * 25, n % 60 // 6, f"n{n % 60 // 7}", str(n % 60 * 40))
                for n in range(600)
            ],
        )
        connection.executemany(
            "insert into street values (?, ?, ?, ?)", [(n, n % 60, n % 60 * 26.0, n * 2) for n in range(300)]
        )
        yield connection


def store(data: sqlite3.Connection, cache: partitioncache.Cache, query: str) -> None:
    for fragment in analyse(query, "city_id", "sqlite", TYPES).fragments:
        keys = {row[0] for row in data.execute(fragment.sql)}
        cache.set_set(fragment.hash, keys, query=fragment.sql)


def asked(cache: partitioncache.Cache, query: str) -> partitioncache.Explanation:
    return partitioncache.explain_query(query, cache, dialect="sqlite", schema=TYPES)


@pytest.mark.parametrize("cache_type", ["redis_set", "redis_bit", "rocksdb_set", "rocksdb_bit", "rocksdict"])
def test_a_query_finds_every_entry_that_it_contains(
    open_cache: OpenCache, data: sqlite3.Connection, cache_type: str
) -> None:
    cache, reader = open_cache(cache_type), open_cache(cache_type)
    for query in SERVED:
        assert not asked(reader, query).applied
    for query in KNOWN:
        store(data, cache, query)
    for query in SERVED:
        found = asked(reader, query)
        assert found.applied, query
        assert data.execute(found.rewritten).fetchall() == data.execute(query).fetchall()
        assert (
            partitioncache.get_partition_keys(query, reader, "city_id", dialect="sqlite", schema=TYPES)[0]
            is not None
        )
    for query in NOT_SERVED:
        assert not asked(reader, query).applied, query


@pytest.mark.parametrize("cache_type", ["redis_set", "rocksdict"])
def test_the_catalogue_follows_the_store(
    open_cache: OpenCache, data: sqlite3.Connection, cache_type: str
) -> None:
    cache, reader = open_cache(cache_type), open_cache(cache_type)
    query = "SELECT count(*) FROM poi WHERE area > 1000 AND kind = 3"
    (fragment,) = analyse(KNOWN[0], "city_id", "sqlite").fragments

    def known() -> list[str]:
        handler: Any = reader.underlying_handler
        return handler.contained(analyse(query, "city_id", "sqlite", TYPES), "city_id").get("poi", [])

    assert known() == []
    cache.set_query(fragment.hash, fragment.sql)
    assert known() == [], "a text is no entry"
    cache.set_set(fragment.hash, {1, 2, 3})
    assert known() == [fragment.hash]
    for number in range(20):
        store(data, cache, f"SELECT * FROM poi WHERE kind IN (3, {number + 10})")
        assert len(known()) == number + 2
    cache.delete(fragment.hash)
    assert fragment.hash not in known()
    assert len(known()) == 20
    for number in range(1100):
        cache.set_set(f"by hand {number}", {number})
    store(data, cache, KNOWN[0])
    assert len(known()) == 21, "also after more changes than are remembered"
    assert cache.clear() == 1121
    assert known() == []
    store(data, cache, KNOWN[0])
    assert known() == [fragment.hash]
    cache.set_query(fragment.hash, "SELECT 'something else'")
    assert known() == [], "what it stands for is not known any more"


@pytest.mark.parametrize("cache_type", ["redis_set", "rocksdict"])
def test_damaged_forms_count_as_missing(
    open_cache: OpenCache, data: sqlite3.Connection, cache_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache, query = open_cache(cache_type), SERVED[0]
    for known in KNOWN[:2]:
        store(data, cache, known)
    handler = cache.underlying_handler
    assert isinstance(handler, StoredCache)
    for name in handler.names("city_id"):
        handler._write("city_id", name, {"form": b"something else"})
    assert not asked(cache, query).applied
    assert len(caplog.records) == 2
    for known in KNOWN[:2]:
        store(data, cache, known)
    assert asked(cache, query).applied


def test_entries_without_a_form_are_found_by_their_names(
    open_cache: OpenCache, data: sqlite3.Connection
) -> None:
    cache = open_cache("rocksdict")
    (fragment,) = analyse(KNOWN[0], "city_id", "sqlite").fragments
    cache.set_set(fragment.hash, {row[0] for row in data.execute(fragment.sql)})
    cache.set_set("mine", {1}, query=fragment.sql)
    assert asked(cache, KNOWN[0]).hits == 1
    assert not asked(cache, SERVED[0]).applied
    assert "says" not in asked(cache, KNOWN[0]).entries[0]


def test_an_explanation_names_what_was_implied(open_cache: OpenCache, data: sqlite3.Connection) -> None:
    cache = open_cache("rocksdict")
    store(data, cache, KNOWN[0])
    (entry,) = asked(cache, SERVED[0]).entries
    assert entry["says"] == ["t0: poi", "t0.area > 900"]
    assert entry["implied"] == ["poi.area > 1000 implies poi.area > 900"]


@pytest.mark.parametrize("cache_type", ["redis_set", "rocksdict"])
def test_the_form_of_a_query(open_cache: OpenCache, cache_type: str) -> None:
    query = (
        "SELECT * FROM poi p, street s "
        "WHERE p.city_id = s.city_id AND 3 < p.area AND p.kind IN (%s, 2) AND now() > 1"
    )
    form = partitioncache.query_form(query, open_cache(cache_type), params=[7])
    assert str(form).splitlines() == [
        "table 0: poi p, partition key p.city_id",
        "table 1: street s, partition key s.city_id",
        "condition 1: #0.city_id = #1.city_id",
        "condition 2: #0.area > $1, $1: 3 (number)",
        "condition 3: #0.kind = ANY ($1), $1: 2, 7 (number)",
        "key group: p.city_id, s.city_id",
        "opaque: condition 4 -- now() is not known to be immutable",
    ]
    (opaque,) = partitioncache.query_form("SELECT random() FROM poi", open_cache(cache_type)).parts
    assert (opaque.part, opaque.reason) == (
        "opaque",
        "random() is volatile: it may give another value each time it is called",
    )


def test_max_age_counts_for_what_is_contained(open_cache: OpenCache, data: sqlite3.Connection) -> None:
    cache, strict = open_cache("rocksdict"), open_cache("rocksdict", max_age=60)
    (fragment,) = analyse(KNOWN[0], "city_id", "sqlite").fragments
    handler: Any = cache.underlying_handler
    handler.set_set(fragment.hash, {30, 40, 50}, "city_id", as_of=1.7e9)
    handler.set_query(fragment.hash, fragment.sql, "city_id")
    assert asked(cache, SERVED[0]).applied
    assert not asked(strict, SERVED[0]).applied


def test_types_travel_with_the_entry(open_cache: OpenCache, data: sqlite3.Connection, tmp_path: Any) -> None:
    """Whoever evaluated the entry knew that areas are numbers; who asks need not."""
    cache = open_cache("rocksdict")
    (fragment,) = analyse(KNOWN[0], "city_id", "sqlite").fragments
    form = form_of_entry(fragment.hash, fragment.sql, "city_id", TYPES)
    assert form is not None
    assert read_form(written(form)) == form
    handler: Any = cache.underlying_handler
    handler.set_set(fragment.hash, {row[0] for row in data.execute(fragment.sql)}, "city_id")
    handler.set_query(fragment.hash, fragment.sql, "city_id", written(form))
    file = tmp_path / "cache.jsonl"
    file.write_text("".join(f"{line}\n" for line in exchange.lines(cache.underlying_handler, ["city_id"])))
    copy, loaded = open_cache("redis_set"), open_cache("rocksdb_set")
    partitioncache.migrate_cache_backend(cache.underlying_handler, copy.underlying_handler, "city_id")
    exchange.store(loaded.underlying_handler, str(file), push=False, assert_static=False)
    for each in (cache, copy, loaded):
        assert partitioncache.explain_query(SERVED[0], each, dialect="sqlite").applied


def test_a_form_that_is_not_the_text_s_is_not_believed(open_cache: OpenCache) -> None:
    cache = open_cache("rocksdict")
    (mine,) = analyse("SELECT * FROM poi WHERE area > 5000", "city_id", "sqlite").fragments
    (other,) = analyse(KNOWN[0], "city_id", "sqlite").fragments
    false = form_of_entry(other.hash, other.sql, "city_id", TYPES)
    assert false is not None
    handler: Any = cache.underlying_handler
    handler.set_set(mine.hash, set(), "city_id")
    for wrong in (written(false), "{", "[]", '{"v":1}', '{"v":2}'):
        handler.set_query(mine.hash, mine.sql, "city_id", wrong)
        assert not asked(cache, SERVED[0]).applied
        assert handler.get_form(mine.hash, "city_id") == written(
            form_of_entry(mine.hash, mine.sql, "city_id")
        )


def test_a_comparison_implies_that_something_is_not_null(
    open_cache: OpenCache, data: sqlite3.Connection
) -> None:
    cache = open_cache("rocksdict")
    store(data, cache, "SELECT * FROM poi WHERE city_id > 3 AND name IS NOT NULL")
    for condition, served in (
        ("name > 'a'", True),
        ("name = 'n1'", True),
        ("name LIKE 'n%'", False),
        ("id > 1", False),
    ):
        assert asked(cache, f"SELECT id FROM poi WHERE {condition}").applied == served, condition


@pytest.mark.parametrize(
    ("known", "query"),
    [
        (
            "SELECT main.poi.id FROM main.poi WHERE (main.poi.kind = 3 AND (main.poi.id) IN "
            "(SELECT t1.poi_id FROM main.street AS t1 WHERE (t1.x > 5 AND t1.poi_id IS NOT NULL)))",
            "SELECT `main`.`poi`.`id` FROM `main`.`poi` WHERE (`main`.`poi`.`id`) IN (SELECT `t0`.`poi_id` FROM "
            "`main`.`street` AS `t0` WHERE (`t0`.`poi_id` IS NOT NULL AND `t0`.`x` > 5)) AND `main`.`poi`.`kind` = 3 "
            "ORDER BY `main`.`poi`.`id` LIMIT 10 OFFSET 0",
        ),
        (
            "SELECT poi.id FROM poi WHERE (EXISTS(SELECT 1 AS a FROM street U0 WHERE (U0.poi_id = (poi.id) AND "
            "U0.x > 5) LIMIT 1))",
            'SELECT "poi"."id" FROM "poi" WHERE ("poi"."kind" = 3 AND EXISTS(SELECT 1 AS "a" FROM "street" V1 WHERE '
            '(V1."poi_id" = ("poi"."id") AND V1."x" > 5) LIMIT 1)) ORDER BY "poi"."id" LIMIT 21',
        ),
    ],
    ids=["Prisma", "Django"],
)
def test_what_frameworks_write(
    open_cache: OpenCache, data: sqlite3.Connection, known: str, query: str
) -> None:
    cache = open_cache("rocksdict")
    store(data, cache, known)
    found = asked(cache, query)
    assert found.applied
    assert data.execute(found.rewritten).fetchall() == data.execute(query).fetchall()


def test_a_schema_in_front_of_a_column_is_that_of_its_table() -> None:
    for query in (
        "SELECT 1 FROM poi WHERE other.poi.kind = 3",
        "SELECT 1 FROM other.poi, a.street poi2 WHERE a.poi.kind = 3",
        "SELECT 1 FROM s.poi WHERE s.poi.id IN (SELECT poi.id FROM x poi WHERE s.poi.kind = 3)",
        "SELECT 1 FROM s.poi WHERE db.s.poi.kind = 3",
    ):
        assert analyse(query, "city_id").reason is not None, query


def test_what_has_no_form() -> None:
    (fragment,) = analyse(KNOWN[0], "city_id", "sqlite").fragments
    assert form_of_entry("mine", fragment.sql, "city_id") is None
    assert form_of_entry(fragment.hash, None, "city_id") is None
    # Keys of another column serve only where the partition key is placed in it.
    other = form_of_entry(fragment.hash, fragment.sql, "zip")
    assert other is not None
    assert other.keys == ("city_id",)
    for text in (
        "SELECT DISTINCT t1.city_id COLLATE BINARY FROM poi AS t1 WHERE t1.area > 900 AND random() > 0",
        "SELECT DISTINCT t1.city_id COLLATE BINARY FROM poi AS t1 WHERE t1.area > 900 LIMIT 5",
        "SELECT DISTINCT t1.city_id COLLATE BINARY FROM poi AS t1 WHERE t1.area > 900 ",
        "SELECT DISTINCT t1.city_id COLLATE BINARY FROM poi AS t1 WHERE t1.area > 900 -- all",
        "SELECT DISTINCT t1.city_id COLLATE BINARY FROM poi AS t1, street AS t2 WHERE t1.area > 900",
        "SELECT DISTINCT city_id FROM poi",
    ):
        found = form_of_entry(hashlib.sha256(text.encode()).hexdigest(), text, "city_id")
        assert found is None or "street" in text, text


@pytest.mark.parametrize("cache_type", ["redis_set", "rocksdict"])
def test_of_bounds_alone_the_nearest_are_found(
    open_cache: OpenCache, data: sqlite3.Connection, cache_type: str
) -> None:
    cache = open_cache(cache_type)
    for number in range(20):
        store(data, cache, f"SELECT * FROM poi WHERE area > {number * 40}")
    asking = analyse("SELECT count(*) FROM poi WHERE area > 500 AND kind = 3", "city_id", "sqlite", TYPES)
    handler: Any = cache.underlying_handler
    nearest = [
        analyse(f"SELECT * FROM poi WHERE area > {bound}", "city_id", "sqlite").fragments[0].hash
        for bound in (480, 440, 400)
    ]
    assert set(handler.contained(asking, "city_id")["poi"]) == set(nearest)


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgres"])
@pytest.mark.parametrize(
    "query",
    [
        *KNOWN,
        *SERVED,
        # Keys that are equal through a table that some fragments lack, or through another column.
        "SELECT 1 FROM poi p, street s, street e, poi x WHERE p.city_id = s.city_id AND p.city_id = e.city_id "
        "AND e.x < s.poi_id AND x.id = s.poi_id AND s.id IS NULL",
        "SELECT 1 FROM poi p, street s, poi q WHERE p.city_id = s.poi_id AND s.poi_id = q.city_id AND q.kind > s.id",
        # Sides that look alike, and others.
        "SELECT 1 FROM street b, street a, poi p WHERE a.id <= b.id AND p.area > b.x AND p.city_id = b.city_id",
        "SELECT 1 FROM poi p, street s WHERE p.id = s.id AND s.x >= p.area AND NOT p.kind = s.id + p.kind",
    ],
)
def test_what_a_fragment_says_is_told_by_its_query(query: str, dialect: str) -> None:
    for schema in (TYPES, None):
        analysis = analyse(query, "city_id", dialect, schema)
        for fragment in analysis.fragments:
            read = form_of_entry(fragment.hash, fragment.sql, "city_id", schema)
            assert read is not None
            assert analysis.form_of(fragment) == read, fragment.sql
