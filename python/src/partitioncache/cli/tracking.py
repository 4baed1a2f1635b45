"""``pcache-manage track``, ``untrack`` and ``tracked``: which tables a PostgreSQL cache follows the writes of."""

from __future__ import annotations

from dataclasses import asdict, fields

import click

from partitioncache.cli import base, output, services
from partitioncache.cli.output import Format
from partitioncache.tracking import TrackedTable, tracked_tables
from partitioncache.tracking import track as begin
from partitioncache.tracking import untrack as end

_tables = click.argument("tables", metavar="TABLE...", nargs=-1, required=True)
_partition_key = click.option("--partition-key", required=True, help="The column that splits the data.")


@click.command("track", cls=base.Command, context_settings=base.CONTEXT)
@_tables
@_partition_key
@base.connected
def track(where: base.Connections, tables: tuple[str, ...], partition_key: str) -> int:
    """Log every write to each TABLE from now on, so that key sets stay right while it changes.

    Needs the ownership of the tables, and waits for transactions that write to them. Entries evaluated before are put
    aside until they are evaluated again. To track a table again mends what is broken. A name is written as in SQL:
    poi, maps.poi, '"Poi"'.
    """
    with services.open_cache(where) as opened:
        cache = services.postgresql(opened, "Tracking")
        for table in tables:
            begin(cache, table, partition_key)
            output.note(f"Writes to {table} are logged for {partition_key}.")
    return 0


@click.command("untrack", cls=base.Command, context_settings=base.CONTEXT)
@_tables
@_partition_key
@base.yes_option
@base.connected
def untrack(where: base.Connections, tables: tuple[str, ...], partition_key: str, yes: bool) -> int:
    """Log the writes to each TABLE no longer: from now on it counts as unchanging, by your assertion.

    Entries that depend on it are put aside until they are evaluated again. The exit code is 1 if one was not tracked.
    """
    base.confirm(f"Take {', '.join(tables)} for unchanging from now on?", yes)
    with services.open_cache(where) as opened:
        cache = services.postgresql(opened, "Tracking")
        missing = [table for table in tables if not end(cache, table, partition_key)]
    for table in tables:
        output.note(
            f"{table} was not tracked for {partition_key}."
            if table in missing
            else f"Writes to {table} are no longer logged for {partition_key}."
        )
    return base.FOUND_NOTHING if missing else 0


@click.command("tracked", cls=base.Command, context_settings=base.CONTEXT)
@click.option("--partition-key", help="Only the tables tracked for this partition key.")
@base.format_option
@base.connected
def tracked(where: base.Connections, partition_key: str | None, format: Format) -> int:
    """List the tables whose writes are logged; the exit code is 1 if that is broken for one of them.

    unit: partition, or table where any write puts entries aside because the table has no such column; changes: rows of
    the change log.
    """
    with services.open_cache(where) as opened:
        cache = services.postgresql(opened, "Tracking")
        found = [each for each in tracked_tables(cache) if partition_key in (None, each.partition_key)]
    output.rows(map(asdict, found), format, [field.name for field in fields(TrackedTable)])
    return 0 if all(each.state == "tracking" for each in found) else base.FAILED


COMMANDS = (track, untrack, tracked)
