"""The monitor: any queue × any data source × any cache; limits; stopping, and dying."""

from __future__ import annotations

import contextlib
import itertools
import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from partitioncache.analysis.forms import form_of_entry, read_form
from partitioncache.api import apply_cache
from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.backends.protocol import Backend
from partitioncache.backends.redis import RedisSet
from partitioncache.errors import PartitionCacheError
from partitioncache.monitor import (
    Events,
    Limits,
    Monitor,
    NotCacheable,
    ServerEvaluator,
    ServerMonitor,
    SourceEvaluator,
)
from partitioncache.monitor.apart import Analyser, Processes
from partitioncache.queues import PROVIDERS, Item, Queue, open_queue
from partitioncache.registry import open_backend
from partitioncache.sources import DIALECTS, SOURCES, Source, open_source
from support.cluster import Database
from support.services import MariaDBServer, RedisServer

POI = [(n, n % 40 or None, n % 7, f"name {n % 9}") for n in range(800)]
STREETS = [(n % 40, f"street {n % 11}") for n in range(400)]
TABLES = (
    "create table poi (id integer, city_id integer, kind integer, name varchar(20))",
    "create table street (city_id integer, label varchar(20))",
)
QUERY = (
    "select p.id from poi p, street s where p.city_id = s.city_id and p.kind = 3 and p.name = 'name 4' "
    "and s.label = 'street 5'"
)
# nothing in it is quick, whatever order the joins are done in
SLOW = (
    "select a.id from poi a, poi b, poi c, poi d, poi e, poi f where a.city_id = b.city_id "
    "and b.city_id = c.city_id and c.city_id = d.city_id and d.city_id = e.city_id and e.city_id = f.city_id "
    "and a.id + b.id + c.id + d.id + e.id + f.id < 0 and a.id * b.id - c.id * d.id + e.id * f.id = 17"
)


