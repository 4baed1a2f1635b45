"""``pcache-processor``, also ``python -m partitioncache.cli.setup_postgresql_queue_processor``.

Schedules, with pg_cron, the processor that works on the queues inside PostgreSQL, and looks after it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import click
import psycopg
from typing_extensions import LiteralString

from partitioncache import statements
from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.cli import base, checks, output, services
from partitioncache.cli.durations import AGE, DURATION, Seconds
from partitioncache.cli.installation import carry_out
from partitioncache.cli.output import Format
from partitioncache.errors import PartitionCacheError
from partitioncache.postgresql import Typed
from partitioncache.postgresql.server import explained, translated
from partitioncache.setup import (
    check_cache,
    check_installation,
    check_processor,
    plan,
)
from partitioncache.setup.checks import cron_database

EXAMPLES = """
\b
Examples:
  pcache-processor setup
  pcache-processor --frequency 1 --max-parallel-jobs 3 enable
  pcache-processor status
  pcache-processor logs --status failed --since 1h
  pcache-processor config --timeout 300
  pcache-processor disable
"""


@dataclass
class Settings:
    """The options before the subcommand."""

    where: base.Connections
    frequency: float | None
    max_parallel_jobs: int | None
    timeout: timedelta | None
    cron_db: str | None

    def changed_by(
        self, frequency: float | None, max_parallel_jobs: int | None, timeout: timedelta | None
    ) -> Settings:
        """The same with what was said after the subcommand."""
        return Settings(
            self.where,
            self.frequency if frequency is None else frequency,
            self.max_parallel_jobs if max_parallel_jobs is None else max_parallel_jobs,
            self.timeout if timeout is None else timeout,
            self.cron_db,
        )

    def arguments(self) -> dict[str, object]:
        """What was said, by the names of the SQL functions' parameters."""
        said = {
            "frequency_seconds": None if self.frequency is None else Decimal(str(self.frequency)),
            "max_parallel_jobs": _integer(self.max_parallel_jobs),
            "fragment_timeout": self.timeout,
        }
        return {name: value for name, value in said.items() if value is not None}


def _integer(value: int | None, type: LiteralString = "pg_catalog.int4") -> Typed | None:
    """A whole number as the SQL functions take it; small ones would arrive as another type."""
    return None if value is None else Typed(type, value)


