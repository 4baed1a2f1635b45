"""``pcache-monitor``, also ``python -m partitioncache.cli.monitor_cache_queue``: works on the queues."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any, Literal

import click

from partitioncache.backends.postgresql import in_postgresql
from partitioncache.cli import base, services
from partitioncache.cli.durations import Seconds
from partitioncache.errors import ConfigurationError
from partitioncache.monitor import Events, Limits, Monitor, ServerMonitor

EXAMPLES = """
\b
Examples:
  # data, cache and queues in one PostgreSQL database: the server works, four fragments at a time
  pcache-monitor --db-name mydb --max-processes 4
\b
  # a SQLite file, cached in Redis, until nothing is left to do
  pcache-monitor --db-backend sqlite --db-name shop.db \\
      --cache-backend redis_set --queue-provider redis --once
"""


@click.command("monitor", cls=base.Command, context_settings=base.CONTEXT, epilog=EXAMPLES)
@base.connected
@click.option(
    "--max-processes",
    type=click.IntRange(1, 256),
    default=2,
    show_default=True,
    help="Fragments evaluated at the same time, and processes that take many queries apart.",
)
@click.option(
    "--timeout",
    type=Seconds(0, min_open=True),
    help="Seconds for one fragment. [default: 1800, or what the cache's processor is set to]",
)
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
@click.option("--limit", type=click.IntRange(1), help="End after this many fragments.")
@click.option(
    "--result-limit",
    type=click.IntRange(1),
    help="Most keys of one fragment; one with more holds no key set.",
)
@click.option(
    "--max-fragments",
    type=click.IntRange(1, 4096),
    default=64,
    show_default=True,
    help="Most fragments of one query.",
)
@click.option(
    "--partition-local", is_flag=True, help="You promise that no match of a query crosses partitions."
)
@click.option(
    "--lease",
    type=Seconds(1),
    default=60.0,
    show_default=True,
    help="Seconds until others may take what this monitor holds, if it dies.",
)
@click.option(
    "--poll",
    type=Seconds(0.01),
    default=1.0,
    show_default=True,
    help="Seconds between two looks at empty queues.",
)
@click.option(
    "--grace",
    type=Seconds(0),
    default=10.0,
    show_default=True,
    help="Seconds that running fragments get after SIGTERM.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How log lines are written.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="The least severe level that is logged.",
)
@click.option(
    "--progress/--no-progress", default=None, help="A live line of progress. [default: on a terminal]"
)
def command(
    where: base.Connections,
    max_processes: int,
    timeout: float | None,
    once: bool,
    limit: int | None,
    result_limit: int | None,
    max_fragments: int,
    partition_local: bool,
    lease: float,
    poll: float,
    grace: float,
    log_format: Literal["text", "json"],
    log_level: str,
    progress: bool | None,
) -> int:
    """Take queued queries apart and evaluate their fragments, until told to stop.

    SIGTERM and Ctrl-C stop it cleanly: what is running is finished within the grace period, the rest goes
    back to the queue. A second Ctrl-C ends the grace period. Whatever a monitor held when it was killed is
    taken by another one after the lease.
    """
    limits = Limits(max_processes, once, limit, lease, poll, grace)
    with (
        services.open_cache(where) as cache,
        services.open_queues(where) as queue,
        Events(log_format, log_level, progress) as events,
    ):
        monitor: Monitor | ServerMonitor
        own = in_postgresql(cache) if where.cache_is_beside_data else None
        if own is not None and partition_local:
            raise ConfigurationError(
                "Here the server takes queries apart, and --partition-local is not asked for.",
                hint="Register the partition key so: select partitioncache_register(…, partition_local => true).",
            )
        if own is not None and result_limit is None:
            elsewhere = not where.queue_is_beside_cache
            monitor = ServerMonitor(own, queue, events, limits, timeout, elsewhere=elsewhere)
        else:
            evaluator = services.evaluator(
                where,
                cache,
                timeout=timeout or 1800,
                result_limit=result_limit,
                max_fragments=max_fragments,
                partition_local=partition_local,
                processes=max_processes,
            )
            monitor = Monitor(queue, evaluator, events, limits)
        how = "the server works" if own is not None else f"{where.db_backend} into {where.cache_backend}"
        events.log(
            "info",
            "monitor started",
            how=how,
            queue=f"{where.queue_provider} {where.queue_name}",
            processes=max_processes,
        )
        if not where.cache_is_postgresql:
            events.log("info", base.FILLING_ASSERTS)
        with _stopped_by_signals(monitor):
            monitor.run()
        events.log(
            "info",
            "monitor ended",
            **{name.replace(" ", "_"): amount for name, amount in events.counts.items()},
        )
        return base.FAILED if once and events.counts.get("failed") else 0


class _stopped_by_signals:
    """While it lasts, SIGTERM and SIGINT stop a monitor instead of the program."""

    def __init__(self, monitor: Monitor | ServerMonitor) -> None:
        self._monitor = monitor
        self._before: dict[int, Any] = {}

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._monitor.stop()

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._stop)

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


def main() -> None:
    """The program ``pcache-monitor``."""
    base.run(command, "pcache-monitor")


if __name__ == "__main__":
    if sys.argv[0].endswith("monitor_cache_queue.py"):
        sys.argv[0] = "pcache-monitor"
    main()
