"""The processor with several sessions: claims, lost workers, time limits, roles. pg_cron has a file of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from support import services
from support.cluster import Cluster, Database, running_cluster
from support.installation import MAJORS, installation_of
from support.processing import WORLD, Door, until


class Worker:
    """A session that runs one statement beside the test. `error` is what it ended with."""

    def __init__(self, database: Database, statement: str, **connection: Any) -> None:
        self.connection = database.connect(**connection)
        self.pid = self.connection.info.backend_pid
        self.error: BaseException | None = None
        self.rows: list[tuple[Any, ...]] = []
        self._thread = threading.Thread(target=self._run, args=(statement,))
        self._thread.start()

    def _run(self, statement: str) -> None:
        try:
            cursor = self.connection.execute(statement.encode())
            self.rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            self.error = error
        finally:
            self.connection.close()

    def join(self, seconds: float = 60.0) -> None:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the session did not end"

    def succeed(self) -> None:
        self.join()
        assert self.error is None


@pytest.fixture
def world(database: Database) -> Database:
    database.psql(WORLD)
    return database


@pytest.fixture
def door(world: Database) -> Iterator[Door]:
    door = Door(world)
    yield door
    door.open()


def items(database: Database) -> list[tuple[Any, ...]]:
    return database.execute("select queue, status, attempts from partitioncache_queue order by id")


def evaluated(database: Database) -> list[tuple[str, int]]:
    """Each fragment that the log says was evaluated, with how often."""
    return database.execute(
        """select query_hash, count(*) from partitioncache_processor_log
           where queue = 'outgoing' and status = 'success' group by 1"""
    )


def running(database: Database) -> bool:
    return bool(
        database.execute(
            """select 1 from pg_stat_activity a join partitioncache_queue q on q.worker_pid = a.pid
               where q.status = 'running' and a.wait_event = 'PgSleep' and q.queue = 'outgoing'"""
        )
    )


def test_a_long_fragment_does_not_hold_up_the_others(world: Database, door: Door) -> None:
    world.execute("select partitioncache_push_fragment(%s, 'city_id', priority => 9)", [door.query()])
    slow = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    world.execute("select partitioncache_push('select * from poi where kind = 1', 'city_id')")
    Worker(world, "call partitioncache_run_processor()").succeed()
    assert items(world) == [("outgoing", "running", 1)]
    assert evaluated(world)
    door.open()
    slow.succeed()
    assert items(world) == []


def test_a_claim_is_seen_by_others_before_the_work_begins(world: Database, door: Door) -> None:
    world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    worker = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    assert world.execute("select worker_pid, due_at > now() from partitioncache_queue") == [
        (worker.pid, True)
    ]
    assert world.execute("select running from partitioncache_processor_status()") == [(1,)]
    door.open()
    worker.succeed()


def test_the_item_of_a_worker_that_ended_is_taken_up_at_once(world: Database, door: Door) -> None:
    world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    worker = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    world.execute("select pg_terminate_backend(%s, 10000)", [worker.pid])
    worker.join()
    assert items(world) == [("outgoing", "running", 1)]
    door.open()
    world.execute("call partitioncache_run_processor()")
    assert items(world) == []
    assert world.execute(
        "select status, attempt, error_msg from partitioncache_processor_log order by id"
    ) == [
        ("failed", 1, "the worker ended before it was done"),
        ("success", 2, None),
    ]


def test_the_item_of_a_session_that_went_on_to_something_else_is_taken_up(world: Database) -> None:
    world.execute("select partitioncache_push_fragment('select * from poi where kind = 1', 'city_id')")
    with world.connect() as connection:
        connection.execute("""select pc_claim('{outgoing}', 'partitioncache', 1, '1 h', pc_worker_id())""")
        world.execute("call partitioncache_run_processor()")
    assert items(world) == []


def test_killed_worker(make_cluster: Callable[[Mapping[str, str] | None], Cluster]) -> None:
    """kill -9 makes the whole server recover. Nothing is lost, and nothing is finished twice."""
    database = make_cluster(None).create_database()
    database.psql(WORLD)
    door = Door(database)
    queries = [f"select * from poi where kind = {kind}" for kind in range(7)]
    database.execute("select partitioncache_push_many(%s, 'city_id')", [queries])
    database.execute("select partitioncache_push_fragment(%s, 'city_id', priority => -1)", [door.query()])
    worker = Worker(database, "call partitioncache_run_processor()")
    until(lambda: running(database))
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    assert worker.error is not None

    def answers() -> bool:
        try:
            return bool(database.execute("select 1"))
        except psycopg.OperationalError:
            return False

    until(door.is_broken)
    until(answers)
    Worker(database, "call partitioncache_run_processor()").succeed()
    assert items(database) == []
    wanted = database.execute(
        """select distinct f.hash from unnest(%s::text[]) q, partitioncache_fragments(q, 'city_id') f""",
        [[*queries, door.query()]],
    )
    assert sorted(evaluated(database)) == sorted((hash_, 1) for (hash_,) in wanted)
    assert sorted(database.execute("select partitioncache_keys('city_id')")) == sorted(wanted)
    door.open()


def test_a_fragment_over_its_time_limit_is_stopped_and_its_worker_goes_on(
    world: Database, door: Door
) -> None:
    world.execute("select partitioncache_update_processor_config(fragment_timeout => '1 s')")
    world.execute("update partitioncache_internal.partitioncache_settings set enabled = true")
    world.execute("select partitioncache_push_fragment(%s, 'city_id', priority => 9)", [door.query()])
    world.execute("select partitioncache_push_fragment('select * from poi where kind = 1', 'city_id')")
    worker = Worker(world, "call partitioncache_run_processor()")
    # What pg_cron's first job runs: it evaluates nothing itself.
    overseer = Worker(world, "call partitioncache_run_processor(worker => 0)")
    worker.succeed()
    assert items(world) == [("outgoing", "timeout", 1)]
    assert len(evaluated(world)) == 1
    assert world.execute(
        "select error_msg, execution_time_ms > 900 from partitioncache_processor_log where status = 'timeout'"
    ) == [("stopped at the time limit of 00:00:01", True)]
    world.execute("update partitioncache_internal.partitioncache_settings set enabled = false")
    overseer.succeed()


def test_workers_keep_one_another_to_the_time_limit(world: Database, door: Door) -> None:
    world.execute("select partitioncache_update_processor_config(fragment_timeout => '1 s')")
    world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    worker = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    other = Worker(world, "call partitioncache_run_processor(duration => '4 s', frequency_seconds => 0.2)")
    worker.succeed()
    assert items(world) == [("outgoing", "timeout", 1)]
    other.succeed()


def test_a_worker_that_is_cancelled_stops_and_its_item_waits_behind_the_others(
    world: Database, door: Door
) -> None:
    world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    worker = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    world.execute("select pg_cancel_backend(%s)", [worker.pid])
    worker.join()
    assert isinstance(worker.error, psycopg.errors.QueryCanceled)
    assert "is tried again" in str(worker.error)
    assert items(world) == [("outgoing", "failed", 1)]


def test_a_cancelled_call_of_the_function_keeps_what_it_has_done(world: Database, door: Door) -> None:
    world.execute("select partitioncache_push('select * from poi where kind = 1', 'city_id', priority => 9)")
    world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    worker = Worker(world, "select partitioncache_process_queue(max_seconds => 60)")
    until(
        lambda: world.execute(
            "select 1 from pg_stat_activity where pid = %s and wait_event = 'PgSleep'", [worker.pid]
        )
    )
    world.execute("select pg_cancel_backend(%s)", [worker.pid])
    worker.succeed()
    assert worker.rows[0][0] >= 1
    assert items(world) == [("outgoing", "failed", 1)]


def attempt(database: Database, statement: str, *, crash: bool = False) -> None:
    """Runs a statement in a session that may not survive it. crash: nor may the server, which is waited for."""
    witness = Door(database)
    worker = Worker(database, statement)
    worker.join()
    if crash and worker.error is not None:
        until(witness.is_broken)
        until(lambda: answers(database))
    witness.open()


def answers(database: Database) -> bool:
    """Whether the server takes a connection."""
    try:
        return bool(database.execute("select 1"))
    except psycopg.OperationalError:
        return False


PROCESS = "select partitioncache_process_queue(max_seconds => 60)"


@pytest.fixture
def any_world(any_cluster: Cluster) -> Iterator[Database]:
    """The small world on each version of the server."""
    database = any_cluster.create_database(template="template1")
    database.psql("create extension partitioncache;" + WORLD)
    yield database
    any_cluster.drop_database(database)


def test_an_item_that_ends_its_session_stands_in_nobodys_way(any_world: Database) -> None:
    """Claim and attempt are undone with the call: they count all the same."""
    world = any_world
    world.psql(
        """create function ends(kind integer) returns integer immutable language plpgsql as
           $$begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10); return kind; end$$"""
    )
    for condition in ("ends(kind) = 3", "kind = 4", "kind = 5"):
        world.execute("select partitioncache_push(%s, 'city_id')", [f"select id from poi where {condition}"])
    for _ in range(4):
        attempt(world, PROCESS)
    assert items(world) == [("incoming", "failed", 1)]
    assert len(evaluated(world)) == 2
    again = "update partitioncache_internal.partitioncache_queue set due_at = now() where died_at is null"
    # the next attempt puts the fragment into the queue, where it is counted by itself
    world.execute(again)
    for _ in range(3):
        attempt(world, PROCESS)
    assert items(world) == [("outgoing", "failed", 1)]
    for _ in range(2):
        world.execute(again)
        attempt(world, PROCESS)
        attempt(world, PROCESS)
    assert items(world) == [("outgoing", "dead", 3)]
    assert world.execute("select error_msg from partitioncache_dead_items()") == [
        (
            "the session ended while partitioncache_process_queue was at work on this item, or on a fragment of it",
        )
    ]


@pytest.mark.parametrize("call", [PROCESS, "call partitioncache_run_processor()"])
def test_an_item_that_ends_its_session_is_told_from_those_that_are_worked_on_with_it(
    world: Database, call: str
) -> None:
    world.psql(
        """create function ends(kind integer, asked integer) returns boolean immutable language plpgsql as
           $$begin if asked = 13 then
               perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10);
           end if; return kind = asked; end$$"""
    )
    for asked in range(20):
        world.execute(
            "select partitioncache_push(%s, 'city_id')", [f"select id from poi where ends(kind, {asked})"]
        )
    for _ in range(3):
        attempt(world, call)
    failed = "select distinct query_hash from partitioncache_processor_log where status = 'failed'"
    # What is undone with its call is told by whoever was begun first.
    assert len(world.execute(failed)) == (2 if call == PROCESS else 1)
    for _ in range(3):
        world.execute("update partitioncache_internal.partitioncache_queue set due_at = now()")
        for _ in range(4):
            attempt(world, call)
    assert len(evaluated(world)) == 19
    assert world.execute("select distinct query ~ '13' from partitioncache_queue") == [(True,)]


def test_a_refresh_that_ends_its_session_stands_in_nobodys_way(world: Database) -> None:
    world.psql(
        """create table switch (ends boolean); insert into switch values (false);
           create function ends(kind integer) returns integer immutable language plpgsql as
           $$begin if (select s.ends from switch s) then
               perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10);
           end if; return kind; end$$;
           select partitioncache_register('city_id', 'integer'); select partitioncache_track('poi', 'city_id')"""
    )
    for condition in ("public.ends(kind) = 3", "kind = 4", "kind = 5"):
        world.execute("select partitioncache_push(%s, 'city_id')", [f"select id from poi where {condition}"])
    attempt(world, PROCESS)
    count = len(evaluated(world))
    world.execute("update switch set ends = true")
    world.execute("insert into poi select 1000 + kind, 70, kind from generate_series(3, 5) kind")
    world.execute(
        "update partitioncache_internal.partitioncache_cache_city_id set evaluated_at = now() - interval '1 h'"
    )
    for _ in range(6):
        attempt(world, PROCESS)
    assert items(world) == [("outgoing", "failed", 1)]
    assert sum(times for _, times in evaluated(world)) == count + 2


@pytest.fixture(params=MAJORS, ids=[f"PostgreSQL {major}" for major in MAJORS])
def own_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The small world on a server of its own, of each version."""
    installation = installation_of(request.param, tmp_path_factory.mktemp("pc") / "installation")
    with running_cluster(installation, {"shared_preload_libraries": ""}, template=False) as cluster:
        database = cluster.database("test")
        database.psql("create extension partitioncache;" + WORLD)
        yield database


