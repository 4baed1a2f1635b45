"""``pcache-processor``, also ``python -m partitioncache.cli.setup_postgresql_queue_processor``.

Schedules, with pg_cron, the processor that works on the queues inside PostgreSQL, and looks after it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import click
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.cli import base, checks, output, services
from partitioncache.cli.output import Format
from partitioncache.errors import PartitionCacheError
from partitioncache.postgresql import Typed
from partitioncache.postgresql.server import explained, translated
from partitioncache.setup import Check, apply_plan, check_installation, check_processor, plan
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


_UNITS: Final = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def _integer(value: int | None) -> Typed | None:
    """A whole number as the SQL functions take it; small ones would arrive as another type."""
    return None if value is None else Typed("pg_catalog.int4", value)


class _Duration(click.ParamType[timedelta]):
    """Seconds, or a number with s, min, h or d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", str(value))
        if match is None or match[2] not in _UNITS:
            self.fail(f"{value!r} is no duration; write it like 90, 30s, 5min, 2h or 7d.", param, ctx)
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


DURATION = _Duration()


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
        click.option(
            "--frequency", type=click.FloatRange(0.1, 60), help="Seconds between two looks at the queues."
        ),
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
    return services.postgresql(services.open_cache(settings.where), "The processor")


def _messages(connection: psycopg.Connection[Any]) -> None:
    """Show the server's warnings, each with its hint."""
    connection.add_notice_handler(
        lambda diag: output.note(
            f"{diag.severity}: {diag.message_primary}. {diag.message_hint or ''}".rstrip()
        )
    )


@command.command("setup")
@base.format_option
@_connected
def setup(settings: Settings, format: Format) -> int:
    """Put everything in place: the SQL of PartitionCache, and pg_cron where it lives in this database.

    What only a superuser can do is printed as the statement to run.
    """
    with closing(services.connect(settings.where)) as connection:
        todo = plan(connection)
        apply_plan(connection, todo)
        if cron_database(connection) == connection.info.dbname:
            try:
                connection.execute("create extension if not exists pg_cron")
            except psycopg.Error as error:
                output.note(str(translated(error)))
        found = [*check_installation(connection), *check_processor(connection)]
    return 0 if checks.show(found, format) else base.FAILED


@command.command("enable")
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
    jobs = _jobs(cache, connection)
    elsewhere = settings.cron_db or cron_database(connection)
    if all(job["scheduled"] is not None for job in jobs) or elsewhere is None or print_only:
        click.echo(done)
        return 0
    statements = [job["statement"] for job in jobs if job["wanted"]]
    if not _run_there(settings, elsewhere, statements):
        click.echo(done)
        return base.FAILED
    click.echo(f"The processor is enabled: {len(statements)} jobs are scheduled in database {elsewhere}.")
    return 0


def _run_there(settings: Settings, database: str, statements: list[str]) -> bool:
    """Run statements in the database of pg_cron; if it does not let us, say why."""
    try:
        with explained(), closing(services.connect(settings.where, database)) as there, there.transaction():
            for statement in statements:
                there.execute(statement.encode())
    except PartitionCacheError as error:
        output.note(f"Database {database}, in which pg_cron lives, refused: {error}")
        return False
    return True


