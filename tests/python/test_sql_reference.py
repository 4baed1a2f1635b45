"""docs/sql-reference.md holds every public function as it is, and its examples run."""

from __future__ import annotations

from support.cluster import Database
from support.installation import CHECKOUT
from support.sql_reference import SETUP, examples, render

PAGE = CHECKOUT / "docs" / "sql-reference.md"


def test_the_page_is_what_the_extension_says(database: Database) -> None:
    with database.connect() as connection:
        assert PAGE.read_text() == render(connection), "write it again: see support/sql_reference.py"


def test_the_examples_run(cron_database: Database) -> None:
    script = examples(PAGE.read_text())
    assert script.startswith(SETUP)
    try:
        output = cron_database.psql(script).stdout
    finally:
        cron_database.execute("drop owned by app")
        cron_database.execute("drop role app")
    assert "(poi.city_id = ANY (" in output, "a query is restricted"
