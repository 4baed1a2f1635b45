"""A directory of RocksDB as several processes and several caches of one process use it."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from partitioncache.errors import PartitionCacheError, ReadOnlyError, UnavailableError, missing_extra

if TYPE_CHECKING:
    from rocksdict import Rdict


@dataclass
class Files:
    """One directory of RocksDB, shared by all caches of this process that use it.

    Attributes:
        path: the directory.
        backend: who opened it first, for messages.
        read_only: whether it may not become the writer.
        store: the open database.
        writable: whether this process is the writer.
        lock: held while something is read and written that belongs together.
    """

    path: Path
    backend: str
    read_only: bool
    store: Rdict = field(init=False)
    writable: bool = field(init=False, default=False)
    lock: threading.RLock = field(default_factory=threading.RLock)
    users: int = 0
    _logs: tempfile.TemporaryDirectory[str] | None = None

    _open: ClassVar[dict[tuple[str, int, bool], Files]] = {}
    _open_lock: ClassVar[threading.Lock] = threading.Lock()

    @classmethod
    def at(cls, path: Path, backend: str, read_only: bool) -> Files:
        """The files in a directory, opened if this process has not done so already."""
        with cls._open_lock:
            where = os.path.realpath(path)
            for kind in (False, True) if read_only else (False,):
                if (shared := cls._open.get((where, os.getpid(), kind))) is not None:
                    shared.users += 1
                    return shared
            files = cls(path, backend, read_only)
            files._open_store()
            files.users = 1
            cls._open[(where, os.getpid(), read_only)] = files
            return files

    def release(self) -> None:
        """Closes the files when nobody in this process uses them any more."""
        with self._open_lock:
            self.users -= 1
            if self.users == 0:
                self._open.pop((os.path.realpath(self.path), os.getpid(), self.read_only), None)
                with self.lock:
                    self._close_store()

    @contextmanager
    def reading(self) -> Iterator[Rdict]:
        """The database, with what its writer has written until now."""
        with self.lock, self._explained():
            self._check_open()
            if not self.writable:
                self.store.try_catch_up_with_primary()
            yield self.store

    @contextmanager
    def writing(self) -> Iterator[Rdict]:
        """The database, if this process is its writer or can become so."""
        with self.lock, self._explained():
            self._check_open()
            if not self.writable and not self.read_only:
                self._close_store()
                self._open_store()
            if not self.writable:
                why = "was opened for reading" if self.read_only else "is being written by another process"
                raise ReadOnlyError(
                    f"The cache in {self.path} {why}.",
                    hint="Write through that process, or close it first."
                    if not self.read_only
                    else "Open it without read_only.",
                )
            yield self.store

    def _check_open(self) -> None:
        if self.users == 0:
            raise PartitionCacheError(
                f"The cache in {self.path} is closed.", hint="Open it again with create_cache."
            )

    def _open_store(self) -> None:
        try:
            from rocksdict import AccessType, Options, Rdict
        except ImportError:
            raise missing_extra("rocksdict", "rocksdb", self.backend) from None
        options = Options(raw_mode=True)
        options.set_keep_log_file_num(2)
        with self._explained():
            if not self.read_only:
                self.path.mkdir(parents=True, exist_ok=True)
                try:
                    self.store = Rdict(str(self.path), options)
                    self.writable = True
                    return
                except Exception as error:
                    if not re.search(r"\block\b", str(error), re.IGNORECASE):  # a damaged block is none
                        raise
            self._logs = tempfile.TemporaryDirectory(prefix="partitioncache-")
            try:
                self.store = Rdict(str(self.path), options, access_type=AccessType.secondary(self._logs.name))
            except BaseException:
                self._logs.cleanup()
                raise
            self.writable = False

    def _close_store(self) -> None:
        self.store.close()
        self.writable = False
        if self._logs is not None:
            self._logs.cleanup()
            self._logs = None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns the library's errors, which have no class of their own, into ours."""
        try:
            yield
        except PartitionCacheError:
            raise
        except Exception as error:
            text = " ".join(str(error).split()).rstrip(".")
            raise UnavailableError(
                f"The cache in {self.path} cannot be used: {text}.",
                hint="Check that the directory exists, belongs to this user and holds nothing else.",
            ) from error
