"""What a million integer keys take and how fast sets are, per backend, beside what the overview promises.

For each backend: bytes held and seconds to set and to get one set of a million consecutive keys, and another of a
million keys spread over 31 bits (postgresql_bit: over 2**24, since it holds keys at most 2**28 apart); seconds for the
intersection of five sets of 100,000 keys out of 200,000. Medians. Servers are started for the run; bytes are what the
store says of this one entry: the size of the stored row in PostgreSQL, MEMORY USAGE of its keys in Redis, the growth
of the directory in RocksDB.

    scripts/bench backends [--keys 1000000] [--repeat 3] [backend ...]
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import redis

import partitioncache
from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.registry import CACHE_TYPES
from support.cluster import Database, running_cluster
from support.installation import copy_installation
from support.services import RedisServer, redis_server

HEADER = (
    "backend",
    "promised",
    "measured",
    "set s",
    "get s",
    "spread: bytes",
    "set s",
    "get s",
    "5 x 100,000 s",
)


class Servers:
    """PostgreSQL and Redis, started when first asked for; and directories."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pc-")))
        self._database: Database | None = None
        self._redis: RedisServer | None = None

    @property
    def database(self) -> Database:
        if self._database is None:
            installation = copy_installation(self.folder / "postgresql")
            installation.install_extension()
            settings = {"shared_buffers": "512MB"}
            self._database = self.stack.enter_context(
                running_cluster(installation, settings)
            ).create_database()
        return self._database

    @property
    def redis(self) -> RedisServer:
        if self._redis is None:
            self._redis = self.stack.enter_context(redis_server())
        return self._redis

    def open(self, backend: str) -> partitioncache.Cache:
        """A cache of this backend, with nothing in it."""
        server = CACHE_TYPES[backend].server
        if server == "PostgreSQL":
            where: dict[str, object] = {"conninfo": self.database.conninfo(), "cache": backend}
        elif server == "Redis":
            where = {"host": self.redis.host, "port": self.redis.port}
        else:
            where = {"path": self.folder / backend}
        return partitioncache.create_cache(backend, "k", "integer", **where)

    def held(self, cache: partitioncache.Cache) -> int:
        """The bytes that its entries take."""
        if isinstance(cache.underlying_handler, PostgresqlArray):
            column = "keys" if cache.backend == "postgresql_array" else "bits"
            ((size,),) = self.database.execute(
                f"select sum(pg_column_size({column})) from {cache.backend}_cache_k"
            )
            return int(size or 0)
        if CACHE_TYPES[cache.backend].server == "Redis":
            with redis.Redis(host=self.redis.host, port=self.redis.port) as client:
                return sum(client.memory_usage(key, samples=0) for key in client.scan_iter(count=10_000))
        return sum(path.stat().st_size for path in (self.folder / cache.backend).rglob("*"))


def seconds(call: Callable[[], object], repeat: int) -> float:
    """The median of some runs."""
    found = []
    for _ in range(repeat):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def one_set(
    servers: Servers, cache: partitioncache.Cache, keys: set[int], repeat: int
) -> tuple[int, float, float]:
    """Bytes, seconds to set, seconds to get."""
    empty = servers.held(cache)
    cache.set_set("million", keys)
    size = servers.held(cache) - empty
    times = (
        seconds(lambda: cache.set_set("million", keys), repeat),
        seconds(lambda: cache.get("million"), repeat),
    )
    assert cache.get("million") == keys
    cache.delete("million")
    return size, *times


def measure(servers: Servers, backend: str, count: int, repeat: int) -> tuple[str, ...]:
    """One row of the table."""
    numbers = random.Random(1)
    reach = 2**24 if backend == "postgresql_bit" else 2**31
    with servers.open(backend) as cache:
        near = one_set(servers, cache, set(range(count)), repeat)
        far = one_set(servers, cache, set(numbers.sample(range(reach), count)), repeat)
        sets = [set(numbers.sample(range(200_000), 100_000)) for _ in range(5)]
        for number, keys in enumerate(sets):
            cache.set_set(f"set {number}", keys)
        names = [f"set {number}" for number in range(5)]
        assert cache.get_intersected(names) == (set.intersection(*sets), 5)
        together = seconds(lambda: cache.get_intersected(names), repeat)
        cache.clear()
    promised = CACHE_TYPES[backend].promised_bytes
    return (
        backend,
        f"{promised:,}",
        f"{near[0]:,}",
        *(f"{value:.2f}" for value in near[1:]),
        f"{far[0]:,}",
        *(f"{value:.2f}" for value in far[1:]),
        f"{together:.3f}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("backends", nargs="*", metavar="backend", help="those to measure; without any, all")
    parser.add_argument("--keys", type=int, default=1_000_000, help="the size of the large sets")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the median is shown")
    options = parser.parse_args()
    print(f"{options.keys:,} integer keys: bytes promised and measured, seconds to set and get\n")
    show(HEADER)
    with ExitStack() as stack:
        servers = Servers(stack)
        for backend in options.backends or CACHE_TYPES:
            show(measure(servers, backend, options.keys, options.repeat))


def show(row: Sequence[str]) -> None:
    """Prints a row as soon as it is known."""
    first, *others = row
    print(
        first.ljust(16),
        *(cell.rjust(max(len(title), 9)) for cell, title in zip(others, HEADER[1:], strict=True)),
        flush=True,
    )


if __name__ == "__main__":
    main()
