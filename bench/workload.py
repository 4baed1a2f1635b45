"""Twenty spatial questions with and without the cache, side by side in one run.

Three tables (place, street, city) split by city_id; each question joins one to four of them by distance within a city
and matches in few cities. Measured: every query as it is; rewritten when its own fragments are cached; rewritten when
only those of a similar query (one condition changed) are. Every pair of results is compared.

    scripts/bench workload [--cities 400] [--places 200000] [--streets 100000] [--repeat 3]
    scripts/bench workload --full [--scattered] [--stream 200] [--only-stream] [--each] [--picture /tmp/stream.svg]

--full is the workload that the cache is made for: cities of skewed sizes, loaded one after the other (or --scattered: row
by row at random), kinds that only some cities have, names to match, queries of 0.4 s to several seconds that match in few
cities; the similar queries are four others of each one's family. --stream asks so many queries of its families one after the other, the cache
empty at the start, and learns from those that take long; what that takes is measured with the rest, by kind. --each prints every query of it.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
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

FULL_SCHEMA = """
select setseed(0.5);
create table city as
    select g as city_id, 'city ' || g as name, (g * 7919) % 100 as size from generate_series(1, {cities}) g;
alter table city add primary key (city_id);
create table place as
    select row_number() over () as id, c.city_id,
           case when random() < 0.02 then 200 + c.city_id % 40 else (random() * random() * 200)::integer end as kind,
           (random() * 5)::integer as stars, md5(random()::text) as name, random() * 10 as x, random() * 10 as y
    from (select 1 + floor({cities} * random() ^ 1.5 + g * 0)::integer as city_id from generate_series(1, {places}) g order by {order}) c;
create table street as
    select row_number() over () as id, c.city_id, (random() * random() * 400)::integer as surface,
           (random() * 1000)::integer as length, md5(random()::text) as name, random() * 10 as x, random() * 10 as y
    from (select 1 + floor({cities} * random() ^ 1.5 + g * 0)::integer as city_id from generate_series(1, {streets}) g order by {order}) c;
