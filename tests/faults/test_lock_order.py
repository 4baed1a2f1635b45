"""Sessions that work on the queues, or clear what others work on, never wait for one another in a circle."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from support.cluster import Database

Connection = psycopg.Connection[tuple[Any, ...]]

TABLES = """
create table poi (id integer primary key, city_id integer, kind integer, size integer);
insert into poi select i, i % 40, i % 20, i from generate_series(1, 2000) i;
create table shop (id integer primary key, city_id integer, kind integer);
insert into shop select i, i % 40, i % 20 from generate_series(1, 2000) i;
analyze;
select partitioncache_register('city_id', 'integer');
select partitioncache_track(t, 'city_id') from unnest('{poi,shop}'::regclass[]) t;
"""

NOT_COUNTED = """
select status, error_msg from partitioncache_internal.partitioncache_processor_log
where status not in ('success', 'skipped')
union all
select status, error_msg from partitioncache_internal.partitioncache_queue where attempts > 0
"""


@pytest.fixture
def filled(database: Database) -> Database:
    """A database with tracked tables."""
    database.psql(TABLES)
    return database


def impatient(database: Database) -> Connection:
    """A session that would rather fail than wait for ever."""
    connection = database.connect()
    connection.execute("set statement_timeout = '20 s'")
    return connection


def both(poi: int, shop: int) -> str:
    """A query with a fragment about each of two tables, which others share."""
    return f"select p.id from poi p join shop s using (city_id) where p.kind = {poi} and s.kind = {shop}"


def push(connection: Connection, *queries: str) -> None:
    """Put queries into the queue, before all else."""
    connection.execute("select partitioncache_push_many(%s, 'city_id', priority => 9)", (list(queries),))


def process(connection: Connection, items: int = 1000) -> int:
    """Work on what is due, within the transaction."""
    row = connection.execute(
        "select partitioncache_process_queue(max_items => %s, max_seconds => 20)", (items,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def drain(connection: Connection) -> None:
    """Work until the queues are empty."""
    end = time.monotonic() + 60
    while connection.execute("select * from partitioncache_queue_lengths()").fetchone() != (0, 0):
        process(connection)
        assert time.monotonic() < end, connection.execute(
            "select queue, status, error_msg from partitioncache_queue"
        ).fetchall()


def test_two_that_take_apart_what_shares_fragments(filled: Database) -> None:
    """Each finds fragments that the other has queued or stored and not committed, in either order: nobody waits."""
    with impatient(filled) as one, impatient(filled) as two, filled.connect() as pushes:
        for session in (one, two):
            session.execute("begin")
        push(pushes, both(1, 1))
        assert process(one, 1) == 1
        push(pushes, both(2, 2))
        assert process(two, 1) == 1
        push(pushes, both(2, 3))
        assert process(one, 1) == 1
        push(pushes, both(1, 4))
        assert process(two, 1) == 1
        # each now evaluates what the other has queued as well, and meets what the other has stored
        for session in (one, two, one, two):
            process(session)
        for session in (one, two):
            session.execute("commit")
        drain(pushes)
        assert pushes.execute(NOT_COUNTED).fetchall() == []
        entries = pushes.execute("select hash, state from partitioncache_entries('city_id')").fetchall()
        # two conditions on one table, and four on the other
        assert len(entries) == len({hash for hash, _ in entries}) == 6
        assert {state for _, state in entries} == {"fresh"}


def test_clearing_waits_for_nobody_who_works(filled: Database) -> None:
    """What is evaluated anew at this moment is not used afterwards, and does not stop who clears."""
    with impatient(filled) as worker, impatient(filled) as clears:
        push(clears, both(1, 1))
        drain(clears)
        worker.execute("begin")
        worker.execute(
            """
            select partitioncache_internal.pc_evaluate_fragment(
                'partitioncache', 'city_id', e.hash, e.query, e.keyed_tables, e.parts)
            from partitioncache_internal.partitioncache_entries_city_id e
            """
        )
        clears.execute("select partitioncache_clear()")
        worker.execute("commit")
        states = clears.execute("select state, reason from partitioncache_entries('city_id')").fetchall()
        assert {state for state, _ in states} <= {"aside"}


def test_what_another_holds_is_no_failed_attempt(filled: Database) -> None:
    """A table that is locked for long has its fragments wait, and no processor with them; none of them fails."""
    with impatient(filled) as worker, filled.connect() as owner:
        filled.psql("select partitioncache_update_processor_config(max_attempts => 1)")
        push(worker, both(1, 1), "select id from poi where kind = 5")
        owner.execute("begin; lock table shop in access exclusive mode")
        begun = time.monotonic()
        for _ in range(5):
            process(worker)
        assert time.monotonic() - begun < 15
        assert worker.execute(NOT_COUNTED).fetchall() == []
        assert worker.execute("select count(*) from partitioncache_entries('city_id')").fetchone() == (1,)
        owner.execute("commit")
        drain(worker)
        assert worker.execute(NOT_COUNTED).fetchall() == []
        assert worker.execute("select count(*) from partitioncache_entries('city_id')").fetchone() == (3,)


def test_a_storm(filled: Database) -> None:
    """Workers, pushes, and who clears, deletes, and ends tracking: nobody is told of a deadlock, and no item fails."""
    end = time.monotonic() + 5
    told: list[str] = []

    def again(act: Callable[[Connection, random.Random], object], seed: int) -> Callable[[], None]:
        def run() -> None:
            chance = random.Random(seed)
            with impatient(filled) as connection:
                while time.monotonic() < end:
                    try:
                        act(connection, chance)
                    except psycopg.Error as error:
                        told.append(str(error))
                        return

        return run

    def work(connection: Connection, _: random.Random) -> None:
        process(connection, 50)

    def some(connection: Connection, chance: random.Random) -> None:
        push(connection, *(both(chance.randrange(8), chance.randrange(8)) for _ in range(10)))
        time.sleep(0.05)

    def clear(connection: Connection, _: random.Random) -> None:
        connection.execute("select partitioncache_clear()")
        time.sleep(0.1)

    def delete(connection: Connection, _: random.Random) -> None:
        connection.execute(
            "select partitioncache_delete('city_id', e.hash) from partitioncache_entries('city_id') e order by e.hash"
        )
        time.sleep(0.1)

    acts = [work, work, work, some, some, clear, delete]
    threads = [threading.Thread(target=again(act, seed)) for seed, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == []
    with filled.connect() as connection:
        drain(connection)
        assert connection.execute(NOT_COUNTED).fetchall() == []
