"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.cluster import Database
from support.installation import CHECKOUT

README = (CHECKOUT / "README.md").read_text()
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]


def blocks(language: str) -> list[str]:
    """The code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_sql_and_then_python(empty_database: Database) -> None:
    transcript = empty_database.psql(blocks("sql")[0]).stdout
    assert re.search(r"^applied\|t$", transcript, re.MULTILINE), transcript
    application, package = blocks("python")
    for program, printed in ((application, r"\d+ cities; .* 1 restricted"), (package, r"\d+ rows: SELECT .* = ANY")):
        run = subprocess.run(
            [sys.executable, "-c", program], env=empty_database.environment(), capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        assert re.match(printed, run.stdout, re.DOTALL), run.stdout


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(CHECKOUT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target