@pytest.mark.parametrize("call", [PROCESS, "call partitioncache_run_processor()"])
def test_an_item_that_crashes_the_server(own_world: Database, call: str) -> None:
    """What was not yet on disk is lost in a crash, also the attempt; after the first it is on disk in time."""
    database = own_world
    database.psql(
        """create function kills(kind integer) returns integer volatile language plpgsql as
           $$begin copy (select 1) to program 'kill -9 $PPID'; perform pg_sleep(10); return kind; end$$;
           create function crashes(kind integer) returns integer immutable language plpgsql as
           $$begin return public.kills(kind); end$$"""
    )
    for condition in ("crashes(kind) = 3", "kind = 4"):
        database.execute(
            "select partitioncache_push(%s, 'city_id')", [f"select id from poi where {condition}"]
        )
    dead = "select attempts from partitioncache_dead_items()"
    for _ in range(20):
        if database.execute(dead):
            break
        attempt(database, call, crash=True)
        database.execute(
            "update partitioncache_internal.partitioncache_queue set due_at = now() where died_at is null"
        )
    assert len(evaluated(database)) == 1
    assert database.execute(dead) == [(3,)]


def test_what_is_cleared_while_it_is_evaluated_is_evaluated_again(world: Database, door: Door) -> None:
    world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    worker = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    world.execute("select partitioncache_clear()")
    door.open()
    worker.succeed()
    assert items(world) == []
    assert [count for _, count in evaluated(world)] == [1]
    assert world.execute("select status, attempt from partitioncache_processor_log") == [("success", 1)]
    assert world.execute("select partitioncache_count('city_id')") == [(1,)]


