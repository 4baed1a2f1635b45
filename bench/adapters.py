"""What the adapter for psycopg costs and gains: on a query of a millisecond that it has learned to leave alone, and on
a join whose parts the cache knows.

    scripts/bench adapters [--repeat 2000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

import partitioncache.psycopg
from support.cluster import running_cluster
from support.installation import copy_installation

TABLE = """
create table poi as select n % 5000 as city_id, abs(hashint4(n)) % 977 as kind, abs(hashint4(-n)) % 100 as height
from generate_series(1, 500000) n;
create index on poi (city_id);
analyze poi;
"""
SHORT = "select count(*) from poi where city_id between %s and %s + 80"
LONG = (
    "select city_id, count(*) from poi a join poi b using (city_id) "
    "where a.kind = %s and b.kind = %s and a.height < b.height and b.height > %s group by city_id"
)
KNOWN = (
    "select * from poi a join poi b using (city_id) where a.kind = 7 and b.kind = 8 and a.height < b.height"
)


def milliseconds(
    cursors: list[psycopg.Cursor[Any]], query: str, params: list[object], repeat: int, place: float = 0.5
) -> list[float]:
    """For each cursor what that part of the runs of the query does not exceed; they run in turns."""
    taken: list[list[float]] = [[] for _ in cursors]
    for _ in range(repeat):
        for cursor, times in zip(cursors, taken, strict=True):
            began = time.perf_counter()
            cursor.execute(query.encode(), params).fetchall()
            times.append((time.perf_counter() - began) * 1e3)
    return [sorted(times)[int(len(times) * place)] for times in taken]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=2_000)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with running_cluster(installation) as cluster:
            database = cluster.create_database()
            database.psql(TABLE)
            database.execute("select partitioncache_push(%s, 'city_id')", [KNOWN])
            database.execute("select partitioncache_process_queue(max_seconds => 60)")
            with partitioncache.psycopg.connect(
                database.conninfo(), autocommit=True, partition_key="city_id", learn_seconds=0
            ) as connection:
                # In one session, so that both find the same things in memory.
                cursors = [psycopg.Cursor(connection), connection.cursor()]
                print("Milliseconds, medians in turns; of the first line the quicker quarter's limit")
                print(f"{'':32} {'psycopg':>9} {'adapter':>9}")
                milliseconds(cursors, SHORT, [5, 5], 50)
                without, within = milliseconds(cursors, SHORT, [5, 5], repeat, 0.25)
                print(f"{'a query that is left alone':32} {without:9.3f} {within:9.3f}")
                few = max(3, repeat // 50)
                without, within = milliseconds(cursors, LONG, [7, 8, 60], few)
                print(f"{'a join whose parts are known':32} {without:9.2f} {within:9.2f}")
                with connection.transaction():
                    without, within = milliseconds(cursors, LONG, [7, 8, 60], few)
                print(f"{'the same within a transaction':32} {without:9.2f} {within:9.2f}")
                print(partitioncache.psycopg.statistics(connection))


if __name__ == "__main__":
    main()
