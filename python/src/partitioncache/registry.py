"""The backends: what each can hold, what it is good for, and which one to take.

This table is the only place that says so. `create_cache` checks against it, `list_cache_types` prints it,
`recommend` chooses by it, and error messages make their suggestions from it.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from partitioncache.backends.protocol import Backend
from partitioncache.datatypes import DATATYPES, INTEGER_DATATYPES, datatype_name
from partitioncache.errors import ConfigurationError, DatatypeError, NotRegisteredError

_EVERYTHING: Final = frozenset(DATATYPES)
_INTEGER_AND_TEXT: Final = INTEGER_DATATYPES | {"text"}


@dataclass(frozen=True, slots=True)
class CacheType:
    """One backend.

    Attributes:
        name: what `create_cache` calls it.
        module: where it lives, below `partitioncache.backends`.
        factory: the class in that module.
        extra: the extra of this package that it needs; None for PostgreSQL.
        datatypes: the data types of partition keys that it holds.
        server: what must be running, None for files.
        memory_efficiency: as in the table of the overview.
        scalability: as in the table of the overview.
        promised_bytes: what a million integer keys may take.
        best_for: what it is best for, in words.
    """

    name: str
    module: str
    factory: str
    extra: str | None
    datatypes: frozenset[str]
    server: str | None
    memory_efficiency: str
    scalability: str
    promised_bytes: int
    best_for: str


CACHE_TYPES: Final[Mapping[str, CacheType]] = {
    kind.name: kind
    for kind in (
        CacheType("postgresql_array", "postgresql", "PostgresqlArray", None, _EVERYTHING, "PostgreSQL",
                  "Moderate", "Excellent", 4_000_000, "mixed data types, time series"),
        CacheType("postgresql_bit", "postgresql", "PostgresqlBit", None, INTEGER_DATATYPES, "PostgreSQL",
                  "High", "Excellent", 125_000, "millions of integer keys"),
        CacheType("redis_set", "redis", "RedisSet", "redis", _INTEGER_AND_TEXT, "Redis",
                  "Good", "Excellent", 8_000_000, "several applications sharing integer or text keys"),
        CacheType("redis_bit", "redis", "RedisBit", "redis", INTEGER_DATATYPES, "Redis",
                  "High", "Excellent", 125_000, "several applications sharing millions of integer keys"),
        CacheType("rocksdb_set", "rocksdb", "RocksdbSet", "rocksdb", _INTEGER_AND_TEXT, None,
                  "Good", "Good", 6_000_000, "one machine, integer or text keys"),
        CacheType("rocksdb_bit", "rocksdb", "RocksdbBit", "rocksdb", INTEGER_DATATYPES, None,
                  "High", "Good", 125_000, "one machine, millions of integer keys"),
        CacheType("rocksdict", "rocksdb", "Rocksdict", "rocksdb", _EVERYTHING, None,
                  "Good", "Good", 4_000_000, "development and tests, all data types, no server"),
    )
}  # fmt: skip
"""All backends by name, in the order of the overview."""


class CacheTypes(Mapping[str, CacheType]):
    """The backends as a mapping that prints as the compatibility matrix.

    >>> types = list_cache_types()
    >>> "redis_bit" in types, len(types)
    (True, 7)
    >>> sorted(types["redis_set"].datatypes)
    ['bigint', 'integer', 'text']
    """

    def __getitem__(self, name: str) -> CacheType:
        return CACHE_TYPES[name]

    def __iter__(self) -> Iterator[str]:
        return iter(CACHE_TYPES)

    def __len__(self) -> int:
        return len(CACHE_TYPES)

    def __str__(self) -> str:
        columns = ("integer", "float", "text", "timestamp")
        header = ("backend", *columns, "memory efficiency", "scalability", "needs", "best for")
        rows: list[tuple[str, ...]] = [header]
        for kind in self.values():
            marks = ("yes" if column in kind.datatypes else "-" for column in columns)
            needs = kind.server or "no server"
            rows.append((kind.name, *marks, kind.memory_efficiency, kind.scalability, needs, kind.best_for))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])

    __repr__ = __str__


def list_cache_types() -> CacheTypes:
    """All backends with what they hold; print it to see the compatibility matrix.

    >>> print(list_cache_types())  # doctest: +ELLIPSIS
    backend           integer  float  text  timestamp  memory efficiency  scalability  needs       best for
    ----------------  -------  -----  ----  ---------  -----------------  -----------  ----------  ...
    postgresql_array  yes      yes    yes   yes        Moderate           Excellent    PostgreSQL  mixed data types, time series
    postgresql_bit    yes      -      -     -          High               Excellent    PostgreSQL  millions of integer keys
    redis_set         yes      -      yes   -          Good               Excellent    Redis       several applications sharing integer or text keys
    redis_bit         yes      -      -     -          High               Excellent    Redis       several applications sharing millions of integer keys
    rocksdb_set       yes      -      yes   -          Good               Good         no server   one machine, integer or text keys
    rocksdb_bit       yes      -      -     -          High               Good         no server   one machine, millions of integer keys
    rocksdict         yes      yes    yes   yes        Good               Good         no server   development and tests, all data types, no server
    """  # noqa: E501
    return CacheTypes()


def cache_type(name: str) -> CacheType:
    """The backend of a name.

    Raises:
        ConfigurationError: there is none; the hint names the nearest.

    >>> cache_type("redis_sets")
    Traceback (most recent call last):
        ...
    partitioncache.errors.ConfigurationError: There is no backend 'redis_sets'. Did you mean redis_set?
    >>> cache_type("postgres")
    Traceback (most recent call last):
        ...
    partitioncache.errors.ConfigurationError: There is no backend 'postgres'. Did you mean postgresql_array?
    """
    if name in CACHE_TYPES:
        return CACHE_TYPES[name]
    wanted = str(name).lower()
    # The first of a family is its default: postgres means postgresql_array.
    family = [kind for kind in CACHE_TYPES if len(wanted) >= 2 and kind.startswith(wanted)]
    close = family or difflib.get_close_matches(wanted, CACHE_TYPES, n=1, cutoff=0.5)
    if wanted in ("pg", "pgsql", "psql"):
        close = ["postgresql_array"]
    raise ConfigurationError(
        f"There is no backend {name!r}.",
        hint=f"Did you mean {close[0]}?" if close else f"Use one of: {', '.join(CACHE_TYPES)}.",
    )


def check_datatype(backend: str, datatype: str) -> str:
    """The data type's own name, if the backend holds it.

    Raises:
        DatatypeError: the backend does not hold it, or there is no such data type.

    >>> check_datatype("postgresql_bit", "text")
    Traceback (most recent call last):
        ...
    partitioncache.errors.DatatypeError: postgresql_bit holds integers, not text. For text use postgresql_array, redis_set, rocksdb_set or rocksdict.
    """  # noqa: E501
    name = datatype_name(datatype)
    kind = cache_type(backend)
    if name in kind.datatypes:
        return name
    holders = [other.name for other in CACHE_TYPES.values() if name in other.datatypes]
    raise DatatypeError(
        f"{backend} holds {describe(kind.datatypes)}, not {name}.",
        hint=f"For {name} use {', '.join(holders[:-1])} or {holders[-1]}.",
    )


def describe(datatypes: frozenset[str]) -> str:
    """Data types in words.

    >>> describe(frozenset({"integer", "bigint", "text"}))
    'integers and text'
    """
    if datatypes >= _EVERYTHING:
        return "all data types"
    words = ["integers"] if datatypes & INTEGER_DATATYPES else []
    words += sorted(datatypes - INTEGER_DATATYPES)
    return " and ".join(words)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Which backend to take, and why.

    Attributes:
        cache_type: the name for `create_cache`.
        reason: why, in one sentence.
        alternatives: other backends that fit, the better first.
    """

    cache_type: str
    reason: str
    alternatives: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.cache_type


