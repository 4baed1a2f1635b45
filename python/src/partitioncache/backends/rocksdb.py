"""Caches in files: `RocksdbSet`, `RocksdbBit` and `Rocksdict`, with RocksDB and no server.

One process writes, any number of others read: RocksDB lets one process open a directory for writing. The second
one that comes opens it for reading, and looks for what is new before each answer; when the writer has gone, it
becomes the writer with its first write. Within a process, all caches on one directory share it.

An entry is one value, and one write is one batch: other readers see it whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Final, cast

from partitioncache.backends.bitmaps import CHUNK_BITS, Bitmap, dense, from_bitmap, intersection, to_bitmap
from partitioncache.backends.packing import pack, pack_bytes, unpack, unpack_bytes
from partitioncache.backends.rocksdb_files import Files
from partitioncache.closing import Closing
from partitioncache.config import (
    DEFAULT_CACHE,
    checked_cache_name,
    checked_hash,
    checked_partition_key,
    rocksdb_path,
)
from partitioncache.datatypes import Key, KeySet, checked, collected, infer
from partitioncache.errors import (
    ConfigurationError,
    RegistrationConflictError,
    not_registered,
)
from partitioncache.registry import CACHE_TYPES, check_datatype

_REGISTRATION: Final = b"k"
_ENTRY: Final = b"e"
_QUERY: Final = b"q"


class Rocksdict(Closing):
    """Keys of all data types; and what all three backends have in common.

    Args:
        path: the directory; made when it is not there. By default below ``ROCKSDB_PATH`` or the user's cache directory.
        cache: the name of the cache; caches of different names do not see each other.
        table_prefix: another name of `cache`.
        read_only: never become the writer, so that another process can.

    Raises:
        UnavailableError: the directory cannot be opened.
    """

    backend: str = "rocksdict"

    def __init__(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        cache: str | None = None,
        table_prefix: str | None = None,
        read_only: bool = False,
        **others: object,
    ) -> None:
        path = path if path is not None else cast("str | None", others.pop("db_path", None))
        if others:
            raise ConfigurationError(
                f"{self.backend} takes no argument {', '.join(sorted(others))}.",
                hint="It takes path, cache and read_only.",
            )
        self._cache = checked_cache_name(cache or table_prefix or DEFAULT_CACHE)
        self._files = Files.at(rocksdb_path(self.backend, path), self.backend, read_only)
        self._closed = False

    @property
    def datatypes(self) -> frozenset[str]:
        return CACHE_TYPES[self.backend].datatypes

    @property
    def path(self) -> Path:
        """The directory."""
        return self._files.path

    def register(self, partition_key: str, datatype: str) -> None:
        checked_partition_key(partition_key)
        datatype = check_datatype(self.backend, datatype)
        with self._files.lock:
            known = self.datatype(partition_key)
            if known is None:
                self._write({self._name(_REGISTRATION, partition_key): datatype.encode()})
            elif known != datatype:
                raise RegistrationConflictError(
                    f"{partition_key} is registered as {known}, not as {datatype}.",
                    hint="Use that data type, or a cache of another name.",
                )

    def set_set(self, hash: str, keys: Iterable[Key | None], partition_key: str) -> None:
        checked_hash(hash)
        keys = collected(keys)
        with self._files.lock:
            datatype = self.datatype(partition_key)
            values: dict[bytes, bytes | None] = {}
            if datatype is None:
                datatype = check_datatype(self.backend, infer(keys))
                values[self._name(_REGISTRATION, checked_partition_key(partition_key))] = datatype.encode()
            values[self._name(_ENTRY, partition_key, hash)] = self._pack(checked(keys, datatype), datatype)
            self._write(values)

    def get(self, hash: str, partition_key: str) -> KeySet | None:
        return self.get_intersected([hash], partition_key)[0]

    def exists(self, hash: str, partition_key: str) -> bool:
        return self._value(self._name(_ENTRY, partition_key, hash)) is not None

    def delete(self, hash: str, partition_key: str) -> bool:
        with self._files.lock:
            names = [self._name(kind, partition_key, hash) for kind in (_ENTRY, _QUERY)]
            found = [name for name in names if self._value(name) is not None]
            if found:
                self._write(dict.fromkeys(found))
        return bool(found)

    def get_all_keys(self, partition_key: str) -> set[str]:
        prefix = self._name(_ENTRY, partition_key, "")
        return {name[len(prefix) :].decode() for name in self._names_below(prefix)}

    def set_query(self, hash: str, query: str, partition_key: str) -> None:
        checked_hash(hash)
        with self._files.lock:
            self._registered(partition_key)
            self._write({self._name(_QUERY, partition_key, hash): pack_bytes(query.encode())})

    def get_query(self, hash: str, partition_key: str) -> str | None:
        text = self._value(self._name(_QUERY, partition_key, hash))
        return None if text is None else unpack_bytes(text).decode()

    def get_intersected(self, hashes: Iterable[str], partition_key: str) -> tuple[KeySet | None, int]:
        datatype = self.datatype(partition_key)
        if datatype is None:
            return None, 0
        names = [self._name(_ENTRY, partition_key, hash) for hash in dict.fromkeys(hashes)]
        entries = [packed for packed in self._values(names) if packed is not None]
        if not entries:
            return None, 0
        return self._together(entries, datatype), len(entries)

    def get_partition_keys(self) -> list[tuple[str, str]]:
        prefix = self._name(_REGISTRATION, "")
        names = [name[len(prefix) :].decode() for name in self._names_below(prefix)]
        return sorted((name, datatype) for name in names if (datatype := self.datatype(name)) is not None)

    def datatype(self, partition_key: str) -> str | None:
        kept = self._value(self._name(_REGISTRATION, checked_partition_key(partition_key)))
        return None if kept is None else kept.decode()

    def count(self, partition_key: str) -> int:
        return sum(1 for _ in self._names_below(self._name(_ENTRY, partition_key, "")))

    def clear(self, partition_key: str | None = None) -> int:
        with self._files.lock:
            chosen = (
                [name for name, _ in self.get_partition_keys()] if partition_key is None else [partition_key]
            )
            entries = [name for key in chosen for name in self._names_below(self._name(_ENTRY, key, ""))]
            queries = [name for key in chosen for name in self._names_below(self._name(_QUERY, key, ""))]
            if entries or queries:
                self._write(dict.fromkeys(entries + queries))
        return len(entries)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._files.release()

    def __repr__(self) -> str:
        return f"<{self.backend} in {self._files.path}, cache {self._cache}>"

    # How entries are kept

    def _pack(self, keys: KeySet, datatype: str) -> bytes:
        return pack(keys, datatype)

    def _together(self, entries: list[bytes], datatype: str) -> KeySet:
        """The intersection of packed entries, the smallest first."""
        first, *others = sorted(entries, key=len)
        result = unpack(first, datatype)
        for other in others:
            if not result:
                break
            result &= unpack(other, datatype)
        return result

    # The store. Names of caches, partition keys and entries have no NUL, which separates them.

    def _name(self, kind: bytes, *parts: str) -> bytes:
        return b"\0".join(
            [kind, self._cache.encode(), *(part.encode("utf-8", "surrogatepass") for part in parts)]
        )

    def _registered(self, partition_key: str) -> str:
        datatype = self.datatype(partition_key)
        if datatype is None:
            raise not_registered(partition_key, self._cache)
        return datatype

    def _value(self, name: bytes) -> bytes | None:
        (value,) = self._values([name])
        return value

    def _values(self, names: list[bytes]) -> list[bytes | None]:
        with self._files.reading() as store:
            return cast("list[bytes | None]", store.get([*names]))

    def _names_below(self, prefix: bytes) -> list[bytes]:
        names = []
        with self._files.reading() as store:
            position = store.iter()
            position.seek(prefix)
            while position.valid() and (name := cast(bytes, position.key())).startswith(prefix):
                names.append(name)
                position.next()
        return names

    def _write(self, values: dict[bytes, bytes | None]) -> None:
        """Puts values, and removes those that are None, in one step."""
        from rocksdict import WriteBatch

        with self._files.writing() as store:
            batch = WriteBatch(raw_mode=True)
            for name, value in values.items():
                if value is None:
                    batch.delete(name)
                else:
                    batch.put(name, value)
            store.write(batch)


class RocksdbSet(Rocksdict):
    """Integer and text keys, packed."""

    backend = "rocksdb_set"


class RocksdbBit(Rocksdict):
    """Integer keys in bitmaps where they are dense, packed where they are not."""

    backend = "rocksdb_bit"

    _SPARSE: ClassVar[bytes] = b"s"
    _DENSE: ClassVar[bytes] = b"d"

    def _pack(self, keys: KeySet, datatype: str) -> bytes:
        numbers = sorted(cast("set[int]", keys - {None}))
        if not dense(numbers):
            return self._SPARSE + pack(keys, datatype)
        null = b"n" if None in keys else b"-"
        return self._DENSE + null + pack_bytes(_join(to_bitmap(numbers)))

    def _together(self, entries: list[bytes], datatype: str) -> KeySet:
        bitmaps = [entry for entry in entries if entry[:1] == self._DENSE]
        packed = [entry[1:] for entry in entries if entry[:1] == self._SPARSE]
        found: KeySet | None = None
        if bitmaps:
            found = set(from_bitmap(intersection([_split(unpack_bytes(entry[2:])) for entry in bitmaps])))
            if all(entry[1:2] == b"n" for entry in bitmaps):
                found.add(None)
        if packed:
            others = super()._together(packed, datatype)
            found = others if found is None else found & others
        return found or set()


def _join(bitmap: Bitmap) -> bytes:
    return b"".join(
        chunk.to_bytes(8, "little", signed=True) + len(bits).to_bytes(2, "little") + bits
        for chunk, bits in bitmap.items()
    )


def _split(joined: bytes) -> Bitmap:
    bitmap: Bitmap = {}
    start = 0
    while start < len(joined):
        end = start + 10 + int.from_bytes(joined[start + 8 : start + 10], "little")
        bitmap[int.from_bytes(joined[start : start + 8], "little", signed=True)] = joined[start + 10 : end]
        start = end
    return bitmap


assert CHUNK_BITS // 8 < 2**16
