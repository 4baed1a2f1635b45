"""What is Redis's own: ways to connect, memory, eviction, clusters, writers that die."""

from __future__ import annotations

import importlib.util
import random
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import redis

import partitioncache
from partitioncache.backends.redis import RedisBit, RedisSet
from partitioncache.errors import ConfigurationError, PartitionCacheError, UnavailableError
from support.services import RedisServer

OpenCache = Callable[..., partitioncache.Cache]

_spec = importlib.util.spec_from_file_location("redis_servers", Path(__file__).with_name("redis_servers.py"))
assert _spec is not None
assert _spec.loader is not None
redis_servers = importlib.util.module_from_spec(_spec)
sys.modules["redis_servers"] = redis_servers
_spec.loader.exec_module(redis_servers)

both = pytest.mark.parametrize("cache_type", ["redis_set", "redis_bit"])
GONE = redis_servers.free_port()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[int]]:
    with redis_servers.cluster(tmp_path_factory.mktemp("cluster")) as ports:
        yield ports


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis(host=redis_server.host, port=redis_server.port, db=1) as opened:
        opened.flushdb()
        yield opened
        opened.flushdb()


def works(cache: partitioncache.Cache) -> bool:
    cache.set_set("a", {1, 2, 3, None})
    cache.set_set("b", {2, None})
    return cache.get_intersected(["a", "b"]) == ({2, None}, 2)


@both
def test_password(tmp_path: Path, cache_type: str) -> None:
    port = redis_servers.free_port()
    client = redis.Redis(port=port, password="se:cr@t")
    with redis_servers.server(tmp_path, port, "--requirepass", "se:cr@t", client=client):
        with partitioncache.create_cache(cache_type, "k", "integer", port=port, password="se:cr@t") as cache:
            assert works(cache)
        with partitioncache.create_cache(
            cache_type, "k", url=f"redis://:se%3Acr%40t@127.0.0.1:{port}/0"
        ) as cache:
            assert works(cache)
            assert "cr" not in repr(cache.underlying_handler)
        for wrong in ({}, {"password": "wrong"}):
            with pytest.raises(UnavailableError, match=r"refuses this user.*REDIS_PASSWORD") as caught:
                partitioncache.create_cache(cache_type, "k", "integer", port=port, **wrong)
            assert "wrong" not in str(caught.value).replace("WRONGPASS", "")


@both
def test_tls(tmp_path: Path, cache_type: str) -> None:
    certificate, key = redis_servers.certificate(tmp_path)
    port = redis_servers.free_port()
    options = ["--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key),
               "--tls-ca-cert-file", str(certificate), "--tls-auth-clients", "no"]  # fmt: skip
    client = redis.Redis(port=port, ssl=True, ssl_ca_certs=str(certificate))
    with redis_servers.server(tmp_path / "data", 0, *options, client=client):
        authority = {"ssl_ca_certs": str(certificate)}
        with partitioncache.create_cache(
            cache_type, "k", "integer", host="127.0.0.1", port=port, tls=True, **authority
        ) as cache:
            assert works(cache)
        with partitioncache.create_cache(
            cache_type, "k", url=f"rediss://127.0.0.1:{port}", **authority
        ) as cache:
            assert works(cache)
        with pytest.raises(UnavailableError, match="cannot be reached"):
            partitioncache.create_cache(
                cache_type, "k", "integer", host="127.0.0.1", port=port, tls=True, retry=None
            )


@both
def test_unix_socket(tmp_path: Path, cache_type: str) -> None:
    path = tmp_path / "s"
    client = redis.Redis(unix_socket_path=str(path))
    with redis_servers.server(tmp_path, 0, "--unixsocket", str(path), client=client):
        with partitioncache.create_cache(cache_type, "k", "integer", socket=str(path)) as cache:
            assert works(cache)
        with partitioncache.create_cache(cache_type, "k", url=f"unix://{path}") as cache:
            assert works(cache)


