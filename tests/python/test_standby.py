"""A hot standby: what is known on the primary server is used there, and nothing is written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

import psycopg
import pytest

import partitioncache
from partitioncache.errors import PartitionCacheError
from support.cluster import Cluster, Database, running_cluster, standby
from support.commands import Run, lead_to
from support.installation import Installation
from support.processing import until

WORLD = """
create table poi as select n % 500 as city_id, n % 97 as kind, n * 7 % 101 as height from generate_series(1, 20000) n;
create index on poi (city_id);
analyze poi;
create table street (city_id integer);
select partitioncache_register('city_id', 'integer'), partitioncache_update_processor_config(least_cost => 0);
select partitioncache_push('select * from poi where kind = 3 and height > 95', 'city_id');
select partitioncache_process_queue();
"""
QUERY = "select count(*) from poi where kind = 3 and height > 95 and city_id >= {}"
UNKNOWN = "is not known yet, and a standby cannot analyse it"


@pytest.fixture(scope="module")
def primary(installation: Installation) -> Iterator[Database]:
    """A database with an entry, in a server of its own."""
    with running_cluster(installation) as cluster:
        database = cluster.create_database()
        database.psql(WORLD)
        yield database


@pytest.fixture(scope="module")
def copy(primary: Database) -> Iterator[Database]:
    """The same database on a standby."""
    with standby(primary) as there:
        yield there


def catch_up(primary: Database, copy: Database) -> None:
    ((written,),) = primary.execute("select pg_current_wal_lsn()")
    until(lambda: copy.execute("select pg_last_wal_replay_lsn() >= %s", [written]) == [(True,)])


def applied(database: Database, query: str, method: str = "auto") -> tuple[bool, str]:
    ((done, reason),) = database.execute(
        "select applied, coalesce(reason, '') from partitioncache_explain(%s, 'city_id', method => %s)",
        [query, method],
    )
    return done, reason


def test_what_was_asked_on_the_primary_is_known(primary: Database, copy: Database) -> None:
    query = QUERY.format(1)
    found, reason = applied(copy, query)
    assert not found
    assert UNKNOWN in reason
    assert copy.execute("select partitioncache_apply(%s, 'city_id')", [query]) == [(query,)]
    assert applied(primary, query)[0]
    catch_up(primary, copy)
    for method in ("auto", "literal", "current", "subquery", "IN", "VALUES"):
        ((rewritten,),) = copy.execute(
            "select partitioncache_apply(%s, 'city_id', method => %s)", [query, method]
        )
        assert rewritten != query, method
        assert copy.execute(rewritten) == copy.execute(query)


def test_writes_on_the_primary_are_followed(primary: Database, copy: Database) -> None:
    query = QUERY.format(2)
    assert applied(primary, query)[0]
    primary.execute("insert into poi values (77, 3, 99), (9999, 3, 99)")
    catch_up(primary, copy)
    ((rewritten,),) = copy.execute("select partitioncache_apply(%s, 'city_id')", [query])
    assert rewritten != query
    assert copy.execute(rewritten) == copy.execute(query) == primary.execute(query)


def test_a_temporary_table_cannot_be_made(primary: Database, copy: Database) -> None:
    query = QUERY.format(3)
    assert applied(primary, query)[0]
    catch_up(primary, copy)
    for method in ("TMP_TABLE_IN", "TMP_TABLE_JOIN"):
        assert copy.execute("select partitioncache_apply(%s, 'city_id', method => %s)", [query, method]) == [
            (query,)
        ]


@pytest.mark.parametrize(
    "call",
    [
        "partitioncache_push('select * from poi where kind = 4', 'city_id')",
        "partitioncache_process_queue()",
        "partitioncache_set('city_id', 'mine', array[1])",
        "partitioncache_track('street', 'city_id')",
        "partitioncache_untrack('poi', 'city_id')",
        "partitioncache_clear('city_id')",
        "partitioncache_register('day', 'date')",
        "partitioncache_enable_processor()",
        "partitioncache_grant('postgres')",
        "partitioncache_assert_static('poi')",
    ],
)
def test_what_writes_says_where_to_go(copy: Database, call: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        copy.execute(f"select {call}")
    diag = refused.value.diag
    assert diag.sqlstate == "PC009", diag.message_primary
    assert "standby" in (diag.message_primary or "")
    assert "primary" in (diag.message_hint or "")


def test_python(primary: Database, copy: Database, caplog: pytest.LogCaptureFixture) -> None:
    query = QUERY.format(4)
    assert applied(primary, query)[0]
    catch_up(primary, copy)
    with (
        partitioncache.create_cache("postgresql_array", "city_id", "integer", conninfo=copy.conninfo()) as cache,
        copy.connect() as connection,
        caplog.at_level(logging.WARNING, "partitioncache"),
    ):
        assert partitioncache.apply_cache(query, cache) != query
        assert partitioncache.apply_cache(query, cache, connection=connection) != query
        of_a_known_kind = QUERY.format(40)
        assert partitioncache.apply_cache(of_a_known_kind, cache) != of_a_known_kind
        unknown = f"{QUERY.format(40)} and kind < 9"
        assert partitioncache.apply_cache(unknown, cache) == unknown
        assert UNKNOWN in str(partitioncache.explain_query(unknown, cache))
        with pytest.raises(PartitionCacheError, match=r"standby cannot push queries.*primary"):
            partitioncache.push_query(unknown, "city_id", cache=cache)
    assert caplog.text == ""


def test_commands(copy: Database, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(copy, monkeypatch)
    for command in ("status", "overview", "tracked"):
        assert run("pcache", command).code == 0, command
    doctor = run("pcache", "doctor")
    assert doctor.code == 1, doctor.out
    assert "a standby" in doctor.out
    assert "pg_cron" not in doctor.out  # nothing to do there
    for command in (
        ("pcache", "add", "--direct", "--query", "select * from poi where kind = 8", "--partition-key", "city_id"),
        ("pcache", "add", "--queue", "--query", "select * from poi where kind = 8", "--partition-key", "city_id"),
        ("pcache-monitor", "--once"),
        ("pcache", "setup"),
        ("pcache", "manage", "--clear-cache", "--yes"),
    ):
        done = run(*command)
        assert done.code == 1, command
        assert "standby" in done.err + done.out, command
        assert "primary" in done.err + done.out, command


def test_a_standby_that_becomes_the_primary(
    make_cluster: Callable[[Mapping[str, str] | None], Cluster],
) -> None:
    before = make_cluster(None).create_database()
    before.psql(WORLD)
    with standby(before) as after:
        catch_up(before, after)
        before.cluster.server.stop()
        after.execute("select pg_promote()")
        until(lambda: after.execute("select not pg_is_in_recovery()") == [(True,)])
        query = QUERY.format(5)
        assert applied(after, query)[0]
        after.execute("insert into poi values (77, 3, 99)")
        ((rewritten,),) = after.execute("select partitioncache_apply(%s, 'city_id')", [query])
        assert after.execute(rewritten) == after.execute(query)
        after.execute("select partitioncache_push('select * from poi where kind = 4', 'city_id')")
        assert after.execute("select partitioncache_process_queue() > 0") == [(True,)]
