"""Every way in which a rewritten query was ever wrong, here or elsewhere, stays a case in regressions/."""

from __future__ import annotations

from pathlib import Path

import pytest

from differential.compare import Session
from differential.regression import FOLDER, run, statements
from support.cluster import Database

CASES = sorted(FOLDER.glob("*.sql"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path, database: Database) -> None:
    with database.connect() as connection:
        session = Session(connection)
        session.must("set client_min_messages = warning")
        assert not run(case.read_text(), session), case.name


def test_statements_end_outside_of_dollar_quotes() -> None:
    script = "select 1;\nselect $q$a;\nb$q$ as query \\gset\n\\echo x\n:query\n;\nselect 2\n  from t;\n"
    assert list(statements(script)) == [
        "select 1;",
        "select $q$a;\nb$q$ as query \\gset",
        "select 2\n  from t;",
    ]