def _jobs(cache: PostgresqlArray, connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    return services.rows(cache, connection, "partitioncache_processor_jobs", cache.cache)


@command.command("disable")
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
    if not _run_there(settings, elsewhere, removals):
        click.echo(done)
        return base.FAILED
    click.echo(f"The processor is disabled; {len(removals)} jobs were removed in database {elsewhere}.")
    return 0


def _scheduled_there(settings: Settings, database: str) -> set[str] | None:
    """The names of our jobs in the database of pg_cron, None if it does not let us look."""
    try:
        with explained(), closing(services.connect(settings.where, database)) as there:
            if there.execute("select pg_catalog.to_regclass('cron.job')").fetchone() == (None,):
                return set()
            return {
                row[0] for row in there.execute("select jobname from cron.job where username = current_user")
            }
    except PartitionCacheError:
        return None


@command.command("status")
@base.format_option
@_connected
def status(settings: Settings, format: Format) -> int:
    """Show the processor: its settings, its workers, the queues, and what keeps it from working.

    The exit code is 1 if an enabled processor is not at work.
    """
    with closing(_cache(settings)) as cache, cache.server.connection() as connection:
        (row,) = services.rows(cache, connection, "partitioncache_processor_status", cache.cache)
    output.record({"cache": cache.cache, **row}, format)
    return base.FAILED if row["problem"] else 0


@command.command("logs")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most rows.")
@click.option(
    "--status", "wanted", type=click.Choice(["success", "skipped", "failed", "timeout"]), help="Only these."
)
@click.option("--since", type=DURATION, help="Only of the last while, such as 1h.")
@base.format_option
@_connected
def logs(settings: Settings, limit: int, wanted: str | None, since: timedelta | None, format: Format) -> int:
    """Show what became of queued items, the latest first."""
    columns = (
        "created_at", "status", "queue", "partition_key", "query_hash", "key_count", "execution_time_ms", "attempt",
        "error_msg",
    )  # fmt: skip
    with closing(_cache(settings)) as cache, cache.server.connection() as connection:
        statement = sql.SQL(
            "select {} from {} where cache = %(cache)s and (%(status)s::text is null or status = %(status)s)"
            " and (%(since)s::interval is null or created_at > now() - %(since)s::interval)"
            " order by id desc limit %(limit)s"
        ).format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.Identifier(cache.server.schema, "partitioncache_processor_log"),
        )
        given = {"cache": cache.cache, "status": wanted, "since": since, "limit": limit}
        with connection.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(statement, given).fetchall()
    if format == "table":
        for row in found:
            row["query_hash"] = (row["query_hash"] or "")[:12]
    output.rows(found, format, columns)
    return 0


@command.command("config")
@_settings
@click.option("--max-attempts", type=click.IntRange(1, 100), help="Failures until an item is dead.")
@click.option("--log-limit", type=click.IntRange(0), help="Rows kept in the log.")
@base.format_option
@_connected
def config(
    settings: Settings,
    frequency: float | None,
    max_parallel_jobs: int | None,
    timeout: timedelta | None,
    max_attempts: int | None,
    log_limit: int | None,
    format: Format,
) -> int:
    """Show the settings, or change those that are given. Running workers follow at once."""
    settings = settings.changed_by(frequency, max_parallel_jobs, timeout)
    said = settings.arguments()
    said |= {
        name: value
        for name, value in (("max_attempts", _integer(max_attempts)), ("log_limit", _integer(log_limit)))
        if value is not None
    }
    with closing(_cache(settings)) as cache, cache.server.connection() as connection:
        if said:
            ((done,),) = cache.server.call_on(
                connection, "partitioncache_update_processor_config", cache=cache.cache, **said
            )
            output.note(str(done))
        (row,) = services.rows(cache, connection, "pc_settings", cache.cache)
    output.record(row, format)
    return 0


@command.command("verify")
@base.format_option
@_connected
def verify(settings: Settings, format: Format) -> int:
    """Check everything that the processor needs, and print what to run where something is missing."""
    with closing(services.connect(settings.where)) as connection:
        found = [*check_installation(connection), *check_processor(connection)]
    if any(check.name == "partitioncache" and check.ok is not False for check in found):
        with closing(_cache(settings)) as cache, cache.server.connection() as connection:
            found += _at_work(cache, connection)
    return 0 if checks.show(found, format) else base.FAILED


def _at_work(cache: PostgresqlArray, connection: psycopg.Connection[Any]) -> list[Check]:
    (row,) = services.rows(cache, connection, "partitioncache_processor_status", cache.cache)
    if not row["enabled"]:
        return [
            Check(
                "processor",
                False,
                f"not enabled for cache {cache.cache}",
                "pcache-processor enable",
                "in a shell",
            )
        ]
    if row["problem"]:
        return [Check("processor", False, row["problem"], "pcache-processor logs", "in a shell to see more")]
    text = f"enabled for cache {cache.cache}, {row['workers']} sessions, {row['dead']} dead items"
    return [Check("processor", True, text)]


@command.command("remove")
@base.yes_option
@_connected
def remove(settings: Settings, yes: bool) -> int:
    """Unschedule the processor and forget its log. Entries and queued items stay."""
    base.confirm(f"Remove the processor of cache {settings.where.cache_name} and its log?", yes)
    with closing(_cache(settings)) as cache, cache.server.connection() as connection:
        failed = _unschedule(settings, cache, connection)
        log = sql.Identifier(cache.server.schema, "partitioncache_processor_log")
        gone = connection.execute(
            sql.SQL("delete from {} where cache = %s").format(log), [cache.cache]
        ).rowcount
        output.note(f"{gone:,} rows of the log were removed.")
    return failed


def main() -> None:
    """The program ``pcache-processor``."""
    base.run(command, "pcache-processor")


if __name__ == "__main__":
    main()
