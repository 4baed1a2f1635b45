#!/usr/bin/env python3
"""Random queries against the contract: the rewritten query returns exactly the rows of the original.

    tests/differential/fuzz.py --seconds 600                  new seeds until the time is over, or until a failure
    tests/differential/fuzz.py --queries 2000 --seed 7        the same queries each time
    tests/differential/fuzz.py --seconds 60 --conninfo 'host=/tmp port=5432 user=postgres'

Without --conninfo a server of its own is started. A failure is made small and printed as a script for psql; it is
also written to the folder given by --save. The exit code is 1 after a failure.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psycopg
from psycopg import sql

from differential.arena import Arena
from differential.report import Report
from differential.shrink import smallest


@contextmanager
def server(conninfo: str | None, major: int = 15) -> Iterator[str]:
    """A connection string of a server where databases can be made."""
    if conninfo is not None:
        yield conninfo
        return
    import shutil
    import tempfile

    from support.cluster import running_cluster
    from support.installation import installation_of

    root = Path(tempfile.mkdtemp(prefix="pc-"))
    try:
        installation = installation_of(major, root)
        with running_cluster(installation, {"shared_preload_libraries": ""}, template=False) as cluster:
            yield cluster.database().conninfo()
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def arena(
    conninfo: str, seed: int, size: float = 1.0, every_method: bool = True, briefly: bool = False
) -> Iterator[Arena]:
    """A new database with the extension and the worlds of that seed; dropped at the end."""
    name = f"differential_{seed}_{os.getpid()}"
    with psycopg.connect(conninfo, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        made = Arena(
            lambda: psycopg.connect(conninfo, dbname=name, autocommit=True), seed, size, every_method, briefly
        )
        try:
            made.admin.must("create extension partitioncache")
            made.build()
            yield made
        finally:
            made.close()
    finally:
        with psycopg.connect(conninfo, autocommit=True) as admin:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


VARIANTS = 12


def hunt(
    made: Arena,
    until: float,
    queries: int,
    batch: int,
    save: Path | None,
    implied: bool = False,
    variants: int = VARIANTS,
) -> str:
    """Run batches on all worlds until the time or the queries are used up; the script of the first failure, or ''.

    ``implied``: batches of queries that are never pushed, but that say more or less than one that was.
    """
    number = 0
    queries += made.report.queries
    while time.monotonic() < until and made.report.queries < queries:
        for place in range(len(made.worlds)):
            if time.monotonic() >= until or made.report.queries >= queries:
                break
            ask = (
                partial(made.chains, count=max(batch // variants, 1), variants=variants)
                if implied
                else partial(made.batch, queries=batch)
            )
            failure = ask(number, place)
            if failure is not None:
                script = smallest(made, failure, lambda text: print(text, flush=True))
                if save is not None:
                    save.mkdir(parents=True, exist_ok=True)
                    (save / f"found-{made.seed}-{number}-{place}.sql").write_text(script)
                return f"-- seed {made.seed}, batch {number}, world {place}\n{script}"
            made.clear(made.worlds[place][0])
            print(
                f"  {made.worlds[place][0].schema}: {made.report.queries} queries",
                file=sys.stderr,
                flush=True,
            )
        number += 1
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many seconds")
    parser.add_argument("--queries", type=int, default=sys.maxsize, help="stop after so many queries")
    parser.add_argument("--seed", type=int, default=None, help="the first seed (default: a random one)")
    parser.add_argument("--batch", type=int, default=60, help="queries between two runs of the processor")
    parser.add_argument("--per-seed", type=int, default=4000, help="queries before new worlds are made")
    parser.add_argument(
        "--implied",
        action="store_true",
        help="only queries that are never pushed, but say more or less than a known one",
    )
    parser.add_argument(
        "--major", type=int, default=15, help="the server's version, 15 to 18, without --conninfo"
    )
    parser.add_argument(
        "--in-turns",
        action="store_true",
        help="IN, VALUES and the temporary tables in turns, not all on each query",
    )
    parser.add_argument(
        "--briefly",
        action="store_true",
        help="each query by one method alone, and where it is left as it is, not at all: ten times as many",
    )
    parser.add_argument(
        "--variants", type=int, default=VARIANTS, help="queries made of a known one with --implied"
    )
    parser.add_argument(
        "--conninfo", default=None, help="an existing server's libpq connection string (superuser)"
    )
    parser.add_argument(
        "--report", type=Path, default=None, help="a file to which the figures are added as JSON"
    )
    parser.add_argument("--save", type=Path, default=None, help="a folder for the script of a failure")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = secrets.randbelow(1_000_000) if arguments.seed is None else arguments.seed
    if arguments.seconds == float("inf") and arguments.queries == sys.maxsize:
        parser.error("say how long to run: --seconds or --queries")
    total, script = Report(), ""
    until = time.monotonic() + arguments.seconds
    with server(arguments.conninfo, arguments.major) as conninfo:
        while not script and time.monotonic() < until and total.queries < arguments.queries:
            started = time.monotonic()
            with arena(conninfo, seed, every_method=not arguments.in_turns, briefly=arguments.briefly) as made:
                many = min(arguments.per_seed, arguments.queries - total.queries)
                try:
                    kinds = (True,) if arguments.implied else (False, True)
                    for implied in kinds:
                        share = many // len(kinds)
                        script = script or hunt(
                            made, until, share, arguments.batch, arguments.save, implied, arguments.variants
                        )
                except KeyboardInterrupt:
                    until = time.monotonic()
                total.merge(made.report)
                if arguments.report is not None:
                    made.report.save(arguments.report)
            speed = made.report.queries / (time.monotonic() - started)
            print(
                f"seed {seed}: {made.report.queries} queries, {speed:.0f} a second; {total.queries} in all",
                flush=True,
            )
            seed += 1
    print(total.table())
    for error, count in (total.push_errors + total.errors).most_common(12):
        print(f"refused {count} times: {error}")
    if script:
        print(f"\nA rewritten query answers differently. Paste this into psql:\n\n{script}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
