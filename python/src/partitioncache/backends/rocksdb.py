"""Caches in files: `RocksdbSet`, `RocksdbBit` and `Rocksdict`, with RocksDB and no server.

One process writes, any number of others read: RocksDB lets one process open a directory for writing. The second
one that comes opens it for reading, and looks for what is new before each answer; when the writer has gone, it
becomes the writer with its first write. Within a process, all caches on one directory share it.

An entry is one value, and one write is one batch: other readers see it whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

from partitioncache.backends.rocksdb_files import Files
from partitioncache.backends.stored import Kind, StoredCache
from partitioncache.config import rocksdb_path
from partitioncache.errors import ConfigurationError, UnavailableError

_KINDS: Final[Mapping[Kind, bytes]] = {
    "registration": b"k", "entry": b"e", "query": b"q", "about": b"a", "form": b"f"
}  # fmt: skip
_OF_AN_ENTRY: Final[tuple[Kind, ...]] = ("entry", "query", "about", "form")
_CHANGES: Final = b"c"
_MOST_CHANGES: Final = 200
"""Changes that are remembered: a reader that has seen an earlier one reads all forms again."""
_TOKEN_BYTES: Final = 12


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
        return b"\0".join([_KINDS[kind], *map(_encoded, parts)])

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

    def _register(self, partition_key: str, value: bytes, only_new: bool) -> None:
        with self._files.lock:
            if not (only_new and self._read("registration", "", [partition_key]) != [None]):
                self._put({self._name("registration", "", partition_key): value})

    def _write(self, partition_key: str, name: str, values: Mapping[Kind, bytes | None]) -> None:
        with self._files.lock:
            self._put(
                {self._name(kind, partition_key, name): value for kind, value in values.items()}
                | self._noted(partition_key, name)
            )

    def _remove(self, partition_key: str, name: str) -> bool:
        with self._files.lock:
            there: list[Kind] = [
                kind for kind in _OF_AN_ENTRY if self._read(kind, partition_key, [name]) != [None]
            ]
            if there:
                gone = dict.fromkeys(self._name(kind, partition_key, name) for kind in there)
                self._put(gone | self._noted(partition_key, name))
        return "entry" in there or "query" in there

    def _remove_all(self, partition_key: str) -> int:
        with self._files.lock:
            there = {kind: self._below(self._name(kind, partition_key)) for kind in _OF_AN_ENTRY}
            gone = [name for names in there.values() for name in names]
            if gone:
                self._put(dict.fromkeys([*gone, self._of_changes(partition_key)]))
        return len(there["entry"])

    # Changes: the last of them, each a token of its own and the entry's name. They go with the entries.

    def _noted(self, partition_key: str, name: str) -> dict[bytes, bytes | None]:
        """What is to be written beside a change."""
        changes = [*self._changes(partition_key)[1 - _MOST_CHANGES :], (os.urandom(_TOKEN_BYTES), name)]
        content = b"\0".join(token.hex().encode() + b" " + _encoded(name) for token, name in changes)
        return {self._of_changes(partition_key): content}

    def _of_changes(self, partition_key: str) -> bytes:
        return b"\0".join([_CHANGES, *map(_encoded, (self._cache, partition_key))])

    def _written_changes(self, partition_key: str) -> bytes:
        try:
            with self._files.reading() as store:
                return cast("bytes | None", store.get(self._of_changes(partition_key))) or b""
        except UnavailableError as error:
            if "corruption" not in error.message.lower():
                raise
            return b""

    def _changes(self, partition_key: str) -> list[tuple[bytes, str]]:
        found = []
        for part in self._written_changes(partition_key).split(b"\0"):
            token, _, name = part.partition(b" ")
            with suppress(ValueError):
                found.append(
                    (bytes.fromhex(token.decode("ascii", "replace")), name.decode("utf-8", "replace"))
                )
        return found

    def last_change(self, partition_key: str) -> bytes:
        last = self._written_changes(partition_key).rpartition(b"\0")[2]
        return last.partition(b" ")[0]

    def changed_since(self, partition_key: str, token: bytes) -> set[str] | None:
        changes = self._changes(partition_key)
        place = next((place for place, (one, _) in enumerate(changes) if one.hex().encode() == token), None)
        return None if place is None else {name for _, name in changes[place + 1 :]}

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


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
