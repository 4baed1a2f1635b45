"""What the commands print: results to stdout as a table, JSON or CSV; words for people to stderr."""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

Format = Literal["table", "json", "csv"]
FORMATS: tuple[Format, ...] = ("table", "json", "csv")

#: Wide enough for any row: what is piped is never wrapped or cut.
_UNLIMITED = 100_000


def stdout() -> Console:
    """The console for results."""
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else _UNLIMITED)


def stderr() -> Console:
    """The console for progress, notes and errors."""
    return Console(file=sys.stderr, highlight=False, width=None if sys.stderr.isatty() else _UNLIMITED)


def _show(table: Table) -> None:
    """Print a table; without the blanks that fill its lines, where nobody looks at a terminal."""
    console = stdout()
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n"))


def note(text: str) -> None:
    """Tell the person at the terminal something that is no result."""
    stderr().print(escape(text))


def rows(
    records: Iterable[Mapping[str, Any]], format: Format, columns: Sequence[str], title: str = ""
) -> None:
    """Print records.

    Args:
        records: one mapping a row.
        format: how to print them.
        columns: the names of the columns, in order.
        title: above a table only.
    """
    if format == "json":
        print(
            json.dumps([{name: json_value(each.get(name)) for name in columns} for each in records], indent=2)
        )
    elif format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([plain(each.get(name)) for name in columns] for each in records)
    else:
        table = Table(box=box.SIMPLE_HEAD, title=escape(title) or None, title_justify="left", pad_edge=False)
        found = list(records)
        for name in columns:
            numeric = found and all(
                isinstance(each.get(name), (int, float, Decimal, type(None))) for each in found
            )
            table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
        for each in found:
            table.add_row(*(_styled(each.get(name)) for name in columns))
        _show(table)


def record(values: Mapping[str, Any], format: Format, title: str = "") -> None:
    """Print one record: as an object in JSON, as name and value in a table."""
    if format == "json":
        print(json.dumps({name: json_value(value) for name, value in values.items()}, indent=2))
    elif format == "csv":
        rows([values], format, list(values))
    else:
        table = Table(
            box=None, show_header=False, title=escape(title) or None, title_justify="left", pad_edge=False
        )
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, value in values.items():
            table.add_row(name.replace("_", " "), _styled(value))
        _show(table)


def json_value(value: Any) -> Any:
    """A value as JSON can have it."""
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (set, frozenset)):
        return [json_value(each) for each in in_order(value)]
    if isinstance(value, (list, tuple)):
        return [json_value(each) for each in value]
    if isinstance(value, Mapping):
        return {str(name): json_value(each) for name, each in value.items()}
    return plain(value)


def plain(value: Any) -> str:
    """A value as text, in one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    if isinstance(value, (list, tuple, set, frozenset, Mapping)):
        return json.dumps(json_value(value))
    return str(value)


def visible(text: str, lines: bool = False) -> str:
    """A text in which nothing is left that a terminal would obey: tables are called as whoever made them liked.

    Args:
        text: what to show.
        lines: whether line breaks and tabs may stay.

    >>> visible("a\\x1b[2Jb\\nc")
    'a\\\\x1b[2Jb\\\\nc'
    """
    return "".join(
        each
        if not (unicodedata.category(each) == "Cc" or unicodedata.bidirectional(each) in _TURNING)
        or (lines and each in "\n\t")
        else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


#: Classes of characters that change the direction in which others are written.
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _styled(value: Any) -> str:
    if isinstance(value, bool):
        return "[green]yes[/]" if value else "[red]no[/]"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S") if value.tzinfo else value.isoformat(" ")
    return escape(visible(plain(value), lines=True))


def in_order(keys: Iterable[Any]) -> list[Any]:
    """Keys of one kind in order, None at the end.

    >>> in_order({3, None, 1})
    [1, 3, None]
    """
    found = list(keys)
    return sorted(each for each in found if each is not None) + [None for each in found if each is None]


def size(amount: int | None) -> str:
    """Bytes in words.

    >>> size(1536), size(12), size(None)
    ('1.5 kB', '12 B', '')
    """
    if amount is None:
        return ""
    value, units = float(amount), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.1f} {units[0]}" if units[0] != "B" else f"{amount} B"


def short(query: str | None) -> str:
    """The beginning of a query, on one line."""
    text = " ".join((query or "").split())
    return text if len(text) <= 60 else f"{text[:59]}…"


class progress:
    """A bar on a terminal; nothing elsewhere. Call it once for each thing done."""

    def __init__(self, what: str, total: int) -> None:
        console = stderr()
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True, disable=not console.is_terminal or total < 2,
        )  # fmt: skip
        self._task = self._bar.add_task(what, total=total)

    def __call__(self) -> None:
        self._bar.advance(self._task)

    def __enter__(self) -> progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def with_progress(what: str, things: Sequence[str]) -> Iterator[str]:
    """The things, one by one, with a bar of progress."""
    with progress(what, len(things)) as bar:
        for thing in things:
            yield thing
            bar()


class stages:
    """Progress of work in stages, on the error output, while a person looks on."""

    def __init__(self) -> None:
        console = stderr()
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._tasks: dict[str, Any] = {}

    def __call__(self, what: str, done: int, of: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what)
        self._bar.update(self._tasks[what], completed=done, total=of)

    def __enter__(self) -> stages:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
