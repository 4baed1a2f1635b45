"""Caches in Redis: `RedisSet` and `RedisBit`, on one server or a Redis Cluster.

For each partition key there is a hash of Redis with its entries, and one each with their queries, sizes and forms: a
field an entry. A write is one script, so a reader sees an entry whole or not at all, and nothing is left behind by a
writer that dies. Each write is noted in a stream, which tells readers what to read again. Key sets are packed
(`entries`), which takes a fraction of what Redis's own sets take, and intersected here.

In a cluster a partition key has several such hashes, an entry's is told by its name, so that several machines serve it.
"""

from __future__ import annotations

import secrets
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, cast

from partitioncache.backends.stored import Kind, StoredCache
from partitioncache.config import redis_parameters
from partitioncache.errors import ConfigurationError
from partitioncache.redis import connect, explained, place

CLUSTER_SPREAD: Final = 8
"""Hashes over which a partition key is spread in a cluster, unless `spread` says otherwise."""

_SECONDS_OF_A_TOKEN: Final = 60
_FIELDS: Final[dict[Kind, str]] = {"entry": "entries", "query": "queries", "about": "sizes", "form": "forms"}
_MOST_CHANGES: Final = 500
"""Changes that are remembered: a reader that has seen an earlier one reads all forms again."""

# A stream names each change by the clock and a number: no name comes twice, also after the server has been emptied.
# The field, how many changes are kept, the entry's name for the stream; then a value for each hash, empty: none.
_WRITE: Final = """
local removed = 0
for n = 1, #KEYS - 1 do
    local value = ARGV[n + 3]
    if value == '' then removed = removed + redis.call('HDEL', KEYS[n], ARGV[1])
    else redis.call('HSET', KEYS[n], ARGV[1], value) end
end
redis.call('XADD', KEYS[#KEYS], 'MAXLEN', '~', ARGV[2], '*', 'name', ARGV[3])
return removed
"""
_REMOVE_ALL: Final = """
local removed = redis.pcall('HLEN', KEYS[1])
redis.call('UNLINK', unpack(KEYS))
return type(removed) == 'number' and removed or 0
"""


