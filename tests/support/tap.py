"""Reads what pgTAP prints."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"^\s*(?P<outcome>ok|not ok)\b(?P<rest>.*)$")
_PLAN = re.compile(r"^1\.\.(?P<count>\d+)")


@dataclass(frozen=True)
class TapResult:
    """What a run of a file said: how many tests passed, and in words what was wrong with it."""

    passed: int
    problems: list[str]


def read_tap(output: str) -> TapResult:
    """Reads the output of a pgTAP file. Left-out tests and a plan that was not met are problems too.

    >>> read_tap("ok 1 - adds\\nnot ok 2 - subtracts\\n# have: 3\\n1..2").problems
    ['not ok 2 - subtracts\\n# have: 3']
    >>> read_tap("1..3\\nok 1").problems
    ['1 test ran, 3 were planned']
    """
    passed, ran, planned = 0, 0, None
    problems: list[str] = []
    failing = False
    for line in output.splitlines():
        if line.startswith("    "):
            continue  # inside a subtest, whose summary line counts
        if result := _LINE.match(line):
            ran += 1
            skipped = re.search(r"#\s*(skip|todo)", result["rest"], re.IGNORECASE)
            failing = result["outcome"] == "not ok" or skipped is not None
            if failing:
                problems.append(line)
            else:
                passed += 1
        elif plan := _PLAN.match(line):
            planned = int(plan["count"])
        elif failing and line.startswith("#"):
            problems[-1] += "\n" + line
    if planned is None:
        problems.append("no plan: the file lacks plan() or finish()")
    elif planned != ran:
        problems.append(f"{ran} {'test' if ran == 1 else 'tests'} ran, {planned} were planned")
    return TapResult(passed, problems)
