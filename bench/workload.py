"""Twenty spatial questions with and without the cache, side by side in one run.

Three tables (place, street, city) split by city_id; each question joins one to four of them by distance within a city
and matches in few cities. Measured: every query as it is; rewritten when its own fragments are cached; rewritten when
only those of a similar query (one condition changed) are. Every pair of results is compared.

    scripts/bench workload [--cities 400] [--places 200000] [--streets 100000] [--repeat 3]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from support.cluster import running_cluster
from support.installation import copy_installation

SCHEMA = """
select setseed(0.5);
create table city as
    select g as city_id, 'city ' || g as name, (g * 7919) % 100 as size from generate_series(1, {cities}) g;
alter table city add primary key (city_id);
create table place as
    select g as id, g % {cities} + 1 as city_id, (random() * random() * 200)::integer as kind,
           (random() * 5)::integer as stars, random() * 10 as x, random() * 10 as y
    from generate_series(1, {places}) g;
create table street as
    select g as id, g % {cities} + 1 as city_id, (random() * random() * 400)::integer as surface,
           (random() * 1000)::integer as length, random() * 10 as x, random() * 10 as y
    from generate_series(1, {streets}) g;
create index on place (city_id);
create index on street (city_id);
analyze;
"""

NEAR = "({0}.x - {1}.x) ^ 2 + ({0}.y - {1}.y) ^ 2 < {2}"


def questions(variant: int) -> list[str]:
    """The twenty queries; variant 1 differs from variant 0 in one condition of each."""
    asked = []
    for n in range(5):
        kind, other, surface = 150 + 8 * n, 120 + 10 * n, 300 + 15 * n
        stars = 4 + variant if n % 2 else 4
        length = 900 - 20 * variant
        asked += [
            f"select p.id from place p where p.kind = {kind} and p.stars >= {stars} and p.x < {5 + variant}",
            f"""select p.id, q.id from place p, place q
                where p.city_id = q.city_id and p.kind = {kind} and q.kind = {other}
                  and p.stars >= {3 + variant} and {NEAR.format("p", "q", 0.3)}""",
            f"""select p.id, s.id, q.id from place p
                join street s on s.city_id = p.city_id and {NEAR.format("p", "s", 0.5)}
                join place q on q.city_id = p.city_id and {NEAR.format("q", "s", 0.5)}
                where p.kind = {kind} and s.surface > {surface} and q.kind > {other} and s.length < {length}""",
            f"""select c.name, count(*) from city c, place p, street s, place q
                where c.city_id = p.city_id and s.city_id = p.city_id and q.city_id = p.city_id
                  and p.kind = {kind} and q.kind = {kind + 1} and s.surface = {surface} and c.size > {10 + 5 * variant}
                  and {NEAR.format("p", "q", 1)} and {NEAR.format("p", "s", 1)}
                group by c.name""",
        ]
    return asked


def timed(connection: psycopg.Connection[Any], query: str, repeat: int) -> tuple[float, list[Any]]:
    """The median seconds of a query and its sorted rows."""
    seconds = []
    rows: list[Any] = []
    for _ in range(repeat):
        started = time.perf_counter()
        rows = connection.execute(query.encode()).fetchall()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), sorted(rows)


def fill(connection: psycopg.Connection[Any], queries: Sequence[str]) -> tuple[float, int]:
    """Empties the cache, fills it from these queries; the seconds and the number of entries."""
    connection.execute("select partitioncache_clear()")
    started = time.perf_counter()
    connection.execute("select partitioncache_push_many(%s, 'city_id')", [list(queries)])
    while connection.execute("select partitioncache_process_queue()").fetchone() != (0,):
        pass
    seconds = time.perf_counter() - started
    row = connection.execute("select partitioncache_count()").fetchone()
    assert row is not None
    return seconds, row[0]


def measure(connection: psycopg.Connection[Any], title: str, asked: Sequence[str], repeat: int) -> None:
    """Runs every query both ways and prints the table."""
    print(f"\n{title}")
    print(f"{'query':>5} {'applied':>8} {'cities':>7} {'apply ms':>9} {'before ms':>10} {'after ms':>9} {'ratio':>7}")
    before_all = after_all = 0.0
    ratios = []
    for n, query in enumerate(asked, 1):
        before, expected = timed(connection, query, repeat)
        connection.execute("select partitioncache_apply(%s, 'city_id')", [query])
        started = time.perf_counter()
        row = connection.execute("select partitioncache_apply(%s, 'city_id')", [query]).fetchone()
        apply_seconds = time.perf_counter() - started
        assert row is not None
        after, found = timed(connection, row[0], repeat)
        if found != expected:
            raise SystemExit(f"Query {n} gave other rows when rewritten:\n{query}\n{row[0]}")
        outcome = connection.execute(
            "select applied, keys from partitioncache_explain(%s, 'city_id')", [query]
        ).fetchone()
        assert outcome is not None
        after += apply_seconds
        before_all += before
        after_all += after
        ratios.append(before / after)
        print(
            f"{n:>5} {'yes' if outcome[0] else 'no':>8} {outcome[1] if outcome[0] else '':>7}"
            f" {apply_seconds * 1e3:>9.1f} {before * 1e3:>10.1f} {after * 1e3:>9.1f} {before / after:>6.1f}x"
        )
    print(
        f"total {before_all:.2f} s without, {after_all:.2f} s with the cache: {before_all / after_all:.1f}x;"
        f" median {statistics.median(ratios):.1f}x, least {min(ratios):.2f}x (after = apply + query)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cities", type=int, default=400)
    parser.add_argument("--places", type=int, default=200_000)
    parser.add_argument("--streets", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with running_cluster(installation) as cluster, cluster.create_database().connect() as connection:
            connection.execute(SCHEMA.format(**vars(options)).encode())
            connection.execute("select partitioncache_register('city_id', 'integer')")
            print(
                f"{options.cities} cities, {options.places} places, {options.streets} streets;"
                f" medians of {options.repeat}"
            )
            asked = questions(0)
            seconds, entries = fill(connection, asked)
            print(f"filled with the queries' own fragments: {entries} entries in {seconds:.1f} s")
            measure(connection, "each query's own fragments cached", asked, options.repeat)
            seconds, entries = fill(connection, questions(1))
            print(f"\nfilled with similar queries' fragments: {entries} entries in {seconds:.1f} s")
            measure(connection, "only a similar query's fragments cached", asked, options.repeat)


if __name__ == "__main__":
    main()
