"""Pages of docs/ whose SQL is run, and whose outputs are what comes out.

A page of this kind has blocks of SQL, some followed by a block of text: what psql prints for it (-XAt: no table, fields
separated by |). They are run in one session, in their order.

    python -m support.transcript ../docs/how-it-works.md

writes the outputs anew; PG* variables lead to a fresh database with the extension.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_SQL = re.compile(r"```sql\n(?P<sql>.*?)```\n(?:\n```text\n(?P<output>.*?)```\n)?", re.DOTALL)
_MARK = "-- next block --"


def script(page: str) -> str:
    """All SQL of a page for psql, with a mark after the output of each block."""
    return "".join(f"{block['sql']}\n\\echo\n\\echo '{_MARK}'\n" for block in _SQL.finditer(page))


def renewed(page: str, output: str) -> str:
    """The page with the outputs of such a run in the place of those that it has."""
    outputs = iter(output.split(f"\n{_MARK}\n"))

    def block(match: re.Match[str]) -> str:
        fresh = next(outputs).strip("\n")
        shown = "" if match["output"] is None else f"\n```text\n{fresh}\n```\n"
        return f"```sql\n{match['sql']}```\n{shown}"

    return _SQL.sub(block, page)


if __name__ == "__main__":
    _page = Path(sys.argv[1])
    _run = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"],
        input=script(_page.read_text()),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    _page.write_text(renewed(_page.read_text(), _run.stdout))
