"""Every error that the SQL can raise is raised by a test.

A message counts as raised when its text, with anything in the place of its values, stands in a test: tests say which
message they expect. A new `pc_fail` without a test fails here, and says where it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.installation import CHECKOUT

_CALL = re.compile(r"pc_fail\(\s*'(?P<code>PC\d\d\d)',\s*(?:format\(\s*)?'(?P<message>(?:[^']|'')*)'")


@dataclass(frozen=True)
class Raised:
    """A message in the source: its code, its text as `format` gets it, and the file that raises it."""

    code: str
    message: str
    source: Path

    def pattern(self) -> re.Pattern[str]:
        """Matches the message with any values.

        >>> bool(Raised("PC001", 'partition key "%s" is', Path()).pattern().search('partition key "x" is'))
        True
        """
        parts = re.split(r"%[sIL]", self.message.replace("%%", "%"))
        return re.compile(".{1,200}?".join(re.escape(part.rstrip()) if part else "" for part in parts))


def messages() -> list[Raised]:
    """All messages of the extension, each once a file."""
    found: dict[Raised, None] = {}
    for source in sorted((CHECKOUT / "sql").glob("*/*.sql")):
        body = "\n".join(line for line in source.read_text().splitlines() if not line.startswith(("comment on", "'")))
        for call in _CALL.finditer(body):
            found[Raised(call["code"], call["message"].replace("''", "'"), source.relative_to(CHECKOUT))] = None
    return list(found)


@pytest.fixture(scope="module")
def tests() -> str:
    """The text of all tests, quotes in SQL strings undoubled."""
    files = [*(CHECKOUT / "tests").glob("**/*.sql"), *(CHECKOUT / "tests").glob("**/*.py")]
    return "\n".join(file.read_text().replace("''", "'") for file in sorted(files) if file != Path(__file__))


def test_every_call_is_found() -> None:
    calls = sum(
        len(re.findall(r"(?:perform|select) (?:@extschema@\.)?pc_fail\(", source.read_text()))
        - len(re.findall(r"Example: select pc_fail\(", source.read_text()))
        for source in (CHECKOUT / "sql").glob("*/*.sql")
    )
    matched = sum(
        len(_CALL.findall("\n".join(line for line in source.read_text().splitlines() if not line.startswith("'"))))
        for source in (CHECKOUT / "sql").glob("*/*.sql")
    )
    assert matched == calls, "a call of pc_fail is written in a way that this test does not read"


@pytest.mark.parametrize("raised", messages(), ids=lambda raised: f"{raised.source.stem}: {raised.message[:50]}")
def test_message_is_raised_by_a_test(raised: Raised, tests: str) -> None:
    found = raised.pattern().search(tests) is not None
    assert found, (
        f"no test raises {raised.code} {raised.message!r} of {raised.source}; expect it by its text"
    )
