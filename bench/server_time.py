"""What queues and their processor cost the server, in microseconds of its processor, beside version 0.1.0.

The time that the one session ran on a processor, as Linux counts it (/proc/PID/schedstat): unlike operations a second
it hardly depends on what else the machine does, and leaves out the flushing to disk. The best of several rounds; what
counts are the ratios.

    scripts/bench server_time [--operations 300] [--queries 150]
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from support.cluster import Cluster, running_cluster
from support.installation import copy_installation

DATA = """
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 500, i % 5000 from generate_series(1, 20000) i;
create index on poi (kind);
analyze poi;
select partitioncache_register('city_id', 'integer');
"""


def query(number: int) -> str:
    """One of many trivial queries."""
    return f"select * from poi where kind = {number}"


JOIN = "select p.id from poi p join poi q using (city_id) where p.kind = 3 and q.kind = 4 and p.id < q.id"


class Session:
    """A session, and how long it has run."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.run = connection.execute
        self._schedstat = Path(f"/proc/{connection.info.backend_pid}/schedstat")

    def busy(self) -> float:
        """Microseconds on a processor so far."""
        return int(self._schedstat.read_text().split()[0]) / 1000

    def best(self, amount: int, work: Callable[[], object], rounds: int = 4) -> float:
        """Microseconds of one of the things that `work` does so many of."""
        taken = []
        for _ in range(rounds):
            begun = self.busy()
            work()
            taken.append((self.busy() - begun) / amount)
        return min(taken)


def measured(cluster: Cluster, version: str, operations: int, queries: int) -> dict[str, float]:
    """What each kind of operation takes with a version of the extension."""
    database = cluster.create_database("template1", settings=False)
    database.psql(f"create extension partitioncache version '{version}';" + DATA)
    numbers = itertools.count()
    with database.connect() as connection:
        session = Session(connection)

        def push(amount: int) -> None:
            items = [{"query": query(next(numbers)), "partition_key": "city_id"} for _ in range(amount)]
            session.run("select partitioncache_queue_push('incoming', %s::jsonb)", [json.dumps(items)])

        def take() -> None:
            row = session.run("select id, claim from partitioncache_queue_claim('incoming', 1)").fetchone()
            session.run("select partitioncache_queue_finish('incoming', %s, %s)", row)

        def take_100() -> None:
            rows = session.run("select id, claim from partitioncache_queue_claim('incoming', 100)").fetchall()
            if version == "0.1.0":
                for row in rows:
                    session.run("select partitioncache_queue_finish('incoming', %s, %s)", row)
            else:
                ids, claims = ([row[column] for row in rows] for column in (0, 1))
                session.run("select partitioncache_queue_finish_all('incoming', %s, %s)", [ids, claims])

        def push_checked(amount: int) -> None:
            texts = [query(next(numbers)) for _ in range(amount)]
            session.run("select partitioncache_push_many(%s, 'city_id')", [texts])

        def each(work: Callable[[], object]) -> Callable[[], object]:
            return lambda: [work() for _ in range(operations)]

        found = {
            "push": session.best(operations, each(lambda: push(1))),
            "push, 1,000 at a time": session.best(1000, lambda: push(1000)),
            "take": session.best(operations, each(take)),
            "take, 100 at a time": session.best(100, take_100),
        }
        session.run("select partitioncache_clear_queue()")
        found |= {
            "push, checked": session.best(operations, each(lambda: push_checked(1))),
            "push, checked, 1,000 at a time": session.best(1000, lambda: push_checked(1000)),
        }
        session.run("select partitioncache_clear_queue()")
        push_checked(queries)
        begun = session.busy()
        session.run("call partitioncache_run_processor()")
        found["a trivial query, from end to end"] = (session.busy() - begun) / queries

        def again() -> None:
            for _ in range(20):
                session.run("select partitioncache_push(%s, 'city_id')", [JOIN])
                session.run("select partitioncache_process_queue()")

        again()
        found["a known join, pushed and processed again"] = session.best(20, again)
        found["a call that finds nothing to do"] = session.best(20, lambda: [session.run("select partitioncache_process_queue()") for _ in range(20)])
    return found


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=300, help="operations of each kind in a round")
    parser.add_argument("--queries", type=int, default=150, help="queries from end to end")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder) / "postgresql")
        installation.install_extension()
        with running_cluster(installation, template=False) as cluster:
            old, new = (
                measured(cluster, version, asked.operations, asked.queries) for version in ("0.1.0", "0.2.0")
            )
    print(f"{'microseconds of the server':40} {'0.1.0':>8} {'0.2.0':>8}")
    for name, microseconds in old.items():
        print(f"{name:40} {microseconds:8,.0f} {new[name]:8,.0f}")


if __name__ == "__main__":
    main()