def test_whoever_lost_the_claim_writes_nothing(world: Database, door: Door) -> None:
    world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    first = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    world.execute("update partitioncache_internal.partitioncache_queue set due_at = now()")
    second = Worker(world, "call partitioncache_run_processor()")
    until(
        lambda: world.execute(
            "select 1 from partitioncache_queue where attempts = 2 and worker_pid = %s", [second.pid]
        )
    )
    door.open()
    first.succeed()
    second.succeed()
    assert items(world) == []
    assert [count for _, count in evaluated(world)] == [1]
    assert world.execute(
        "select count(*) from partitioncache_processor_log where status = 'success' and attempt = 2"
    ) == [(1,)]


def test_clearing_takes_the_item_from_under_a_worker(world: Database, door: Door) -> None:
    world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    worker = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    assert world.execute("select * from partitioncache_clear_queue()") == [(0, 1)]
    door.open()
    worker.succeed()
    assert evaluated(world) == []
    assert world.execute("select partitioncache_count('city_id')") == [(0,)]


def test_many_workers_finish_each_item_once(world: Database) -> None:
    queries = [f"select * from poi where id > {n} and kind = {n % 7}" for n in range(60)]
    world.execute("select partitioncache_push_many(%s, 'city_id')", [queries])
    workers = [Worker(world, "call partitioncache_run_processor()") for _ in range(4)]
    for worker in workers:
        worker.succeed()
    world.execute("call partitioncache_run_processor()")
    assert items(world) == []
    # A fragment whose evaluation ends while another worker takes apart queries that share it may be queued once more.
    assert {count for _, count in evaluated(world)} <= {1, 2}
    taken_apart = "select query_hash from partitioncache_processor_log where queue = 'incoming'"
    assert len(world.execute(taken_apart)) == len(set(world.execute(taken_apart))) == len(queries)
    assert len(evaluated(world)) == world.execute("select partitioncache_count('city_id')")[0][0]
    assert world.execute("select count(*) from partitioncache_processor_log where status <> 'success'") == [
        (0,)
    ]