class _RedisCache(StoredCache):
    """What both Redis backends have in common."""

    def __init__(
        self,
        *,
        cache: str | None = None,
        table_prefix: str | None = None,
        spread: int | None = None,
        max_age: timedelta | float | None = None,
        **connection: object,
    ) -> None:
        """Connects.

        Args:
            cache: the name of the cache; caches of different names do not see each other.
            table_prefix: another name of `cache`.
            spread: over how many hashes a new partition key is spread; 1 on one server, 8 in a cluster.
            max_age: how old the data of an entry may be, in seconds or as a timedelta, for the entry to be used; by
                default any age, or what ``CACHE_MAX_AGE`` says.
            connection: as in `create_cache`.
        """
        super().__init__(cache, table_prefix, max_age)
        parameters = redis_parameters(connection)
        self._spread = spread if spread is not None else CLUSTER_SPREAD if parameters.get("cluster") else 1
        if not 1 <= self._spread <= 1024:
            raise ConfigurationError(f"spread is {self._spread}.", hint="Give a number between 1 and 1024.")
        self._spreads: dict[str, int] = {}
        self._where = place(parameters)
        self._client = connect(self.backend, parameters)

    def caches(self) -> list[str]:
        start, end = f"{self._family}:{{", "}:partition_keys"
        with explained(self._where):
            names = [name.decode("utf-8", "replace") for name in self._client.scan_iter(f"{start}*{end}")]
        return sorted(name.removeprefix(start).removesuffix(end) for name in names)

    def same_as(self, other: object) -> bool:
        if not isinstance(other, _RedisCache) or (self._family, self._cache) != (other._family, other._cache):
            return False
        name, token = f"{self._family}:{{{self._cache}}}:token", secrets.token_bytes(16)
        with explained(other._where):
            other._client.set(name, token, ex=_SECONDS_OF_A_TOKEN)
        try:
            with explained(self._where):
                return bool(self._client.get(name) == token)
        finally:
            with explained(other._where):
                other._client.delete(name)

    def close(self) -> None:
        self._client.close()

    def __repr__(self) -> str:
        return f"<{self.backend} at {self._where}, cache {self._cache}>"

    # Names of keys. What is between braces decides the slot; a cache's name has neither a colon nor a brace.

    @property
    def _family(self) -> str:
        return f"pc-{self.backend.removeprefix('redis_')}"

    def _registered_as(self, datatype: str) -> str:
        return f"{datatype} {self._spread}"

    def _registration(self, partition_key: str) -> list[str] | None:
        found = super()._registration(partition_key)
        if found is not None:
            self._spreads[partition_key] = int(found[1])
        return found

    def _hashes(self, kind: Kind, partition_key: str) -> list[str]:
        """The hashes of Redis in which the values of a kind are."""
        if kind == "registration":
            return [f"{self._family}:{{{self._cache}}}:partition_keys"]
        if partition_key not in self._spreads:
            self._registration(partition_key)
        spread = self._spreads.get(partition_key, self._spread)
        stem = f"{self._cache}:{partition_key}"
        parts = [stem] if spread == 1 else [f"{stem}:{number}" for number in range(spread)]
        return [f"{self._family}:{{{part}}}:{_FIELDS[kind]}" for part in parts]

    # The store

    def _read(self, kind: Kind, partition_key: str, names: Sequence[str]) -> list[bytes | None]:
        fields = list(map(_field, names))
        hashes = self._hashes(kind, partition_key)
        wanted: dict[str, list[bytes]] = defaultdict(list)
        for field in fields:
            wanted[_of(hashes, field)].append(field)
        found: dict[bytes, bytes | None] = {}
        for hash, some in wanted.items():
            values = self._asked(kind, partition_key, self._client.hmget, hash, some)
            found.update(zip(some, values or (), strict=False))
        return [found.get(field) for field in fields]

    def _names(self, kind: Kind, partition_key: str) -> list[str]:
        names: list[str] = []
        for hash in self._hashes(kind, partition_key):
            fields = self._asked(kind, partition_key, self._client.hkeys, hash)
            names += [field.decode("utf-8", "replace") for field in fields or ()]
        return names

    def _register(self, partition_key: str, value: bytes, only_new: bool) -> None:
        (hash,) = self._hashes("registration", "")
        with explained(self._where):
            if only_new:
                self._client.hsetnx(hash, cast("str", _field(partition_key)), cast("str", value))
            else:
                self._client.hset(hash, cast("str", _field(partition_key)), cast("str", value))

    def _write(self, partition_key: str, name: str, values: Mapping[Kind, bytes | None]) -> None:
        with explained(self._where):
            self._run_write(partition_key, name, values)

    def _run_write(self, partition_key: str, name: str, values: Mapping[Kind, bytes | None]) -> int:
        field = _field(name)
        keys = [_of(self._hashes(kind, partition_key), field) for kind in values]
        keys.append(_of(self._streams(partition_key), field))
        arguments: list[bytes | int] = [
            field,
            _MOST_CHANGES,
            field,
            *(value or b"" for value in values.values()),
        ]
        return cast("int", self._client.eval(_WRITE, len(keys), *keys, *arguments))

    def _remove(self, partition_key: str, name: str) -> bool:
        there = any(self._read(kind, partition_key, [name]) != [None] for kind in ("entry", "query"))
        with explained(self._where):
            removed = self._asked(
                "entry", partition_key, self._run_write, partition_key, name, dict.fromkeys(_FIELDS)
            )
        return there and bool(removed)

    def _remove_all(self, partition_key: str) -> int:
        removed = 0
        hashes = [self._hashes(kind, partition_key) for kind in _FIELDS]
        for keys in zip(*hashes, self._streams(partition_key), strict=True):
            with explained(self._where):
                removed += cast("int", self._client.eval(_REMOVE_ALL, len(keys), *keys))
        return removed

    # Changes: for each part of a partition key a stream, whose items are the entries' names. It goes with the entries.

    def _streams(self, partition_key: str) -> list[str]:
        return [
            f"{hash.removesuffix(_FIELDS['entry'])}changes" for hash in self._hashes("entry", partition_key)
        ]

    def last_change(self, partition_key: str) -> bytes:
        items = []
        for stream in self._streams(partition_key):
            last = self._asked("form", partition_key, self._client.xrevrange, stream, count=1)
            items.append(last[0][0] if last else b"")
        return b" ".join(items)

    def changed_since(self, partition_key: str, token: bytes) -> set[str] | None:
        names: set[str] = set()
        streams, items = self._streams(partition_key), token.split(b" ")
        if len(streams) != len(items):
            return None
        for stream, last in zip(streams, items, strict=True):
            # What was seen last is still there, so nothing that came after it is gone.
            found = self._asked("form", partition_key, self._client.xrange, stream, min=last or "-") or []
            if last and (not found or found[0][0] != last):
                return None
            if not last and len(found) >= _MOST_CHANGES:
                return None
            names.update(
                fields[b"name"].decode("utf-8", "replace") for _, fields in found[1 if last else 0 :]
            )
        return names

    def _asked(
        self, kind: Kind, partition_key: str, command: Callable[..., Any], *arguments: object, **named: object
    ) -> Any:
        """What a command answers; None where its key is none of our hashes."""
        with explained(self._where):
            try:
                return command(*arguments, **named)
            except Exception as error:
                if not str(error).startswith("WRONGTYPE"):
                    raise
        self._warn(kind, partition_key)
        return None


class RedisSet(_RedisCache):
    """Integer and text keys; see `create_cache` for the arguments."""

    backend = "redis_set"


class RedisBit(_RedisCache):
    """Integer keys, as bitmaps where they are dense."""

    backend = "redis_bit"
    _bytes_a_number = 8


def _field(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _of(hashes: Sequence[str], field: bytes) -> str:
    """The one of the hashes in which a field is."""
    return hashes[zlib.crc32(field) % len(hashes)]
