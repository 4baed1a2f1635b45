"""Runs every *.sql file below this folder, by psql, each in a fresh database, on every version of PostgreSQL in MAJORS.

A file on a version is one test: -k storage, -k "storage and 17". It needs no transaction and no clean-up, its database
is its own. It has `plan` (or `no_plan`), tests, `finish`. The extension is in schema public, pgTAP in schema tap, and
both are in the search path. A file that holds a line

    -- needs: cron

runs in the database in which pg_cron lives instead, emptied before; one with

    -- needs: plpgsql_check

looks at the functions with it. Neither is there for other versions than the system's. Files are run from the folder
they are in, so `\\ir` and `\\i` find their neighbours; a file whose name begins with an underscore is only for others
to include.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cluster import Cluster, Database
from support.installation import MAJORS
from support.tap import read_tap

FOLDER = Path(__file__).parent
FILES = sorted(path for path in FOLDER.rglob("*.sql") if not path.name.startswith("_"))


NEEDS = {path: set(re.findall("^-- needs: (.*)$", path.read_text(), re.M)) for path in FILES}
RUNS = [(major, path) for major in MAJORS for path in FILES if major == MAJORS[0] or not NEEDS[path]]


@pytest.mark.parametrize(
    ("major", "path"),
    RUNS,
    ids=[f"{path.relative_to(FOLDER).with_suffix('')} on {major}" for major, path in RUNS],
)
def test_file(
    major: int, path: Path, cluster_of: Callable[[int], Cluster], request: pytest.FixtureRequest
) -> None:
    if "cron" in NEEDS[path]:
        _run(path, request.getfixturevalue("cron_database"))
        return
    cluster = cluster_of(major)
    database = cluster.create_database()
    try:
        _run(path, database)
    finally:
        cluster.drop_database(database)


def _run(path: Path, database: Database) -> None:
    run = database.psql_file(path)
    result = read_tap(run.stdout)
    problems = list(result.problems)
    if run.returncode != 0:
        problems.append(run.stderr.strip())
    assert not problems, "\n".join([f"{result.passed} passed; not so:", *problems])
