"""What asking costs where the table itself is partitioned, and what it gains: list-partitioned by the partition key.

One query that matches in three of the partitions, as it is and rewritten; partitioncache_apply for it the first time and
known; untracked (taken for static) and tracked.

    scripts/bench partitions [--partitions 1500] [--rows 150000] [--repeat 9]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from support.cluster import running_cluster
from support.installation import copy_installation

TABLE = """
create table m (id integer, city_id integer, kind integer) partition by list (city_id);
do $$ begin
    for i in 0 .. {partitions} - 1 loop
        execute format('create table m_%s partition of m for values in (%1$s)', i);
    end loop;
end $$;
insert into m
select n, n % {partitions}, case when n % {partitions} < 3 then n % 7 else 7 + n % 90 end from generate_series(1, {rows}) n;
analyze m;
select partitioncache_register('city_id', 'integer');
"""
QUERY = "select id from m where kind = 3"
APPLY = "select partitioncache_apply(%s, 'city_id')"


def milliseconds(connection: psycopg.Connection[Any], statement: str, argument: str | None = None) -> float:
    """How long one statement takes."""
    started = time.perf_counter()
    connection.execute(statement.encode(), None if argument is None else [argument]).fetchall()
    return (time.perf_counter() - started) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partitions", type=int, default=1500)
    parser.add_argument("--rows", type=int, default=150_000)
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with running_cluster(installation) as cluster, cluster.create_database().connect() as connection:
            connection.execute(TABLE.format(**vars(options)).encode())
            print(f"{options.partitions} partitions, {options.rows} rows; ms, medians of {options.repeat}")
            print(f"{'tables':>10} {'unknown':>9} {'known':>8} {'query':>8} {'rewritten':>10}")
            for untracked in ("static", "track"):
                connection.execute("select partitioncache_clear()")
                connection.execute("select partitioncache_update_processor_config(untracked => %s)", [untracked])
                connection.execute("select partitioncache_push(%s, 'city_id')", [QUERY])
                while connection.execute("select partitioncache_process_queue()").fetchone() != (0,):
                    pass
                unknown = [milliseconds(connection, APPLY, f"{QUERY} and id > {n}") for n in range(options.repeat)]
                known = [milliseconds(connection, APPLY, QUERY) for _ in range(options.repeat + 1)][1:]
                row = connection.execute(APPLY.encode(), [QUERY]).fetchone()
                assert row is not None
                original = [milliseconds(connection, QUERY) for _ in range(options.repeat)]
                rewritten = [milliseconds(connection, row[0]) for _ in range(options.repeat)]
                print(
                    f"{'static' if untracked == 'static' else 'tracked':>10}"
                    f" {statistics.median(unknown):>9.1f} {statistics.median(known):>8.1f}"
                    f" {statistics.median(original):>8.1f} {statistics.median(rewritten):>10.1f}"
                    + (" (left unchanged)" if row[0] == QUERY else "")
                )


if __name__ == "__main__":
    main()