@both
def test_cluster(cluster: Sequence[int], cache_type: str) -> None:
    numbers = random.Random(1)
    with partitioncache.create_cache(
        cache_type, "k", "bigint", port=cluster[0], cluster=True, cache=cache_type
    ) as cache:
        assert works(cache)
        dense = set(range(1_000_000))
        sparse = {numbers.randrange(-(2**62), 2**62) for _ in range(20_000)}
        cache.set_set("dense", dense)
        cache.set_set("sparse", sparse | {5, 500_000})
        cache.set_set("even", range(0, 2_000_000, 2))
        assert cache.get("dense") == dense
        assert cache.get("sparse") == sparse | {5, 500_000}
        assert cache.get_intersected(["dense", "even", "sparse"]) == ({500_000}, 3)
        assert cache.get_intersected(["dense", "even"]) == (set(range(0, 1_000_000, 2)), 2)
        assert cache_type in cache.underlying_handler.caches()
        with partitioncache.create_cache(cache_type, "k", port=cluster[2], cluster=True, cache=cache_type) as same:
            assert cache.underlying_handler.same_as(same.underlying_handler)
        cache.set_query("dense", "SELECT 1")
        assert (cache.count(), cache.get_query("dense")) == (5, "SELECT 1")
        for number in range(100):
            cache.set_set(f"small {number}", {number})
        used = []
        for port in cluster:
            with redis.Redis(port=port) as node:
                used.append(node.dbsize())
        assert all(used), "one partition key uses every machine"
        cache.set_set("dense", {7})
        assert cache.get("dense") == {7}
        assert cache.delete("sparse")
        assert cache.clear() == 104
        for port in cluster:
            with redis.Redis(port=port) as node:
                assert node.keys("*") == [] or all(
                    name.endswith(b"partition_keys") for name in node.keys("*")
                )


def test_cluster_texts(cluster: Sequence[int]) -> None:
    with partitioncache.create_cache(
        "redis_set", "k", "text", port=cluster[1], cluster=True, cache="texts"
    ) as cache:
        cache.set_set("a", {f"größe {number}" for number in range(1_000)})
        cache.set_set("b", {f"größe {number}" for number in range(0, 2_000, 100)})
        assert cache.get_intersected(["a", "b"]) == (
            {f"größe {number}" for number in range(0, 1_000, 100)},
            2,
        )


def test_cluster_that_is_none(redis_server: RedisServer) -> None:
    with pytest.raises(UnavailableError, match="Cluster"):
        partitioncache.create_cache(
            "redis_set", "k", "integer", host=redis_server.host, port=redis_server.port, cluster=True
        )


@both
def test_no_server(cache_type: str) -> None:
    with pytest.raises(UnavailableError, match=f"Redis at 127.0.0.1:{GONE} cannot be reached.*REDIS_HOST"):
        partitioncache.create_cache(cache_type, "k", "integer", host="127.0.0.1", port=GONE, retry=None)


@both
def test_unknown_arguments(redis_server: RedisServer, cache_type: str) -> None:
    for wrong in (
        {"hots": "x"},
        {"url": f"redis://127.0.0.1:{redis_server.port}", "hots": "x"},
        {"url": "http://x"},
    ):
        with pytest.raises(ConfigurationError, match="redis-py"):
            partitioncache.create_cache(cache_type, "k", "integer", **wrong)
    with pytest.raises(ConfigurationError, match="1024"):
        partitioncache.create_cache(cache_type, "k", "integer", port=redis_server.port, spread=0)


