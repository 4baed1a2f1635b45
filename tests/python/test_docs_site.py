"""The site of the documentation: it builds without a warning, and its tables are complete."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from support.cluster import Database
from support.installation import CHECKOUT

DOCS = CHECKOUT / "docs"
SOURCES = {
    suffix: "\n".join(path.read_text() for path in sorted((CHECKOUT / folder).rglob(f"*.{suffix}")))
    for folder, suffix in (("sql", "sql"), ("python/src", "py"))
}


def docs_python() -> str:
    """The interpreter that scripts/build-docs has made."""
    made = [os.environ.get("DOCS_PYTHON", "")]
    for folder in (Path("/var/cache/partitioncache/docs"), CHECKOUT / ".build" / "docs"):
        made += map(str, folder.glob("environment-*/bin/python"))
    found = next(filter(None, made), None)
    assert found is not None, "run scripts/build-docs --environment, or start the tests with scripts/run-tests"
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. A link that leads nowhere, or a page that the navigation lacks, would be an error."""
    folder = tmp_path_factory.mktemp("site")
    run = subprocess.run(
        [docs_python(), "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=CHECKOUT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    assert {path.stem for path in DOCS.glob("*.md")} <= {path.stem for path in site.glob("*.html")}


def test_the_python_reference_holds_what_is_public(site: Path) -> None:
    import partitioncache

    page = (site / "python-reference.html").read_text()
    for name in partitioncache.__all__:
        assert f"partitioncache.{name}" in page, name


def test_every_setting_is_explained(database: Database) -> None:
    page = (DOCS / "settings.md").read_text()
    columns = database.execute(
        """select column_name from information_schema.columns
           where table_schema = 'partitioncache_internal' and table_name = 'partitioncache_settings'"""
    )
    for (column,) in columns:
        assert column == "cache" or f"| `{column}` |" in page, column


def test_every_environment_variable_is_explained() -> None:
    named = set(
        re.findall(r'"((?:DB|PG|REDIS|CACHE|QUERY|ROCKSDB|PCACHE)_?[A-Z_]*[A-Z])"', SOURCES["py"])
    ) - {"DB", "PG", "REDIS", "CACHE", "QUERY_STRING"}
    explained = set(re.findall(r"`([A-Z_]+)`", (DOCS / "settings.md").read_text()))
    assert named <= explained, named - explained
    assert "DB_HOST" in explained


def messages() -> list[str]:
    """The messages in the first columns of the page's tables."""
    page = (DOCS / "troubleshooting.md").read_text().split("## Items that do not move")[0]
    return re.findall(r"^\| `(.+?)` \|", page, re.M)


@pytest.mark.parametrize("message", messages())
def test_messages_are_those_of_the_sources(message: str) -> None:
    assert message in SOURCES["sql"].replace("''", "'") or message in SOURCES["py"], message


def test_commands_of_pcache_are_explained() -> None:
    from partitioncache.cli.main import command

    page = (DOCS / "commands.md").read_text()
    for name in command.commands:
        assert re.search(rf"pcache[- ]{name}\b|`{name}`", page), name
