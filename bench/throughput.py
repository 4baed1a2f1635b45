"""How much work the queues and those who work on them get through, beside the overview's figures, in one run.

Queue operations, one client, a second: pushing one by one and in batches of 1,000; taking one by one (claimed and
acknowledged) and in batches of 100; in PostgreSQL by the functions of the extension, in Redis by ours. Every
commit of PostgreSQL is flushed to disk, as on a server with data. Where pgmq's SQL can be had (`pip install pgmq`
brings it, or --pgmq-sql FILE), the same operations of pgmq on the same server.

End to end: trivial queries, each with one fragment over an indexed table of 20,000 rows, pushed and then worked on by
1 to 4 workers until nothing is left: by the processor that pg_cron runs, by the monitor on a PostgreSQL queue (the
server does the work), by the monitor on a Redis queue with the cache in PostgreSQL, and by the monitor for SQLite with
queue and cache in Redis. Queries a second, each taken apart and its fragment evaluated and stored.

    scripts/bench throughput [--operations 5000] [--queries 400] [--workers 1 2 4] [--pgmq-sql FILE]
    scripts/bench throughput --only SQLite
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg

from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.monitor import Events, Limits, Monitor, ServerMonitor, SourceEvaluator
from partitioncache.queues import Item, Queue, open_queue
from partitioncache.registry import open_backend
from partitioncache.sources import open_source
from support.cluster import CRON_DATABASE, Cluster, Database, running_cluster
from support.installation import copy_installation
from support.services import RedisServer, redis_server

PROMISED = {
    "PostgreSQL direct": "1,000-5,000 queries/s",
    "PostgreSQL monitor": "500-2,000 queries/s",
    "Redis queue": "5,000-20,000 queries/s",
}

EMPTIED = "drop table if exists poi; select partitioncache_clear(); select partitioncache_clear_queue();"

DATA = """
create table poi (id integer primary key, city_id integer, kind integer);
insert into poi select i, i % 500, i % 5000 from generate_series(1, 20000) i;
create index on poi (kind);
select partitioncache_register('city_id', 'integer');
vacuum analyze poi;
"""


def query(number: int) -> str:
    """One of many trivial queries."""
    return f"select * from poi where kind = {number}"


def rate(amount: int, work: Callable[[], object]) -> float:
    """How often a second."""
    begun = time.perf_counter()
    work()
    return amount / (time.perf_counter() - begun)


def each(items: list[Item], size: int) -> Iterator[list[Item]]:
    """Batches."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def operations(queue: Queue, amount: int) -> list[float]:
    """Push single, push in batches, take single, take in batches: operations a second."""
    single = [Item(query(number), "city_id") for number in range(amount)]
    batch = [Item(query(number), "city_id") for number in range(amount, amount + 10 * amount)]

    def take(limit: int, until: int) -> None:
        done = 0
        while done < until:
            claims = queue.claim("incoming", limit)
            done += len(queue.finish_all("incoming", claims) if limit > 1 else claims)
            if limit == 1:
                queue.finish("incoming", claims[0])

    queue.clear()
    found = [
        rate(len(single), lambda: [queue.push("incoming", [item]) for item in single]),
        rate(len(batch), lambda: [queue.push("incoming", items) for items in each(batch, 1000)]),
        rate(amount, lambda: take(1, amount)),
        rate(2 * amount, lambda: take(100, 2 * amount)),
    ]
    queue.clear()
    return found


def checked_pushes(database: Database, amount: int) -> list[float]:
    """partitioncache_push, which lets the server check each query, single and 1,000 at a time."""
    with database.connect() as connection:
        single = rate(
            amount,
            lambda: [
                connection.execute("select partitioncache_push(%s, 'city_id')", [query(number)])
                for number in range(amount)
            ],
        )
        many = [query(number) for number in range(amount, 3 * amount)]
        batch = rate(
            len(many),
            lambda: [
                connection.execute(
                    "select partitioncache_push_many(%s, 'city_id')", [many[start : start + 1000]]
                )
                for start in range(0, len(many), 1000)
            ],
        )
        connection.execute("select partitioncache_clear_queue()")
    return [single, batch]