USE_CASES: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "high-volume": (("postgresql_bit", "redis_bit", "rocksdb_bit"),
                    "Bitmaps hold millions of integer keys in a bit each."),
    "mixed": (("postgresql_array", "rocksdict"), "Each partition key has a data type of its own."),
    "distributed": (("redis_set", "redis_bit", "postgresql_array"),
                    "Several applications share one cache over the network."),
    "development": (("rocksdict", "rocksdb_set"), "It needs no server and holds all data types."),
    "time-series": (("postgresql_array", "rocksdict"), "Timestamps are stored as what they are."),
}  # fmt: skip
"""The use cases of the overview: backends in order of preference, and the reason."""


def recommend(use_case: str | None = None, datatype: str | None = None) -> Recommendation:
    """The backend for a use case, a data type, or both.

    Args:
        use_case: one of `USE_CASES`: high-volume, mixed, distributed, development, time-series.
        datatype: the data type of the partition key.

    Raises:
        ConfigurationError: no such use case, or nothing fits both.

    >>> str(recommend("development"))
    'rocksdict'
    >>> str(recommend(datatype="timestamp"))
    'postgresql_array'
    >>> recommend("distributed", "integer").alternatives
    ('redis_bit', 'postgresql_array')
    """
    if use_case is None:
        names, reason = (
            tuple(CACHE_TYPES),
            "It holds the data type, lives beside the data and needs no other server.",
        )
    else:
        wanted = use_case.strip().lower().replace("_", "-").replace(" ", "-")
        if wanted not in USE_CASES:
            close = difflib.get_close_matches(wanted, USE_CASES, n=1, cutoff=0.5)
            raise ConfigurationError(
                f"There is no use case {use_case!r}.",
                hint=f"Did you mean {close[0]}?" if close else f"Use one of: {', '.join(USE_CASES)}.",
            )
        names, reason = USE_CASES[wanted]
    if datatype is not None:
        name = datatype_name(datatype)
        names = tuple(candidate for candidate in names if name in CACHE_TYPES[candidate].datatypes)
        if not names:
            raise ConfigurationError(
                f"No backend fits both the use case {use_case} and the data type {name}.",
                hint=f"For {name} alone, {recommend(datatype=name)} is the choice.",
            )
    return Recommendation(names[0], reason, names[1:])


