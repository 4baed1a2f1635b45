"""What placements are for: questions on one table serve questions that join it to another.

Ten questions on customers and ten on orders are answered; then twenty joins of both are asked, none of which was asked before.
Side by side: the joins as they are; with the better one of two partition keys that stand in one table each (`id` of the
customer, `o_custkey` of the order); with one partition key that is placed in both. What partitioncache_apply takes is
included. Then a map: points and streets near each other, whose cells are the partition key, as asked and restricted.

    scripts/bench reuse [--customers 50000] [--orders 1500000] [--points 600000] [--repeat 5] [--methods auto,current]
"""

# SQL stands in one line a statement.
# ruff: noqa: E501

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import psycopg

from support.cluster import running_cluster
from support.installation import copy_installation

SHOP = """
create table customer (id integer primary key, segment integer, country integer, name text);
create table orders (id integer, o_custkey integer, total integer, clerk integer, at date, comment text);
insert into customer select n, hashint4(n) & 511, hashint4(n + 7) & 127, 'customer ' || n from generate_series(1, {customers}) n;
insert into orders
select n, 1 + (hashint8(n) & 2147483647) % {customers}, hashint4(n) & 16383, hashint4(n + 13) & 2047, date '2020-01-01' + n % 1500, repeat('x', 60)
from generate_series(1, {orders}) n;
create index on orders (o_custkey);
create index on customer (segment);
vacuum analyze customer, orders;
select partitioncache_register(key, 'integer', cache => key) from unnest('{{id,o_custkey,customer}}'::text[]) key;
select partitioncache_place('customer', 'id', 'customer', 'customer');
select partitioncache_place('orders', 'o_custkey', 'customer', 'customer');
"""
MAP = """
create table points (id integer, x float8, y float8, kind integer, note text);
create table streets (id integer, x float8, y float8, width integer, note text);
insert into points select n, (hashint4(n) & 65535) / 1.0, (hashint4(n + 1000003) & 65535) / 1.0, hashint4(n + 7) & 16383, repeat('x', 60) from generate_series(1, {points}) n;
insert into streets select n, (hashint4(n + 2000003) & 65535) / 1.0, (hashint4(n + 3000017) & 65535) / 1.0, hashint4(n + 11) & 8191, repeat('x', 60) from generate_series(1, {points} / 2) n;
create index of_points on points ((floor(x::numeric / 2000)::text || ':' || floor(y::numeric / 2000)::text));
create index of_streets on streets ((floor(x::numeric / 2000)::text || ':' || floor(y::numeric / 2000)::text));
cluster points using of_points;
cluster streets using of_streets;
vacuum analyze points, streets;
select partitioncache_register('cell', 'text', cache => 'map');
select partitioncache_place(name::regclass, 'floor(x::numeric / 2000)::text || '':'' || floor(y::numeric / 2000)::text', 'cell', 'map') from unnest('{{points,streets}}'::text[]) name;
"""
CUSTOMERS = [f"c.segment between {n * 50} and {n * 50 + 4} and c.country <> {n}" for n in range(10)]
ORDERS = [f"o.total > {16300 - n * 8} and o.clerk between {n * 150} and {n * 150 + 600}" for n in range(10)]
NEAR = [
    f"select p.id, s.id from points p, streets s where p.kind = {n * 1200} and s.width = {n * 680} and (p.x - s.x) ^ 2 + (p.y - s.y) ^ 2 < 4500 ^ 2"
    for n in range(10)
]


def fill(connection: psycopg.Connection[Any], queries: list[str], *keys: tuple[str, str]) -> None:
    # First all are pushed: the triggers of one partition key set aside what is known of another.
    for (key, cache), query in product(keys, queries):
        connection.execute("select partitioncache_push(%s, %s, %s)", [query, key, cache])
    for _, cache in keys:
        while connection.execute("select partitioncache_process_queue(cache => %s)", [cache]).fetchone() != (0,):
            pass


def asked(
    connection: psycopg.Connection[Any], query: str, repeat: int, key: str = "", cache: str = "", method: str = ""
) -> tuple[float, float, list[Any]]:
    """Milliseconds of the first time, and the median of the others; the rows."""
    times = []
    rows: list[Any] = []
    for _ in range(repeat + 1):
        started = time.perf_counter()
        text = query
        if key:
            row = connection.execute("select partitioncache_apply(%s, %s, %s, %s)", [query, key, cache, method]).fetchone()
            assert row is not None
            text = row[0]
        rows = connection.execute(text.encode()).fetchall()
        times.append((time.perf_counter() - started) * 1e3)
    return times[0], statistics.median(times[1:]), sorted(map(str, rows))


def compare(connection: psycopg.Connection[Any], queries: list[str], ways: dict[str, tuple[str, str]], options: argparse.Namespace) -> None:
    plain = [asked(connection, query, options.repeat) for query in queries]
    total = sum(again for _, again, _ in plain)
    print(f"{'as asked':>44} {total:9.1f} ms")
    for method, (way, (key, cache)) in product(options.methods.split(","), ways.items()):
        name = f"{way}, {method}"
        found = [asked(connection, query, options.repeat, key, cache, method) for query in queries]
        assert [rows for *_, rows in found] == [rows for *_, rows in plain], name
        first, again = sum(each[0] for each in found), sum(each[1] for each in found)
        slower = sum(with_[1] > without[1] * 1.05 + 0.2 for with_, without in zip(found, plain, strict=True))
        print(f"{name:>44} {again:9.1f} ms {total / again:6.1f} x   the first time {first:9.1f} ms {total / first:6.1f} x   slower: {slower}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--orders", type=int, default=1_500_000)
    parser.add_argument("--points", type=int, default=600_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--methods", default="auto,current")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with running_cluster(installation) as cluster, cluster.create_database().connect() as connection:
            for statement in (SHOP + MAP).format(**vars(options)).split(";\n"):
                connection.execute(statement.encode())
            questions = [f"select c.* from customer c where {each}" for each in CUSTOMERS]
            questions += [f"select o.* from orders o where {each}" for each in ORDERS]
            joins = [
                f"select c.id, o.id, o.total from customer c join orders o on o.o_custkey = c.id where {CUSTOMERS[n % 10]} and {ORDERS[(n * 3 + n // 10) % 10]}"
                for n in range(20)
            ]
            fill(connection, questions, *((key, key) for key in ("id", "o_custkey", "customer")))
            print(f"twenty new joins of {options.customers} customers and {options.orders} orders")
            ways = {"a key in customer alone": ("id", "id"), "a key in orders alone": ("o_custkey", "o_custkey")}
            compare(connection, joins, {**ways, "one key, placed in both": ("customer", "customer")}, options)
            # Points and streets have key sets of their own: what is asked once pays for one of them.
            fill(connection, NEAR, ("cell", "map"))
            fill(connection, NEAR, ("cell", "map"))
            print(f"ten questions on {options.points} points and {options.points // 2} streets near each other, asked again")
            compare(connection, NEAR, {"cells, placed in both": ("cell", "map")}, options)


if __name__ == "__main__":
    main()
