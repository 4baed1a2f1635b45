"""Printing what was checked, and what to run where something is missing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from partitioncache.cli import output
from partitioncache.cli.output import Format
from partitioncache.setup import Check

_MARKS = {True: "[green]ok     [/]", False: "[bold red]missing[/]", None: "[yellow]note   [/]"}


def show(checks: Sequence[Check], format: Format) -> bool:
    """Print checks, and before what mends something the number of the step, where there are several.

    Returns:
        Whether nothing is missing.
    """
    if format == "table":
        console = output.stdout()
        steps = sum(check.ok is False and bool(check.fix) for check in checks)
        step = 0
        for check in checks:
            console.print(
                f"{_MARKS[check.ok]}  [bold]{escape(check.name)}[/]: {escape(check.detail)}",
                soft_wrap=True,
            )
            if check.fix:
                step += check.ok is False
                number = f"{step}. " if steps > 1 and check.ok is False else ""
                console.print(f"         {number}run {escape(check.where)}:", soft_wrap=True)
                console.print(f"             {escape(check.fix)}", soft_wrap=True, style="bold")
    else:
        columns = ("name", "ok", "detail", "fix", "where", "blocks")
        output.rows([{name: getattr(check, name) for name in columns} for check in checks], format, columns)
    return all(check.ok is not False for check in checks)
