"""Caches in Redis: `RedisSet` and `RedisBit`, on one server or a Redis Cluster.

How an entry lies in Redis
    One hash per partition key lists the entries: for each its *layout*, a version and where its parts are. The parts
    are keys of their own whose names carry that version. A writer stores new parts under a new version, then puts
    the new layout into the list in one step, then removes the old parts. A reader takes the layout, reads the parts
    and counts them: if some are missing, it was overtaken by a writer and starts again; if they stay missing, the
    server has evicted them, and the entry counts as absent, because a part of a set would be a wrong set.

Two forms of parts
    *sets*: Redis sets of at most about 500 numbers each, which Redis keeps as packed integers of 2, 4 or 8 bytes
    where one large set would cost 40 and more. A number's set is told by its scrambled value, so that equal
    numbers of two entries are in sets that belong together, whatever their sizes.
    *bits*: a Redis hash of bitmap chunks (`bitmaps`). `RedisBit` uses sets where a bitmap would be larger.

Intersections run in the server, part by part, in a Lua script. In a cluster, a partition key is spread over several
slots by value, so that its entries use several machines and parts that belong together share one.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from partitioncache.backends.bitmaps import dense
from partitioncache.backends.redis_layout import Layout, Parts, bit_parts, number_parts, text_parts
from partitioncache.backends.redis_parts import BATCH, Overtaken, PartStore
from partitioncache.backends.redis_scripts import FORGET, FORGET_ALL, FORGET_THIS, PUBLISH
from partitioncache.closing import Closing
from partitioncache.config import (
    DEFAULT_CACHE,
    checked_cache_name,
    checked_hash,
    checked_partition_key,
    redis_parameters,
)
from partitioncache.datatypes import INTEGER_DATATYPES, Key, KeySet, checked, collected, infer
from partitioncache.errors import (
    ConfigurationError,
    RegistrationConflictError,
    UnavailableError,
    not_registered,
)
from partitioncache.redis import connect, explained, place
from partitioncache.registry import CACHE_TYPES, check_datatype

CLUSTER_SPREAD: Final = 8
"""Slots over which a partition key is spread in a cluster, unless `spread` says otherwise."""

_ABANDONED_SECONDS: Final = 3600
_ATTEMPTS: Final = 20


class _RedisCache(Closing):
    """What both Redis backends have in common."""

    backend: str

    def __init__(
        self,
        *,
        cache: str | None = None,
        table_prefix: str | None = None,
        spread: int | None = None,
        **connection: object,
    ) -> None:
        """Connects.

        Args:
            cache: the name of the cache; caches of different names do not see each other.
            table_prefix: another name of `cache`.
            spread: over how many slots a new partition key is spread; 1 on one server, 8 in a cluster.
            connection: as in `create_cache`.
        """
        self._cache = checked_cache_name(cache or table_prefix or DEFAULT_CACHE)
        parameters = redis_parameters(connection)
        self._spread = spread if spread is not None else CLUSTER_SPREAD if parameters.get("cluster") else 1
        if not 1 <= self._spread <= 1024:
            raise ConfigurationError(f"spread is {self._spread}.", hint="Give a number between 1 and 1024.")
        self._where = place(parameters)
        self._client = connect(self.backend, parameters)
        self._stored = PartStore(self._client, self._family, self._cache)

    @property
    def datatypes(self) -> frozenset[str]:
        return CACHE_TYPES[self.backend].datatypes

    def register(self, partition_key: str, datatype: str) -> None:
        checked_partition_key(partition_key)
        datatype = check_datatype(self.backend, datatype)
        with explained(self._where):
            self._client.hsetnx(self._registry, partition_key, f"{datatype} {self._spread}")
        known = self._registration(partition_key)
        if known is not None and known[0] != datatype:
            raise RegistrationConflictError(
                f"{partition_key} is registered as {known[0]}, not as {datatype}.",
                hint="Use that data type, or a cache of another name.",
            )

    def set_set(self, hash: str, keys: Iterable[Key | None], partition_key: str) -> None:
        checked_hash(hash)
        keys = collected(keys)
        if self._registration(partition_key) is None:
            self.register(partition_key, infer(keys))
        datatype, spread = self._registered(partition_key)
        held = checked(keys, datatype)
        null = None in held
        held.discard(None)
        version = secrets.token_urlsafe(6)
        layout, parts = self._parts(version, cast("set[Key]", held), null, datatype, spread)
        names = self._names(partition_key)
        staged = json.dumps([layout.dump(), hash])
        with explained(self._where):
            self._sweep(partition_key)
            self._client.zadd(names.staged, {staged: time.time()})
            try:
                self._stored.store(partition_key, parts)
            except BaseException:
                with suppress(Exception):
                    self._stored.remove(partition_key, [layout])
                    self._client.zrem(names.staged, staged)
                raise
            old = self._client.eval(PUBLISH, 2, names.entries, names.staged, hash, layout.dump(), staged)
            if old is not None:
                self._stored.remove(partition_key, [Layout.load(cast(bytes, old))])

    def get(self, hash: str, partition_key: str) -> KeySet | None:
        return self._read([hash], partition_key)[0]

    def exists(self, hash: str, partition_key: str) -> bool:
        with explained(self._where):
            return bool(self._client.hexists(self._names(partition_key).entries, hash))

    def delete(self, hash: str, partition_key: str) -> bool:
        names = self._names(partition_key)
        with explained(self._where):
            old, queries = cast("list[Any]", self._client.eval(FORGET, 2, names.entries, names.queries, hash))
            if old is not None:
                self._stored.remove(partition_key, [Layout.load(old)])
        return old is not None or bool(queries)

    def get_all_keys(self, partition_key: str) -> set[str]:
        with explained(self._where):
            return {
                name.decode()
                for name in cast("list[bytes]", self._client.hkeys(self._names(partition_key).entries))
            }

    def set_query(self, hash: str, query: str, partition_key: str) -> None:
        checked_hash(hash)
        self._registered(partition_key)
        with explained(self._where):
            self._client.hset(self._names(partition_key).queries, hash, query)

    def get_query(self, hash: str, partition_key: str) -> str | None:
        with explained(self._where):
            text = cast("bytes | None", self._client.hget(self._names(partition_key).queries, hash))
        return None if text is None else text.decode()

    def get_intersected(self, hashes: Iterable[str], partition_key: str) -> tuple[KeySet | None, int]:
        return self._read(list(dict.fromkeys(hashes)), partition_key)

    def get_partition_keys(self) -> list[tuple[str, str]]:
        with explained(self._where):
            known = cast("dict[bytes, bytes]", self._client.hgetall(self._registry))
        return sorted((name.decode(), kept.decode().split()[0]) for name, kept in known.items())

    def datatype(self, partition_key: str) -> str | None:
        known = self._registration(partition_key)
        return None if known is None else known[0]

    def count(self, partition_key: str) -> int:
        with explained(self._where):
            return self._client.hlen(self._names(partition_key).entries)

    def clear(self, partition_key: str | None = None) -> int:
        chosen = [name for name, _ in self.get_partition_keys()] if partition_key is None else [partition_key]
        removed = 0
        for name in chosen:
            names = self._names(name)
            with explained(self._where):
                old = cast("list[bytes]", self._client.eval(FORGET_ALL, 2, names.entries, names.queries))
                self._stored.remove(name, [Layout.load(layout) for layout in old])
            removed += len(old)
        return removed

    def close(self) -> None:
        self._client.close()

    def __repr__(self) -> str:
        return f"<{self.backend} at {self._where}, cache {self._cache}>"

    # Names of keys. What is between braces decides the slot; a cache's name has neither a colon nor a brace.

    @property
    def _registry(self) -> str:
        return f"{self._family}:{{{self._cache}}}:partition_keys"

    @property
    def _family(self) -> str:
        return f"pc-{self.backend.removeprefix('redis_')}"

    def _names(self, partition_key: str) -> _Names:
        stem = f"{self._family}:{{{self._cache}:{partition_key}}}"
        return _Names(f"{stem}:entries", f"{stem}:queries", f"{stem}:staged")

    # Registration

    def _registration(self, partition_key: str) -> tuple[str, int] | None:
        with explained(self._where):
            kept = cast(
                "bytes | None", self._client.hget(self._registry, checked_partition_key(partition_key))
            )
        if kept is None:
            return None
        datatype, spread = kept.decode().split()
        return datatype, int(spread)

    def _registered(self, partition_key: str) -> tuple[str, int]:
        known = self._registration(partition_key)
        if known is None:
            raise not_registered(partition_key, self._cache)
        return known

    # Writing

    def _parts(
        self, version: str, keys: set[Key], null: bool, datatype: str, spread: int
    ) -> tuple[Layout, Parts]:
        """The layout of an entry, and its parts: name within the slot, and members or chunks."""
        if datatype not in INTEGER_DATATYPES:
            return text_parts(version, cast("set[str]", keys), null, spread)
        return number_parts(version, cast("set[int]", keys), null, spread)

    def _sweep(self, partition_key: str) -> None:
        """Removes what writers that died have left behind."""
        names = self._names(partition_key)
        limit = time.time() - _ABANDONED_SECONDS
        for staged in cast("list[bytes]", self._client.zrangebyscore(names.staged, 0, limit, 0, BATCH)):
            text, hash = json.loads(staged)
            current = cast("bytes | None", self._client.hget(names.entries, hash))
            if current is None or current.decode() != text:
                self._stored.remove(partition_key, [Layout.load(text)])
            self._client.zrem(names.staged, staged)

    # Reading

    def _read(self, hashes: Sequence[str], partition_key: str) -> tuple[KeySet | None, int]:
        """The intersection of the entries that exist, and their number."""
        known = self._registration(partition_key)
        if known is None or not hashes:
            return None, 0
        for attempt in range(_ATTEMPTS):
            with explained(self._where):
                kept = cast(
                    "list[bytes | None]", self._client.hmget(self._names(partition_key).entries, list(hashes))
                )
                layouts = {hash: text for hash, text in zip(hashes, kept, strict=True) if text is not None}
                if not layouts:
                    return None, 0
                try:
                    found = self._stored.intersection(
                        [*map(Layout.load, layouts.values())], partition_key, known[0]
                    )
                    return found, len(layouts)
                except Overtaken:
                    if attempt % 4 == 3:
                        self._forget_damaged(layouts, partition_key, known[0])
        raise UnavailableError(
            f"The entries of {partition_key} changed faster than they could be read.", hint="Try again."
        )

    def _forget_damaged(self, layouts: Mapping[str, bytes], partition_key: str, datatype: str) -> None:
        """Removes entries of which the server has lost a part and that no writer has replaced meanwhile."""
        for hash, text in layouts.items():
            layout = Layout.load(text)
            try:
                self._stored.intersection([layout], partition_key, datatype)
            except Overtaken:
                self._client.eval(FORGET_THIS, 1, self._names(partition_key).entries, hash, text)
                self._stored.remove(partition_key, [layout])


class RedisSet(_RedisCache):
    """Integer and text keys in Redis sets; see `create_cache` for the arguments."""

    backend = "redis_set"


class RedisBit(_RedisCache):
    """Integer keys in bitmaps where they are dense, in Redis sets where they are not."""

    backend = "redis_bit"

    def _parts(
        self, version: str, keys: set[Key], null: bool, datatype: str, spread: int
    ) -> tuple[Layout, Parts]:
        ordered = sorted(cast("set[int]", keys))
        if dense(ordered):
            return bit_parts(version, ordered, null, spread)
        return super()._parts(version, keys, null, datatype, spread)


@dataclass(frozen=True, slots=True)
class _Names:
    entries: str
    queries: str
    staged: str
