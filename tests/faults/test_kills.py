"""Workers, and the whole server, are killed at random moments while queries are pushed and worked on.

At the end there is an account: every query that was pushed is done, or failed with a reason, or waits; nothing was done
twice; every entry holds the keys that its fragment has. `make faults SECONDS=600` runs this for longer.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.cluster import Cluster, Database

SECONDS = float(os.environ.get("FAULT_SECONDS", "5"))

DATA = """
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 300, i % 700 from generate_series(1, 6000) i;
create index on poi (kind);
create table street (id integer primary key, city_id integer, length integer);
insert into street select i, i % 300, i % 500 from generate_series(1, 6000) i;
create index on street (length);
analyze poi, street;
select partitioncache_register('city_id', 'integer');
select partitioncache_update_processor_config(log_limit => 1000000);
"""


def query(number: int) -> str:
    """One of many distinct queries, some of which raise an error when they are evaluated."""
    if number % 40 == 7:
        return f"select * from poi where 10 / (id % 7) > {number}"
    if number % 3 == 0:
        return (
            "select p.id from poi p join street s on p.city_id = s.city_id and p.id < s.id "
            f"where p.kind = {number % 700} and s.length = {number}"
        )
    return f"select * from poi where kind = {number}"


class World:
    """A server under fire, and those who work with it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.database: Database = cluster.create_database()
        self.database.psql(DATA)
        self.stop = threading.Event()
        self.pushed: dict[str, str] = {}
        self.killed = 0
        self.slowest = 0.0

    def again_and_again(self, work: Callable[[psycopg.Connection[Any]], object]) -> None:
        """Work in one session after another, each until it breaks."""
        while not self.stop.is_set():
            with suppress(psycopg.Error), self.database.connect() as connection:
                connection.execute("set client_min_messages = error")
                while not self.stop.is_set():
                    work(connection)
            time.sleep(0.01)

    def push(self, connection: psycopg.Connection[Any]) -> None:
        """Push some queries, and note those that the server has taken."""
        numbers = range(len(self.pushed), len(self.pushed) + 20)
        texts = [query(number) for number in numbers]
        with connection.transaction():
            connection.execute("select partitioncache_push_many(%s, 'city_id')", [texts])
            taken = connection.execute(
                "select query, hash from partitioncache_internal.partitioncache_queue where query = any (%s)",
                [texts],
            ).fetchall()
        self.pushed.update((text, digest) for text, digest in taken)
        self.pushed.update((text, "") for text in texts if text not in self.pushed)
        time.sleep(0.3)

    def process(self, connection: psycopg.Connection[Any]) -> None:
        """Work until nothing is due."""
        connection.execute("call partitioncache_run_processor()")
        time.sleep(0.02)

    def kill(self, chance: random.Random) -> None:
        """End something, one way or another, and wait until the server answers again."""
        how = chance.choices(["terminate", "cancel", "kill", "immediate", "postmaster"], [6, 6, 3, 1, 1])[0]
        begun = time.monotonic()
        with suppress(psycopg.Error):
            if how in ("terminate", "cancel", "kill"):
                workers = self.database.execute(
                    "select pid from pg_stat_activity where query like 'call partitioncache_run%'"
                )
                if not workers:
                    return
                pid = chance.choice(workers)[0]
                if how == "kill":
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                else:
                    function = "pg_cancel_backend" if how == "cancel" else "pg_terminate_backend"
                    self.database.execute(f"select {function}(%s)", [pid])
            else:
                self.restart(signal.SIGQUIT if how == "immediate" else signal.SIGKILL)
        self.killed += 1
        while True:
            with suppress(psycopg.Error):
                self.database.execute("select 1")
                break
            time.sleep(0.01)
            assert time.monotonic() < begun + 60, f"the server does not come back after {how}"
        self.slowest = max(self.slowest, time.monotonic() - begun)

    def restart(self, how: signal.Signals) -> None:
        """End the postmaster and start another one."""
        process = self.cluster.server.child_process
        if how == signal.SIGKILL:
            # It shall not start another process after we have looked for them.
            process.send_signal(signal.SIGSTOP)
        children = [
            int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _parent(folder) == process.pid
        ]
        process.send_signal(how)
        process.wait()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.1)
        self.cluster.server.child_process = None
        self.cluster.server.start()


def _parent(folder: Path) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
    return 0


def account(database: Database, pushed: Mapping[str, str]) -> dict[str, int]:
    """What became of the queries; asserts that none is lost, none done twice, and that each entry is right."""
    with database.connect() as connection:

        def rows(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
            return connection.execute(statement.encode(), parameters).fetchall()

        log = "partitioncache_internal.partitioncache_processor_log"
        queue = "partitioncache_internal.partitioncache_queue"
        done = dict(
            rows(
                f"""select query_hash, count(*) from {log}
                    where queue = 'incoming' and status in ('success', 'skipped') group by 1"""
            )
        )
        waiting = {
            digest: (status, error)
            for digest, status, error in rows(
                f"select hash, status, error_msg from {queue} where queue = 'incoming'"
            )
        }
        noted = {digest for digest in pushed.values() if digest}
        lost = noted - done.keys() - waiting.keys()
        assert not lost, f"{len(lost)} queries are lost"
        assert max(done.values(), default=0) <= 1, "nothing is taken apart twice"
        assert not (done.keys() & waiting.keys()), "what is done does not wait"
        assert all(error for status, error in waiting.values() if status in ("dead", "timeout"))
        # Of what was taken apart, every fragment is somewhere.
        apart = [text for text, digest in pushed.items() if digest in done]
        fragments = rows(
            """select q.query, f.hash from unnest(%s::text[]) q(query) cross join lateral pc_learned_first(
                   q.query, 'city_id', 'partitioncache', pc_session(current_setting('search_path'))) f""",
            random.Random(1).sample(apart, min(40, len(apart))),
        )
        known = {
            digest
            for (digest,) in rows(
                f"""select hash from partitioncache_internal.partitioncache_cache_city_id
                    union select hash from {queue} where queue = 'outgoing'
                    union select hash from partitioncache_internal.partitioncache_learning"""
            )
        }
        missing = [text for text, digest in fragments if digest not in known]
        assert not missing, f"fragments are lost: {missing[:3]}"
        wrong = 0
        entries = rows(
            "select query, keys, matches_null from partitioncache_internal.partitioncache_cache_city_id"
        )
        for text, keys, matches_null in entries:
            found = {key for (key,) in rows(text)}
            wrong += found - {None} != set(keys) or (None in found) != matches_null
        assert wrong == 0, f"{wrong} entries are wrong"
        return {"pushed": len(noted), "done": len(done), "waiting": len(waiting), "entries": len(entries)}


@pytest.mark.timeout(600 + 4 * SECONDS)
def test_nothing_is_lost_or_done_twice(make_cluster: Callable[[Mapping[str, str] | None], Cluster]) -> None:
    world = World(make_cluster(None))
    chance = random.Random(os.environ.get("FAULT_SEED", time.time()))
    threads = [
        threading.Thread(target=world.again_and_again, args=(work,))
        for work in (world.push, world.process, world.process)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            time.sleep(chance.expovariate(5))
            world.kill(chance)
    finally:
        world.stop.set()
        for thread in threads:
            thread.join()
    with world.database.connect() as connection:
        connection.execute("set client_min_messages = error")
        connection.execute("call partitioncache_run_processor()")
    found = account(world.database, world.pushed)
    print(f"{world.killed} killed, slowest recovery {world.slowest:.1f} s, {found}")
    assert found["done"] > 0
    assert world.killed > 0
