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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from typing_extensions import Self

from partitioncache.backends.bitmaps import FULL_CHUNK, dense, from_bitmap
from partitioncache.backends.redis_layout import (
    Layout,
    Parts,
    bit_parts,
    common_slots,
    number_parts,
    part_names,
    part_of,
    text_parts,
)
from partitioncache.backends.redis_scripts import (
    FORGET,
    FORGET_ALL,
    FORGET_THIS,
    INTERSECT_BITS,
    INTERSECT_SETS,
    PUBLISH,
)
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
    NotRegisteredError,
    PartitionCacheError,
    RegistrationConflictError,
    UnavailableError,
    missing_extra,
)
from partitioncache.registry import CACHE_TYPES, check_datatype

if TYPE_CHECKING:
    import redis
    from redis.cluster import RedisCluster

    Client: TypeAlias = redis.Redis | RedisCluster

CLUSTER_SPREAD: Final = 8
"""Slots over which a partition key is spread in a cluster, unless `spread` says otherwise."""

_ABANDONED_SECONDS: Final = 3600
_BATCH: Final = 1000
_ATTEMPTS: Final = 20


class _Overtaken(Exception):
    """Parts of the layout that was read are not there any more."""


class _RedisCache:
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
        self._where = _where(parameters)
        self._client = _connect(self.backend, parameters, self._where)
        try:
            with self._talking():
                self._client.ping()
        except TypeError as error:  # redis-py looks at some of its arguments only when it connects
            raise _misconfigured(self.backend, error) from None

    @property
    def datatypes(self) -> frozenset[str]:
        return CACHE_TYPES[self.backend].datatypes

    def register(self, partition_key: str, datatype: str) -> None:
        checked_partition_key(partition_key)
        datatype = check_datatype(self.backend, datatype)
        with self._talking():
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
        with self._talking():
            self._sweep(partition_key)
            self._client.zadd(names.staged, {staged: time.time()})
            try:
                self._store(partition_key, layout, parts)
            except BaseException:
                with suppress(Exception):
                    self._remove_parts(partition_key, [layout])
                    self._client.zrem(names.staged, staged)
                raise
            old = self._client.eval(PUBLISH, 2, names.entries, names.staged, hash, layout.dump(), staged)
            if old is not None:
                self._remove_parts(partition_key, [Layout.load(cast(bytes, old))])

    def get(self, hash: str, partition_key: str) -> KeySet | None:
        return self._read([hash], partition_key)[0]

    def exists(self, hash: str, partition_key: str) -> bool:
        with self._talking():
            return bool(self._client.hexists(self._names(partition_key).entries, hash))

    def delete(self, hash: str, partition_key: str) -> bool:
        names = self._names(partition_key)
        with self._talking():
            old, queries = cast("list[Any]", self._client.eval(FORGET, 2, names.entries, names.queries, hash))
            if old is not None:
                self._remove_parts(partition_key, [Layout.load(old)])
        return old is not None or bool(queries)

    def get_all_keys(self, partition_key: str) -> set[str]:
        with self._talking():
            return {
                name.decode()
                for name in cast("list[bytes]", self._client.hkeys(self._names(partition_key).entries))
            }

    def set_query(self, hash: str, query: str, partition_key: str) -> None:
        checked_hash(hash)
        self._registered(partition_key)
        with self._talking():
            self._client.hset(self._names(partition_key).queries, hash, query)

    def get_query(self, hash: str, partition_key: str) -> str | None:
        with self._talking():
            text = cast("bytes | None", self._client.hget(self._names(partition_key).queries, hash))
        return None if text is None else text.decode()

    def get_intersected(self, hashes: Iterable[str], partition_key: str) -> tuple[KeySet | None, int]:
        return self._read(list(dict.fromkeys(hashes)), partition_key)

    def get_partition_keys(self) -> list[tuple[str, str]]:
        with self._talking():
            known = cast("dict[bytes, bytes]", self._client.hgetall(self._registry))
        return sorted((name.decode(), kept.decode().split()[0]) for name, kept in known.items())

    def datatype(self, partition_key: str) -> str | None:
        known = self._registration(partition_key)
        return None if known is None else known[0]

    def count(self, partition_key: str) -> int:
        with self._talking():
            return self._client.hlen(self._names(partition_key).entries)

    def clear(self, partition_key: str | None = None) -> int:
        chosen = [name for name, _ in self.get_partition_keys()] if partition_key is None else [partition_key]
        removed = 0
        for name in chosen:
            names = self._names(name)
            with self._talking():
                old = cast("list[bytes]", self._client.eval(FORGET_ALL, 2, names.entries, names.queries))
                self._remove_parts(name, [Layout.load(layout) for layout in old])
            removed += len(old)
        return removed

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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

    def _slot(self, partition_key: str, slot: int) -> str:
        return f"{self._family}:{{{self._cache}:{partition_key}:{slot}}}:"

    # Registration

    def _registration(self, partition_key: str) -> tuple[str, int] | None:
        with self._talking():
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
            raise NotRegisteredError(
                f"The partition key {partition_key} is not registered in {self._cache}.",
                hint="Store a set of its keys, or call register(partition_key, datatype).",
            )
        return known

    # Writing

    def _parts(
        self, version: str, keys: set[Key], null: bool, datatype: str, spread: int
    ) -> tuple[Layout, Parts]:
        """The layout of an entry, and its parts: name within the slot, and members or chunks."""
        if datatype not in INTEGER_DATATYPES:
            return text_parts(version, cast("set[str]", keys), null, spread)
        return number_parts(version, cast("set[int]", keys), null, spread)

    def _store(self, partition_key: str, layout: Layout, parts: Parts) -> None:
        pipeline = (
            self._client.pipeline(transaction=False)
            if not _is_cluster(self._client)
            else self._client.pipeline()
        )
        waiting = 0
        for name, content in parts:
            slot, _, rest = name.partition(":")
            key = self._slot(partition_key, int(slot)) + rest
            if isinstance(content, dict):
                pipeline.hset(key, mapping=cast("Any", content))
            else:
                for start in range(0, len(content), 10 * _BATCH):
                    pipeline.sadd(key, *content[start : start + 10 * _BATCH])
            waiting += len(content)
            if waiting >= 100 * _BATCH:
                pipeline.execute()
                waiting = 0
        pipeline.execute()

    def _remove_parts(self, partition_key: str, layouts: Sequence[Layout]) -> None:
        for layout in layouts:
            for slot, split, _ in layout.parts:
                names = part_names(layout, split)
                stem = self._slot(partition_key, slot)
                for start in range(0, len(names), _BATCH):
                    self._client.unlink(*(stem + name for name in names[start : start + _BATCH]))

    def _sweep(self, partition_key: str) -> None:
        """Removes what writers that died have left behind."""
        names = self._names(partition_key)
        limit = time.time() - _ABANDONED_SECONDS
        for staged in cast("list[bytes]", self._client.zrangebyscore(names.staged, 0, limit, 0, _BATCH)):
            text, hash = json.loads(staged)
            current = cast("bytes | None", self._client.hget(names.entries, hash))
            if current is None or current.decode() != text:
                self._remove_parts(partition_key, [Layout.load(text)])
            self._client.zrem(names.staged, staged)

    # Reading

    def _read(self, hashes: Sequence[str], partition_key: str) -> tuple[KeySet | None, int]:
        """The intersection of the entries that exist, and their number."""
        known = self._registration(partition_key)
        if known is None or not hashes:
            return None, 0
        for attempt in range(_ATTEMPTS):
            with self._talking():
                kept = cast(
                    "list[bytes | None]", self._client.hmget(self._names(partition_key).entries, list(hashes))
                )
                layouts = {hash: text for hash, text in zip(hashes, kept, strict=True) if text is not None}
                if not layouts:
                    return None, 0
                try:
                    return self._together(
                        [*map(Layout.load, layouts.values())], partition_key, known[0]
                    ), len(layouts)
                except _Overtaken:
                    if attempt % 4 == 3:
                        self._forget_damaged(layouts, partition_key)
        raise UnavailableError(
            f"The entries of {partition_key} changed faster than they could be read.", hint="Try again."
        )

    def _together(self, layouts: Sequence[Layout], partition_key: str, datatype: str) -> KeySet:
        found: set[Any] | None = None
        for form, read in (("sets", self._read_sets), ("bits", self._read_bits)):
            same = [layout for layout in layouts if layout.form == form]
            if same:
                members = read(same, partition_key, datatype)
                found = members if found is None else found & members
        result: KeySet = found or set()
        if all(layout.null for layout in layouts):
            result.add(None)
        return result

    def _read_sets(self, layouts: Sequence[Layout], partition_key: str, datatype: str) -> set[Any]:
        read = int if datatype in INTEGER_DATATYPES else bytes.decode
        if len(layouts) == 1:
            return set(map(read, self._members(layouts[0], partition_key)))
        result: set[Any] = set()
        for slot in common_slots(layouts):
            arguments = [x for layout in layouts for x in (layout.version, *part_of(layout, slot))]
            members = self._client.eval(INTERSECT_SETS, 1, self._slot(partition_key, slot), *arguments)
            if members is None:
                raise _Overtaken
            result.update(map(read, cast("list[bytes]", members)))
        return result

    def _members(self, layout: Layout, partition_key: str) -> list[bytes]:
        pipeline = (
            self._client.pipeline(transaction=False)
            if not _is_cluster(self._client)
            else self._client.pipeline()
        )
        result: list[bytes] = []
        names = [
            self._slot(partition_key, slot) + name
            for slot, split, _ in layout.parts
            for name in part_names(layout, split)
        ]
        for start in range(0, len(names), _BATCH):
            for name in names[start : start + _BATCH]:
                pipeline.smembers(name)
            for members in cast("list[set[bytes]]", pipeline.execute()):
                result.extend(members)
        if len(result) != layout.count:
            raise _Overtaken
        return result

    def _read_bits(self, layouts: Sequence[Layout], partition_key: str, datatype: str) -> set[Any]:
        bitmap: dict[int, bytes] = {}
        for slot in common_slots(layouts):
            stem = self._slot(partition_key, slot)
            chunks: Mapping[bytes, bytes]
            if len(layouts) == 1:
                chunks = cast("dict[bytes, bytes]", self._client.hgetall(stem + layouts[0].version))
                if len(chunks) != part_of(layouts[0], slot)[1]:
                    raise _Overtaken
            else:
                arguments = [x for layout in layouts for x in (layout.version, part_of(layout, slot)[1])]
                flat = cast("list[bytes] | None", self._client.eval(INTERSECT_BITS, 1, stem, *arguments))
                if flat is None:
                    raise _Overtaken
                chunks = dict(zip(flat[::2], flat[1::2], strict=True))
            bitmap.update((int(chunk), bits or FULL_CHUNK) for chunk, bits in chunks.items())
        return from_bitmap(bitmap)

    def _forget_damaged(self, layouts: Mapping[str, bytes], partition_key: str) -> None:
        """Removes entries of which the server has lost a part and that no writer has replaced meanwhile."""
        for hash, text in layouts.items():
            layout = Layout.load(text)
            try:
                (self._read_sets if layout.form == "sets" else self._read_bits)(
                    [layout], partition_key, "text"
                )
            except _Overtaken:
                self._client.eval(FORGET_THIS, 1, self._names(partition_key).entries, hash, text)
                self._remove_parts(partition_key, [layout])

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """Turns the client library's errors into ours."""
        import redis.exceptions as library

        try:
            yield
        except (library.AuthenticationError, library.NoPermissionError) as error:
            raise UnavailableError(
                f"Redis at {self._where} refuses this user: {error}.".replace("..", "."),
                hint="Set REDIS_PASSWORD (and REDIS_USERNAME), or pass password=.",
            ) from None
        except (library.ConnectionError, library.TimeoutError, library.RedisClusterException) as error:
            raise UnavailableError(
                f"Redis at {self._where} cannot be reached: {_short(error)}.",
                hint="Is the server running? Set REDIS_HOST and REDIS_PORT, or pass host= and port=.",
            ) from None
        except library.OutOfMemoryError:
            raise PartitionCacheError(
                f"Redis at {self._where} has no memory left; nothing was stored.",
                hint="Raise its maxmemory, or clear a partition key.",
            ) from None
        except library.RedisError as error:
            raise PartitionCacheError(f"Redis at {self._where} answers: {_short(error)}.") from None


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


