"""What every backend must do alike. Each test runs on all seven, against real servers and files."""

from __future__ import annotations

import itertools
import math
import random
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import partitioncache
from partitioncache.backends.protocol import Backend
from partitioncache.datatypes import DATATYPES
from partitioncache.errors import (
    ConfigurationError,
    DatatypeError,
    NotRegisteredError,
    RegistrationConflictError,
)
from partitioncache.registry import CACHE_TYPES

OpenCache = Callable[..., partitioncache.Cache]

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(2**31), 2**31 - 1) | st.integers(-200_000, 200_000),
    "bigint": INT64 | st.integers(-200_000, 200_000),
    "float": st.floats(width=64),
    "numeric": st.decimals(-(10**40), 10**40, places=12)
    | st.sampled_from([Decimal("NaN"), Decimal("Infinity"), Decimal("1E-30")]),
    "text": TEXT,
    "uuid": st.uuids(),
    "date": st.dates(),
    "timestamp": st.datetimes(),
    "timestamptz": st.datetimes(
        min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29),
        timezones=st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-9, 0, 5.75)]),
    ),
}  # fmt: skip

EXAMPLES: dict[str, set[Any]] = {
    "integer": {0, 1, -1, 2**31 - 1, -(2**31), 65_471, 65_472, -65_472, -65_473},
    "bigint": {0, 2**63 - 1, -(2**63), 2**31, -(2**31) - 1, 2**62, 10**18},
    "float": {0.0, -1.5, 1e308, 5e-324, math.inf, -math.inf, 2.0**53},
    "numeric": {Decimal(0), Decimal("0.10"), Decimal("-1E+30"), Decimal("12345678901234567890.123456789")},
    "text": {
        "",
        " ",
        "a'b",
        'a"b',
        "a,b",
        "{a}",
        "a:b",
        "a\\b",
        "NULL",
        "null",
        "a\nb",
        "Zürich",
        "北京",
        "🌍",
        "}:0:",
        "%s",
    },
    "uuid": {UUID(int=0), UUID(int=2**128 - 1), UUID("1b4e28ba-2fa1-11d2-883f-0016d3cca427")},
    "date": {date(1, 1, 1), date(1970, 1, 1), date(9999, 12, 31)},
    "timestamp": {datetime(1, 1, 1), datetime(2024, 2, 29, 23, 59, 59, 999999), datetime(9999, 12, 31)},
    "timestamptz": {
        datetime(2024, 1, 1, tzinfo=timezone.utc),
        datetime(1969, 7, 20, 20, 17, 40, 123456, tzinfo=timezone(timedelta(hours=-5))),
    },
}

SPAN = {"postgresql_bit": 2**28}
"""How far apart the keys of one set may be, where that is limited."""


