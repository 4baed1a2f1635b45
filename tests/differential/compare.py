"""Running two queries in one snapshot and comparing what comes back, byte by byte."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from psycopg import Connection
from psycopg.pq import ExecStatus
from psycopg.rows import TupleRow

ROWS = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
# Values that are equal but not the same: 1.0 and 1.00, 0 and -0, letter case under a collation that ignores it,
# blanks at the end of a char(n). Which one stands for a group is for the planner to choose.
_EQUAL = (
    (re.compile(rb"(?<![\d.])(-?\d+)\.0+(?!\d)"), rb"\1"),
    (re.compile(rb"(\.\d*?[1-9])0+(?!\d)"), rb"\1"),
    (re.compile(rb"(?<![\d.])-0(?![\d.])"), b"0"),
    (re.compile(rb" +(?=$|[,)\"}])"), b""),
)


@dataclass(frozen=True)
class Answer:
    """What a statement gave: its columns (name, type, modifier) and rows as text, or the server's error."""

    columns: tuple[tuple[bytes, int, int], ...] = ()
    rows: tuple[tuple[bytes | None, ...], ...] = ()
    error: str = ""


class Session:
    """A connection that runs texts exactly as they are, through the simple protocol."""

    def __init__(self, connection: Connection[TupleRow]) -> None:
        self.connection = connection

    def run(self, text: str) -> Answer:
        result = self.connection.pgconn.exec_(text.encode())
        if result.status not in ROWS:
            return Answer(error=(result.error_message or b"").decode(errors="replace").strip())
        fields = range(result.nfields)
        columns = tuple((result.fname(n) or b"", result.ftype(n), result.fmod(n)) for n in fields)
        return Answer(
            columns, tuple(tuple(result.get_value(r, n) for n in fields) for r in range(result.ntuples))
        )

    def must(self, text: str) -> Answer:
        """Run a statement that has no reason to fail."""
        answer = self.run(text)
        if answer.error:
            raise RuntimeError(f"{answer.error}\n{text}")
        return answer

    def call(self, text: str, *values: str) -> Answer:
        """Run one statement with text parameters."""
        result = self.connection.pgconn.exec_params(text.encode(), [value.encode() for value in values])
        if result.status not in ROWS:
            return Answer(error=(result.error_message or b"").decode(errors="replace").strip())
        fields = range(result.nfields)
        columns = tuple((result.fname(n) or b"", result.ftype(n), result.fmod(n)) for n in fields)
        return Answer(
            columns, tuple(tuple(result.get_value(r, n) for n in fields) for r in range(result.ntuples))
        )


def difference(
    original: Answer, rewritten: Answer, ordered: bool = False, representatives: bool = False
) -> str:
    """What differs, in words; empty if the answers are the same (in the same order, if ``ordered``).

    ``representatives``: the query keeps one of several equal values, so that values need only be equal.
    """
    if rewritten.error:
        return f"the rewritten query fails: {rewritten.error}"
    if original.columns != rewritten.columns:
        return f"other columns: {original.columns} became {rewritten.columns}"
    if original.rows == rewritten.rows:
        return ""
    if not ordered and Counter(original.rows) == Counter(rewritten.rows):
        return ""
    if representatives:
        first, second = (
            [tuple(_equal(v) for v in row) for row in answer.rows] for answer in (original, rewritten)
        )
        if first == second or (not ordered and Counter(first) == Counter(second)):
            return ""
    lost, gained = (
        Counter(original.rows) - Counter(rewritten.rows),
        Counter(rewritten.rows) - Counter(original.rows),
    )
    if not lost and not gained:
        return "the same rows in another order"
    return (
        f"{len(original.rows)} rows became {len(rewritten.rows)}: "
        f"{sum(lost.values())} lost, {sum(gained.values())} gained; lost {list(lost)[:2]}, gained {list(gained)[:2]}"
    )


def _equal(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    value = value.lower()
    for pattern, by in _EQUAL:
        value = pattern.sub(by, value)
    return value