def test_pushing_does_not_wait_for_a_call_that_works_on_the_item(world: Database, door: Door) -> None:
    ((number,),) = world.execute("select partitioncache_push_fragment(%s, 'city_id')", [door.query()])
    worker = Worker(world, "select partitioncache_process_queue(max_seconds => 60)")
    until(
        lambda: world.execute(
            "select 1 from pg_stat_activity where pid = %s and wait_event = 'PgSleep'", [worker.pid]
        )
    )
    with world.connect() as connection:
        connection.execute("set statement_timeout = '20 s'")
        again = connection.execute(
            "select partitioncache_push_fragment(%s, 'city_id')", [door.query()]
        ).fetchall()
    assert again == [(number,)]
    door.open()
    worker.succeed()
    assert worker.rows == [(1,)]


def test_sessions_that_push_the_same_in_another_order_do_not_block_one_another(world: Database) -> None:
    queries = [f"select * from poi where kind = {n}" for n in range(150)]
    world.execute("select partitioncache_register('city_id', 'integer')")
    statement = "select partitioncache_push_many(array[{}], 'city_id')"
    orders = [queries, queries[::-1], queries[75:] + queries[:75]]
    workers = [
        Worker(world, statement.format(", ".join(f"'{query}'" for query in order))) for order in orders
    ]
    for worker in workers:
        worker.succeed()
    assert workers[0].rows[0][0] == workers[1].rows[0][0][::-1]
    assert world.execute("select count(*) from partitioncache_queue") == [(150,)]


