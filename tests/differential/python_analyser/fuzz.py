#!/usr/bin/env python3
"""Random queries against the Python analyser, until the time is over or a rewritten query returns other rows.

    tests/differential/python_analyser/fuzz.py --seconds 60
    tests/differential/python_analyser/fuzz.py --dialect postgres --conninfo 'host=/tmp port=5432 user=postgres'
    tests/differential/python_analyser/fuzz.py --dialect mysql --socket /tmp/mysql.sock --user root --database source

SQLite needs no server. The exit code is 1 after a failure, whose seed is printed.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parents[2]),
    str(Path(__file__).resolve().parents[3] / "python" / "src"),
]

from differential.python_analyser.check import Report, WrongRows, hunt  # noqa: E402
from differential.python_analyser.worlds import MySQL, PostgreSQL, Server, SQLite, kinds, make  # noqa: E402


def opened(arguments: argparse.Namespace) -> Server:
    """The server that the arguments name."""
    if arguments.dialect == "postgres":
        return PostgreSQL(arguments.conninfo)
    if arguments.dialect == "mysql":
        return MySQL(unix_socket=arguments.socket, user=arguments.user, database=arguments.database)
    return SQLite()


def main() -> int:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None, help="the first seed; random by default")
    parser.add_argument("--worlds", type=int, default=None, help="stop after so many databases")
    parser.add_argument("--dialect", choices=["sqlite", "postgres", "mysql"], default="sqlite")
    parser.add_argument("--kind", default=None, help="only keys of this kind")
    parser.add_argument("--conninfo", default="")
    parser.add_argument("--socket", default=None)
    parser.add_argument("--user", default="root")
    parser.add_argument("--database", default="source")
    arguments = parser.parse_args()
    server, report = opened(arguments), Report()
    seed = arguments.seed if arguments.seed is not None else secrets.randbelow(10**9)
    end, made = time.monotonic() + arguments.seconds, 0
    try:
        while time.monotonic() < end and (arguments.worlds is None or made < arguments.worlds):
            possible = [arguments.kind] if arguments.kind else kinds(arguments.dialect)
            hunt(make(server, possible[seed % len(possible)], seed), seed, 57, report)
            seed, made = seed + 1, made + 1
    except WrongRows as wrong:
        print(f"seed {seed}\n{wrong}")
        return 1
    finally:
        print(report.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