def _connected(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a subcommand the settings that were said before it, and the options of where the cache is."""

    @functools.wraps(function)
    def with_settings(where: base.Connections, **options: Any) -> Any:
        before = click.get_current_context().find_object(Settings)
        settings = replace(before, where=where) if before else Settings(where, None, None, None, None)
        return function(settings, **options)

    return base.connected(with_settings)


def _settings(command: base.AnyCommand) -> base.AnyCommand:
    for option in (
        click.option("--timeout", type=DURATION, help="Time limit of one fragment, such as 300, 5min or 1h."),
        click.option(
            "--max-parallel-jobs", type=click.IntRange(1, 64), help="Fragments evaluated at the same time."
        ),
        click.option("--frequency", type=Seconds(0.1, 60), help="Seconds between two looks at the queues."),
    ):
        command = option(command)
    return command


@click.group("processor", cls=base.Group, context_settings=base.CONTEXT, epilog=EXAMPLES)
@_settings
@click.option("--cron-db", help="The database in which pg_cron lives. [default: what the server says]")
@base.connected
def command(
    where: base.Connections,
    frequency: float | None,
    max_parallel_jobs: int | None,
    timeout: timedelta | None,
    cron_db: str | None,
) -> None:
    """Schedule and watch the processor inside PostgreSQL, which pg_cron runs.

    It takes queued queries apart and evaluates their fragments, each role its own, with no program outside
    of the server.
    """
    click.get_current_context().obj = Settings(where, frequency, max_parallel_jobs, timeout, cron_db)


def _cache(settings: Settings) -> PostgresqlArray:
    return services.postgresql(settings.where, "The processor")


def _messages(connection: psycopg.Connection[Any]) -> None:
    """Show the server's warnings, each with its hint."""
    connection.add_notice_handler(
        lambda diag: output.note(
            f"{diag.severity}: {diag.message_primary}. {diag.message_hint or ''}".rstrip()
        )
    )


@command.command("setup", epilog=base.examples("pcache-processor setup --db-name shop"))
@base.format_option
@_connected
def setup(settings: Settings, format: Format) -> int:
    """Put everything in place: the SQL of PartitionCache, and pg_cron where it lives in this database.

    What only a superuser can do is printed as the statement to run.
    """
    with closing(services.connect(settings.where)) as connection:
        carry_out(connection, plan(connection))
        if cron_database(connection) == connection.info.dbname:
            try:
                connection.execute("create extension if not exists pg_cron")
            except psycopg.Error as error:
                output.note(str(translated(error)))
        found = [*check_installation(connection), *check_processor(connection)]
    return 0 if checks.show(found, format, settings.where.said) else base.FAILED


@command.command(
    "enable", epilog=base.examples("pcache-processor enable --max-parallel-jobs 4 --timeout 10min")
)
@_settings
@click.option(
    "--print-only", is_flag=True, help="Where pg_cron lives in another database: print what to run there."
)
@_connected
def enable(
    settings: Settings,
    frequency: float | None,
    max_parallel_jobs: int | None,
    timeout: timedelta | None,
    print_only: bool,
) -> int:
    """Let pg_cron work on the queues. Doing it again changes the settings."""
    settings = settings.changed_by(frequency, max_parallel_jobs, timeout)
    with closing(_cache(settings)) as cache, cache.server.connection() as connection:
        _messages(connection)
        ((done,),) = cache.server.call_on(
            connection, "partitioncache_enable_processor", cache=cache.cache, **settings.arguments()
        )
        return _schedule_elsewhere(settings, cache, connection, str(done), print_only)


def _schedule_elsewhere(
    settings: Settings,
    cache: PostgresqlArray,
    connection: psycopg.Connection[Any],
    done: str,
    print_only: bool,
) -> int:
    """Run the jobs' statements where pg_cron lives, if that is another database; say what was done."""
    jobs = [job for job in _jobs(cache, connection) if job["wanted"]]
    elsewhere = settings.cron_db or cron_database(connection)
    if print_only or all(job["scheduled"] is not None for job in jobs):
        click.echo(done)
        return 0
    if elsewhere is None:
        output.note("Nothing is scheduled: pg_cron is not on this server, or this role may not see it.")
        output.note("Let pcache-monitor do the same work; pcache-processor verify says what pg_cron needs.")
        return base.FAILED
    if not services.run_in(settings.where, elsewhere, [job["statement"] for job in jobs]):
        output.note(f"Nothing is scheduled. Let somebody who may run this in database {elsewhere}:")
        click.echo(done)
        return base.FAILED
    click.echo(f"The processor is enabled: {len(jobs)} jobs are scheduled in database {elsewhere}.")
    return 0


def _jobs(cache: PostgresqlArray, connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    return cache.server.records_on(connection, "partitioncache_processor_jobs", cache.cache)


@command.command("disable", epilog=base.examples("pcache-processor disable"))
@_connected
def disable(settings: Settings) -> int:
    """End the processor: workers stop with what they are working on; queued items stay."""
    with closing(_cache(settings)) as cache, cache.server.connection() as connection:
        return _unschedule(settings, cache, connection)


def _unschedule(settings: Settings, cache: PostgresqlArray, connection: psycopg.Connection[Any]) -> int:
    jobs = _jobs(cache, connection)
    ((done,),) = cache.server.call_on(connection, "partitioncache_disable_processor", cache.cache)
    elsewhere = settings.cron_db or cron_database(connection)
    if elsewhere is None or any(job["scheduled"] is not None for job in jobs):
        click.echo(done)
        return 0
    scheduled = _scheduled_there(settings, elsewhere)
    removals = [job["removal"] for job in jobs if scheduled is None or job["job"] in scheduled]
    if removals and not services.run_in(settings.where, elsewhere, removals):
        click.echo(done)
        return base.FAILED
    click.echo(f"The processor is disabled; {len(removals)} jobs were removed in database {elsewhere}.")
    return 0


def _scheduled_there(settings: Settings, database: str) -> set[str] | None:
    """The names of our jobs in the database of pg_cron, None if it does not let us look."""
    try:
        with explained(), closing(services.connect(settings.where, database)) as there:
            if not services.has_cron(there):
                return set()
            # pg_cron shows a superuser the jobs of all roles, and others their own
            return {row[0] for row in there.execute("select jobname from cron.job")}
    except PartitionCacheError:
        return None


@command.command("status", epilog=base.examples("pcache-processor status --format json"))
@base.format_option
@_connected
def status(settings: Settings, format: Format) -> int:
    """Show the processor: its settings, its workers, the queues, and what keeps it from working.

    The exit code is 1 if an enabled processor is not at work.
    """
    with closing(_cache(settings)) as cache:
        (row,) = cache.server.records("partitioncache_processor_status", cache.cache)
    output.record({"cache": cache.cache, **row}, format)
    return base.FAILED if row["problem"] else 0


@command.command("logs", epilog=base.examples("pcache-processor logs --status failed --since 1h"))
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most rows.")
@click.option(
    "--status", "wanted", type=click.Choice(["success", "skipped", "failed", "timeout"]), help="Only these."
)
@click.option("--since", type=AGE, help="Only of the last while, such as 1h.")
@base.format_option
@_connected
def logs(settings: Settings, limit: int, wanted: str | None, since: timedelta | None, format: Format) -> int:
    """Show what became of queued items, the latest first."""
    columns = (
        "created_at", "status", "queue", "partition_key", "query_hash", "key_count", "execution_time_ms", "attempt",
        "error_msg",
    )  # fmt: skip
    with closing(_cache(settings)) as cache, cache.server.connection() as connection:
        given = {"cache": cache.cache, "status": wanted, "since": since, "limit": limit}
        found = cache.server.ask_on(connection, statements.LOG, given)
    if format == "table":
        for row in found:
            row["query_hash"] = (row["query_hash"] or "")[:12]
    output.rows(found, format, columns)
    return 0


@command.command(
    "config", epilog=base.examples("pcache-processor config", "pcache-processor config --untracked static")
)
@_settings
@click.option("--max-attempts", type=click.IntRange(1, 100), help="Failures until an item is dead.")
@click.option("--log-limit", type=click.IntRange(0), help="Rows kept in the log.")
@click.option(
    "--learning-budget", type=click.FloatRange(0), help="How many times its own cost a query may teach for."
)
@click.option(
    "--max-bytes", type=click.IntRange(0), help="Bytes beyond which entries are evicted; 0 for never."
)
@click.option(
    "--max-entries", type=click.IntRange(0), help="Entries beyond which some are evicted; 0 for never."
)
@click.option("--max-age", type=DURATION, help="Age at which entries are evicted, such as 30d; 0 for never.")
@click.option(
    "--least-cost", type=click.FloatRange(0), help="Queries that cost less, by the planner, are left alone."
)
@click.option(
    "--apply-limit", type=click.FloatRange(0), help="Milliseconds that asking may take; 0 for no limit."
)
@click.option(
    "--race-budget", type=click.FloatRange(0), help="How many times its own cost a query may be raced for."
)
@click.option(
    "--compare-share", type=click.FloatRange(0, 1), help="Share of cursors that are timed without the cache."
)
@click.option(
    "--learn-seconds", type=click.FloatRange(0, 86400),
    help="Seconds a day that the processor may work for a role until its cursors push nothing more.",
)  # fmt: skip
@click.option(
    "--learn-after-ms", type=click.FloatRange(0),
    help="Milliseconds that queries of one kind take in all before a cursor pushes one of them.",
)  # fmt: skip
@click.option(
    "--max-fragments", type=click.IntRange(1, 10000), help="Fragments that a query is taken apart into."
)
@click.option(
    "--untracked",
    type=click.Choice(["track", "static", "ignore"]),
    help="Tables that are not tracked: push tracks them, takes them for static, or leaves them alone.",
)
@base.format_option
@_connected
def config(
    settings: Settings,
    frequency: float | None,
    max_parallel_jobs: int | None,
    timeout: timedelta | None,
    max_attempts: int | None,
    log_limit: int | None,
    learning_budget: float | None,
    max_bytes: int | None,
    max_entries: int | None,
    max_age: timedelta | None,
    least_cost: float | None,
    apply_limit: float | None,
    race_budget: float | None,
    compare_share: float | None,
    learn_seconds: float | None,
    learn_after_ms: float | None,
    max_fragments: int | None,
    untracked: str | None,
    format: Format,
) -> int:
    """Show the settings, or change those that are given. Running workers follow at once."""
    settings = settings.changed_by(frequency, max_parallel_jobs, timeout)
    said = settings.arguments()
    more = {
        "max_attempts": _integer(max_attempts),
        "log_limit": _integer(log_limit),
        "learning_budget": learning_budget,
        "max_bytes": _integer(max_bytes, "pg_catalog.int8"),
        "max_entries": _integer(max_entries, "pg_catalog.int8"),
        "max_age": max_age,
        "least_cost": least_cost,
        "apply_limit": apply_limit,
        "race_budget": race_budget,
        "compare_share": compare_share,
        "learn_seconds": learn_seconds,
        "learn_after_ms": learn_after_ms,
        "max_fragments": _integer(max_fragments),
        "untracked": untracked,
    }
    said |= {name: value for name, value in more.items() if value is not None}
    with closing(_cache(settings)) as cache, cache.server.connection() as connection:
        if said:
            ((done,),) = cache.server.call_on(
                connection, "partitioncache_update_processor_config", cache=cache.cache, **said
            )
            output.note(str(done))
        found = dict(cache.server.call_on(connection, "partitioncache_caches"))
    if cache.cache not in found:
        output.note(f"Cache {cache.cache} is not there yet: it has the settings of any new one.")
        return base.FOUND_NOTHING
    output.record({"cache": cache.cache, **found[cache.cache]}, format)
    return 0


@command.command("verify", epilog=base.examples("pcache-processor verify"))
@base.format_option
@_connected
def verify(settings: Settings, format: Format) -> int:
    """Check everything that the processor needs, and print what to run where something is missing."""
    with closing(services.connect(settings.where)) as connection:
        found = check_cache(connection, settings.where.cache_name)
    return 0 if checks.show(found, format, settings.where.said) else base.FAILED


def main() -> None:
    """The program ``pcache-processor``."""
    base.run(command, "pcache-processor")


if __name__ == "__main__":
    main()