create index on place (city_id);
create index on street (city_id);
vacuum analyze;
"""

Totals = tuple[float, float, float]  #: seconds without the cache, with it, of learning

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


def full_questions(variant: int) -> list[str]:
    """Twenty queries of four families; those of another variant differ in a bound (1, 4), a condition (2) or a table (3)."""
    asked = []
    tables = ["", " join city c on c.city_id = p.city_id and c.size > 5"][variant == 3]
    further = " and p.stars >= 1" if variant == 2 else ""
    scale = {1: 0.5, 4: 1.5}.get(variant, 1 + 0.1 * (variant - 4) if variant > 4 else 1)
    for n in range(5):
        asked += [
            f"""select p.id from place p{tables}
                where p.kind = {200 + 7 * n} and p.x < {5 * scale} and p.name like '%{"abcde"[n]}0%'{further}""",
            f"""select p.id, q.id from place p join place q on q.city_id = p.city_id and {NEAR.format("p", "q", 3e-5 * scale)}{tables}
                where p.kind between {60 + 8 * n} and {70 + 9 * n} and q.kind = {20 + 12 * n}{further}""",
            f"""select p.id, s.id from place p join street s on s.city_id = p.city_id and {NEAR.format("p", "s", 1e-5 * scale)}{tables}
                where p.kind > {170 - 20 * n} and s.surface > {300 - 20 * n}{further}""",
            f"""select s.name, count(*) from place p
                join street s on s.city_id = p.city_id and {NEAR.format("p", "s", 0.02 * scale)}
                join place q on q.city_id = p.city_id and {NEAR.format("q", "s", 0.02)}{tables}
                where p.kind > {160 - 8 * n} and p.name like '%{"abcde"[n]}b%' and s.surface > {250 - 20 * n}
                  and q.kind = {60 + 20 * n} and q.name like '%c{n}%'{further}
                group by s.name""",
        ]
    return asked


def spent(connection: psycopg.Connection[Any], after: int) -> list[tuple[int, str, float]]:
    """What the processor has done since a row of its log: number, kind and milliseconds of each item."""
    return connection.execute(
        """select l.id, case when l.queue <> 'outgoing' then l.queue when l.status = 'timeout' then 'fragment, stopped'
                             when e.query ~ '^SELECT DISTINCT .* FROM \\S+ t\\d+, ' then 'fragment of a join'
                             when e.query is null then 'fragment, not kept' else 'fragment of a table' end
                      || case when l.queue = 'racing' and l.status = 'skipped' then ', skipped' else '' end,
                  l.execution_time_ms
           from partitioncache_processor_log l left join partitioncache_entries('city_id') e on e.hash = l.query_hash
           where l.id > %s order by l.id""",
        [after],
    ).fetchall()


def stream(connection: psycopg.Connection[Any], amount: int, ask: Callable[[int], list[str]], each: bool) -> list[Totals]:
    """Asks queries of the families one after the other, with and without the cache; the totals so far after each."""
    totals = [(0.0, 0.0, 0.0)]
    connection.execute("select partitioncache_clear()")
    chosen = random.Random(7)
    asked = [chosen.choice(ask(chosen.randrange(6))) for _ in range(amount)]
    without = cached = learning = 0.0
    worst = (0.0, "")
    kinds: dict[str, tuple[int, float]] = {}
    logged = max((number for number, _, _ in spent(connection, 0)), default=0)
    for n, query in enumerate(asked, 1):
        seconds, expected = timed(connection, query, 1)
        without += seconds
        started = time.perf_counter()
        row = connection.execute("select partitioncache_apply(%s, 'city_id')", [query]).fetchone()
        assert row is not None
        rewritten = row[0]
        found = sorted(connection.execute(rewritten.encode()).fetchall())
        taken = time.perf_counter() - started
        if found != expected:
            raise SystemExit(f"Other rows when rewritten:\n{query}\n{rewritten}")
        cached += taken
        steps = []
        worst = max(worst, (taken / seconds, query))
        if taken > 0.1:
            started = time.perf_counter()
            connection.execute("select partitioncache_push(%s, 'city_id')", [query])
            while connection.execute("select partitioncache_process_queue()").fetchone() != (0,):
                pass
            learned = time.perf_counter() - started
            learning += learned
            steps = spent(connection, logged)
            logged = max([logged, *(number for number, _, _ in steps)])
            for _, kind, milliseconds in [*steps, (0, "besides", learned * 1e3 - sum(took for _, _, took in steps))]:
                times, before = kinds.get(kind, (0, 0.0))
                kinds[kind] = times + 1, before + milliseconds / 1e3
        if each:
            what = ", ".join(f"{kind} {milliseconds:.0f}" for _, kind, milliseconds in steps)
            print(f"{n:>4}: {seconds * 1e3:.0f} ms without, {taken * 1e3:.0f} with; {what}: {' '.join(query.split())}", flush=True)
        totals.append((without, cached, learning))
        if n % 20 == 0:
            print(
                f"after {n:>4} queries: {without:.1f} s without; {cached:.1f} s with, {learning:.1f} s learning:"
                f" {(cached + learning) / without:.2f}"
            )
    for kind, (times, total) in sorted(kinds.items(), key=lambda item: -item[1][1]):
        print(f"learning, {kind}: {times} times, {total:.1f} s, {total / without:.3f} of the time without")
    print(f"the worst took {worst[0]:.2f} times as long: {' '.join(worst[1].split())}")
    return totals


def picture(totals: Sequence[Totals], file: Path) -> None:
    """Draws the stream's cumulative seconds."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "stream", "font.family": "sans-serif"}):
        figure = Figure(figsize=(8, 4), layout="constrained")
        axes = figure.subplots()
        axes.plot([without for without, _, _ in totals], label="without the cache", color="#a33")
        axes.plot([cached + learning for _, cached, learning in totals], label="with it, learning included", color="#258")
        axes.fill_between(
            range(len(totals)), [learning for _, _, learning in totals], label="of that, learning", color="#258", alpha=0.2
        )
        axes.set(xlabel="queries asked so far", ylabel="seconds, all together", xlim=(0, len(totals) - 1), ylim=(0, None))
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(file, format="svg", metadata={"Date": None})


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
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--scattered", action="store_true")
    parser.add_argument("--stream", type=int, default=0)
    parser.add_argument("--only-stream", action="store_true")
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--picture", type=Path, help="an SVG file (with its full path) for the stream")
    options = parser.parse_args()
    if options.full:
        options.cities, options.places, options.streets, options.repeat = 2000, 2_000_000, 1_000_000, 1
    ask = full_questions if options.full else questions
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with running_cluster(installation) as cluster, cluster.create_database().connect() as connection:
            for statement in (FULL_SCHEMA if options.full else SCHEMA).format(
                order="random()" if options.scattered else "1", **vars(options)
            ).split(";\n"):
                connection.execute(statement.encode())
            connection.execute("select partitioncache_register('city_id', 'integer')")
            print(
                f"{options.cities} cities, {options.places} places, {options.streets} streets;"
                f" medians of {options.repeat}"
            )
            asked = ask(0)
            similar = [q for n in (1, 2, 3, 4) for q in ask(n)] if options.full else ask(1)
            for title, learned in (("own", asked), ("similar", similar)):
                if not options.only_stream:
                    seconds, entries = fill(connection, learned)
                    print(f"\nfilled from {title} queries: {entries} entries in {seconds:.1f} s")
                    measure(connection, f"{title} queries known", asked, options.repeat)
            if options.stream:
                print(f"\na stream of {options.stream} queries")
                totals = stream(connection, options.stream, ask, options.each)
                if options.picture:
                    picture(totals, options.picture)


if __name__ == "__main__":
    main()
