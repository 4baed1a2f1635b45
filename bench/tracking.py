"""What tracking costs writers, and what writes cost lookups and refreshes, in one run.

Writers: three tables alike (primary key, an index on the partition column, 100,000 rows, 1,000 partitions): one that is
not tracked, one that is, and one with triggers that do nothing, which is the least that any tracking by triggers costs.
Each kind of write is done to one after the other: medians of rows per second, and the medians of the ratios of such
rounds. The server flushes every commit to disk, as a server with data does.

Lookups: an entry of a query on 200,000 partitions, of which 10, 1,000 and 100,000 have been written to since it was
evaluated: milliseconds to look its keys up, to refresh it, and to evaluate it in full instead.

    scripts/bench tracking [--rounds 10] [--copy 1000000]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from support.cluster import Database, running_cluster
from support.installation import copy_installation

Connection = psycopg.Connection[Any]

SCHEMA = """
create table plain (id bigint primary key, city_id integer, kind integer, name text, x float8, y float8);
insert into plain select i, i % 1000, i % 50, 'place ' || i, random(), random() from generate_series(1, 100000) i;
create index on plain (city_id);
create table tracked (like plain including all);
insert into tracked select * from plain;
create table empty (like plain including all);
insert into empty select * from plain;
create function nothing() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger a after insert on empty referencing new table as new_rows for each statement execute function nothing();
create trigger b after update on empty referencing new table as new_rows for each statement execute function nothing();
create trigger c after delete on empty for each statement execute function nothing();
select partitioncache_register('city_id', 'integer');
select partitioncache_track('tracked', 'city_id');
vacuum analyze;
"""

WIDE = """
create table wide as select i as id, i % 200000 as city_id, i % 1000 as kind from generate_series(1, 1000000) i;
create index on wide (city_id);
create index on wide (kind);
vacuum analyze wide;
select partitioncache_track('wide', 'city_id');
"""

QUERY = "select id from wide where kind < 100"


@dataclass(frozen=True)
class Kind:
    """A kind of write. write: does it to a table and says how many rows it wrote; undo: takes it back."""

    name: str
    write: Callable[[Connection, str], int]
    undo: str
    rounds: int


def one_by_one(statement: str, times: int, *, together: bool) -> Callable[[Connection, str], int]:
    """A statement of one row, so many times: each in a transaction of its own, or all together in one."""

    def write(connection: Connection, table: str) -> int:
        text = statement.format(table).encode()
        with connection.transaction() if together else nullcontext():
            for n in range(times):
                connection.execute(text, {"n": n + 1, "id": 1_000_000 + n, "city": n % 1000})
        return times

    return write


def in_the_server(statement: str, times: int) -> Callable[[Connection, str], int]:
    """A statement of one row, so many times in a loop in the server: nothing but the statements themselves."""

    def write(connection: Connection, table: str) -> int:
        one = statement.format(table) % {"id": "1000000 + i", "city": "i % 1000", "n": "i"}
        connection.execute(f"do $$ begin for i in 1 .. {times} loop {one}; end loop; end $$".encode())
        return times

    return write


def at_once(statement: str, rows: int) -> Callable[[Connection, str], int]:
    """A statement of many rows."""

    def write(connection: Connection, table: str) -> int:
        connection.execute(statement.format(table).encode())
        return rows

    return write


INSERT = "insert into {} values (%(id)s, %(city)s, 1, 'a place', 1, 2)"
MOVE = "update {} set city_id = %(city)s where id = %(n)s"
DELETE = "delete from {} where id = %(n)s"
ADDED = "delete from {} where id >= 1000000"
THOUSAND = "insert into {} select 1000000 + i, i, 1, 'a place', 1, 2 from generate_series(0, 999) i"
MANY = "update {} set x = x + 1 where id <= 20000"
GONE = "delete from {} where id <= 20000"
BACK = """insert into {0} select i, i % 1000, i % 50, 'place ' || i, i, i from generate_series(1, 20000) i
          where not exists (select from {0} p where p.id = i)"""


def kinds(copied: int, file: str, rounds: int) -> list[Kind]:
    """What is measured."""
    return [
        Kind("INSERT of 1 row, own transactions", one_by_one(INSERT, 100, together=False), ADDED, rounds * 4),
        Kind("UPDATE of 1 row, own transactions", one_by_one(MOVE, 100, together=False), "", rounds * 4),
        Kind("DELETE of 1 row, own transactions", one_by_one(DELETE, 100, together=False), BACK, rounds * 4),
        Kind("INSERT of 1 row, one transaction", one_by_one(INSERT, 500, together=True), ADDED, rounds * 4),
        Kind("UPDATE of 1 row, one transaction", one_by_one(MOVE, 500, together=True), "", rounds * 4),
        Kind("DELETE of 1 row, one transaction", one_by_one(DELETE, 500, together=True), BACK, rounds * 2),
        Kind("INSERT of 1 row, loop in the server", in_the_server(INSERT, 2000), ADDED, rounds * 4),
        Kind("UPDATE of 1 row, loop in the server", in_the_server(MOVE, 2000), "", rounds * 4),
        Kind("DELETE of 1 row, loop in the server", in_the_server(DELETE, 2000), BACK, rounds * 2),
        Kind("INSERT of 1,000 rows", at_once(THOUSAND, 1000), ADDED, rounds * 4),
        Kind("UPDATE of 20,000 rows", at_once(MANY, 20_000), "", rounds * 2),
        Kind("DELETE of 20,000 rows", at_once(GONE, 20_000), BACK, rounds * 2),
        Kind(f"COPY of {copied:,} rows", at_once(f"copy {{}} from '{file}'", copied), ADDED, (rounds + 1) // 2),
    ]


def timed(connection: Connection, kind: Kind, table: str) -> float:
    """Rows per second."""
    started = time.perf_counter()
    rows = kind.write(connection, table)
    speed = rows / (time.perf_counter() - started)
    if kind.undo:
        connection.execute(kind.undo.format(table).encode())
    return speed


def writers(connection: Connection, copied: int, file: str, rounds: int) -> None:
    """Prints rows per second with and without tracking."""
    connection.execute(
        f"""copy (select 1000000 + i, (random() * 999)::integer, 1, 'place ' || i, 1, 2
                  from generate_series(1, {copied}) i) to '{file}'""".encode()
    )
    tables = ("plain", "tracked", "empty")
    print(f"{'rows per second':36} {'not tracked':>12} {'tracked':>12} {'ratio':>6} {'empty triggers':>15}")
    for kind in kinds(copied, file, rounds):
        connection.execute("truncate partitioncache_internal.partitioncache_changes_city_id")
        connection.execute("vacuum analyze plain, tracked, empty")
        connection.execute("checkpoint")
        speeds: dict[str, list[float]] = {table: [] for table in tables}
        for n in range(kind.rounds + 1):
            for table in (*tables[n % 3 :], *tables[: n % 3]):
                speed = timed(connection, kind, table)
                if n > 0:  # the first warms up
                    speeds[table].append(speed)
        plain, tracked, empty = speeds.values()
        ratio, least = (
            statistics.median(t / p for t, p in zip(some, plain, strict=True)) for some in (tracked, empty)
        )
        print(
            f"{kind.name:36} {statistics.median(plain):12,.0f} {statistics.median(tracked):12,.0f}"
            f" {ratio:6.2f} {least:15.2f}",
            flush=True,
        )


def milliseconds(connection: Connection, statement: str) -> float:
    """How long a statement takes."""
    started = time.perf_counter()
    connection.execute(statement.encode()).fetchall()
    return (time.perf_counter() - started) * 1000


def undone(connection: Connection, before: str, statement: str) -> float:
    """How long a statement takes after another, at best of three; what they do is taken back."""
    times = []
    for _ in range(3):
        with connection.transaction(force_rollback=True):
            connection.execute(before.encode())
            times.append(milliseconds(connection, statement))
    return min(times)


def lookups(database: Database) -> None:
    """Prints what changed partitions cost."""
    evaluate = """select pc_evaluate_fragment('partitioncache', 'city_id', hash, query, (evaluation).keyed_tables,
                                              (evaluation).parts)
                  from partitioncache_internal.partitioncache_cache_city_id where query like '%wide%'"""
    lookup = """select cardinality((partitioncache_intersect('city_id', array_agg(hash), null::integer)).keys)
                from partitioncache_internal.partitioncache_cache_city_id where query like '%wide%'"""
    with database.connect() as connection:
        for statement in WIDE.strip().split(";")[:-1]:
            connection.execute(statement.encode())
        connection.execute("select partitioncache_push(%s, 'city_id')", (QUERY,))
        connection.execute("call partitioncache_run_processor()")
        print(f"\n{'changed partitions':>20} {'lookup ms':>10} {'refresh ms':>11} {'full evaluation ms':>19}")
        for changed in (0, 10, 1000, 100_000):
            milliseconds(connection, evaluate)
            # Writes of many transactions, a hundred rows each.
            for first in range(0, changed, 100):
                connection.execute(
                    f"""insert into wide select 2000000 + i, i * 2, 50
                        from generate_series({first}, {min(first + 99, changed - 1)}) i""".encode()
                )
            milliseconds(connection, lookup)
            looked_up = min(milliseconds(connection, lookup) for _ in range(3))
            refreshed = undone(connection, "select", evaluate)
            forget = "update partitioncache_internal.partitioncache_cache_city_id set evaluation.snapshot = null"
            full = undone(connection, forget, evaluate)
            print(f"{changed:20,} {looked_up:10.1f} {refreshed:11.1f} {full:19.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--copy", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        settings = {"fsync": "on", "shared_buffers": "256MB", "max_wal_size": "4GB", "autovacuum": "off"}
        with running_cluster(installation, settings) as cluster:
            database = cluster.create_database()
            database.psql(SCHEMA)
            with database.connect() as connection:
                writers(connection, options.copy, f"{folder}/rows", options.rounds)
            lookups(database)


if __name__ == "__main__":
    main()
