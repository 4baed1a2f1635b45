"""What tracking costs writers, and what writes cost lookups and refreshes, in one run.

Writers: two tables alike (primary key, an index on the partition column, 100,000 rows, 1,000 partitions), one of them
tracked; rows per second of each kind of write to one and the other in turn, the best of some rounds, and their ratio.
The server flushes every commit to disk, as a server with data does.

Lookups: an entry of a query on 200,000 partitions, of which 10, 1,000 and 100,000 have been written to since it was
evaluated: milliseconds to look its keys up, to refresh it, and to evaluate it in full.

    scripts/bench tracking [--rounds 5] [--copy 1000000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
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
select partitioncache_register('city_id', 'integer');
select partitioncache_track('tracked', 'city_id');
vacuum analyze;
"""

INSERT = "insert into {} values (%s, %s, 1, 'a place', 1, 2)"

WIDE = """
create table wide as select i as id, i % 200000 as city_id, i % 1000 as kind from generate_series(1, 1000000) i;
create index on wide (city_id);
create index on wide (kind);
vacuum analyze wide;
select partitioncache_track('wide', 'city_id');
"""

QUERY = "select id from wide where kind < 100"


class Writer:
    """The kinds of write. Each works on rows of its own above the first 100,000 and takes them away again."""

    def __init__(self, connection: Connection, copied: int) -> None:
        self.connection = connection
        self.copied = copied

    def own_transactions(self, table: str) -> int:
        """One row a transaction."""
        for n in range(500):
            self.connection.execute(INSERT.format(table).encode(), (1_000_000 + n, n % 1000))
        return 500

    def one_transaction(self, table: str) -> int:
        """One row a statement, all in one transaction."""
        with self.connection.transaction():
            for n in range(5000):
                self.connection.execute(INSERT.format(table).encode(), (1_000_000 + n, n % 1000))
        return 5000

    def thousand(self, table: str) -> int:
        """A thousand rows a statement."""
        for n in range(20):
            self.connection.execute(
                f"""insert into {table} select 1000000 + i, i % 1000, 1, 'a place', 1, 2
                    from generate_series({n * 1000}, {n * 1000 + 999}) i""".encode()
            )
        return 20_000

    def copy(self, table: str) -> int:
        """COPY of many rows, from a file on the server."""
        self.connection.execute(f"copy {table} from '{self.folder}/rows'".encode())
        return self.copied

    def update_many(self, table: str) -> int:
        """An UPDATE of half of the rows."""
        self.connection.execute(f"update {table} set x = x + 1 where id <= 50000".encode())
        return 50_000

    def update_single(self, table: str) -> int:
        """UPDATEs of one row that move it to another partition, all in one transaction."""
        with self.connection.transaction():
            for n in range(2000):
                self.connection.execute(
                    f"update {table} set city_id = %s where id = %s".encode(), (n % 1000, n + 1)
                )
        return 2000

    def delete_many(self, table: str) -> int:
        """A DELETE of a fifth of the rows."""
        self.connection.execute(f"delete from {table} where id <= 20000".encode())
        return 20_000

    def delete_single(self, table: str) -> int:
        """DELETEs of one row, all in one transaction."""
        with self.connection.transaction():
            for n in range(2000):
                self.connection.execute(f"delete from {table} where id = %s".encode(), (n + 1,))
        return 2000

    def kinds(self) -> list[tuple[str, Callable[[str], int]]]:
        """What is measured, by name."""
        return [
            ("INSERT of 1 row, own transactions", self.own_transactions),
            ("INSERT of 1 row, one transaction", self.one_transaction),
            ("INSERT of 1,000 rows", self.thousand),
            (f"COPY of {self.copied:,} rows", self.copy),
            ("UPDATE of 50,000 rows", self.update_many),
            ("UPDATE of 1 row, one transaction", self.update_single),
            ("DELETE of 20,000 rows", self.delete_many),
            ("DELETE of 1 row, one transaction", self.delete_single),
        ]

    def measure(self, rounds: int, folder: str) -> None:
        """Prints rows per second with and without tracking."""
        self.folder = folder
        self.connection.execute(
            f"""copy (select 1000000 + i, (random() * 999)::integer, 1, 'place ' || i, 1, 2
                      from generate_series(1, {self.copied}) i) to '{folder}/rows'""".encode()
        )
        print(f"{'rows per second':38} {'not tracked':>12} {'tracked':>12} {'ratio':>6}")
        for name, write in self.kinds():
            best = {"plain": 0.0, "tracked": 0.0}
            for n in range(rounds * 2):
                table = ("plain", "tracked")[(n + n // 2) % 2]
                self.connection.execute("checkpoint")
                started = time.perf_counter()
                rows = write(table)
                best[table] = max(best[table], rows / (time.perf_counter() - started))
                self.restore(table)
            print(
                f"{name:38} {best['plain']:12,.0f} {best['tracked']:12,.0f} {best['tracked'] / best['plain']:6.2f}",
                flush=True,
            )

    def restore(self, table: str) -> None:
        """As it was before: the same rows in the same order."""
        self.connection.execute(f"truncate {table}".encode())
        self.connection.execute(
            f"""insert into {table} select i, i % 1000, i % 50, 'place ' || i, i, i
                from generate_series(1, 100000) i""".encode()
        )
        self.connection.execute(f"vacuum analyze {table}".encode())
        self.connection.execute("truncate partitioncache_changes_city_id")


def milliseconds(connection: Connection, statement: str) -> float:
    """How long a statement takes."""
    started = time.perf_counter()
    connection.execute(statement.encode()).fetchall()
    return (time.perf_counter() - started) * 1000


def lookups(database: Database) -> None:
    """Prints what changed partitions cost."""
    evaluate = """select pc_evaluate_fragment('partitioncache', 'city_id', hash, query, keyed_tables, parts)
                  from partitioncache_cache_city_id where query like '%wide%'"""
    lookup = """select cardinality((partitioncache_intersect('city_id', array_agg(hash), null::integer)).keys)
                from partitioncache_cache_city_id where query like '%wide%'"""
    with database.connect() as connection:
        for statement in WIDE.strip().split(";")[:-1]:
            connection.execute(statement.encode())
        connection.execute("select partitioncache_push(%s, 'city_id')", (QUERY,))
        connection.execute("call partitioncache_run_processor()")
        print(f"\n{'changed partitions':>20} {'lookup ms':>10} {'refresh ms':>11} {'full evaluation ms':>19}")
        for changed in (0, 10, 1000, 100_000):
            connection.execute("update partitioncache_cache_city_id set snapshot = null")
            full = milliseconds(connection, evaluate)
            # Writes of many transactions, a hundred rows each.
            for first in range(0, changed, 100):
                connection.execute(
                    f"""insert into wide select 2000000 + i, i * 2, 50
                        from generate_series({first}, {min(first + 99, changed - 1)}) i""".encode()
                )
            milliseconds(connection, lookup)
            looked_up = min(milliseconds(connection, lookup) for _ in range(3))
            refreshed = milliseconds(connection, evaluate)
            print(f"{changed:20,} {looked_up:10.1f} {refreshed:11.1f} {full:19.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
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
                Writer(connection, options.copy).measure(options.rounds, folder)
            lookups(database)


if __name__ == "__main__":
    main()
