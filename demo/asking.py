"""Asks questions without and through the cache, lets it learn in between, and prints what that gains."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from demo.server import DemoError
from partitioncache.web.pictures import Measured

LONG_MILLISECONDS = 3000
TIMES = 3
WORKERS = 2
SECONDS_WITHOUT_PROGRESS = 120

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Question:
    """A query and what it asks, in words."""

    words: str
    sql: str


@dataclass(frozen=True)
class Answer:
    """The rows of a query in no order, and the milliseconds that they took."""

    rows: Counter[tuple[Any, ...]]
    milliseconds: float


@dataclass
class Asker:
    """Questions on one database.

    key: the partition key.
    partitions: how many there are.
    measured: what was measured so far.
    """

    connection: Connection
    conninfo: str
    key: str
    partitions: int
    measured: list[Measured] = field(default_factory=list)

    def run(self, first: Sequence[Question], new: Sequence[Question], *, with_cron: bool) -> None:
        """Lets the cache learn the first questions, asks them; then new ones that share parts with them."""
        self._learn(first, with_cron)
        self._compare("What the cache has seen before", first, new=False)
        self._compare("New questions, which share parts with the first", new, new=True)

    def show(self, question: Question) -> None:
        """Prints what the rewriting of a question comes to."""
        (rewritten,) = one(self.connection, "select partitioncache_apply(%s, %s)", [question.sql, self.key])
        text = " ".join(rewritten.split())
        console.print(f"[bold]{question.words}[/] becomes:")
        console.print(text if len(text) < 600 else text[:600] + " …", markup=False, style="cyan")

    def _learn(self, questions: Sequence[Question], with_cron: bool) -> None:
        """Pushes the questions and waits until their fragments are evaluated."""
        for question in questions:
            self.connection.execute("select partitioncache_push(%s, %s)", [question.sql, self.key])
        workers = []
        if with_cron:
            self.connection.execute(
                "select partitioncache_enable_processor(max_parallel_jobs => %s)", [WORKERS]
            )
        else:
            for _ in range(WORKERS):
                workers.append(threading.Thread(target=_process, args=[self.conninfo], daemon=True))
                workers[-1].start()
        started = time.monotonic()
        who = "pg_cron lets" if with_cron else "Letting"
        if with_cron:
            console.print("pg_cron starts jobs with the next full minute.")
        with _progress() as progress:
            task = progress.add_task(f"{who} the processor take them apart and evaluate the fragments")
            _wait_for_queues(self.connection, progress, task)
        if with_cron:
            self.connection.execute("select partitioncache_disable_processor()")
        with console.status("Racing the forms of each query …"):
            for worker in workers:
                worker.join()
        entries, size = one(
            self.connection,
            "select sum(entries), pg_size_pretty(sum(bytes)) from partitioncache_partition_keys()",
        )
        console.print(f"{entries} fragments known after {time.monotonic() - started:.0f} s, in {size}.\n")

    def _compare(self, title: str, questions: Sequence[Question], *, new: bool) -> None:
        """Asks each question without and through the cache, side by side, and prints the table."""
        table = Table(title=title, title_style="bold", title_justify="left", expand=False)
        table.add_column("question", ratio=1)
        for name in ("rows", "partitions\nbefore", "after", "ms\nbefore", "after", "faster", "same\nrows"):
            table.add_column(name, justify="right")
        total_before = total_after = 0.0
        all_same = True
        with _progress() as progress:
            asked = []
            task = progress.add_task(
                f"Asking {len(questions)} questions, without and with", total=len(questions)
            )
            for question in questions:
                asked.append((question, *self._side_by_side(question)))
                progress.advance(task)
        for question, without, through in asked:
            applied, keys = one(
                self.connection,
                "select applied, keys from partitioncache_explain(%s, %s)",
                [question.sql, self.key],
            )
            same = through.rows == without.rows
            all_same = all_same and same
            self.measured.append(Measured(question.words, without.milliseconds, through.milliseconds, new))
            total_before += without.milliseconds
            total_after += through.milliseconds
            table.add_row(
                question.words,
                f"{without.rows.total():,}",
                f"{self.partitions:,}",
                f"{keys if applied else self.partitions:,}",
                f"{without.milliseconds:,.0f}",
                f"{through.milliseconds:,.1f}"
                if through.milliseconds < 10
                else f"{through.milliseconds:,.0f}",
                _factor(without.milliseconds, through.milliseconds),
                "[green]✓" if same else "[red]✗",
            )
        table.add_section()
        table.add_row("[bold]all together", "", "", "", f"{total_before:,.0f}", f"{total_after:,.0f}",
                      _factor(total_before, total_after), "")  # fmt: skip
        console.print(table)
        console.print(
            "[dim]Milliseconds with the cache include looking it up and rewriting the query; the best of a few.\n"
        )
        if not all_same:
            raise DemoError("The rows differ, which must never happen: please report it.")

    def _side_by_side(self, question: Question) -> tuple[Answer, Answer]:
        """The quickest answers without and through the cache, asked in turns; what takes long is asked once."""
        found: list[tuple[Answer, Answer]] = []
        for _ in range(TIMES):
            found.append((self._ask(question.sql), self._ask_through_cache(question.sql)))
            if found[-1][0].milliseconds > LONG_MILLISECONDS:
                break
        without, through = zip(*found, strict=True)
        return min(without, key=_milliseconds), min(through, key=_milliseconds)

    def _ask(self, query: str) -> Answer:
        started = time.perf_counter()
        rows = self.connection.execute(query.encode()).fetchall()
        return Answer(Counter(rows), (time.perf_counter() - started) * 1000)

    def _ask_through_cache(self, query: str) -> Answer:
        started = time.perf_counter()
        (rewritten,) = one(self.connection, "select partitioncache_apply(%s, %s)", [query, self.key])
        rows = self.connection.execute(rewritten.encode()).fetchall()
        return Answer(Counter(rows), (time.perf_counter() - started) * 1000)


def _process(conninfo: str) -> None:
    """What any scheduler does: calls the processor until there is nothing left to do, races included."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while any(
            (
                *one(connection, "select partitioncache_process_queue()"),
                *one(connection, "select * from partitioncache_queue_lengths()"),
            )
        ):
            pass


def _wait_for_queues(connection: Connection, progress: Progress, task: Any) -> None:
    last, since = -1, time.monotonic()
    while True:
        incoming, outgoing = one(connection, "select * from partitioncache_queue_lengths()")
        (entries,) = one(connection, "select coalesce(sum(entries), 0) from partitioncache_partition_keys()")
        progress.update(task, total=int(entries + outgoing + incoming) or None, completed=int(entries))
        if incoming + outgoing == 0:
            return
        if entries != last:
            last, since = entries, time.monotonic()
        elif time.monotonic() - since > SECONDS_WITHOUT_PROGRESS:
            raise DemoError(f"The processor has not finished anything for {SECONDS_WITHOUT_PROGRESS} s.")
        time.sleep(0.1)


def _milliseconds(answer: Answer) -> float:
    return answer.milliseconds


def _factor(before: float, after: float) -> str:
    factor = before / after
    text = f"{factor:,.0f} ×" if factor >= 10 else f"{factor:.1f} ×"
    return f"[bold green]{text}" if factor >= 2 else text


def one(connection: Connection, query: str, parameters: Sequence[Any] | None = None) -> tuple[Any, ...]:
    """The one row of a query."""
    row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return tuple(row)


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
                    TimeElapsedColumn(), console=console)  # fmt: skip