def unknown_partition_key(handler: Backend, partition_key: str, otherwise: str) -> NotRegisteredError:
    """The error for a partition key that a cache does not know; its hint names the nearest that it knows.

    Args:
        handler: the cache.
        partition_key: the name that was looked for.
        otherwise: what to do where no name is near.
    """
    close = nearest(partition_key, [name for name, _ in handler.get_partition_keys()])
    return NotRegisteredError(
        f"The partition key {partition_key} is not registered in the cache {handler.cache}.",
        hint=f"Did you mean {close}?" if close else otherwise,
    )


def nearest_cache(handler: Backend) -> str | None:
    """A question about the name of a cache that has nothing in it, if another is called nearly so."""
    if handler.get_partition_keys():
        return None
    close = nearest(handler.cache, [name for name in handler.caches() if name != handler.cache])
    return f"It has none at all: did you mean the cache {close}?" if close else None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant.

    >>> nearest("citi_id", ["user_id", "city_id"]), nearest("region", ["city_id"])
    ('city_id', None)
    """
    close = difflib.get_close_matches(name, [*known], n=1, cutoff=0.8)
    return close[0] if close else None


def open_backend(name: str, **connection: object) -> Backend:
    """The backend itself, without the conveniences of `Cache`.

    Args:
        name: one of `CACHE_TYPES`.
        connection: what the backend connects with; see `create_cache`.

    Raises:
        ConfigurationError: no such backend, or an argument that it does not take.
        MissingExtraError: its client library is not installed.
        UnavailableError: its server cannot be reached, its file cannot be opened.
    """
    kind = cache_type(name)
    module = importlib.import_module(f"partitioncache.backends.{kind.module}")
    factory = cast("Callable[..., Backend]", getattr(module, kind.factory))
    return factory(**connection)
