"""One conformance suite over every queue provider."""

from __future__ import annotations

import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partitioncache.errors import ConfigurationError, UnavailableError
from partitioncache.queues import (
    FOLLOWS,
    MAX_ATTEMPTS,
    PROVIDERS,
    QUEUES,
    Claim,
    Item,
    ItemState,
    Queue,
    QueueName,
    open_queue,
)
from support import services

if TYPE_CHECKING:
    from support.cluster import Database
    from support.services import RedisServer

OpenQueue = Callable[..., Queue]


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def connection(provider: str, request: pytest.FixtureRequest) -> dict[str, object]:
    if provider == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        return {"host": server.host, "port": server.port}
    database: Database = request.getfixturevalue("database")
    return {"conninfo": database.conninfo()}


@pytest.fixture
def open_again(provider: str, connection: dict[str, object]) -> Iterator[OpenQueue]:
    """Opens the same queues, again and again, as several processes would."""
    name = f"q{uuid.uuid4().hex[:12]}"
    opened: list[Queue] = []

    def again(queues: str = name) -> Queue:
        opened.append(open_queue(provider, queues, **connection))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


@pytest.fixture
def end_pauses(provider: str, request: pytest.FixtureRequest) -> Callable[[], None]:
    """Makes time pass: what failed may be tried again."""
    if provider == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")

        def end() -> None:
            with redis.Redis(host=server.host, port=server.port) as client:
                for key in client.scan_iter("*:paused"):
                    for item in client.zrange(key, 0, -1):
                        client.zadd(key, {item: 0})
    else:
        database: Database = request.getfixturevalue("database")

        def end() -> None:
            database.execute(
                "update partitioncache_internal.partitioncache_queue set due_at = now()"
                " where status in ('failed', 'timeout')"
            )

    return end


@pytest.fixture
def queue(open_again: OpenQueue) -> Queue:
    return open_again()


@pytest.fixture(params=QUEUES)
def which(request: pytest.FixtureRequest) -> QueueName:
    name: QueueName = request.param
    return name


def fragment(number: int, priority: int = 1) -> Item:
    return Item(f"SELECT {number}", "city_id", "integer", f"hash{number}", ("part a", "part b"), priority)


def take(queue: Queue, which: QueueName, lease: float = 60.0) -> Claim:
    (claim,) = queue.claim(which, 1, lease)
    return claim


def test_provider(queue: Queue) -> None:
    assert isinstance(queue, Queue)
    assert queue.provider in PROVIDERS


def test_what_is_pushed_is_claimed_and_finished(queue: Queue, which: QueueName) -> None:
    item = fragment(1) if which == "outgoing" else Item("SELECT * FROM t WHERE a = '\"ü\n\\'", "City; Id")
    assert queue.push(which, [item]) == 1
    assert queue.lengths() == ((1, 0) if which == "incoming" else (0, 1))
    claim = take(queue, which)
    assert claim.item == item
    assert claim.attempt == 1
    assert queue.counts(which) == {"ready": 0, "running": 1, "paused": 0, "dead": 0}
    assert queue.claim(which) == []
    assert queue.finish(which, claim)
    assert queue.lengths() == (0, 0)
    assert not queue.finish(which, claim), "an acknowledgement counts once"


def test_the_other_queue_does_not_see_it(queue: Queue) -> None:
    queue.push("incoming", [Item("SELECT 1", "a")])
    assert queue.claim("outgoing") == []
    assert len(queue.claim("incoming")) == 1


def test_queues_of_another_name_do_not_see_it(open_again: OpenQueue) -> None:
    open_again().push("incoming", [Item("SELECT 1", "a")])
    other = open_again(f"other{uuid.uuid4().hex[:8]}")
    assert other.lengths() == (0, 0)
    assert other.claim("incoming") == []