def examples(cache_type: str, datatype: str) -> set[Any]:
    keys = EXAMPLES[datatype]
    return {key for key in keys if abs(key) < SPAN[cache_type] // 2} if cache_type in SPAN else keys


def values(cache_type: str, datatype: str) -> st.SearchStrategy[Any]:
    return st.integers(-200_000, 200_000) if cache_type in SPAN else VALUES[datatype]


AWKWARD_NAMES = [
    "a:b",
    "a b",
    "a}b",
    "{a}",
    "a'b",
    'a"b',
    "a%b",
    "Größe",
    "a\\b",
    "select",
    "a|b",
    "A",
    "x/../y",
    "*",
]

ALL = [
    (name, datatype)
    for name, kind in CACHE_TYPES.items()
    for datatype in DATATYPES
    if datatype in kind.datatypes
]
REFUSED = [
    (name, other) for name, kind in CACHE_TYPES.items() for other in DATATYPES if other not in kind.datatypes
]

every_backend = pytest.mark.parametrize("cache_type", CACHE_TYPES)
few_examples = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def same(left: set[Any] | None, right: set[Any] | None) -> bool:
    """Equality of key sets in which NaN counts as one key."""

    def plain(keys: set[Any] | None) -> set[Any] | None:
        return (
            None
            if keys is None
            else {"NaN" if isinstance(key, (float, Decimal)) and key != key else key for key in keys}
        )

    return plain(left) == plain(right)


@pytest.mark.parametrize(("cache_type", "datatype"), ALL)
def test_keys_come_back_as_they_were(open_cache: OpenCache, cache_type: str, datatype: str) -> None:
    cache = open_cache(cache_type, "k", datatype)
    keys = examples(cache_type, datatype)
    cache.set_set("h", keys)
    got = cache.get("h")
    assert got == keys
    assert {type(key) for key in got} == {type(key) for key in keys}
    cache.set_set("h", keys | {None})
    assert cache.get("h") == keys | {None}
    cache.set_set("other", {*list(keys)[:2], None})
    cache.set_set("without null", list(keys)[:1])
    assert cache.get_intersected(["h", "other"]) == ({*list(keys)[:2], None}, 2)
    assert cache.get_intersected(["h", "other", "without null"]) == (set(list(keys)[:1]), 3)
    assert cache.get_partition_keys() == [("k", datatype)]


@pytest.mark.parametrize(("cache_type", "datatype"), ALL)
def test_set_algebra(open_cache: OpenCache, cache_type: str, datatype: str) -> None:
    cache = open_cache(cache_type, "k", datatype)
    names = iter(range(10**9))

    @few_examples
    @given(st.lists(st.sets(values(cache_type, datatype) | st.none(), max_size=40), min_size=1, max_size=4))
    def intersects_like_python(sets: list[set[Any]]) -> None:
        hashes = []
        for keys in sets:
            hashes.append(f"h{next(names)}")
            cache.set_set(hashes[-1], keys)
        stored = [cache.get(hash) for hash in hashes]
        assert all(same(mine, keys) for mine, keys in zip(stored, sets, strict=True))
        expected = set.intersection(*(keys for keys in stored if keys is not None))
        found, hits = cache.get_intersected([*hashes, "not there", hashes[0]])
        assert same(found, expected)
        assert hits == len(hashes)

    intersects_like_python()


@pytest.mark.parametrize(("cache_type", "datatype"), REFUSED)
def test_refuses_other_datatypes(open_cache: OpenCache, cache_type: str, datatype: str) -> None:
    cache = open_cache(cache_type)
    with pytest.raises(DatatypeError, match=f"{cache_type} holds .*, not {datatype}. For {datatype} use "):
        open_cache(cache_type, "k", datatype)
    with pytest.raises(DatatypeError, match=f"not {datatype}"):
        cache.set_set("h", EXAMPLES[datatype], "k")
    assert cache.get_partition_keys() == [("city_id", "integer")]
    assert cache.get("h", "k") is None


@every_backend
def test_a_wrong_key_writes_nothing(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    cache.set_set("h", {1, 2})
    for wrong in (
        {1, "two"},
        {1, 2.5},
        {3, True},
        {2**63},
        {-(2**63) - 1},
        {b"1"},
        {(1,)},
        "12",
        5,
        None,
        {1: 2}.values,
    ):
        with pytest.raises(DatatypeError):
            cache.set_set("h", wrong)  # type: ignore[arg-type]
        with pytest.raises(DatatypeError):
            cache.set_set("new", wrong)  # type: ignore[arg-type]
    assert cache.get("h") == {1, 2}
    assert cache.get_all_keys() == {"h"}


@pytest.mark.parametrize(
    "cache_type", [name for name, kind in CACHE_TYPES.items() if "text" in kind.datatypes]
)
def test_texts_that_no_text_can_be(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type, "k", "text")
    for wrong in ("a\0b", "\ud800"):
        with pytest.raises(DatatypeError):
            cache.set_set("h", {"fine", wrong})
    assert not cache.exists("h")


@pytest.mark.parametrize(
    "cache_type", [name for name, kind in CACHE_TYPES.items() if "float" in kind.datatypes]
)
def test_nan_is_one_key(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type, "k", "float")
    cache.set_set("a", {math.nan, float("nan"), 1, 0.0})
    cache.set_set("b", {float("nan"), -0.0})
    found, hits = cache.get_intersected(["a", "b"])
    assert same(found, {math.nan, 0.0})
    assert (hits, len(cache.get("a") or ())) == (2, 3)
    with pytest.raises(DatatypeError, match="not exact"):
        cache.set_set("c", {2**53 + 1})


@every_backend
def test_an_empty_set_is_an_entry(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    assert cache.get("h") is None
    assert not cache.exists("h")
    cache.set_set("h", set())
    assert cache.get("h") == set()
    assert cache.exists("h")
    assert cache.get_intersected(["h"]) == (set(), 1)
    cache.set_set("full", {1, 2})
    assert cache.get_intersected(["h", "full"]) == (set(), 2)
    cache.set_set("null", {None})
    assert cache.get("null") == {None}
    assert cache.get_intersected(["null", "full"]) == (set(), 2)
    assert cache.count() == 3


@every_backend
def test_entries_are_replaced_and_removed(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    cache.set_set("h", range(2_000))
    cache.set_set("h", iter([7, 8, 7]))
    assert cache.get("h") == {7, 8}
    assert cache.count() == 1
    cache.set_set("other", {1})
    cache.set_query("h", "SELECT 'a\\', $1, %s'")
    assert cache.get_query("h") == "SELECT 'a\\', $1, %s'"
    assert cache.get_query("other") is None
    assert cache.delete("h") is True
    assert cache.delete("h") is False
    assert (cache.get("h"), cache.exists("h"), cache.get_query("h")) == (None, False, None)
    assert cache.get_all_keys() == {"other"}


@every_backend
def test_a_query_stays_when_its_set_is_replaced(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    cache.set_query("h", "SELECT 1")
    assert (cache.get("h"), cache.exists("h"), cache.count(), cache.get_all_keys()) == (None, False, 0, set())
    cache.set_set("h", {1})
    assert cache.get_query("h") == "SELECT 1"
    cache.set_set("h", {2}, query="SELECT 2")
    assert (cache.get("h"), cache.get_query("h")) == ({2}, "SELECT 2")
    cache.set_query("alone", "SELECT 3")
    assert cache.get_intersected(["alone", "h"]) == ({2}, 1)
    assert cache.delete("alone") is True


@every_backend
def test_intersections_count_what_exists(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    assert cache.get_intersected([]) == (None, 0)
    assert cache.get_intersected(["a", "b"]) == (None, 0)
    cache.set_set("a", {1, 2, 3})
    cache.set_set("b", {3, 4})
    assert cache.get_intersected(["a", "unknown"]) == ({1, 2, 3}, 1)
    assert cache.get_intersected(hash for hash in ("a", "b", "a")) == ({3}, 2)
    assert cache.get_intersected({"a", "b"}, "unknown_key") == (None, 0)


@every_backend
def test_partition_keys_are_independent(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type, "city_id")
    cache.set_set("h", {1, 5}, partition_key="city_id")
    cache.set_set("h", {-7}, partition_key="user region")
    cache.set_set("big", {2**40}, "user_id")
    assert (cache.get("h"), cache.get("h", "user region"), cache.get("h", "user_id")) == ({1, 5}, {-7}, None)
    assert cache.get_partition_keys() == [
        ("city_id", "integer"),
        ("user region", "integer"),
        ("user_id", "bigint"),
    ]
    assert cache.datatype("user_id") == "bigint"
    assert cache.datatype("nothing") is None
    assert (cache.count(), cache.count("user region"), cache.count("nothing")) == (1, 1, 0)
    assert cache.clear("user region") == 1
    assert (cache.count("user region"), cache.count()) == (0, 1)
    assert cache.clear("nothing") == 0
    assert cache.underlying_handler.clear() == 2
    assert len(cache.get_partition_keys()) == 3


@every_backend
def test_every_name_is_possible(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    for number, name in enumerate(AWKWARD_NAMES):
        cache.set_set(name, {number}, partition_key=name)
        cache.set_query(name, name, name)
    for number, name in enumerate(AWKWARD_NAMES):
        assert cache.get(name, name) == {number}
        assert cache.get_all_keys(name) == {name}
        assert cache.get_query(name, name) == name
    assert {name for name, _ in cache.get_partition_keys()} == {"city_id", *AWKWARD_NAMES}
    for name in AWKWARD_NAMES:
        assert cache.delete(name, name)
        assert cache.count(name) == 0


@every_backend
def test_names_that_are_none(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    for wrong in ("", "a\0b", "\ud800", None, 7):
        with pytest.raises(ConfigurationError):
            cache.set_set(wrong, {1})  # type: ignore[arg-type]
    for wrong in ("", "a\0b", 7, "x" * 64):
        with pytest.raises(ConfigurationError):
            cache.set_set("h", {1}, partition_key=wrong)  # type: ignore[arg-type]
    for wrong in ("", "a b", "a;drop", "1a", "ü", "x" * 33):
        with pytest.raises(ConfigurationError, match="cannot name a cache"):
            open_cache(cache_type, cache=wrong or " ")


@every_backend
def test_registration(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type, "k", "integer")
    again = open_cache(cache_type, "k", "INT")
    assert again.get_partition_keys() == [("k", "integer")]
    assert open_cache(cache_type, "k", None).datatype() == "integer"
    with pytest.raises(RegistrationConflictError, match="registered"):
        open_cache(cache_type, "k", "bigint")
    with pytest.raises(NotRegisteredError):
        cache.set_query("h", "SELECT 1", "unknown")
    with pytest.raises(DatatypeError, match="empty set"):
        cache.set_set("h", set(), "unknown")
    with pytest.raises(DatatypeError, match="Did you mean"):
        cache.register("other", "intger")
    cache.register("other", "bigint")
    cache.set_set("h", set(), "other")
    assert cache.get("h", "other") == set()


@every_backend
def test_caches_of_other_names_see_nothing(open_cache: OpenCache, cache_type: str) -> None:
    first, second = open_cache(cache_type, cache="first"), open_cache(cache_type, table_prefix="second")
    first.set_set("h", {1})
    assert second.get("h") is None
    second.set_set("h", {2})
    assert (first.get("h"), second.get("h")) == ({1}, {2})
    assert second.underlying_handler.clear() == 1
    assert first.get("h") == {1}


@every_backend
def test_two_clients_share_a_cache(open_cache: OpenCache, cache_type: str) -> None:
    first, second = open_cache(cache_type), open_cache(cache_type)
    first.set_set("h", {1})
    assert second.get("h") == {1}
    second.set_set("h", {2})
    assert first.get("h") == {2}


@every_backend
def test_a_million_keys(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    million = set(range(-500_000, 500_000))
    cache.set_set("all", million)
    assert cache.get("all") == million
    cache.set_set("odd", range(-99_999, 100_000, 2))
    assert cache.get_intersected(["all", "odd"]) == (set(range(-99_999, 100_000, 2)), 2)
    cache.set_set("right", range(-200_000, 900_000))
    assert cache.get_intersected(["all", "right"]) == (set(range(-200_000, 500_000)), 2)


@every_backend
def test_keys_far_apart_take_little_room(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type, "k", "bigint")
    far = {step * 2**40 + step for step in range(-5_000, 5_000)}
    near = set(range(70_000))
    if cache_type in SPAN:
        with pytest.raises(DatatypeError, match="span"):
            cache.set_set("far", far)
        assert not cache.exists("far")
        return
    cache.set_set("far", far)
    cache.set_set("near", near)
    cache.set_set("mixed", near | far | {None})
    assert cache.get("far") == far
    assert cache.get_intersected(["far", "near"]) == ({0}, 2)
    assert cache.get_intersected(["far", "mixed"]) == (far, 2)
    assert cache.get_intersected(["mixed", "near"]) == (near, 2)
    assert cache.get_intersected(["far", "mixed", "near"]) == ({0}, 3)


@every_backend
def test_the_ends_of_the_integers(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type, "k", "bigint")
    for name, end in (("highest", range(2**63 - 70, 2**63)), ("lowest", range(-(2**63), -(2**63) + 70))):
        cache.set_set(name, end)
        cache.set_set(f"half of {name}", end[::2])
        assert cache.get(name) == set(end)
        assert cache.get_intersected([name, f"half of {name}"]) == (set(end[::2]), 2)
    assert cache.get_intersected(["highest", "lowest"]) == (set(), 2)


@every_backend
def test_readers_never_see_half_an_entry(open_cache: OpenCache, cache_type: str) -> None:
    writer, reader = open_cache(cache_type), open_cache(cache_type)
    low, high = set(range(6_000)), set(range(1_000_000, 1_006_000))
    states = [low, high, set(range(0, 6_000, 2)), {5, 2_000_000_000}]
    if cache_type in SPAN:
        states.pop()
    writer.set_set("h", low)
    writer.set_set("everything", set.union(*states))
    done = threading.Event()
    seen: list[set[Any] | None] = []

    def read() -> None:
        while not done.is_set():
            seen.append(reader.get("h"))
            seen.append(reader.get_intersected(["h", "everything"])[0])

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for turn in itertools.count():
            writer.set_set("h", states[turn % len(states)])
            if len(seen) >= 20 and turn >= 60:
                break
    finally:
        done.set()
        thread.join()
    assert all(keys in states for keys in seen)


@every_backend
def test_handler_is_a_backend(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type)
    handler = cache.underlying_handler
    assert isinstance(handler, Backend)
    assert (handler.backend, handler.datatypes) == (cache_type, CACHE_TYPES[cache_type].datatypes)
    assert cache_type in repr(handler)
    assert cache_type in repr(cache)
    with cache:
        cache.set_set("h", {1})
    cache.close()


# Values that are not what was stored


def stored_values(
    cache: partitioncache.Cache,
) -> tuple[dict[tuple[bytes, bytes], bytes], Callable[[tuple[bytes, bytes], bytes], None]]:
    """All registrations, key sets and queries of a cache, and a function that puts another one in the place of one."""
    handler: Any = cache.underlying_handler
    if cache.backend.startswith("redis"):
        client = handler._client
        found = {
            (name, field): value
            for name in client.keys(f"*{handler._cache}*")
            if name.endswith((b"entries", b"queries", b"partition_keys"))
            for field, value in client.hgetall(name).items()
        }
        return found, lambda place, value: client.hset(*place, value)
    names = [name for kind in (b"k", b"e", b"q") for name in handler._below(kind)]
    with handler._files.reading() as store:
        found = {(name, b""): store.get(name) for name in names}
    return found, lambda place, value: handler._put({place[0]: value})


@pytest.mark.parametrize("cache_type", [name for name in CACHE_TYPES if not name.startswith("postgresql")])
def test_a_damaged_value_is_no_value(
    open_cache: OpenCache, cache_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(cache_type)
    cache = open_cache(cache_type, "k", "integer")
    right = {"dense": set(range(5_000)), "sparse": {-7, 3, 2**30, None}, "empty": set(), "one": {4}}
    queries = {name: f"SELECT '{name * 30}'" for name in right}
    for name, keys in right.items():
        cache.set_set(name, keys, query=queries[name])
    values, put = stored_values(cache)
    assert len(values) == 9
    before = len(caplog.records)
    for place, value in values.items():
        others = [other for other in values.values() if other != value]
        for way in range(40):
            damaged = bytearray(value)
            if way % 4 == 0:
                damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            elif way % 4 == 1:
                del damaged[chance.randrange(len(damaged)) :]
            elif way % 4 == 2:
                damaged[chance.randrange(len(damaged) + 1) : 0] = chance.randbytes(chance.randrange(1, 9))
            else:
                damaged = bytearray(chance.choice([*others, b"", b"[1,2]", b"integer 1", b"text", bytes(99)]))
            if damaged == value:
                continue
            put(place, bytes(damaged))
            for name, keys in right.items():
                assert cache.get(name) in (keys, None)
                assert cache.get_query(name) in (queries[name], None)
                found, hits = cache.get_intersected([name, "dense"])
                known = [right[each] for each in {name, "dense"} if cache.exists(each)]
                assert hits == len(known)
                assert found == (set.intersection(*known) if known else None)
            assert cache.get_partition_keys() in ([("k", "integer")], [])
            cache.register("k", "integer")
            assert len(cache.get_all_keys()) == cache.count() == 4
        put(place, value)
    assert {name: cache.get(name) for name in right} == right
    assert len(caplog.records) - before == len(values), "one warning each"


@pytest.mark.parametrize("cache_type", ["rocksdict", "redis_bit"])
def test_keys_of_another_datatype_are_not_read(open_cache: OpenCache, cache_type: str) -> None:
    cache = open_cache(cache_type, "k", "integer")
    cache.set_set("h", {1, 2})
    values, put = stored_values(cache)
    place = next(place for place in values if b"k" in (place[0][:1], place[1]))
    put(place, b"")
    cache.register("k", "bigint")
    assert cache.get("h") is None