def test_listening(world: Database) -> None:
    world.execute("select partitioncache_register('city_id', 'integer')")
    push = "select partitioncache_push('select * from poi where kind = {}', 'city_id')"
    with world.connect() as plain, world.connect() as listener:
        plain.execute("listen partitioncache")
        world.execute(push.format(1))
        assert list(plain.notifies(timeout=0.3)) == []  # nobody has asked for it

        assert listener.execute("select partitioncache_listen()").fetchone() == ("partitioncache",)
        world.execute(push.format(2))
        assert [n.payload for n in listener.notifies(timeout=30, stop_after=1)] == ["partitioncache"]
        world.execute("select partitioncache_push('select * from poi where kind = 2', 'city_id', 'other')")
        assert list(listener.notifies(timeout=0.3)) == []  # another cache has no listener
        listener.execute(push.format(3))
        assert [n.payload for n in listener.notifies(timeout=30, stop_after=1)] == ["partitioncache"]

        with world.connect() as quiet:
            quiet.execute("set partitioncache.notify = off")
            quiet.execute(push.format(4))
        assert list(listener.notifies(timeout=0.3)) == []

        listener.execute("select partitioncache_unlisten()")
        listener.execute("listen partitioncache")
        world.execute(push.format(5))
        assert list(listener.notifies(timeout=0.3)) == []


@pytest.fixture
def roles(world: Database) -> Iterator[tuple[str, str]]:
    """Two ordinary roles that may use the cache, and read the table."""
    names = ("processor_anna", "processor_bela")
    for name in names:
        role = sql.Identifier(name).as_string()
        world.psql(
            f"create role {role} login; grant select on poi to {role}; select partitioncache_grant('{role}', 'fill')"
        )
    yield names
    for name in names:
        role = sql.Identifier(name).as_string()
        world.psql(f"drop owned by {role}; drop role {role}")