def test_pushing_again_adds_nothing_and_raises_the_priority(queue: Queue, which: QueueName) -> None:
    assert queue.push(which, [fragment(1), fragment(2)]) == 2
    assert queue.push(which, [fragment(2)]) == 0
    assert sum(queue.lengths()) == 2
    first = take(queue, which)
    assert first.item.query == "SELECT 2"
    assert first.item.priority > 1


def test_the_same_query_for_another_partition_key_is_another_item(queue: Queue) -> None:
    assert queue.push("incoming", [Item("SELECT 1", "a"), Item("SELECT 1", "b"), Item("SELECT 1", "a")]) == 2


def test_urgent_first_then_oldest_first(queue: Queue, which: QueueName) -> None:
    queue.push(which, [fragment(1), fragment(2, 5), fragment(3), fragment(4, 5), fragment(5, 2)])
    order = [claim.item.query for claim in queue.claim(which, 4) + queue.claim(which, 4)]
    assert order == [f"SELECT {n}" for n in (2, 4, 5, 1, 3)]


def test_a_dead_workers_item_comes_back(open_again: OpenQueue, which: QueueName) -> None:
    dead, living = open_again(), open_again()
    dead.push(which, [fragment(1)])
    lost = take(dead, which, lease=0.3)
    assert living.claim(which) == []
    time.sleep(0.5)
    claim = take(living, which)
    assert claim.item.query == lost.item.query
    assert claim.attempt == 2
    assert not dead.finish(which, lost), "who comes late changes nothing"
    assert not dead.finish(which, lost, "failed", "late")
    assert dead.extend(which, [lost]) == []
    assert living.finish(which, claim)
    assert living.lengths() == (0, 0)


def test_leases_can_be_prolonged(queue: Queue, which: QueueName) -> None:
    queue.push(which, [fragment(1), fragment(2)])
    claims = queue.claim(which, 2, 0.4)
    assert queue.extend(which, claims, 30) == claims
    assert queue.extend(which, [], 30) == []
    time.sleep(0.6)
    assert queue.claim(which) == []
    assert all(queue.finish(which, claim) for claim in claims)


def test_many_are_finished_at_once(queue: Queue, which: QueueName) -> None:
    queue.push(which, [fragment(number) for number in range(250)])
    claims = queue.claim(which, 240)
    gone = claims[7]
    assert queue.finish(which, gone)
    assert queue.finish_all(which, claims) == [claim for claim in claims if claim is not gone]
    assert queue.finish_all(which, claims) == []
    assert queue.finish_all(which, []) == []
    assert sum(queue.lengths()) == 10


def fail_until_dead(queue: Queue, which: QueueName, end_pauses: Callable[[], None]) -> None:
    while claims := queue.claim(which, 100):
        for claim in claims:
            assert queue.finish(which, claim, "timeout", f"no luck {claim.attempt}")
        end_pauses()


def test_failed_items_are_tried_again_until_they_are_dead(
    queue: Queue, which: QueueName, end_pauses: Callable[[], None]
) -> None:
    queue.push(which, [fragment(1)])
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claim = take(queue, which)
        assert claim.attempt == attempt
        assert queue.finish(which, claim, "failed", f"no luck {attempt}")
        assert queue.claim(which) == [], "not at once"
        if attempt < MAX_ATTEMPTS:
            assert queue.counts(which) == {"ready": 0, "running": 0, "paused": 1, "dead": 0}
            assert sum(queue.lengths()) == 1
        end_pauses()
    assert queue.claim(which) == []
    assert queue.lengths() == (0, 0)
    assert queue.counts(which) == {"ready": 0, "running": 0, "paused": 0, "dead": 1}
    (dead,) = queue.dead(which)
    assert (dead.attempts, dead.error, dead.item.query) == (MAX_ATTEMPTS, "no luck 3", "SELECT 1")

    assert queue.requeue(which, []) == 0
    assert queue.requeue(which, [dead.id]) == 1
    assert queue.dead(which) == []
    assert take(queue, which).attempt == 1


