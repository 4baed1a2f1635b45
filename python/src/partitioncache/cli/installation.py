"""Putting PartitionCache into a database and taking it out again: ``setup`` and ``uninstall``."""

from __future__ import annotations

from contextlib import closing

import click

from partitioncache.cli import base, checks, output, services
from partitioncache.cli.output import Format
from partitioncache.setup import (
    Connection,
    Plan,
    apply_plan,
    apply_removal,
    call_by_name,
    check_installation,
    check_processor,
    plan,
    removal,
)
from partitioncache.setup.checks import scheduled_jobs


@click.command(
    "setup",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache setup --db-name shop",
        "pcache setup --check",
        "pcache setup --over-connection --schema cache --without-cron",
    ),
)
@click.option("--schema", help="The schema for the functions. [default: where they are, or partitioncache]")
@click.option("--target-version", help="The version wanted. [default: the newest]")
@click.option(
    "--over-connection",
    is_flag=True,
    help="Send the SQL over the connection even where the server offers the extension.",
)
@click.option("--check", is_flag=True, help="Change nothing: only look at what is there and what is missing.")
@click.option(
    "--without-cron", is_flag=True, help="Do not look for pg_cron: a monitor will work on the queues."
)
@base.format_option
@base.connected
def setup(
    where: base.Connections,
    schema: str | None,
    target_version: str | None,
    over_connection: bool,
    check: bool,
    without_cron: bool,
    format: Format,
) -> int:
    """Install PartitionCache in the database, or upgrade it.

    As an extension, where the server's files offer it; otherwise the same SQL is sent over the connection, as managed
    servers need it. The functions get a schema of their own; the statement that puts it on the search_path is shown,
    not run. Doing it again changes nothing. The exit code is 1 if something is missing; pg_cron, too, counts as
    missing, unless you say --without-cron.
    """
    if not where.cache_is_postgresql:
        output.note(f"{where.cache_backend} needs no set-up.")
        return 0
    with closing(services.connect(where)) as connection:
        if not check:
            todo = plan(
                connection,
                version=target_version,
                schema=schema,
                way="connection" if over_connection else None,
            )
            carry_out(connection, todo)
        found = check_installation(connection)
        if not without_cron:
            found += check_processor(connection)
    return 0 if checks.show(found, format, where.said) else base.FAILED


@click.command(
    "uninstall",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache uninstall --db-name shop --yes"),
)
@base.yes_option
@base.connected
def uninstall(where: base.Connections, yes: bool) -> int:
    """Remove PartitionCache from the database, with all caches, queues and the triggers on tracked tables.

    However it was installed, nothing of it stays; the rows of your own tables are not touched. Jobs of pg_cron are
    unscheduled first. The exit code is 1 if there was nothing to remove.
    """
    if not where.cache_is_postgresql:
        output.note(f"{where.cache_backend} has nothing installed; remove entries with --clear-cache.")
        return 0
    with closing(services.connect(where)) as connection:
        todo = removal(connection)
        if todo is None:
            output.note(f"There is no PartitionCache in database {connection.info.dbname}.")
            return base.FOUND_NOTHING
        base.confirm(
            f"Remove PartitionCache with all of its caches and queues from database {connection.info.dbname}?",
            yes,
        )
        _unschedule(where, connection)
        for statement in todo.statements:
            output.note(f"running: {statement}")
        apply_removal(connection, todo)
        output.note(f"PartitionCache is removed from database {connection.info.dbname}.")
    return 0


def carry_out(connection: Connection, todo: Plan) -> None:
    """Do what a plan says, show each statement, and say how the functions are called."""
    for statement in todo.statements:
        output.note(f"running: {statement}")
    apply_plan(connection, todo)
    by_name = None if todo.nothing_to_do else call_by_name(connection, todo.schema)
    if by_name is not None:
        output.note(f"To call the functions without their schema in later sessions, run once: {by_name};")


def _unschedule(where: base.Connections, connection: Connection) -> None:
    """Removes our jobs of pg_cron, in this database or where it lives; if that is not possible, says how."""
    for database, statement in scheduled_jobs(connection):
        if database == connection.info.dbname:
            connection.execute(statement.encode())
        elif not services.run_in(where, database, [statement]):
            output.note(f"Run in database {database}: {statement};")


COMMANDS = (setup, uninstall)