def pgmq_operations(database: Database, script: str, amount: int) -> list[float]:
    """The same operations of pgmq: send, send_batch, read and delete, read and delete 100 at a time."""
    with database.connect() as connection:
        # its file is for CREATE EXTENSION: as plain SQL, its tables are no extension's
        connection.execute("create schema if not exists pgmq")
        connection.execute(script.encode())
        connection.execute("select pgmq.create('bench')")
        message = '{"query": "select * from poi where kind = 1", "partition_key": "city_id"}'

        def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
            return connection.execute(statement.encode(), parameters).fetchall()

        def take(limit: int, until: int) -> None:
            done = 0
            while done < until:
                numbers = [
                    number for (number,) in run("select msg_id from pgmq.read('bench', 60, %s)", limit)
                ]
                done += len(numbers)
                if limit > 1:
                    run("select pgmq.delete('bench', %s::bigint[])", numbers)
                else:
                    run("select pgmq.delete('bench', %s::bigint)", numbers[0])

        batches = 10 * amount // 1000
        return [
            rate(
                amount, lambda: [run("select pgmq.send('bench', %s::jsonb)", message) for _ in range(amount)]
            ),
            rate(
                1000 * batches,
                lambda: [
                    run("select pgmq.send_batch('bench', %s::jsonb[])", [message] * 1000)
                    for _ in range(batches)
                ],
            ),
            rate(amount, lambda: take(1, amount)),
            rate(2 * amount, lambda: take(100, 2 * amount)),
        ]


def wait_until(what: Callable[[], bool], seconds: float) -> None:
    """Look often."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise RuntimeError("it took too long")
        time.sleep(0.01)


def empty(database: Database) -> Callable[[], bool]:
    """Whether nothing is left in the queues of a database."""
    connection = database.connect()
    return lambda: connection.execute("select * from partitioncache_queue_lengths()").fetchone() == (0, 0)


def by_cron(cluster: Cluster, queries: int, workers: int) -> float:
    """The processor, as pg_cron runs it."""
    database = cluster.database(CRON_DATABASE)
    database.psql(
        "drop table if exists poi; select partitioncache_clear(); select partitioncache_clear_queue();" + DATA
    )
    # any pause would be as long as the time that the work takes: workers look often
    database.execute(
        f"select partitioncache_enable_processor(frequency_seconds => 0.1, max_parallel_jobs => {workers})"
    )
    try:
        with database.connect() as connection:
            wait_until(
                lambda: (
                    connection.execute("select workers from partitioncache_processor_status()").fetchone()
                    == (workers + 1,)
                ),
                130,
            )
            nothing_left = empty(database)
            connection.execute(
                "select partitioncache_push_many(%s, 'city_id')", [[query(n) for n in range(queries)]]
            )
            return rate(queries, lambda: wait_until(nothing_left, 300))
    finally:
        database.execute("select partitioncache_disable_processor()")
        database.psql(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'partitioncache %'"
        )


def by_server_monitor(database: Database, queries: int, workers: int) -> float:
    """The monitor, where the server does the work."""
    database.psql(
        "drop table if exists poi; select partitioncache_clear(); select partitioncache_clear_queue();" + DATA
    )
    with (
        PostgresqlArray(cache="partitioncache", conninfo=database.conninfo()) as cache,
        open_queue("postgresql", "partitioncache", conninfo=database.conninfo()) as queue,
    ):
        database.execute(
            "select partitioncache_push_many(%s, 'city_id')", [[query(n) for n in range(queries)]]
        )
        limits = Limits(workers, once=True)
        return rate(queries, ServerMonitor(cache, queue, events(), limits, 60).run)


def by_monitor_with_redis_queue(database: Database, server: RedisServer, queries: int, workers: int) -> float:
    """The monitor, with the queue in Redis and data and cache in PostgreSQL."""
    database.psql(EMPTIED + DATA)
    with (
        PostgresqlArray(cache="partitioncache", conninfo=database.conninfo()) as cache,
        open_queue("redis", "bench", host=server.host, port=server.port) as queue,
    ):
        queue.clear()
        queue.push("incoming", [Item(query(number), "city_id") for number in range(queries)])
        monitor = ServerMonitor(cache, queue, events(), Limits(workers, once=True), 60, elsewhere=True)
        return rate(queries, monitor.run)


def by_monitor_for_sqlite(path: Path, server: RedisServer, queries: int, workers: int) -> float:
    """The monitor, with data in SQLite and everything else in Redis."""
    with (
        open_backend("redis_set", cache="bench", host=server.host, port=server.port) as cache,
        open_queue("redis", "bench", host=server.host, port=server.port) as queue,
    ):
        cache.clear()
        queue.clear()
        queue.push("incoming", [Item(query(number), "city_id", "integer") for number in range(queries)])
        with open_source("sqlite", dbname=path) as source:
            columns = source.columns()
        evaluator = SourceEvaluator(
            cache, lambda: open_source("sqlite", dbname=path), columns, "sqlite", timeout=60, processes=workers
        )
        return rate(queries, Monitor(queue, evaluator, events(), Limits(workers, once=True)).run)


def events() -> Events:
    """Nothing but errors."""
    return Events(level="error", live=False)


def sqlite_data(path: Path) -> None:
    """The same table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table poi (id integer primary key, city_id integer, kind integer)")
        connection.executemany(
            "insert into poi values (?, ?, ?)", [(n, n % 500, n % 5000) for n in range(1, 20001)]
        )
        connection.execute("create index poi_kind on poi (kind)")
        connection.commit()


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print aligned columns."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, tuple("-" * width for width in widths), *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(flush=True)