def test_a_processor_takes_only_items_of_its_role(world: Database, roles: tuple[str, str]) -> None:
    world.execute("select partitioncache_register('city_id', 'integer')")
    anna, bela = roles
    with world.connect(user=anna) as as_anna, world.connect(user=bela) as as_bela:
        for session in (as_anna, as_bela):
            session.execute("select partitioncache_push('select * from poi where kind = 1', 'city_id')")
        assert as_anna.execute("select owner from partitioncache_queue").fetchall() == [(anna,)]
        assert as_anna.execute("select incoming from partitioncache_queue_lengths()").fetchall() == [(1,)]
        assert world.execute("select incoming from partitioncache_queue_lengths()") == [(2,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_anna.execute("insert into partitioncache_internal.partitioncache_queue (owner) values (0)")

        # A superuser passes by the policies, and still takes nothing that is not its own.
        world.execute("call partitioncache_run_processor()")
        assert world.execute("select count(*) from partitioncache_queue") == [(2,)]
        as_bela.execute("call partitioncache_run_processor()")
        assert world.execute("select owner, queue from partitioncache_queue") == [(anna, "incoming")]
        assert as_bela.execute("select distinct owner from partitioncache_processor_log").fetchall() == [
            (bela,)
        ]
        as_anna.execute("call partitioncache_run_processor()")
        assert world.execute("select count(*) from partitioncache_queue") == [(0,)]


def test_a_fragment_is_evaluated_with_the_rights_of_whoever_pushed_it(
    world: Database, roles: tuple[str, str]
) -> None:
    anna, _ = roles
    world.psql(
        f"create table secret (id integer, city_id integer); grant select on secret to {anna};"
        "select partitioncache_register('city_id', 'integer')"
    )
    with world.connect(user=anna) as as_anna:
        as_anna.execute("select partitioncache_push_fragment('select * from secret where id = 1', 'city_id')")
        world.execute(f"revoke select on secret from {anna}")
        world.execute("call partitioncache_run_processor()")
        as_anna.execute("call partitioncache_run_processor()")
    assert world.execute("select owner, status, error_msg from partitioncache_queue") == [
        (anna, "failed", "permission denied for table secret")
    ]


def test_registering_by_pushing_needs_the_right_to_register(world: Database, roles: tuple[str, str]) -> None:
    with (
        world.connect(user=roles[0]) as session,
        pytest.raises(psycopg.Error, match="may not register it") as caught,
    ):
        session.execute("select partitioncache_push('select * from poi where kind = 1', 'city_id')")
    assert caught.value.sqlstate == "PC007"
    assert "partitioncache_register('city_id', 'integer'" in str(caught.value.diag.message_hint)


def test_workers_keep_no_snapshot_while_they_wait(world: Database) -> None:
    """A processor with nothing to do must not hold back vacuum: its transactions are as short as its pauses."""
    worker = Worker(world, "call partitioncache_run_processor(duration => '4 s', frequency_seconds => 0.3)")
    age = """select extract(epoch from clock_timestamp() - xact_start) from pg_stat_activity
             where pid = %s and state = 'active'"""
    for _ in range(20):
        for (seconds,) in world.execute(age, [worker.pid]):
            assert seconds < 2
        time.sleep(0.1)
    worker.succeed()


def test_a_session_keeps_its_temporary_schema(world: Database) -> None:
    """Were it undone after each query, PostgreSQL would plan every function anew for the next one."""
    with world.connect() as connection:
        connection.execute("call partitioncache_run_processor()")
        assert connection.execute("select pg_my_temp_schema()").fetchall() == [(0,)]
        connection.execute("select partitioncache_push('select * from poi where kind = 1', 'city_id')")
        connection.execute("call partitioncache_run_processor()")
        assert connection.execute("select pg_my_temp_schema() <> 0").fetchall() == [(True,)]
        assert connection.execute(
            "select count(*) from pg_class where relname ~ '^partitioncache_begin'"
        ).fetchall() == [(0,)]
    with world.connect() as connection:
        asked = (
            "select partitioncache_apply('select id from poi where kind = 2', 'city_id', method => 'literal')"
        )
        connection.execute(asked)
        assert connection.execute("select pg_my_temp_schema() <> 0").fetchall() == [(True,)]


def test_dump_and_restore(world: Database, cluster: Cluster, door: Door) -> None:
    """What waits goes on elsewhere; what was being worked on there is taken up; new items go behind the old ones."""
    world.execute("select partitioncache_push_fragment(%s, 'city_id', priority => 9)", [door.query()])
    worker = Worker(world, "call partitioncache_run_processor()")
    until(lambda: running(world))
    world.execute("select partitioncache_push('select * from poi where kind = 1', 'city_id')")
    dump = subprocess.run(
        [cluster.installation.program("pg_dump")],
        env=world.environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    worker_pid = worker.pid
    door.open()
    worker.succeed()

    restored = cluster.create_database(template="template1")
    restored.psql(dump.stdout)
    assert restored.execute("select worker_pid from partitioncache_queue where status = 'running'") == [
        (worker_pid,)
    ]
    ((old,),) = restored.execute("select max(id) from partitioncache_queue")
    ((new,),) = restored.execute("select partitioncache_push('select * from poi where kind = 2', 'city_id')")
    assert new > old
    restored.execute("call partitioncache_run_processor()")
    assert items(restored) == []
    assert len(evaluated(restored)) == 3
    cluster.drop_database(restored)


@pytest.fixture
def standby(world: Database, cluster: Cluster) -> Iterator[Callable[..., psycopg.Connection[Any]]]:
    """Connects to the small world on a standby of the server, which is as it was at this moment."""
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    port = services.free_port()
    subprocess.run(
        [
            cluster.installation.program("pg_basebackup"),
            "-D",
            folder / "data",
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
        ],
        env=world.environment(),
        check=True,
        capture_output=True,
    )
    options = f"-p {port} -k {folder} -c listen_addresses= -c shared_preload_libraries="
    control = [cluster.installation.program("pg_ctl"), "-D", folder / "data", "-w"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, capture_output=True)

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(world.conninfo(host=str(folder), port=port), autocommit=True)

    yield connect
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True)
    shutil.rmtree(folder)


def test_a_standby_says_what_it_cannot_do(standby: Callable[..., psycopg.Connection[Any]]) -> None:
    calls = {
        "select partitioncache_push('select * from poi where kind = 1', 'city_id')": "push queries",
        "select partitioncache_process_queue()": "work on queues",
        "call partitioncache_run_processor()": "work on queues",
        "select partitioncache_clear_queue()": "change what PartitionCache keeps",
    }
    with standby() as session:
        for call, purpose in calls.items():
            with pytest.raises(psycopg.Error) as caught:
                session.execute(call.encode())
            assert caught.value.sqlstate == "PC009"
            assert caught.value.diag.message_primary == f"a standby cannot {purpose}"
            assert "primary" in str(caught.value.diag.message_hint)
        for function in ("status", "processor_status", "queue_lengths"):
            assert session.execute(f"select * from partitioncache_{function}()".encode()).fetchone()
        assert session.execute("select count(*) from partitioncache_queue").fetchone() == (0,)


@pytest.mark.parametrize("language", ["de", "ja", "zh_CN"])
def test_in_another_language(
    make_cluster: Callable[[Mapping[str, str] | None], Cluster],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    # What the server says is read nowhere; a locale other than C makes it say it in this language.
    monkeypatch.setenv("LANGUAGE", language)
    database = make_cluster({"lc_messages": "C.UTF-8"}).create_database()
    database.psql(WORLD)
    with database.connect() as session:
        with pytest.raises(psycopg.Error) as caught:
            session.execute("select 1 / 0")
        assert caught.value.diag.message_primary != "division by zero"
        session.execute("begin")
        with pytest.raises(psycopg.Error, match="cannot run inside a transaction block") as caught:
            session.execute("call partitioncache_run_processor()")
        assert caught.value.sqlstate == "PC006"
        session.execute("rollback")
        session.execute(
            """create function cancels(kind integer) returns integer immutable language plpgsql as
               $$begin raise query_canceled using message = 'a limit of my own'; end$$"""
        )
        session.execute("select partitioncache_register('city_id', 'integer')")
        for priority, condition in (9, "cancels(kind) = 3"), (1, "kind = 4"):
            session.execute(
                "select partitioncache_push_fragment(%s, 'city_id', priority => %s)",
                [f"select * from poi where {condition}", priority],
            )
        session.execute("call partitioncache_run_processor()")
        assert session.execute(
            "select status, error_msg from partitioncache_processor_log order by id"
        ).fetchall() == [("failed", "a limit of my own"), ("success", None)]


def test_without_pg_cron(make_cluster: Callable[[Mapping[str, str] | None], Cluster]) -> None:
    database = make_cluster({"shared_preload_libraries": ""}).create_database()
    with pytest.raises(psycopg.Error, match="pg_cron is not loaded in this server") as caught:
        database.execute("select partitioncache_enable_processor()")
    assert caught.value.sqlstate == "PC006"
    assert "shared_preload_libraries = 'pg_cron'" in str(caught.value.diag.message_hint)
    assert database.execute("select partitioncache_disable_processor()") == [("The processor is disabled.",)]
    assert database.execute("select enabled, problem from partitioncache_processor_status()") == [
        (False, None)
    ]
    database.psql(WORLD)
    database.execute("select partitioncache_push('select * from poi where kind = 1', 'city_id')")
    assert database.execute("select partitioncache_process_queue(max_seconds => 60) > 0") == [(True,)]
