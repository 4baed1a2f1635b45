"""What the pages of docs/ show is what happens."""

from __future__ import annotations

import pytest

from support.cluster import Database
from support.installation import CHECKOUT
from support.transcript import renewed, script


@pytest.mark.parametrize("name", ["how-it-works.md", "never-rewritten.md", "tutorial.md", "placements.md"])
def test_outputs(request: pytest.FixtureRequest, name: str) -> None:
    page = (CHECKOUT / "docs" / name).read_text()
    empty = "create extension" in script(page)
    database: Database = request.getfixturevalue("empty_database" if empty else "database")
    output = database.psql(script(page)).stdout
    assert renewed(page, output) == page, "write them anew: see support/transcript.py"