def test_pushing_a_dead_item_brings_it_back(queue: Queue, end_pauses: Callable[[], None]) -> None:
    queue.push("incoming", [fragment(1)])
    fail_until_dead(queue, "incoming", end_pauses)
    assert queue.lengths() == (0, 0)
    assert queue.push("incoming", [fragment(1)]) == 0
    assert take(queue, "incoming").attempt == 1


def test_all_dead_items_can_be_put_back_at_once(queue: Queue, end_pauses: Callable[[], None]) -> None:
    queue.push("outgoing", [fragment(n) for n in range(5)])
    fail_until_dead(queue, "outgoing", end_pauses)
    assert len(queue.dead("outgoing")) == 5
    assert len(queue.dead("outgoing", 2)) == 2
    assert queue.requeue("incoming") == 0
    assert queue.requeue("outgoing") == 5
    assert queue.lengths() == (0, 5)


def test_an_item_whose_workers_keep_dying_is_dead(queue: Queue) -> None:
    queue.push("outgoing", [fragment(1)])
    for _ in range(MAX_ATTEMPTS):
        take(queue, "outgoing", lease=0.1)
        time.sleep(0.2)
    assert queue.claim("outgoing") == []
    (dead,) = queue.dead("outgoing")
    assert "lease" in dead.error


def test_released_items_keep_their_attempts(queue: Queue, which: QueueName) -> None:
    queue.push(which, [fragment(1)])
    for _ in range(5):
        claim = take(queue, which)
        assert claim.attempt == 1
        assert queue.finish(which, claim, "released")


def test_clear(queue: Queue) -> None:
    queue.push("incoming", [fragment(n) for n in range(3)])
    queue.push("outgoing", [fragment(n) for n in range(4)])
    claim = take(queue, "incoming")
    assert queue.clear("incoming") == 3
    assert queue.lengths() == (0, 4)
    assert queue.clear() == 4
    assert queue.lengths() == (0, 0)
    assert not queue.finish("incoming", claim)
    assert queue.push("incoming", [fragment(1)]) == 1


def test_waiting_ends_when_something_is_pushed(open_again: OpenQueue, which: QueueName) -> None:
    waiting, pushing = open_again(), open_again()
    started = time.monotonic()
    assert not waiting.wait(0.2)
    assert time.monotonic() - started >= 0.15
    timer = threading.Timer(0.3, lambda: pushing.push(which, [fragment(1)]))
    timer.start()
    started = time.monotonic()
    assert waiting.wait(10)
    assert time.monotonic() - started < 5
    timer.join()


def test_many_workers_get_each_item_once(open_again: OpenQueue) -> None:
    open_again().push("outgoing", [fragment(n) for n in range(600)])
    taken: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        queue = open_again()
        while claims := queue.claim("outgoing", 7):
            for claim in claims:
                assert queue.finish("outgoing", claim)
            with lock:
                taken.extend(claim.item.query for claim in claims)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == sorted(f"SELECT {n}" for n in range(600))


