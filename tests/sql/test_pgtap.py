"""Runs every *.sql file below this folder, by psql, each in a fresh database. One file is one test: -k storage

A file needs no transaction and no clean-up, its database is its own. It has `plan` (or `no_plan`), tests, `finish`.
The extension is in schema public, pgTAP in schema tap, and both are in the search path. A file whose first lines hold

    -- needs: cron

runs in the database in which pg_cron lives instead, emptied before. Files are run from the folder they are in, so
`\\ir` and `\\i` find their neighbours; a file whose name begins with an underscore is only for others to include.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cluster import Database
from support.tap import read_tap

FOLDER = Path(__file__).parent
FILES = sorted(path for path in FOLDER.rglob("*.sql") if not path.name.startswith("_"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER).with_suffix("")) for path in FILES])
def test_file(path: Path, request: pytest.FixtureRequest) -> None:
    needs_cron = "-- needs: cron" in path.read_text().splitlines()[:10]
    database: Database = request.getfixturevalue("cron_database" if needs_cron else "database")
    run = database.psql_file(path)
    result = read_tap(run.stdout)
    problems = list(result.problems)
    if run.returncode != 0:
        problems.append(run.stderr.strip())
    assert not problems, "\n".join([f"{result.passed} passed; not so:", *problems])
