"""What grows while distinct queries are applied and pushed: tables, catalogs, log of writes (WAL), transaction ids.

Every query differs from all before. Each batch is applied, as an application does that knows nothing of it yet, pushed,
and worked on; autovacuum runs as it is by default. Sizes are shown at the start, half way and at the end: what is
bounded does not grow from the second to the third.

    scripts/bench growth [--queries 20000] [--batch 500] [--seconds 600]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from support.cluster import Database, running_cluster
from support.installation import copy_installation

DATA = """
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 500, i % 5000 from generate_series(1, 20000) i;
create index on poi (kind);
vacuum analyze poi;
select partitioncache_register('city_id', 'integer');
"""

SIZES = """
select c.relname, pg_total_relation_size(c.oid)
from pg_class c
where c.relkind in ('r', 'p')
  and (c.relnamespace = 'partitioncache_internal'::regnamespace
       or c.oid = any ('{pg_proc,pg_depend,pg_attribute,pg_class,pg_type,pg_rewrite,pg_shdepend,pg_statistic}'::regclass[]))
"""

Connection = psycopg.Connection[Any]


def query(number: int) -> str:
    """One of any number of distinct queries."""
    return f"select * from poi where kind = {number % 5000} and id <> {number}"


class Spent:
    """WAL and transaction ids that a step took, and how long it lasted."""

    def __init__(self) -> None:
        self.wal = self.ids = self.seconds = 0.0

    def add(self, connection: Connection, statement: str, parameters: list[Any]) -> None:
        """Run a statement, and count what it takes."""
        begun = self._now(connection)
        started = time.perf_counter()
        connection.execute(statement.encode(), parameters)
        self.seconds += time.perf_counter() - started
        ended = self._now(connection)
        self.wal += ended[0] - begun[0]
        self.ids += ended[1] - begun[1]

    @staticmethod
    def _now(connection: Connection) -> tuple[float, float]:
        found = connection.execute(
            "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn, pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        ).fetchone()
        assert found is not None
        return float(found[0]), float(found[1])


def sizes(database: Database) -> dict[str, int]:
    """Bytes of each internal table and of the catalogs that could grow."""
    with database.connect() as connection:
        return dict(connection.execute(SIZES.encode()).fetchall())


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=int, default=20000, help="distinct queries")
    parser.add_argument("--batch", type=int, default=500, help="queries pushed and worked on at a time")
    parser.add_argument("--seconds", type=float, default=600, help="end early after so long")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder) / "postgresql")
        installation.install_extension()
        with running_cluster(installation, {"autovacuum": "on"}) as cluster:
            database = cluster.create_database()
            database.psql(DATA)
            end = time.monotonic() + asked.seconds
            spent = {step: Spent() for step in ("apply", "push", "work")}
            seen = [sizes(database)]
            done = 0
            applying, working = database.connect(), database.connect()
            for connection in (applying, working):
                connection.execute("set client_min_messages = warning")
            while done < asked.queries and time.monotonic() < end:
                batch = [query(done + number) for number in range(asked.batch)]
                for text in batch:
                    spent["apply"].add(applying, "select partitioncache_apply(%s, 'city_id')", [text])
                spent["push"].add(applying, "select partitioncache_push_many(%s, 'city_id')", [batch])
                spent["work"].add(working, "call partitioncache_run_processor()", [])
                done += asked.batch
                if len(seen) == 1 and (done >= asked.queries / 2 or time.monotonic() > end - asked.seconds / 2):
                    seen.append(sizes(database))
                    half = done
            seen.append(sizes(database))
            applying.close()
            working.close()
    print(f"{done:,} distinct queries, each applied, pushed, and worked on\n")
    print(f"{'a query':10} {'ms':>8} {'WAL bytes':>10} {'transaction ids':>16}")
    for step, found in spent.items():
        print(f"{step:10} {found.seconds * 1000 / done:8.2f} {found.wal / done:10,.0f} {found.ids / done:16.2f}")
    print(f"\n{'kB':42} {'at first':>9} {f'{half:,}':>9} {f'{done:,}':>9}")
    for name in sorted(seen[-1], key=lambda name: -seen[-1][name]):
        before, between, after = (each.get(name, 0) // 1024 for each in seen)
        if after > 64 or after > before:
            print(f"{name:42} {before:9,} {between:9,} {after:9,}")


if __name__ == "__main__":
    main()
