"""Does the advisor name the partition key that saves most? TPC-H's 22 queries, each candidate key, and what it was said to save.

The truth, for each key: all queries are pushed and processed, races included. Then each is run as it is and as
partitioncache_apply gives it (auto and current), in turns; the quicker of two runs counts, asking included. An adapter
leaves alone what is slower, so "saves" counts the queries that are faster; "slower" is what the others lose. Rows are
compared. Then partitioncache_advise is asked without time (statistics alone) and with time (the parts of the queries are
run), and pcache advise tries the best.

    scripts/bench advice [--scale 0.2] [--limit 60] [--keys orderkey,custkey] [--tries 3] [--set shared_buffers=2GB]
    scripts/bench advice --keys '' --statements    # the advisor reads the queries in pg_stat_statements, without their values
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tpc import Session, load, suite

from partitioncache import advice
from support.cluster import running_cluster
from support.installation import copy_installation

KEYS = {
    "orderkey": ("bigint", {"orders": "o_orderkey", "lineitem": "l_orderkey"}),
    "custkey": ("bigint", {"customer": "c_custkey", "orders": "o_custkey"}),
    "partkey": ("bigint", {"part": "p_partkey", "partsupp": "ps_partkey", "lineitem": "l_partkey"}),
    "suppkey": ("bigint", {"supplier": "s_suppkey", "partsupp": "ps_suppkey", "lineitem": "l_suppkey"}),
    "nationkey": ("integer", {"nation": "n_nationkey", "customer": "c_nationkey", "supplier": "s_nationkey"}),
    "shipped": ("timestamp", {"lineitem": "date_trunc('month', l_shipdate::timestamp)"}),
    "ordered": ("timestamp", {"orders": "date_trunc('month', o_orderdate::timestamp)"}),
}
METHODS = ("auto", "current")


@dataclass
class Gain:
    """Seconds of the queries that one way of applying makes faster, and those it makes slower."""

    saved: float = 0
    lost: float = 0
    faster: int = 0
    slower: int = 0

    def add(self, before: float, after: float) -> None:
        """One restricted query."""
        if after < before:
            self.saved += before - after
            self.faster += 1
        else:
            self.lost += after - before
            self.slower += 1


def truth(session: Session, queries: Mapping[int, str], key: str, limit: float, fill: float) -> tuple[float, dict[str, Gain], list[str]]:
    """Seconds of learning, what each method gains, and a line for each restricted query."""
    datatype, places = KEYS[key]
    session.value("select partitioncache_register(%s, %s, placements => %s)", key, datatype, json.dumps(places))
    started = session.now()
    for query in queries.values():
        session.value("select partitioncache_push(%s, %s)", query, key)
    while session.now() < started + fill and session.value("select partitioncache_process_queue(max_seconds => 60)"):
        pass
    learning = session.now() - started
    gains = {method: Gain() for method in METHODS}
    lines = []
    for number, query in queries.items():
        ways = {}
        for method in METHODS:
            apply = "select partitioncache_apply(%s, %s, method => %s)"
            session.value(apply, query, key, method)
            began = session.now()
            rewritten = session.value(apply, query, key, method)
            if rewritten != query:
                ways[method] = (rewritten, session.now() - began)
        if not ways:
            continue
        runs = [session.rows(query, limit) for _ in range(2)]
        before, expected = min(runs, key=lambda found: found[0])
        said = f"{number:>5} {key:>10} {before * 1e3:>9.0f}"
        for method in METHODS:
            if method not in ways:
                said += f" {'-':>9}"
                continue
            rewritten, asking = ways[method]
            after, rows = min((session.rows(rewritten, limit) for _ in range(2)), key=lambda found: found[0])
            if rows is not None and expected is not None and rows != expected:
                raise SystemExit(f"Other rows: query {number}, {key}\n{rewritten}")
            gains[method].add(before, after + asking)
            said += f" {(after + asking) * 1e3:>9.0f}"
        lines.append(said)
    session.value("select partitioncache_clear(%s)", key)
    return learning, gains, lines


def advised(connection: psycopg.Connection[tuple[object, ...]], texts: Sequence[str] | None, seconds: float) -> list[tuple[object, ...]]:
    """What partitioncache_advise says, the best first: key, saves, and how many queries. None: of those in pg_stat_statements."""
    found = connection.execute(
        "select partition_key, saves, jsonb_array_length(restricted), array_to_string(stands_in, ' '), remark from partitioncache_advise(%s, seconds => %s)",
        [None if texts is None else list(texts), seconds],
    )
    return found.fetchall()


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.2)
    parser.add_argument("--limit", type=float, default=60, help="seconds after which a query is stopped")
    parser.add_argument("--fill", type=float, default=300, help="seconds of learning for each key")
    parser.add_argument("--keys", default=",".join(KEYS), help="only these; none: only the advisor")
    parser.add_argument("--tries", type=int, default=3, help="how many candidates pcache advise tries; 0: none")
    parser.add_argument("--statements", action="store_true", help="the advisor is given no queries")
    parser.add_argument("--set", action="append", default=[], help="a setting of the server, name=value")
    options = parser.parse_args()
    of = suite("h")
    of.placed = True
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        settings = {"shared_preload_libraries": "pg_cron,pg_stat_statements"} | dict(each.split("=", 1) for each in options.set)
        with running_cluster(installation, settings) as cluster:
            database = cluster.create_database()
            with database.connect() as connection:
                load(connection, of, options.scale)
                measure(connection, dict(sorted(of.queries.items())), options)
            if options.tries and not options.statements:
                with psycopg.connect(database.conninfo()) as connection:
                    tried(connection, list(of.queries.values()), options)


def measure(connection: psycopg.Connection[tuple[object, ...]], queries: dict[int, str], options: argparse.Namespace) -> None:
    """Prints the truth, and what the advisor says."""
    session = Session(connection, clock=True)
    connection.execute("set client_min_messages = warning")
    known = {}
    for number, query in queries.items():
        seconds, rows = min((session.rows(query, options.limit) for _ in range(2)), key=lambda found: found[0])
        if rows is None:
            print(f"{number:>5} left out: it takes more than {options.limit} s")
            continue
        known[number] = seconds
    everything = sum(known.values())
    print(f"{len(known)} queries take {everything:.1f} s as they are: " + ", ".join(f"{n}: {s:.2f}" for n, s in known.items()))
    asked = {number: queries[number] for number in known}
    keys = [key for key in options.keys.split(",") if key]
    lines = []
    for key in keys:
        learning, gains, more = truth(session, asked, key, options.limit, options.fill)
        lines += more
        print(
            f"{key:>10} learning {learning:>6.1f} s"
            + "".join(
                f"; {method}: saves {gain.saved:>6.2f} s = {gain.saved / everything:.3f} of all ({gain.faster}), slower {gain.lost:.2f} s ({gain.slower})"
                for method, gain in gains.items()
            ),
            flush=True,
        )
    print(*lines, sep="\n")
    if options.statements:
        connection.execute("create extension pg_stat_statements")
        connection.execute("select pg_stat_statements_reset()")
        for query in asked.values():
            connection.execute(query).fetchall()
    for seconds in (0, 30):
        print(f"partitioncache_advise, seconds => {seconds}:")
        for row in advised(connection, None if options.statements else list(asked.values()), seconds):
            print("  ", *row, flush=True)


def tried(connection: psycopg.Connection[tuple[object, ...]], texts: Sequence[str], options: argparse.Namespace) -> None:
    """Prints what pcache advise finds by trial."""
    print("pcache advise:")
    for found in advice.advise(connection, texts, tries=options.tries, seconds=120 * options.tries).candidates:
        trial = f"{len(found.restricted)} restricted, {found.saved_ms:.0f} of {found.tried.before_ms:.0f} ms saved" if found.tried else "not tried"
        print("  ", found.partition_key, found.saves, trial, flush=True)


if __name__ == "__main__":
    main()