def pgmq_script(path: str | None) -> str | None:
    """pgmq's SQL: the file, or what its Python client brings along."""
    if path is not None:
        return Path(path).read_text()
    try:
        return (files("pgmq") / "sql" / "pgmq.sql").read_text()
    except (ModuleNotFoundError, FileNotFoundError):
        return None


def print_operations(database: Database, server: RedisServer, asked: argparse.Namespace) -> None:
    """The first table."""
    print("Queue operations a second, one client\n")
    with open_queue("postgresql", "bench", conninfo=database.conninfo()) as queue:
        own = operations(queue, asked.operations)
    with open_queue("redis", "bench", host=server.host, port=server.port) as queue:
        redis = operations(queue, asked.operations)
    checked = checked_pushes(database, min(asked.operations, 1000))
    rows = [
        ("PostgreSQL", *(f"{amount:,.0f}" for amount in own)),
        ("PostgreSQL, each query checked", *(f"{amount:,.0f}" for amount in checked), "", ""),
        ("Redis", *(f"{amount:,.0f}" for amount in redis)),
    ]
    script = pgmq_script(asked.pgmq_sql)
    if script is not None:
        try:
            found = pgmq_operations(database, script, asked.operations)
            rows.append(("pgmq, same server", *(f"{amount:,.0f}" for amount in found)))
        except psycopg.Error as error:
            rows.append((f"pgmq: {error.diag.message_primary}", "", "", "", ""))
    table(("", "push", "push 1,000", "take", "take 100"), rows)


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=5000, help="queue operations of each kind")
    parser.add_argument("--queries", type=int, default=400, help="queries from end to end")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of workers")
    parser.add_argument("--pgmq-sql", help="pgmq's own SQL file")
    parser.add_argument("--only", help="nothing but the rows from end to end whose names hold this text")
    asked = parser.parse_args()

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pc-")))
        installation = copy_installation(folder / "postgresql")
        installation.install_extension()
        settings = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "256MB"}
        cluster = stack.enter_context(running_cluster(installation, settings))
        server = stack.enter_context(redis_server())
        database = cluster.create_database()
        database.psql(DATA)
        cluster.reset_cron_database()
        sqlite_data(folder / "data.db")

        busy = os.getloadavg()[0]
        print(f"{os.cpu_count()} processors; load before the run: {busy:.1f}\n")
        if asked.only is None:
            print_operations(database, server, asked)
        print("Queries a second from end to end: taken apart, and their fragment evaluated and stored\n")
        ways: list[tuple[str, str, Callable[[int], float]]] = [
            ("pg_cron processor", "PostgreSQL direct", lambda n: by_cron(cluster, asked.queries, n)),
            (
                "monitor, all in PostgreSQL",
                "PostgreSQL monitor",
                lambda n: by_server_monitor(database, asked.queries, n),
            ),
            (
                "monitor, queue in Redis, cache in PostgreSQL",
                "PostgreSQL monitor",
                lambda n: by_monitor_with_redis_queue(database, server, asked.queries, n),
            ),
            (
                "monitor, SQLite, queue and cache in Redis",
                "",
                lambda n: by_monitor_for_sqlite(folder / "data.db", server, asked.queries, n),
            ),
        ]
        header = ("", *(f"{n} worker{'s' if n > 1 else ''}" for n in asked.workers), "the overview's figure")
        measured = [
            (name, *(f"{work(workers):,.0f}" for workers in asked.workers), PROMISED.get(promised, ""))
            for name, promised, work in ways
            if asked.only is None or asked.only in name
        ]
        table(header, measured)
        print(f"The overview's figure for the Redis queue: {PROMISED['Redis queue']} (pushed and taken).")


if __name__ == "__main__":
    main()
