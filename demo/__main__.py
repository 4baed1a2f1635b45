"""Loads the places, asks, lets the cache learn, asks again; prints what that gains.

make demo        PostgreSQL from the package index; the processor is called here
make demo-cron   the system's PostgreSQL 15; pg_cron runs the processor
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from demo import places, queries
from demo.queries import Question
from demo.server import DemoError, running_server
from partitioncache.web.pictures import Measured, write_before_after

KEY = "region"
LONG_MILLISECONDS = 3000
WORKERS = 2
SECONDS_WITHOUT_PROGRESS = 120
PICTURE = Path(__file__).resolve().parents[1] / ".build" / "demo.svg"

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Answer:
    """The rows of a query in no order, and the milliseconds that they took."""

    rows: Counter[tuple[Any, ...]]
    milliseconds: float


def main() -> None:
    arguments = argparse.ArgumentParser(prog="make demo", description=(__doc__ or "").splitlines()[0])
    arguments.add_argument(
        "--cron", action="store_true", help="the system's PostgreSQL 15, where pg_cron does the work"
    )
    with_cron = arguments.parse_args().cron
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _demonstrate(with_cron)
    except DemoError as error:
        console.print(f"[red]{error}")
        sys.exit(1)
    except psycopg.Error as error:
        console.print(f"[red]PostgreSQL says: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left behind.")
        sys.exit(130)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _demonstrate(with_cron: bool) -> None:
    began = time.monotonic()
    console.rule("[bold]PartitionCache")
    console.print("It remembers which partitions match the parts of a query, and searches only those.\n")
    with running_server(with_cron=with_cron) as conninfo, psycopg.connect(conninfo) as connection:
        regions = _prepare(connection, with_cron)
        before = _ask_all(connection, queries.FIRST, "Asking {} questions without the cache")
        _learn(connection, conninfo, with_cron)
        measured = _compare(connection, "What the cache has seen before", queries.FIRST, before, regions)
        new = _ask_all(connection, queries.NEW, "Asking {} new questions without the cache")
        title = "New questions, which share parts with the first"
        measured += _compare(connection, title, queries.NEW, new, regions)
        _show_one(connection)
    write_before_after(measured, PICTURE)
    console.print(f"\nAs a picture: [bold]{PICTURE}[/]", soft_wrap=True)
    console.print(f"\nAll of it took {time.monotonic() - began:.0f} s; nothing is left behind.")
    console.print(
        "Read next: [bold]README.md[/] to try it on your own data, [bold]demo/queries.py[/] for the questions as SQL,\n"
        "[bold]docs/how-it-works.md[/] for the walk of one query, [bold]docs/soundness.md[/] for why rows never change."
    )


def _prepare(connection: Connection, with_cron: bool) -> int:
    """Loads the data and creates the extension; the number of partitions."""
    with console.status("Loading the places of geonames.org …"):
        started = time.monotonic()
        count = places.load(connection)
        if with_cron:
            connection.execute("create extension pg_cron")
        connection.execute("create extension partitioncache")
        # Nobody writes to it; else its writes would be followed, at the price of a look-up in each query.
        connection.execute("select partitioncache_assert_static('place')")
        (regions,) = _one(connection, f"select count(distinct {KEY}) from place")
        (server,) = _one(connection, "show server_version")
    console.print(
        f"PostgreSQL {server.split()[0]}, {count:,} places in {regions:,} regions, loaded in "
        f"{time.monotonic() - started:.0f} s and asserted not to change. The partition key is the region.\n"
    )
    return int(regions)


def _ask_all(connection: Connection, questions: Sequence[Question], title: str) -> list[Answer]:
    answers = []
    with _progress() as progress:
        task = progress.add_task(title.format(len(questions)), total=len(questions))
        for question in questions:
            answers.append(_best(_ask, connection, question.sql))
            progress.advance(task)
    return answers


def _learn(connection: Connection, conninfo: str, with_cron: bool) -> None:
    """Pushes the first questions and waits until their fragments are evaluated."""
    for question in queries.FIRST:
        connection.execute("select partitioncache_push(%s, %s)", [question.sql, KEY])
    if with_cron:
        connection.execute("select partitioncache_enable_processor(max_parallel_jobs => %s)", [WORKERS])
    else:
        for _ in range(WORKERS):
            threading.Thread(target=_process, args=[conninfo], daemon=True).start()
    started = time.monotonic()
    who = "pg_cron lets" if with_cron else "Letting"
    if with_cron:
        console.print("pg_cron starts jobs with the next full minute.")
    with _progress() as progress:
        task = progress.add_task(f"{who} the processor take them apart and evaluate the fragments")
        _wait_for_queues(connection, progress, task)
    if with_cron:
        connection.execute("select partitioncache_disable_processor()")
    entries, size = _one(
        connection, "select sum(entries), pg_size_pretty(sum(bytes)) from partitioncache_partition_keys()"
    )
    console.print(f"{entries} fragments known after {time.monotonic() - started:.0f} s, in {size}.\n")


def _process(conninfo: str) -> None:
    """What any scheduler does: calls the processor until there is nothing left to do."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while sum(_one(connection, "select * from partitioncache_queue_lengths()")):
            connection.execute("select partitioncache_process_queue()")


