"""The processor as pg_cron runs it. pg_cron begins jobs on the minute, so these tests take a few."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from support.cluster import Cluster, Database
from support.commands import Run, lead_to
from support.processing import WORLD, Door, until


def status(database: Database, column: str) -> Any:
    return database.execute(f"select {column} from partitioncache_processor_status()")[0][0]


@pytest.fixture
def cron_database(make_cluster: Callable[[Mapping[str, str] | None], Cluster]) -> Iterator[Database]:
    """The database of pg_cron in a server of its own: where the extension pg_cron was ever dropped and created
    again, pg_cron 1.4 may run no job any more. A test that fails shows what pg_cron did."""
    database = make_cluster(None).reset_cron_database()
    try:
        yield database
    finally:
        print(database.psql("table cron.job; table cron.job_run_details", check=False).stdout)
        print(database.cluster.log.read_text()[-20_000:])


def push_and_wait(connection: psycopg.Connection[TupleRow], number: int) -> float:
    """Pushes a query that nobody has pushed yet; how long it took until it was evaluated, in seconds."""
    begun = time.monotonic()
    query = f"select * from poi where kind = 1 and id > {number}"
    row = connection.execute("select partitioncache_push_fragment(%s, 'city_id')", [query]).fetchone()
    waits = "select 1 from partitioncache_queue where id = %s"
    until(lambda: not connection.execute(waits, row).fetchall(), 70)
    return time.monotonic() - begun


def slowest_start(database: Database, seconds: float) -> float:
    """Pushes a new query every other second; the longest time until one was evaluated, in seconds."""
    ends = time.monotonic() + seconds
    number, slowest = 0, 0.0
    with database.connect() as connection:
        while time.monotonic() < ends:
            number += 1
            slowest = max(slowest, push_and_wait(connection, number))
            time.sleep(1.5)
    return slowest


def test_pg_cron_does_the_work(
    cron_database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, second_database = cron_database, cron_database.cluster.create_database()
    for world in (database, second_database):
        world.psql(WORLD)

    # Enabling, twice; and a second database, whose jobs are made here.
    assert (
        "3 jobs are scheduled"
        in database.execute("select partitioncache_enable_processor(frequency_seconds => 0.5)")[0][0]
    )
    jobs = database.execute("select j.*, j.xmin from cron.job j order by jobid")
    assert len(jobs) == 3
    database.execute("select partitioncache_enable_processor(frequency_seconds => 0.5)")
    assert database.execute("select j.*, j.xmin from cron.job j order by jobid") == jobs
    ((statements,),) = second_database.execute(
        "select partitioncache_enable_processor(max_parallel_jobs => 1)"
    )
    database.psql(statements)
    second_database.execute("select partitioncache_push('select * from poi where kind = 1', 'city_id')")

    until(lambda: status(database, "workers") == 3, 150)
    assert status(database, "problem") is None
    lead_to(database, monkeypatch)
    assert run("pcache", "doctor").code == 0
    until(lambda: status(second_database, "workers") == 2, 30)
    until(
        lambda: second_database.execute("select incoming + outgoing = 0 from partitioncache_queue_lengths()")[
            0
        ][0],
        30,
    )
    assert second_database.execute(
        "select count(*) > 1 from partitioncache_processor_log where status = 'success'"
    ) == [(True,)]

    # One fragment takes very long. Other work begins in time all the same, also while jobs end and begin.
    door = Door(database)
    database.execute("select partitioncache_push_fragment(%s, 'city_id', priority => 9)", [door.query()])
    begun = time.monotonic()
    assert slowest_start(database, 75) < 10
    minutes = (time.monotonic() - begun) / 60
    assert status(database, "running") == 1
    ((noted,),) = database.execute(
        """select count(*) from cron.job_run_details d join cron.job j using (jobid)
           where j.database = current_database()"""
    )
    assert noted <= 3 * (minutes + 2)
    assert not database.execute(
        """select queue, status, error_msg, count(*) from partitioncache_processor_log
           where status <> 'success' group by 1, 2, 3"""
    )

    # A new time limit holds for what is running.
    database.execute("select partitioncache_update_processor_config(fragment_timeout => '5 s')")
    until(lambda: database.execute("select 1 from partitioncache_queue where status = 'timeout'"), 20)
    door.open()

    # Fewer jobs; none.
    assert (
        "2 jobs are scheduled"
        in database.execute("select partitioncache_update_processor_config(max_parallel_jobs => 1)")[0][0]
    )
    until(lambda: status(database, "workers") == 2, 20)
    assert "2 jobs were removed" in database.execute("select partitioncache_disable_processor()")[0][0]
    until(lambda: status(database, "workers") == 0, 20)
    assert database.execute("select count(*) from cron.job where database = current_database()") == [(0,)]
    assert database.execute("select count(*) from cron.job") == [(2,)]
    database.psql(second_database.execute("select partitioncache_disable_processor()")[0][0])
    assert database.execute("select count(*) from cron.job") == [(0,)]
    # That is how pg_cron notes that a job was removed while it was waiting or running: wherever it was just then.
    assert {
        message.split("\n")[0]
        for (message,) in database.execute(
            "select return_message from cron.job_run_details where status = 'failed'"
        )
    } <= {
        "job canceled",
        "ERROR:  canceling statement due to user request",
        "ERROR:  the processor was cancelled",
    }


def test_pg_cron_is_not_created(cron_database: Database) -> None:
    cron_database.execute("drop extension pg_cron")
    with pytest.raises(psycopg.Error, match="pg_cron is loaded, but not created in this database") as caught:
        cron_database.execute("select partitioncache_enable_processor()")
    assert caught.value.sqlstate == "PC006"
    assert caught.value.diag.message_hint == "As a superuser: create extension pg_cron;"


def test_one_enabling_serves_every_granted_role_and_those_granted_later(
    cron_database: Database,
) -> None:
    database = cron_database
    database.psql(WORLD)
    roles = ("cron_admin", "cron_anna", "cron_bela")
    query = "select id from poi where kind = 1 and city_id < 20"
    database.psql(
        """create role cron_admin login; create role cron_anna login; create role cron_bela login;
           grant select on poi to public;
           select partitioncache_register('city_id', 'integer'), partitioncache_track('poi', 'city_id');
           select partitioncache_grant('cron_admin', 'administer'), partitioncache_grant('cron_anna', 'push')"""
    )

    def applied(role: str) -> bool:
        with database.connect(user=role) as session:
            row = session.execute(
                "select applied from partitioncache_explain(%s, 'city_id', method => 'literal')", [query]
            ).fetchone()
            return bool(row and row[0])

    try:
        with database.connect(user="cron_admin") as admin:
            admin.execute("select partitioncache_enable_processor(max_parallel_jobs => 1)")
            for role in ("cron_anna", "cron_bela"):
                database.execute(f"select partitioncache_grant('{role}', 'push')")
                assert not applied(role)
                with database.connect(user=role) as session:
                    session.execute("select partitioncache_push(%s, 'city_id')", [query])
                    until(
                        lambda session=session: (
                            session.execute(
                                "select incoming + outgoing = 0 from partitioncache_queue_lengths()"
                            ).fetchone()
                            == (True,)
                        ),
                        300,
                    )
                    assert applied(role)
                    log = "select distinct owner, status from partitioncache_processor_log"
                    assert session.execute(log).fetchall() == [(role, "success")]
            assert status(database, "problem") is None
            admin.execute("select partitioncache_disable_processor()")
        assert database.execute("select count(*) from cron.job") == [(0,)]
        until(lambda: status(database, "workers") == 0, 20)
    finally:
        for role in roles:
            database.psql(f"drop owned by {role}; drop role {role}")


def test_settings_that_hinder_are_warned_of(
    make_cluster: Callable[[Mapping[str, str] | None], Cluster],
) -> None:
    database = make_cluster({"cron.use_background_workers": "on"}).reset_cron_database()
    database.execute("alter role postgres in database test set statement_timeout = '30 s'")
    notices: list[str] = []
    with database.connect() as session:
        session.add_notice_handler(
            lambda notice: notices.append(f"{notice.message_primary}. {notice.message_hint}")
        )
        session.execute("select partitioncache_enable_processor()")
    assert notices == [
        'statement_timeout of role "postgres" is 00:00:30: it ends pg_cron\'s jobs, '
        "and fragments that take half as long. "
        "To lift it: alter role postgres in database test set statement_timeout = 0;",
        "pg_cron up to 1.4 runs long jobs one after the other in background workers. "
        "Set cron.use_background_workers = off and let pg_cron connect (cron.host, pg_hba.conf), "
        "then restart the server.",
    ]