@pytest.fixture(params=SOURCES)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def where(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """What leads to a database of the kind that holds the tables."""
    return _filled(kind, request, tmp_path)


def _filled(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    if kind == "sqlite":
        path = tmp_path / "data.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            for table in TABLES:
                connection.execute(table)
            connection.executemany("insert into poi values (?, ?, ?, ?)", POI)
            connection.executemany("insert into street values (?, ?)", STREETS)
            connection.commit()
        return {"dbname": str(path)}
    if kind == "mysql":
        server: MariaDBServer = request.getfixturevalue("mariadb_server")
        arguments: dict[str, Any] = {"host": server.host, "port": server.port, "user": server.user}
        with (
            pymysql.connect(password=server.password, **arguments) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("drop database if exists monitored")
            cursor.execute("create database monitored collate utf8mb4_bin")
            cursor.execute("use monitored")
            for table in TABLES:
                cursor.execute(table)
            cursor.executemany("insert into poi values (%s, %s, %s, %s)", POI)
            cursor.executemany("insert into street values (%s, %s)", STREETS)
            connection.commit()
        return {**arguments, "password": server.password, "dbname": "monitored"}
    database: Database = request.getfixturevalue("database")
    fill(database)
    return {"conninfo": database.conninfo()}


def fill(database: Database) -> None:
    with database.connect() as connection, connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(table.encode())
        cursor.executemany("insert into poi values (%s, %s, %s, %s)", POI)
        cursor.executemany("insert into street values (%s, %s)", STREETS)


@pytest.fixture
def redis_address(redis_server: RedisServer) -> dict[str, object]:
    return {"host": redis_server.host, "port": redis_server.port}


@pytest.fixture
def cache_name() -> str:
    return f"m{uuid.uuid4().hex[:12]}"


@pytest.fixture(params=PROVIDERS)
def queue(
    request: pytest.FixtureRequest, redis_address: dict[str, object], cache_name: str
) -> Iterator[Queue]:
    if request.param == "redis":
        connection = redis_address
    else:
        connection = {"conninfo": request.getfixturevalue("database").conninfo()}
    with open_queue(request.param, cache_name, **connection) as opened:
        yield opened


@pytest.fixture
def redis_queue(redis_address: dict[str, object], cache_name: str) -> Iterator[Queue]:
    with open_queue("redis", cache_name, **redis_address) as opened:
        yield opened


@pytest.fixture(params=["redis_set", "rocksdict", "postgresql_array"])
def cache(
    request: pytest.FixtureRequest, redis_address: dict[str, object], cache_name: str, tmp_path: Path
) -> Iterator[Backend]:
    with _cache(request.param, request, redis_address, cache_name, tmp_path) as opened:
        yield opened


@pytest.fixture
def redis_cache(redis_address: dict[str, object], cache_name: str) -> Iterator[Backend]:
    with open_backend("redis_set", cache=cache_name, **redis_address) as opened:
        yield opened


def _cache(
    backend: str, request: pytest.FixtureRequest, redis_address: dict[str, object], name: str, tmp_path: Path
) -> Backend:
    if backend == "redis_set":
        return open_backend(backend, cache=name, **redis_address)
    if backend == "rocksdict":
        return open_backend(backend, path=tmp_path / "rocks", cache=name)
    return open_backend(backend, cache=name, conninfo=request.getfixturevalue("database").conninfo())


def evaluator(kind: str, where: dict[str, Any], cache: Backend, **options: Any) -> SourceEvaluator:
    with open_source(kind, **where) as source:
        columns = source.columns()

    def opened() -> Source:
        return open_source(kind, **where)

    return SourceEvaluator(cache, opened, columns, DIALECTS[kind], **options)


def quiet() -> Events:
    return Events(level="error", live=False)


def rows(kind: str, where: dict[str, Any], query: str) -> set[Any]:
    with open_source(kind, **where) as source:
        return source.keys(query)


def test_every_queue_source_and_cache(kind: str, where: dict[str, Any], queue: Queue, cache: Backend) -> None:
    queue.push("incoming", [Item(QUERY, "city_id"), Item("select 1", "city_id")])
    events = quiet()
    Monitor(queue, evaluator(kind, where, cache), events, Limits(once=True)).run()
    assert queue.lengths() == (0, 0)
    assert queue.dead("incoming") == queue.dead("outgoing") == []
    assert events.counts["queries"] == 2
    assert "failed" not in events.counts

    hashes = cache.get_all_keys("city_id")
    assert len(hashes) == events.counts["fragments"] >= 4
    for hash in hashes:
        query = cache.get_query(hash, "city_id")
        assert query is not None
        assert cache.get(hash, "city_id") == rows(kind, where, query)
    if not isinstance(cache, PostgresqlArray):
        rewritten = apply_cache(QUERY, cache, "city_id", method="IN", dialect=DIALECTS[kind])
        assert rewritten != QUERY
        assert rows(kind, where, rewritten) == rows(kind, where, QUERY) != set()


def test_larger_fragments_are_restricted_by_smaller_ones(
    kind: str, where: dict[str, Any], redis_cache: Backend
) -> None:
    work = evaluator(kind, where, redis_cache)
    fragments = work.take_apart(Item(QUERY, "city_id"))
    worker = work.worker()
    done = [worker.evaluate(fragment) for fragment in fragments]
    worker.close()
    assert done[0].restricted_by == 0
    assert done[-1].restricted_by, "the largest has parts, and they were there"
    expected = rows(kind, where, fragments[-1].query)
    assert redis_cache.get(fragments[-1].hash or "", "city_id") == expected
    assert work.take_apart(Item(QUERY, "city_id")) == [], "what is held is not asked for again"


def test_several_are_taken_apart_as_each_is(
    redis_cache: RedisSet, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    where = _filled("sqlite", request, tmp_path)
    work = evaluator("sqlite", where, redis_cache)
    texts = [QUERY, "select 1", "selec", SLOW, "select * from poi where kind in (3, 3)", QUERY]
    items = [Item(text, "city_id", priority=place) for place, text in enumerate(texts)]
    worker = work.worker()
    worker.evaluate(work.take_apart(items[0])[0])

    def each(item: Item) -> object:
        try:
            return work.take_apart(item)
        except PartitionCacheError as error:
            return repr(error)

    together = [
        repr(found) if isinstance(found, Exception) else found for found in work.take_all_apart(items)
    ]
    assert together == [each(item) for item in items]
    assert isinstance(together[1], str)
    assert len(together[0]) >= 3, "all but the one that is held"

    for item in [item for found in together if isinstance(found, list) for item in found]:
        if "kind" in item.query or "name" in item.query:
            worker.evaluate(item)
    worker.close()
    with open_source("sqlite", **where) as source:
        columns = source.columns()
    for hash in redis_cache.get_all_keys("city_id"):
        query = redis_cache.get_query(hash, "city_id")
        stored = read_form(redis_cache.get_form(hash, "city_id") or "")
        assert stored is not None
        assert stored == form_of_entry(hash, query, "city_id", columns), (
            "taken apart or read, it says the same"
        )


def test_processes_take_apart_as_this_one_does() -> None:
    schema = {"poi": {"id": "integer", "city_id": "integer", "kind": "integer", "name": "text"}}
    analyser = Analyser("sqlite", schema, False, 64)
    texts = ["select 1", "selec", *(f"select * from poi where kind = {n} and name > 'a'" for n in range(98))]
    asked = [(text, "city_id") for text in texts]
    expected = [repr(analyser.parts(*each)) for each in asked]
    processes = Processes(analyser, 2, after=0)

    def taken_apart() -> list[str]:
        return list(map(repr, processes.parts(asked)))

    try:
        assert taken_apart() == expected, "nobody waits until they have started"
        wait_until(lambda: processes.running)
        assert taken_apart() == expected
        for process in multiprocessing.active_children():
            process.kill()
        assert taken_apart() == expected, "what they did not do is done here"
        assert not processes.running
        assert taken_apart() == expected
    finally:
        processes.close()


def test_an_empty_part_answers_without_the_database(
    kind: str, where: dict[str, Any], redis_cache: Backend
) -> None:
    work = evaluator(kind, where, redis_cache)
    query = QUERY.replace("name 4", "nobody")
    worker = work.worker()
    for fragment in work.take_apart(Item(query, "city_id")):
        worker.evaluate(fragment)
    sizes = [len(redis_cache.get(hash, "city_id") or ()) for hash in redis_cache.get_all_keys("city_id")]
    assert 0 in sizes
    worker.close()


def test_time_limit(kind: str, where: dict[str, Any], redis_queue: Queue, redis_cache: Backend) -> None:
    redis_queue.push("incoming", [Item(SLOW, "city_id", "integer")])
    events = quiet()
    started = time.monotonic()
    Monitor(redis_queue, evaluator(kind, where, redis_cache, timeout=0.3), events, Limits(once=True)).run()
    assert time.monotonic() - started < 30
    assert events.counts["failed"] >= 1
    assert redis_queue.counts("outgoing")["paused"] >= 1, "it will be tried again"
    for hash in redis_cache.get_all_keys("city_id"):
        query = redis_cache.get_query(hash, "city_id")
        assert redis_cache.get(hash, "city_id") == rows(kind, where, query or "")


def test_over_the_result_limit_no_key_set_is_held(
    kind: str, where: dict[str, Any], redis_queue: Queue, redis_cache: Backend
) -> None:
    redis_queue.push("incoming", [Item(QUERY, "city_id")])
    events = quiet()
    Monitor(
        redis_queue, evaluator(kind, where, redis_cache, result_limit=15), events, Limits(once=True)
    ).run()
    assert redis_queue.lengths() == (0, 0)
    assert events.counts["over limit"] >= 1
    assert events.counts["fragments"] >= 1
    for hash in redis_cache.get_all_keys("city_id"):
        assert len(redis_cache.get(hash, "city_id") or ()) <= 15


def test_limit(
    redis_queue: Queue, redis_cache: Backend, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    where = _filled("sqlite", request, tmp_path)
    redis_queue.push("incoming", [Item(QUERY, "city_id")])
    events = quiet()
    Monitor(redis_queue, evaluator("sqlite", where, redis_cache), events, Limits(limit=3)).run()
    assert events.counts["fragments"] == 3
    assert redis_queue.lengths()[1] > 0


def test_what_cannot_be_done_says_why(
    redis_queue: Queue, redis_cache: Backend, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    where = _filled("sqlite", request, tmp_path)
    work = evaluator("sqlite", where, redis_cache)
    with pytest.raises(NotCacheable):
        work.take_apart(Item("select city_id from poi", "city_id"))
    redis_queue.push("outgoing", [Item("select nothing from poi", "city_id", "integer", "h1")])
    Monitor(redis_queue, work, quiet(), Limits(once=True)).run()
    assert redis_queue.counts("outgoing")["paused"] == 1
    assert redis_cache.get("h1", "city_id") is None


def test_a_source_that_is_away_costs_no_attempt(redis_queue: Queue, redis_cache: Backend) -> None:
    redis_queue.push("outgoing", [Item("select 1", "city_id", "integer", "h1")])
    nowhere = {"host": "127.0.0.1", "port": 1, "dbname": "x"}
    work = SourceEvaluator(redis_cache, lambda: open_source("postgresql", **nowhere), {}, "postgres")
    monitor = Monitor(redis_queue, work, quiet(), Limits(poll=0.05))
    threading.Timer(1.0, monitor.stop).start()
    monitor.run()
    (claim,) = redis_queue.claim("outgoing")
    assert claim.attempt == 1


def test_leases_are_prolonged_while_work_lasts(
    redis_queue: Queue, redis_cache: Backend, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    where = _filled("sqlite", request, tmp_path)
    redis_queue.push(
        "outgoing", [Item(SLOW.replace("a.id from", "a.city_id from"), "city_id", "integer", "slow")]
    )
    monitor = Monitor(
        redis_queue,
        evaluator("sqlite", where, redis_cache, timeout=60),
        quiet(),
        Limits(lease=1.0, grace=0.1),
    )
    thread = threading.Thread(target=monitor.run)
    thread.start()
    try:
        time.sleep(2.5)
        assert redis_queue.claim("outgoing") == [], "nobody else gets it"
        assert redis_queue.counts("outgoing")["running"] == 1
    finally:
        monitor.stop()
        thread.join()
    (claim,) = redis_queue.claim("outgoing")
    assert claim.attempt == 1, "it was handed back"


# The server does the work


@pytest.fixture
def filled(database: Database) -> Database:
    fill(database)
    return database


def test_server_evaluator_with_queues_elsewhere(
    filled: Database, redis_queue: Queue, cache_name: str
) -> None:
    redis_queue.push("incoming", [Item(QUERY, "city_id"), Item("select 1", "city_id")])
    with PostgresqlArray(cache=cache_name, conninfo=filled.conninfo()) as cache:
        events = quiet()
        Monitor(redis_queue, ServerEvaluator(cache, timeout=60), events, Limits(once=True)).run()
        assert redis_queue.lengths() == (0, 0)
        assert events.counts["fragments"] == cache.count("city_id") >= 4
        assert apply_cache(QUERY, cache, "city_id", method="literal") != QUERY


def test_server_evaluator_limits(filled: Database, redis_queue: Queue, cache_name: str) -> None:
    with PostgresqlArray(cache=cache_name, conninfo=filled.conninfo()) as cache:
        work = ServerEvaluator(cache, timeout=0.3, result_limit=15)
        redis_queue.push("incoming", [Item(QUERY, "city_id"), Item(SLOW, "city_id")])
        events = quiet()
        Monitor(redis_queue, work, events, Limits(once=True)).run()
        assert events.counts["over limit"] >= 1
        assert events.counts["failed"] >= 1
        assert redis_queue.counts("outgoing")["paused"] >= 1
        for hash in cache.get_all_keys("city_id"):
            assert len(cache.get(hash, "city_id") or ()) <= 15


def test_server_evaluator_takes_fragments_as_they_stand(
    filled: Database, redis_queue: Queue, cache_name: str
) -> None:
    item = Item("select distinct city_id from poi where kind = 2", "city_id", "integer", "by hand")
    redis_queue.push("outgoing", [item])
    with PostgresqlArray(cache=cache_name, conninfo=filled.conninfo()) as cache:
        Monitor(redis_queue, ServerEvaluator(cache), quiet(), Limits(once=True)).run()
        assert cache.get("by hand", "city_id") == {row[0] for row in filled.execute(item.query)}


@pytest.mark.parametrize("processes", [1, 3])
def test_server_monitor(filled: Database, processes: int) -> None:
    for kind in range(7):
        filled.execute(
            "select partitioncache_push(%s, 'city_id')", [f"select * from poi where kind = {kind}"]
        )
    with (
        PostgresqlArray(cache="partitioncache", conninfo=filled.conninfo()) as cache,
        open_queue("postgresql", "partitioncache", conninfo=filled.conninfo()) as queue,
    ):
        events = quiet()
        ServerMonitor(cache, queue, events, Limits(processes, once=True)).run()
        assert queue.lengths() == (0, 0)
        assert events.counts["items"] == 14
        assert cache.count("city_id") == 7


def test_server_monitor_also_does_what_programs_pushed(filled: Database) -> None:
    filled.execute("select partitioncache_push('select * from poi where kind = 5', 'city_id')")
    with (
        PostgresqlArray(cache="partitioncache", conninfo=filled.conninfo()) as cache,
        open_queue("postgresql", "partitioncache", conninfo=filled.conninfo()) as queue,
    ):
        queue.push("incoming", [Item("select * from poi where kind = 2", "city_id")])
        queue.push(
            "outgoing", [Item("select distinct city_id from poi where id < 9", "city_id", "integer", "mine")]
        )
        ServerMonitor(cache, queue, quiet(), Limits(2, once=True)).run()
        assert queue.lengths() == (0, 0)
        assert cache.count("city_id") == 3
        assert cache.get("mine", "city_id") == {None, *range(1, 9)}


def test_server_monitor_hands_on_what_waits_elsewhere(
    filled: Database, redis_queue: Queue, cache_name: str
) -> None:
    queries = [Item(f"select * from poi where kind = {kind}", "city_id") for kind in range(5)]
    redis_queue.push("incoming", [*queries, Item("selec", "city_id")])
    events = quiet()
    with PostgresqlArray(cache=cache_name, conninfo=filled.conninfo()) as cache:
        ServerMonitor(cache, redis_queue, events, Limits(2, once=True), elsewhere=True).run()
        assert cache.count("city_id") == 5
    assert redis_queue.lengths() == (1, 0), "what the server refuses is tried again"
    assert events.counts["items"] == 10


def test_server_monitor_limits(filled: Database) -> None:
    filled.execute("select partitioncache_push(%s, 'city_id')", [SLOW])
    for kind in range(7):
        filled.execute(
            "select partitioncache_push(%s, 'city_id')", [f"select * from poi where kind = {kind}"]
        )
    with (
        PostgresqlArray(cache="partitioncache", conninfo=filled.conninfo()) as cache,
        open_queue("postgresql", "partitioncache", conninfo=filled.conninfo()) as queue,
    ):
        ServerMonitor(cache, queue, quiet(), Limits(1, limit=3), 60).run()
        ServerMonitor(cache, queue, quiet(), Limits(2, once=True), 2).run()
        counts = queue.counts("outgoing")
        assert counts["ready"] == counts["running"] == 0
        # What its own limit has stopped is deferred.
        ((deferred,),) = filled.execute("select count(*) from partitioncache_deferred('city_id')")
        assert counts["paused"] + deferred >= 1
        assert cache.count("city_id") >= 7
    logged = filled.execute("select count(*) from partitioncache_processor_log where status = 'timeout'")
    assert logged[0][0] >= 1


# As a program


@pytest.fixture
def monitor_program(
    redis_address: dict[str, object], cache_name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    where = _filled("sqlite", request, tmp_path)
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [
            sys.executable, "-m", "partitioncache.cli.monitor_cache_queue", "--db-backend", "sqlite",
            "--db-name", where["dbname"], "--cache-backend", "redis_set", "--cache-name", cache_name,
            "--queue-provider", "redis", "--log-format", "json", *arguments,
        ]  # fmt: skip
        environment = {
            **os.environ,
            "REDIS_HOST": str(redis_address["host"]),
            "REDIS_PORT": str(redis_address["port"]),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        started.append(
            subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def slow_fragment() -> Item:
    return Item(SLOW.replace("a.id from", "a.city_id from"), "city_id", "integer", "slow")


def wait_until(what: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_hand_back_what_is_held(
    monitor_program: Callable[..., subprocess.Popen[str]], redis_queue: Queue, number: signal.Signals
) -> None:
    redis_queue.push("outgoing", [slow_fragment()])
    process = monitor_program("--grace", "0.2")
    wait_until(lambda: redis_queue.counts("outgoing")["running"] == 1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert [json.loads(line)["event"] for line in errors.splitlines()][-1] == "monitor ended"
    assert redis_queue.counts("outgoing") == {"ready": 1, "running": 0, "paused": 0, "dead": 0}
    (claim,) = redis_queue.claim("outgoing")
    assert claim.attempt == 1


def test_a_killed_monitor_loses_nothing(
    monitor_program: Callable[..., subprocess.Popen[str]], redis_queue: Queue, redis_cache: Backend
) -> None:
    redis_queue.push("outgoing", [slow_fragment()])
    victim = monitor_program("--lease", "1")
    wait_until(lambda: redis_queue.counts("outgoing")["running"] == 1)
    victim.kill()
    victim.wait()
    time.sleep(1.5)
    (claim,) = redis_queue.claim("outgoing")
    assert claim.attempt == 2
    assert redis_queue.finish("outgoing", claim)
    assert redis_cache.get("slow", "city_id") is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_its_processes_end_with_a_monitor(
    monitor_program: Callable[..., subprocess.Popen[str]], redis_queue: Queue, number: signal.Signals
) -> None:
    # Nobody reads what it says meanwhile.
    monitor = monitor_program("--max-processes", "2", "--log-level", "error")
    theirs = ("ps", "-o", "pid=", "--ppid", str(monitor.pid))
    numbers = itertools.count()

    def have_started() -> bool:
        if redis_queue.lengths()[0] < 50:
            lists = [", ".join(map(str, range(n, n + 100))) for n in itertools.islice(numbers, 100)]
            redis_queue.push(
                "incoming", [Item(f"select * from poi where kind in ({each})", "city_id") for each in lists]
            )
        return bool(output_of(*theirs).split())

    wait_until(have_started)
    processes = output_of(*theirs).split()
    monitor.send_signal(number)
    monitor.wait(timeout=20)
    wait_until(lambda: not any(Path("/proc", process).exists() for process in processes))


def output_of(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_once(
    monitor_program: Callable[..., subprocess.Popen[str]], redis_queue: Queue, redis_cache: Backend
) -> None:
    redis_queue.push("incoming", [Item(QUERY, "city_id")])
    process = monitor_program("--once")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "")
    events = [json.loads(line) for line in errors.splitlines()]
    assert [each["event"] for each in events][:1] == ["monitor started"]
    assert events[-1]["fragments"] == redis_cache.count("city_id")