def test_batches_larger_than_one_call(queue: Queue) -> None:
    assert queue.push("incoming", (Item(f"SELECT {n}", "a") for n in range(2_345))) == 2_345
    assert queue.lengths() == (2_345, 0)
    assert queue.push("incoming", []) == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["push", "claim", "done", "failed", "released", "requeue", "later"]), max_size=30
    )
)
def test_no_item_is_ever_lost(queue: Queue, end_pauses: Callable[[], None], steps: list[str]) -> None:
    """Whatever happens, an item is ready, running, paused, dead or acknowledged: their numbers add up."""
    queue.clear()
    held: list[Claim] = []
    pushed = done = 0
    for number, step in enumerate(steps):
        if step == "push":
            pushed += queue.push("outgoing", [fragment(number)])
        elif step == "claim":
            held += queue.claim("outgoing", 2)
        elif step == "requeue":
            queue.requeue("outgoing")
        elif step == "later":
            end_pauses()
        elif held:
            assert queue.finish("outgoing", held.pop(0), step, "no luck")  # type: ignore[arg-type]
            done += step == "done"
        counts = queue.counts("outgoing")
        assert counts["running"] == len(held)
        assert sum(counts.values()) == pushed - done


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["push", "claim", "failed", "released", "requeue", "later"]), min_size=10, max_size=40
    )
)
def test_only_what_may_follow_does(queue: Queue, end_pauses: Callable[[], None], steps: list[str]) -> None:
    queue.clear()
    queue.push("outgoing", [fragment(1)])
    before, held = ItemState.READY, None
    for step in steps:
        if step == "push":
            queue.push("outgoing", [fragment(1)])
        elif step == "claim":
            held = next(iter(queue.claim("outgoing")), held)
        elif step == "requeue":
            queue.requeue("outgoing")
        elif step == "later":
            end_pauses()
        elif held is not None:
            queue.finish("outgoing", held, step, "no luck")  # type: ignore[arg-type]
        (now,) = (state for state, items in queue.counts("outgoing").items() if items)
        assert now == before or now in FOLLOWS[before], f"{step}: {now} after {before}"
        before = now


@pytest.fixture
def one_node_cluster(tmp_path: Path) -> Iterator[int]:
    """A Redis Cluster of one node, which refuses calls whose keys are not in one slot, as a large one does."""
    # the nodes of a cluster talk to each other on the port 10,000 above
    port = next(port for port in iter(services.free_port, None) if port + 10_000 < 65_536)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(
        ["/usr/bin/redis-server", *options, "--cluster-enabled", "yes"], stdout=subprocess.DEVNULL
    )
    try:
        with redis.Redis(host="127.0.0.1", port=port) as client:
            deadline = time.monotonic() + 60
            while True:
                try:
                    client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
                    break
                except redis.ConnectionError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO", NEVER_DECODE=True):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def test_redis_cluster(one_node_cluster: int) -> None:
    with open_queue("redis", "q", host="127.0.0.1", port=one_node_cluster, cluster=True) as queue:
        assert queue.push("outgoing", [fragment(1), fragment(2, 3)]) == 2
        assert queue.wait(1)
        first, second = queue.claim("outgoing", 2)
        assert first.item.query == "SELECT 2"
        assert queue.extend("outgoing", [first, second]) == [first, second]
        assert queue.finish("outgoing", first)
        assert queue.finish("outgoing", second, "failed", "no luck")
        assert queue.counts("outgoing") == {"ready": 0, "running": 0, "paused": 1, "dead": 0}
        assert queue.dead("outgoing") == []
        assert queue.requeue("outgoing") == 0
        assert queue.clear() == 1
        assert queue.lengths() == (0, 0)


def test_unknown_provider() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean redis"):
        open_queue("reddis")


def test_unknown_queue(queue: Queue) -> None:
    with pytest.raises(ConfigurationError, match="no queue 'sideways'"):
        queue.claim("sideways")  # type: ignore[arg-type]


def test_a_database_without_the_extension(empty_database: Database) -> None:
    with pytest.raises(ConfigurationError, match="pcache-manage setup"):
        open_queue("postgresql", "q", conninfo=empty_database.conninfo())


def test_notifications_can_be_turned_off(database: Database) -> None:
    database.execute(f"alter database {database.name} set partitioncache.notify = off")
    with open_queue("postgresql", "q", conninfo=database.conninfo()) as queue:
        assert not queue.wait(0.1)
        queue.push("incoming", [fragment(1)])
        assert not queue.wait(0.5)
        assert len(queue.claim("incoming")) == 1


def test_a_server_that_is_not_there(provider: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        open_queue(provider, "q", host="127.0.0.1", port=1, password="tulip")
    assert "tulip" not in str(caught.value)
