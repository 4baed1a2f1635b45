"""Printing what was checked, and what to run where something is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.markup import escape

from partitioncache.cli import output
from partitioncache.cli.output import Format, visible
from partitioncache.setup import Check

_MARKS = {True: "[green]ok     [/]", False: "[bold red]missing[/]", None: "[yellow]note   [/]"}


def show(checks: Sequence[Check], format: Format, options: str = "") -> bool:
    """Print checks, and before what mends something the number of the step, where there are several.

    What mends two things is said once.

    Args:
        checks: what was looked at.
        format: how to print it.
        options: those that say where the cache is; a command that mends something gets them, too.

    Returns:
        Whether nothing is missing.
    """
    if options:
        checks = [
            replace(each, fix=f"{each.fix} {options}") if each.fix.startswith("pcache") else each for each in checks
        ]
    if format == "table":
        console = output.stdout()
        steps = list(dict.fromkeys(check.fix for check in checks if check.ok is False and check.fix))
        said: set[str] = set()
        for check in checks:
            console.print(
                f"{_MARKS[check.ok]}  [bold]{escape(visible(check.name))}[/]: {escape(visible(check.detail))}",
                soft_wrap=True,
            )
            number = f"{steps.index(check.fix) + 1}. " if check.fix in steps and len(steps) > 1 else ""
            if check.fix in said:
                console.print(
                    f"         as above: {number}{escape(visible(check.fix, lines=True))}", soft_wrap=True
                )
            elif check.fix and not (check.ok is None and check.fix in steps):
                said.add(check.fix)
                console.print(f"         {number}run {escape(visible(check.place))}:", soft_wrap=True)
                console.print(
                    f"             {escape(visible(check.fix, lines=True))}", soft_wrap=True, style="bold"
                )
    else:
        columns = ("name", "ok", "detail", "fix", "place", "blocks")
        output.rows([{name: getattr(check, name) for name in columns} for check in checks], format, columns)
    return all(check.ok is not False for check in checks)
