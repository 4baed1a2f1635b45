"""What it costs to ask: the time of partitioncache_apply for queries that it sees for the first time and ones it knows.

Chains and a star of 1 to 8 tables that are joined on the partition key and on a further condition, three conditions on
each; nothing is cached but one fragment, which the queries contain, or, with --contained-none, do not. A query of a new
kind is one of which nothing was asked before; of a known kind, one that differs from another in its constants alone.
Then known queries of tracked tables, left alone and restricted: the first call of a session and later ones, each
session a new one. All is the time that a session runs on a processor, which hardly depends on what else the machine
does, and the least of several measurements.

    scripts/bench apply [--repeat 7] [--contained-none]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from server_time import Session
from typing_extensions import LiteralString

from support.cluster import Database, running_cluster
from support.installation import copy_installation

FRAGMENTS = "select count(*) from partitioncache_fragments(%s, 'city_id')"
APPLY = "select partitioncache_apply(%s, 'city_id', method => %s)"
SHAPES = ((1, "chain"), (2, "chain"), (4, "chain"), (5, "chain"), (6, "chain"), (8, "chain"), (8, "star"))

TABLE = """
create table t{n} as
    select g as id, g % 500 as city_id, g % 97 as kind, g % 1000 as size, md5(g::text) as name
    from generate_series(1, 10000) g;
create index on t{n} (city_id);
analyze t{n};
"""


def query(tables: int, shape: str, kind: int, size: int, first: int) -> str:
    """A query of so many tables; of another kind, it differs in a name; with another size, in constants."""
    wanted = []
    for n in range(tables):
        wanted += [f"a{n}.kind = {n + first}", f"a{n}.size > {size}", f"a{n}.name like '{n}%'"]
        if n:
            other = n - 1 if shape == "chain" else 0
            wanted += [f"a{n}.city_id = a{other}.city_id", f"abs(a{n}.size - a{other}.size) < 50"]
    names = ", ".join(f"t{n} a{n}" for n in range(tables))
    return f"select count(*) as found_{kind} from {names} where {' and '.join(wanted)}"


def milliseconds(
    connection: psycopg.Connection[Any], statement: LiteralString | bytes, *arguments: str
) -> float:
    """How long the server's processor is busy with one statement, as Linux counts it."""
    schedstat = Path(f"/proc/{connection.info.backend_pid}/schedstat")
    before = int(schedstat.read_text().split()[0])
    connection.execute(statement, arguments or None)
    return (int(schedstat.read_text().split()[0]) - before) / 1e6


def answered(tables: int) -> str:
    """A query of so many tables that few partitions answer."""
    wanted = ["a0.kind = 1 and a0.city_id < 3"]
    wanted += [f"a{n}.city_id = a0.city_id and a{n}.id = a0.id" for n in range(1, tables)]
    return (
        f"select count(*) from {', '.join(f't{n} a{n}' for n in range(tables))} where {' and '.join(wanted)}"
    )


def sessions(database: Database, repeat: int) -> None:
    """What known queries of tracked tables cost new sessions, and what later calls cost."""
    print(f"\nKnown, milliseconds of the server's processor, the least of {repeat} sessions")
    print(f"{'tables':>6} {'outcome':>11} {'first call':>11} {'later':>8} {'times':>6}")
    for tables, method in ((1, "auto"), (1, "current"), (2, "current"), (5, "current")):
        first, later = [], []
        asked = answered(tables)
        outcome = ""
        for _ in range(repeat + 1):
            with database.connect() as connection:
                session = Session(connection)
                connection.execute("select 1")
                for n in range(21):
                    begun = session.busy()
                    row = connection.execute(APPLY, [asked, method]).fetchone()
                    (later if n else first).append((session.busy() - begun) / 1000)
                assert row is not None
                outcome = "left alone" if row[0] == asked else "restricted"
        # The first of all decided.
        known, at_first = min(later), min(first[1:])
        print(f"{tables:>6} {outcome:>11} {at_first:>11.2f} {known:>8.2f} {at_first / known:>6.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--contained-none", action="store_true", help="of what is asked nothing is known")
    arguments = parser.parse_args()
    repeat, first = arguments.repeat, 2 if arguments.contained_none else 1
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with (
            running_cluster(installation) as cluster,
            (database := cluster.create_database()).connect() as connection,
        ):
            for n in range(8):
                connection.execute(TABLE.format(n=n).encode())
            connection.execute("select partitioncache_push('select * from t0 where kind = 1', 'city_id')")
            connection.execute("select partitioncache_process_queue()")
            print(
                f"Milliseconds of the server's processor, the least of {repeat}; plan = EXPLAIN of the query as it is"
            )
            print(
                f"{'tables':>6} {'shape':>6} {'fragments':>9} {'taken apart':>12}"
                f" {'new kind':>9} {'known kind':>11} {'known':>8} {'plan':>8}"
            )
            for tables, shape in SHAPES:
                apart, unknown, alike, known, plan = [], [], [], [], []
                for variant in range(repeat):
                    asked = query(tables, shape, variant, 100 + variant, first)
                    apart.append(milliseconds(connection, FRAGMENTS, asked))
                    unknown.append(
                        milliseconds(connection, "select partitioncache_apply(%s, 'city_id')", asked)
                    )
                    other = query(tables, shape, variant, 500 + variant, first)
                    alike.append(
                        milliseconds(connection, "select partitioncache_apply(%s, 'city_id')", other)
                    )
                    for _ in range(repeat):
                        known.append(
                            milliseconds(connection, "select partitioncache_apply(%s, 'city_id')", asked)
                        )
                    plan.append(milliseconds(connection, f"explain {asked}".encode()))
                row = connection.execute(FRAGMENTS, [query(tables, shape, 0, 100, first)]).fetchone()
                assert row is not None
                print(
                    f"{tables:>6} {shape:>6} {row[0]:>9} {min(apart):>12.1f}"
                    f" {min(unknown):>9.1f} {min(alike):>11.1f} {min(known):>8.1f}"
                    f" {min(plan):>8.1f}"
                )
            for tables in (1, 2, 5):
                connection.execute("select partitioncache_push(%s, 'city_id')", [answered(tables)])
            while connection.execute("select partitioncache_process_queue()").fetchone() != (0,):
                pass
            sessions(database, repeat)


if __name__ == "__main__":
    main()
