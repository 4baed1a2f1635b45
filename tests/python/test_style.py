"""What tools can see in the sources without running them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.installation import CHECKOUT

SCRIPTS = [
    path
    for folder in ("scripts", ".ci", "demo", "docker")
    for path in sorted((CHECKOUT / folder).iterdir())
    if path.is_file() and path.read_text().startswith("#!/bin/sh")
]


ERROR = re.compile(r"\bpc_fail\(\s*'(?P<code>PC\d+)',\s*(?:format\()?\s*'(?P<message>(?:[^']|'')*)'")
ERRORS = [
    (match["code"], match["message"].replace("''", "'"))
    for path in sorted((CHECKOUT / "sql").glob("*/*.sql"))
    for match in ERROR.finditer(path.read_text())
]


def run(*command: str, folder: Path = CHECKOUT) -> None:
    """Runs a Python tool from the top of the checkout; its output is the failure's message."""
    result = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "path",
    [CHECKOUT / "partitioncache.control", *sorted((CHECKOUT / "sql").glob("*/*.sql"))],
    ids=lambda path: path.name,
)
def test_the_extension_is_written_in_ascii(path: Path) -> None:
    """CREATE EXTENSION reads the script in the encoding of the database, whichever that is."""
    assert path.read_bytes().isascii()


def test_ruff() -> None:
    run("ruff", "check", "--no-cache", "python", "tests", "demo")


def test_mypy_strict(tmp_path: Path) -> None:
    run("mypy", "--strict", f"--cache-dir={tmp_path}", folder=CHECKOUT / "python")


def test_mypy_strict_on_what_tests_stand_on(tmp_path: Path) -> None:
    options = ["--config-file", "tests/mypy.ini", f"--cache-dir={tmp_path}"]
    run("mypy", *options, "tests/support", "tests/conftest.py", "demo")


@pytest.mark.parametrize("script", SCRIPTS, ids=[str(path.relative_to(CHECKOUT)) for path in SCRIPTS])
def test_shell_scripts_parse(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)


@pytest.fixture(scope="module")
def text_of_all_tests() -> str:
    files = [path for suffix in ("sql", "py") for path in (CHECKOUT / "tests").rglob(f"*.{suffix}")]
    return "".join(path.read_text() for path in files).replace("''", "'")


def test_the_errors_are_found() -> None:
    assert len(ERRORS) > 30


@pytest.mark.parametrize(("code", "message"), ERRORS, ids=[f"{code} {message}" for code, message in ERRORS])
def test_every_error_of_the_extension_is_raised_by_a_test(
    code: str, message: str, text_of_all_tests: str
) -> None:
    """Its longest piece without a placeholder stands in some test."""
    assert max(re.split(r'%[sIL]|%%|"', message), key=len).strip() in text_of_all_tests
