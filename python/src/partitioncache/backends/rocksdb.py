"""Caches in files: `RocksdbSet`, `RocksdbBit` and `Rocksdict`, with RocksDB and no server.

One process writes, any number of others read: RocksDB lets one process open a directory for writing. The second
one that comes opens it for reading, and looks for what is new before each answer; when the writer has gone, it
becomes the writer with its first write. Within a process, all caches on one directory share it.

An entry is one value, and one write is one batch: other readers see it whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

from partitioncache.backends.rocksdb_files import Files
from partitioncache.backends.stored import Kind, StoredCache
from partitioncache.config import rocksdb_path
from partitioncache.errors import ConfigurationError, UnavailableError

_KINDS: Final[Mapping[Kind, bytes]] = {"registration": b"k", "entry": b"e", "query": b"q"}


class Rocksdict(StoredCache):
    """Keys of all data types; and what all three backends have in common.

    Args:
        path: the directory; made when it is not there. By default below ``ROCKSDB_PATH`` or the user's cache directory.
        cache: the name of the cache; caches of different names do not see each other.
        table_prefix: another name of `cache`.
        read_only: never become the writer, so that another process can.
        max_age: how old the data of an entry may be, in seconds or as a timedelta, for the entry to be used; by default
            any age, or what ``CACHE_MAX_AGE`` says.

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
        max_age: timedelta | float | None = None,
        **others: object,
    ) -> None:
        path = path if path is not None else cast("str | None", others.pop("db_path", None))
        if others:
            raise ConfigurationError(
                f"{self.backend} takes no argument {', '.join(sorted(others))}.",
                hint="It takes path, cache, read_only and max_age.",
            )
        super().__init__(cache, table_prefix, max_age)
        self._files = Files.at(rocksdb_path(self.backend, path), self.backend, read_only)
        self._closed = False

    @property
    def path(self) -> Path:
        """The directory."""
        return self._files.path

    def caches(self) -> list[str]:
        prefix = _KINDS["registration"] + b"\0"
        return sorted({name[len(prefix) :].split(b"\0")[0].decode() for name in self._below(prefix)})

    def same_as(self, other: object) -> bool:
        if not isinstance(other, Rocksdict) or self._cache != other._cache:
            return False
        return os.path.samefile(self.path, other.path)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._files.release()

    def __repr__(self) -> str:
        return f"<{self.backend} in {self._files.path}, cache {self._cache}>"

    # The store. Names of caches, partition keys and entries have no NUL, which separates them.

    def _name(self, kind: Kind, partition_key: str, name: str = "") -> bytes:
        parts = [self._cache, *([partition_key] if kind != "registration" else []), name]
        return b"\0".join([_KINDS[kind], *(part.encode("utf-8", "surrogatepass") for part in parts)])

    def _read(self, kind: Kind, partition_key: str, names: Sequence[str]) -> list[bytes | None]:
        keys = [self._name(kind, partition_key, name) for name in names]
        try:
            with self._files.reading() as store:
                return cast("list[bytes | None]", store.get([*keys]))
        except UnavailableError as error:
            if "corruption" not in error.message.lower():
                raise
            if len(names) > 1:
                return [value for name in names for value in self._read(kind, partition_key, [name])]
            self._warn(kind, partition_key, *names)
            return [None]

    def _names(self, kind: Kind, partition_key: str) -> list[str]:
        prefix = self._name(kind, partition_key)
        return [name[len(prefix) :].decode("utf-8", "replace") for name in self._below(prefix)]

    def _below(self, prefix: bytes) -> list[bytes]:
        names = []
        with self._files.reading() as store:
            position = store.iter()
            position.seek(prefix)
            while position.valid() and (name := cast(bytes, position.key())).startswith(prefix):
                names.append(name)
                position.next()
        return names

    def _write(self, kind: Kind, partition_key: str, name: str, value: bytes, only_new: bool = False) -> None:
        key = self._name(kind, partition_key, name)
        with self._files.lock:
            if not (only_new and self._read(kind, partition_key, [name]) != [None]):
                self._put({key: value})

    def _remove(self, partition_key: str, name: str) -> bool:
        with self._files.lock:
            found: list[bytes] = []
            for kind in ("entry", "query"):
                if self._read(kind, partition_key, [name]) != [None]:
                    found.append(self._name(kind, partition_key, name))
            if found:
                self._put(dict.fromkeys(found))
        return bool(found)

    def _remove_all(self, partition_key: str) -> int:
        with self._files.lock:
            entries = self._below(self._name("entry", partition_key))
            queries = self._below(self._name("query", partition_key))
            if entries or queries:
                self._put(dict.fromkeys(entries + queries))
        return len(entries)

    def _put(self, values: Mapping[bytes, bytes | None]) -> None:
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
    _bytes_a_number = 8