def _is_cluster(client: Client) -> bool:
    return hasattr(client, "get_nodes")


def _connect(backend: str, parameters: Mapping[str, object], where: str) -> Client:
    try:
        import redis
        from redis.cluster import RedisCluster
    except ImportError:
        raise missing_extra("redis", "redis", backend) from None
    options: dict[str, Any] = {
        key: value for key, value in parameters.items() if key not in ("url", "cluster")
    }
    options["decode_responses"] = False
    url = parameters.get("url")
    if url:
        options.pop("ssl", None)  # the URL says it: rediss://
    try:
        if parameters.get("cluster"):
            options.pop("db", None)
            return (
                RedisCluster.from_url(str(url), **options)
                if url
                else RedisCluster(**{"host": "localhost", **options})
            )
        return redis.Redis.from_url(str(url), **options) if url else redis.Redis(**options)
    except (redis.exceptions.RedisError, redis.exceptions.RedisClusterException) as error:
        raise UnavailableError(
            f"Redis Cluster at {where} cannot be reached: {_short(error)}.",
            hint="Is it a cluster, and running? Name one of its nodes with host= and port=.",
        ) from None
    except (TypeError, ValueError) as error:
        raise _misconfigured(backend, error) from None


def _misconfigured(backend: str, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"{backend} cannot be connected with these settings: {_short(error)}.",
        hint="Give url, or host, port, username, password, db, socket, tls; all others are those of redis-py.",
    )


def _where(parameters: Mapping[str, object]) -> str:
    """The server in words, without a password."""
    if parameters.get("url"):
        parts = urlsplit(str(parameters["url"]))
        return f"{parts.hostname or ''}:{parts.port or 6379}" if parts.hostname else parts.path
    if parameters.get("unix_socket_path"):
        return str(parameters["unix_socket_path"])
    return f"{parameters.get('host', 'localhost')}:{parameters.get('port', 6379)}"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