def test_memory_of_a_million_integers(redis_server: RedisServer, client: redis.Redis) -> None:
    numbers = random.Random(7)
    sets = RedisSet(host=redis_server.host, port=redis_server.port, db=1)
    bits = RedisBit(host=redis_server.host, port=redis_server.port, db=1)
    wide = {numbers.randrange(2**31) for _ in range(1_000_000)}
    sizes = {}
    for backend, name, keys in (
        (sets, "consecutive", set(range(1_000_000))),
        (sets, "spread", wide),
        (bits, "consecutive", set(range(1_000_000))),
        (bits, "spread", set(list(wide)[:100_000])),
    ):
        backend.set_set("h", keys, "k")
        sizes[backend.backend, name] = sum(
            client.memory_usage(key, samples=0) for key in client.scan_iter(count=10_000)
        )
        backend.clear()
    sets.close()
    bits.close()
    assert sizes["redis_set", "consecutive"] <= 8_000_000
    assert sizes["redis_set", "spread"] <= 8_000_000
    assert sizes["redis_bit", "consecutive"] <= 125_000
    assert sizes["redis_bit", "spread"] <= 800_000, "never more than as numbers"


@both
def test_nothing_is_left_behind(redis_server: RedisServer, client: redis.Redis, cache_type: str) -> None:
    cache = partitioncache.create_cache(
        cache_type, "k", "integer", host=redis_server.host, port=redis_server.port, db=1
    )
    with cache:
        for end in (10, 10_000, 100_000, 0):
            cache.set_set("h", range(end))
            cache.set_set("sparse", range(0, end * 10**4, 10**4))
            cache.get_intersected(["h", "sparse"])
        cache.delete("h")
        cache.clear()
    assert [name for name in client.scan_iter() if not name.endswith(b":partition_keys")] == []


@both
def test_an_evicted_hash_leaves_no_entry(
    redis_server: RedisServer, client: redis.Redis, cache_type: str
) -> None:
    cache = partitioncache.create_cache(
        cache_type, "k", "bigint", host=redis_server.host, port=redis_server.port, db=1
    )
    with cache:
        cache.set_set("h", range(50_000))
        (entries,) = [name for name in client.scan_iter() if name.endswith(b":entries")]
        client.delete(entries)
        assert cache.get("h") is None
        assert not cache.exists("h")
        assert cache.count() == 0


@both
def test_what_is_no_hash_of_ours(
    redis_server: RedisServer, client: redis.Redis, cache_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    where = {"host": redis_server.host, "port": redis_server.port, "db": 1}
    with partitioncache.create_cache(cache_type, "k", "integer", **where) as cache:
        cache.set_set("h", {1}, query="SELECT 1")
        for name in client.keys("*:entries") + client.keys("*:queries"):
            client.set(name, b"something else")
        for _ in range(2):
            assert cache.get("h") is None
            assert cache.get_query("h") is None
            assert not cache.exists("h")
            assert cache.get_all_keys() == set()
        assert len(caplog.records) == 2
        with pytest.raises(PartitionCacheError, match="WRONGTYPE"):
            cache.set_set("h", {1})
        cache.clear()
        cache.set_set("h", {1})
        assert cache.get("h") == {1}


def test_no_memory_left(tmp_path: Path) -> None:
    numbers = random.Random(3)
    port = redis_servers.free_port()
    with (
        redis_servers.server(tmp_path, port, "--maxmemory", "4mb", client=redis.Redis(port=port)),
        partitioncache.create_cache("redis_set", "k", "bigint", port=port) as cache,
    ):
        cache.set_set("h", {1, 2})
        with pytest.raises(PartitionCacheError, match="no memory left"):
            cache.set_set("h", {numbers.randrange(2**63) for _ in range(10**6)})
        assert cache.get("h") == {1, 2}


def test_writers_of_one_entry_leave_one(redis_server: RedisServer, client: redis.Redis) -> None:
    caches = [
        partitioncache.create_cache(
            "redis_set", "k", "integer", host=redis_server.host, port=redis_server.port, db=1
        )
        for _ in range(4)
    ]
    sets = [set(range(start, start + 2_000)) for start in range(0, 4_000, 1_000)]

    def write(number: int) -> None:
        for _ in range(20):
            caches[number].set_set("h", sets[number])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert caches[0].get("h") in sets
    before = len(client.keys())
    caches[0].set_set("h", sets[0])
    assert len(client.keys()) == before
    for cache in caches:
        cache.close()
