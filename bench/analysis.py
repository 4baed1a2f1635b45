#!/usr/bin/env python3
"""What it costs to take a query apart and to put it together again: milliseconds by shape, three conditions a table.

    bench/analysis.py [--rounds 20] [--dialect postgres]

Taking apart is ``analyse``: parsing and naming up to 64 fragments. Rewriting is ``Analysis.rewrite`` with 30 keys.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python" / "src"))

from partitioncache.analysis import analyse


def conditions(table: str) -> list[str]:
    """Three conditions on one table."""
    return [f"{table}.size > 10", f"{table}.kind IN (1, 2, 3)", f"{table}.name LIKE 'a%'"]


def chain(tables: int) -> str:
    """Tables that are each joined with the next by key and distance."""
    names = [f"a{number}" for number in range(tables)]
    found = [one for name in names for one in conditions(name)]
    for one, other in pairwise(names):
        found += [f"{one}.city_id = {other}.city_id", f"abs({one}.x - {other}.x) < 5"]
    found.append("a0.city_id IS NOT NULL")
    return f"SELECT * FROM {', '.join(f'places AS {name}' for name in names)} WHERE {' AND '.join(found)}"


def star(tables: int) -> str:
    """A table of facts and its dimensions."""
    names = [f"d{number}" for number in range(1, tables)]
    found = conditions("f")
    for name in names:
        found += [f"f.{name}_id = {name}.id", *conditions(name)]
    found.append("f.city_id IS NOT NULL")
    return f"SELECT * FROM facts f, {', '.join(f'dim_{name} AS {name}' for name in names)} WHERE {' AND '.join(found)}"


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median of some rounds."""
    found = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        found.append((time.process_time() - begun) * 1000)
    return statistics.median(found)


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--dialect", default="postgres")
    arguments = parser.parse_args()
    shapes = {f"{number} chain" if number > 1 else "1": chain(number) for number in (1, 2, 4, 6, 8)}
    shapes |= {"6 star": star(6), "8 star": star(8)}
    print(f"{'tables':10} {'fragments':>10} {'taking apart, ms':>18} {'rewriting, ms':>15}")
    for name, query in shapes.items():
        analysis = analyse(query, "city_id", arguments.dialect)
        keys = {fragment.family: set(range(30)) for fragment in analysis.fragments}
        apart = milliseconds(lambda text=query: analyse(text, "city_id", arguments.dialect), arguments.rounds)  # type: ignore[misc]
        together = milliseconds(lambda it=analysis, known=keys: it.rewrite(known), arguments.rounds)  # type: ignore[misc]
        print(f"{name:10} {len(analysis.fragments):10} {apart:18.1f} {together:15.1f}")


if __name__ == "__main__":
    main()