def _wait_for_queues(connection: Connection, progress: Progress, task: Any) -> None:
    last, since = -1, time.monotonic()
    while True:
        incoming, outgoing = _one(connection, "select * from partitioncache_queue_lengths()")
        (entries,) = _one(connection, "select coalesce(sum(entries), 0) from partitioncache_partition_keys()")
        progress.update(task, total=int(entries + outgoing + incoming) or None, completed=int(entries))
        if incoming + outgoing == 0:
            return
        if entries != last:
            last, since = entries, time.monotonic()
        elif time.monotonic() - since > SECONDS_WITHOUT_PROGRESS:
            raise DemoError(f"The processor has not finished anything for {SECONDS_WITHOUT_PROGRESS} s.")
        time.sleep(0.1)


def _compare(
    connection: Connection, title: str, questions: Sequence[Question], before: Sequence[Answer], regions: int
) -> list[Measured]:
    """Asks through the cache and prints the table; what was measured."""
    measured = []
    table = Table(title=title, title_style="bold", title_justify="left", expand=False)
    table.add_column("question", ratio=1)
    for name in ("rows", "partitions\nbefore", "after", "ms\nbefore", "after", "faster", "same\nrows"):
        table.add_column(name, justify="right")
    total_before = total_after = 0.0
    all_same = True
    for question, without in zip(questions, before, strict=True):
        through = _best(_ask_through_cache, connection, question.sql)
        applied, keys = _one(
            connection, "select applied, keys from partitioncache_explain(%s, %s)", [question.sql, KEY]
        )
        same = through.rows == without.rows
        all_same = all_same and same
        new = questions is queries.NEW
        measured.append(Measured(question.words, without.milliseconds, through.milliseconds, new))
        total_before += without.milliseconds
        total_after += through.milliseconds
        table.add_row(
            question.words,
            f"{without.rows.total():,}",
            f"{regions:,}",
            f"{keys if applied else regions:,}",
            f"{without.milliseconds:,.0f}",
            f"{through.milliseconds:,.1f}" if through.milliseconds < 10 else f"{through.milliseconds:,.0f}",
            _factor(without.milliseconds, through.milliseconds),
            "[green]✓" if same else "[red]✗",
        )
    table.add_section()
    table.add_row("[bold]all together", "", "", "", f"{total_before:,.0f}", f"{total_after:,.0f}",
                  _factor(total_before, total_after), "")  # fmt: skip
    console.print(table)
    console.print(
        "[dim]Milliseconds with the cache include looking it up and rewriting the query; best of two.\n"
    )
    if not all_same:
        raise DemoError("The rows differ, which must never happen: please report it.")
    return measured


def _show_one(connection: Connection) -> None:
    """Prints what the rewriting comes to, for one question."""
    question = queries.FIRST[-1]
    (rewritten,) = _one(connection, "select partitioncache_apply(%s, %s)", [question.sql, KEY])
    text = " ".join(rewritten.split())
    console.print(f"[bold]{question.words}[/] becomes:")
    console.print(text if len(text) < 600 else text[:600] + " …", markup=False, style="cyan")


def _ask(connection: Connection, query: str) -> Answer:
    started = time.perf_counter()
    rows = connection.execute(query.encode()).fetchall()
    return Answer(Counter(rows), (time.perf_counter() - started) * 1000)


def _ask_through_cache(connection: Connection, query: str) -> Answer:
    started = time.perf_counter()
    (rewritten,) = _one(connection, "select partitioncache_apply(%s, %s)", [query, KEY])
    rows = connection.execute(rewritten.encode()).fetchall()
    return Answer(Counter(rows), (time.perf_counter() - started) * 1000)


def _best(ask: Callable[[Connection, str], Answer], connection: Connection, query: str) -> Answer:
    """The quicker of two answers; what takes long is not asked twice."""
    first = ask(connection, query)
    if first.milliseconds > LONG_MILLISECONDS:
        return first
    return min(first, ask(connection, query), key=lambda answer: answer.milliseconds)


def _factor(before: float, after: float) -> str:
    factor = before / after
    text = f"{factor:,.0f} ×" if factor >= 10 else f"{factor:.1f} ×"
    return f"[bold green]{text}" if factor >= 2 else text


def _one(connection: Connection, query: str, parameters: Sequence[Any] | None = None) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return tuple(row)


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
                    TimeElapsedColumn(), console=console)  # fmt: skip


if __name__ == "__main__":
    main()
