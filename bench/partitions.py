"""What asking costs where the table itself is partitioned by the partition key, and what it gains.

One query that matches for three of the keys, as it is and rewritten, in turns; partitioncache_apply for it known, and for
others like it that were never asked; untracked (taken for static), tracked, and tracked where the rows of one partition
and of a tenth of them were written since. The rows are compared each time. All is the time that a session runs on a
processor, which hardly depends on what else the machine does, and the least of several.

    scripts/bench partitions [--kinds list range hash] [--partitions 1500] [--repeat 9]
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from server_time import Session

from support.cluster import running_cluster
from support.installation import copy_installation

TABLE = "create table m (id integer, city_id integer, kind integer) partition by {kind} (city_id)"
# In some transactions, for the sake of the locks.
PARTITIONS = """
do $$ begin
    for i in 0 .. {partitions} - 1 loop
        execute format('create table m_%s partition of m for values {bounds}', i);
        if i % 500 = 499 then
            commit;
        end if;
    end loop;
end $$
"""
FILL = """
insert into m
select n, n % {partitions}, case when n % {partitions} < 3 then n % 7 else 7 + n % 90 end
from generate_series(1, 100 * {partitions}) n;
analyze m;
select partitioncache_register('city_id', 'integer');
"""
BOUNDS = {
    "list": "in (%1$s)",
    "range": "from (%1$s) to (%1$s + 1)",
    "hash": "with (modulus {partitions}, remainder %1$s)",
}
QUERY = "select id from m where kind = 3"
APPLY = "select partitioncache_apply(%s, 'city_id')"


def milliseconds(connection: psycopg.Connection[Any], statement: str, argument: str | None = None) -> float:
    """How long the server's processor is busy with one statement."""
    session = Session(connection)
    begun = session.busy()
    connection.execute(statement.encode(), None if argument is None else [argument]).fetchall()
    return (session.busy() - begun) / 1e3


def measure(connection: psycopg.Connection[Any], label: str, repeat: int, numbers: Iterator[int]) -> None:
    """Prints one line of the table; numbers: for queries that were not asked yet."""
    connection.execute(APPLY.encode(), [QUERY])
    unknown, known, original, rewritten = [], [], [], []
    row = connection.execute(APPLY.encode(), [QUERY]).fetchone()
    assert row is not None
    for _ in range(repeat):
        unknown.append(milliseconds(connection, APPLY, f"{QUERY} and id <> -{next(numbers)}"))
        known.append(milliseconds(connection, APPLY, QUERY))
        original.append(milliseconds(connection, QUERY))
        rewritten.append(milliseconds(connection, row[0]))
    rows = [sorted(connection.execute(text.encode()).fetchall()) for text in (QUERY, row[0])]
    assert rows[0] == rows[1], "the rewritten query has other rows"
    print(
        f"{label:>26} "
        + " ".join(f"{min(taken):>9.1f}" for taken in (unknown, known, original, rewritten))
        + (" (left unchanged)" if row[0] == QUERY else ""),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", choices=sorted(BOUNDS), default=["list"])
    parser.add_argument("--partitions", type=int, nargs="+", default=[1500])
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        print(f"Milliseconds of the server's processor, the least of {options.repeat}")
        print(f"{'':>26} {'unknown':>9} {'known':>9} {'query':>9} {'rewritten':>9}")
        with running_cluster(installation) as cluster:
            for kind, partitions in itertools.product(options.kinds, options.partitions):
                with cluster.create_database().connect() as connection:
                    bounds = BOUNDS[kind].format(partitions=partitions)
                    for statement in (TABLE, PARTITIONS, FILL):
                        filled = statement.format(kind=kind, partitions=partitions, bounds=bounds)
                        connection.execute(filled.encode())
                    numbers = itertools.count(10)
                    for untracked in ("static", "track"):
                        connection.execute("select partitioncache_clear()")
                        connection.execute(
                            "select partitioncache_update_processor_config(untracked => %s)", [untracked]
                        )
                        connection.execute("select partitioncache_push(%s, 'city_id')", [QUERY])
                        while connection.execute("select partitioncache_process_queue()").fetchone() != (0,):
                            pass
                        name = f"{kind} {partitions} {'static' if untracked == 'static' else 'tracked'}"
                        measure(connection, name, options.repeat, numbers)
                    for written, share in ((1, "1 written"), (partitions // 10, "a tenth written")):
                        connection.execute(
                            "insert into m select -1, n, 3 from generate_series(3, 2 + %s) n", [written]
                        )
                        measure(connection, f"{kind} {partitions} {share}", options.repeat, numbers)


if __name__ == "__main__":
    main()
