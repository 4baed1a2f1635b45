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


WORLD = """
create table poi as select n % 50 as city_id, n % 7 as kind from generate_series(1, 500) n;
create table country as select 1 as city_id, 'Finland' as name;
create table kinds as select 7 as kind;
create role app login; create role loader login;
"""


@pytest.mark.parametrize(
    "name", ["adapters.md", "freshness.md", "monitoring.md", "security.md", "settings.md"]
)
def test_what_other_pages_show_runs(database: Database, name: str) -> None:
    page = (CHECKOUT / "docs" / name).read_text()
    roles = "app, loader" + (", watcher" if "create role watcher" in page else "")
    try:
        database.psql(WORLD + script(page))
    finally:
        database.psql(f"drop owned by {roles} cascade; drop role {roles}")
