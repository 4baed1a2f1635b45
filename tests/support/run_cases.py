"""The program behind scripts/run-cases: runs every case of a folder on one server and prints a line each."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from support.cases import redis_socket, run_case
from support.cluster import running_cluster
from support.installation import MAJORS, installation_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/run-cases", description=__doc__)
    parser.add_argument("--major", type=int, choices=MAJORS, default=MAJORS[0], help="version of PostgreSQL")
    parser.add_argument("--all", action="store_true", help="print all of what a case says, not the end of it")
    parser.add_argument(
        "cases",
        type=Path,
        nargs="+",
        help="files, or folders of them; a prelude.sql beside a case is run before it",
    )
    options = parser.parse_args()
    paths = [
        path
        for case in options.cases
        for path in (sorted(case.rglob("[0-9]*")) if case.is_dir() else [case])
        if path.suffix in (".sql", ".sh", ".py")
    ]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = installation_of(options.major, Path(folder) / "installation")
        preload = "pg_cron" if options.major == MAJORS[0] else ""
        with (
            running_cluster(installation, {"shared_preload_libraries": preload}, template=False) as cluster,
            redis_socket(),
        ):
            for path in paths:
                if "pg18" in path.name and options.major < 18:
                    continue
                prelude = path.parent / "prelude.sql"
                started = time.monotonic()
                outcome = run_case(cluster, path.resolve(), prelude if prelude.exists() else None)
                bad += not outcome.good
                text = outcome.text if options.all else outcome.text[-300:]
                print(
                    f"{outcome.verdict:8} {path.name} ({time.monotonic() - started:.1f} s): {text}",
                    flush=True,
                )
    print(f"{len(paths)} cases on PostgreSQL {options.major}, {bad} not as they should be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
