"""What is RocksDB's own: several processes, what survives, what is in the way."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import partitioncache
from partitioncache.errors import ConfigurationError, PartitionCacheError, ReadOnlyError, UnavailableError

OpenCache = Callable[..., partitioncache.Cache]
BACKENDS = ["rocksdb_set", "rocksdb_bit", "rocksdict"]
each = pytest.mark.parametrize("cache_type", BACKENDS)

OTHER_PROCESS = """
import sys, partitioncache
cache_type, path = sys.argv[1:]
with partitioncache.create_cache(cache_type, "k", path=path) as cache:
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "get":
            print(sorted(cache.get(arguments[0]) or []), flush=True)
        elif command == "count":
            print(cache.count(), flush=True)
        else:
            try:
                cache.set_set(arguments[0], {int(number) for number in arguments[1:]})
                print("written", flush=True)
            except partitioncache.PartitionCacheError as error:
                print(type(error).__name__, error, flush=True)
"""


class Other:
    """Another process with the same cache."""

    def __init__(self, cache_type: str, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER_PROCESS, cache_type, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


@each
def test_one_writes_and_many_read(tmp_path: Path, cache_type: str) -> None:
    writer = partitioncache.create_cache(cache_type, "k", "integer", path=tmp_path)
    writer.set_set("a", {1, 2})
    readers = [Other(cache_type, tmp_path) for _ in range(2)]
    for reader in readers:
        assert reader.ask("get a") == "[1, 2]"
    for end in (5, 6, 7):
        writer.set_set("a", range(4, end))
        writer.set_set(f"b{end}", {end})
        for reader in readers:
            assert reader.ask("get a") == str(list(range(4, end)))
            assert reader.ask("count") == str(end - 3)
    refused = readers[0].ask("set a 9")
    assert refused.startswith("ReadOnlyError")
    assert "another process" in refused
    writer.close()
    assert readers[0].ask("set a 9") == "written"
    assert readers[0].ask("get a") == "[9]"
    assert readers[1].ask("get a") == "[9]"
    for reader in readers:
        reader.end()
    with partitioncache.create_cache(cache_type, "k", path=tmp_path) as again:
        assert again.get("a") == {9}
        assert again.get_partition_keys() == [("k", "integer")]


@each
def test_a_writer_that_was_killed_has_lost_nothing(tmp_path: Path, cache_type: str) -> None:
    partitioncache.create_cache(cache_type, "k", "integer", path=tmp_path).close()
    writer = Other(cache_type, tmp_path)
    assert writer.ask("set a 1 2 3") == "written"
    writer.process.kill()
    writer.process.communicate()
    with partitioncache.create_cache(cache_type, "k", path=tmp_path) as cache:
        assert cache.get("a") == {1, 2, 3}
        cache.set_set("a", {4})
        assert cache.get("a") == {4}


@each
def test_read_only(tmp_path: Path, cache_type: str) -> None:
    with pytest.raises(UnavailableError, match="cannot be used"):
        partitioncache.create_cache(cache_type, "k", path=tmp_path / "nothing", read_only=True)
    with partitioncache.create_cache(cache_type, "k", "integer", path=tmp_path / "cache") as writer:
        writer.set_set("a", {1})
    with partitioncache.create_cache(cache_type, "k", path=tmp_path / "cache", read_only=True) as reader:
        assert reader.get("a") == {1}
        with pytest.raises(ReadOnlyError, match="opened for reading"):
            reader.set_set("a", {2})
        with partitioncache.create_cache(cache_type, "k", path=tmp_path / "cache") as writer:
            writer.set_set("a", {3})
            assert reader.get("a") == {3}


def test_what_is_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a file, no directory")
    with pytest.raises(UnavailableError, match="cannot be used"):
        partitioncache.create_cache("rocksdict", "k", "integer", path=file)
    with pytest.raises(ConfigurationError, match="no argument host"):
        partitioncache.create_cache("rocksdict", "k", "integer", host="localhost")


@each
def test_a_closed_cache_says_so(tmp_path: Path, cache_type: str) -> None:
    cache = partitioncache.create_cache(cache_type, "k", "integer", path=tmp_path)
    other = partitioncache.create_cache(cache_type, "k", "integer", path=tmp_path)
    cache.close()
    cache.close()
    other.set_set("a", {1})
    other.close()
    for closed in (cache, other):
        with pytest.raises(PartitionCacheError, match="closed"):
            closed.get("a")


@pytest.mark.parametrize(
    ("cache_type", "promised"),
    [("rocksdb_set", 6_000_000), ("rocksdb_bit", 125_000), ("rocksdict", 4_000_000)],
)
def test_size_of_a_million_integers(tmp_path: Path, cache_type: str, promised: int) -> None:
    with partitioncache.create_cache(cache_type, "k", "integer", path=tmp_path) as cache:
        before = sum(path.stat().st_size for path in tmp_path.rglob("*"))
        cache.set_set("a", range(1_000_000))
        assert sum(path.stat().st_size for path in tmp_path.rglob("*")) - before <= promised


def test_the_directory_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROCKSDB_PATH", str(tmp_path))
    with partitioncache.create_cache("rocksdict", "k", "integer") as cache:
        assert str(tmp_path / "rocksdict") in repr(cache.underlying_handler)
    monkeypatch.delenv("ROCKSDB_PATH")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    with partitioncache.create_cache("rocksdb_bit", "k", "integer"):
        assert (tmp_path / "xdg" / "partitioncache" / "rocksdb_bit").is_dir()


@each
def test_damaged_files_are_never_other_keys(tmp_path: Path, cache_type: str) -> None:
    """Bytes of the files are changed: what was stored is right or missing, or the directory cannot be opened."""
    chance = random.Random(cache_type)
    whole = tmp_path / "whole"
    right = {f"h{number}": set(chance.sample(range(10**9), 500)) for number in range(20)}
    with partitioncache.create_cache(cache_type, "k", "integer", path=whole) as cache:
        for name, keys in right.items():
            cache.set_set(name, keys, query=name)
    partitioncache.create_cache(cache_type, "k", "integer", path=whole).close()
    names = sorted(file.name for file in whole.iterdir() if file.is_file() and file.stat().st_size)
    looked = 0
    for number in range(40):
        damaged = tmp_path / str(number)
        shutil.copytree(whole, damaged)
        file = damaged / chance.choice(names)
        content = bytearray(file.read_bytes())
        for _ in range(chance.choice((1, 30))):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(content)
        try:
            cache = partitioncache.create_cache(cache_type, "k", "integer", path=damaged)
        except UnavailableError:
            continue
        with cache:
            with suppress(UnavailableError):  # but it was not taken for the cache of another process
                cache.set_set("new", {1})
            for name, keys in right.items():
                assert cache.get(name) in (keys, None)
                assert cache.get_query(name) in (name, None)
                looked += 1
    assert looked > 200
