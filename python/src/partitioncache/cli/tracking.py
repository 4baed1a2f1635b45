"""``pcache-manage track``, ``untrack`` and ``tracked``: which tables a PostgreSQL cache follows the writes of."""

from __future__ import annotations

from dataclasses import asdict, fields

import click

from partitioncache.cli import base, output, services
from partitioncache.cli.output import Format
from partitioncache.tracking import TrackedTable, tracked_tables
from partitioncache.tracking import assert_static as begin_static
from partitioncache.tracking import retract_static as end_static
from partitioncache.tracking import track as begin
from partitioncache.tracking import untrack as end

_tables = click.argument("tables", metavar="TABLE...", nargs=-1, required=True)
_partition_key = click.option("--partition-key", required=True, help="The column that splits the data.")


@click.command(
    "track",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache track poi maps.street --partition-key city_id"),
)
@_tables
@_partition_key
@base.connected
def track(where: base.Connections, tables: tuple[str, ...], partition_key: str) -> int:
    """Log every write to each TABLE from now on, so that key sets stay right while it changes.

    Needs the ownership of the tables, and waits for transactions that write to them. Entries evaluated before are put
    aside until they are evaluated again. To track a table again mends what is broken. A name is written as in SQL:
    poi, maps.poi, '"Poi"'.
    """
    with services.postgresql(where, "Tracking") as cache:
        for table in tables:
            begin(cache, table, partition_key)
            output.note(f"Writes to {table} are logged for {partition_key}.")
    return 0


@click.command(
    "untrack",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache untrack street --partition-key city_id --yes"),
)
@_tables
@_partition_key
@base.yes_option
@base.connected
def untrack(where: base.Connections, tables: tuple[str, ...], partition_key: str, yes: bool) -> int:
    """Log the writes to each TABLE no longer.

    Entries on it are not used, until it is tracked again or asserted to be static. The exit code is 1 if one was not
    tracked.
    """
    base.confirm(f"Log the writes to {', '.join(tables)} no longer?", yes)
    with services.postgresql(where, "Tracking") as cache:
        missing = [table for table in tables if not end(cache, table, partition_key)]
    for table in tables:
        output.note(
            f"{table} was not tracked for {partition_key}."
            if table in missing
            else f"Writes to {table} are no longer logged for {partition_key}."
        )
    return base.FOUND_NOTHING if missing else 0


@click.command(
    "tracked",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache tracked", "pcache tracked --partition-key city_id --format json"),
)
@click.option("--partition-key", help="Only the tables tracked for this partition key.")
@base.format_option
@base.connected
def tracked(where: base.Connections, partition_key: str | None, format: Format) -> int:
    """List the tables whose writes are logged; the exit code is 1 if that is broken for one of them.

    unit: partition, or table where any write puts entries aside because the table has no such column; changes: rows of
    the change log.
    """
    with services.postgresql(where, "Tracking") as cache:
        found = [each for each in tracked_tables(cache) if partition_key in (None, each.partition_key)]
    output.rows(map(asdict, found), format, [field.name for field in fields(TrackedTable)])
    return 0 if all(each.state == "tracking" for each in found) else base.FAILED


@click.command(
    "assert-static",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache assert-static country maps.region"),
)
@_tables
@base.connected
def assert_static(where: base.Connections, tables: tuple[str, ...]) -> int:
    """Assert that each TABLE does not change, so that entries on it are used though its writes are not logged.

    Should it change after all, clear the cache: until then answers may lack rows.
    """
    with services.postgresql(where, "An assertion about a table") as cache:
        for table in tables:
            begin_static(cache, table)
            output.note(f"{table} counts as static in cache {where.cache_name}.")
    return 0


@click.command(
    "retract-static",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache retract-static country"),
)
@_tables
@base.connected
def retract_static(where: base.Connections, tables: tuple[str, ...]) -> int:
    """Take assert-static back: entries on each TABLE are not used until it is tracked.

    The exit code is 1 if nobody had asserted it of one of them.
    """
    with services.postgresql(where, "An assertion about a table") as cache:
        missing = [table for table in tables if not end_static(cache, table)]
    for table in tables:
        said = "was not asserted to be static" if table in missing else "counts as static no more"
        output.note(f"{table} {said} in cache {where.cache_name}.")
    return base.FOUND_NOTHING if missing else 0


COMMANDS = (track, untrack, tracked, assert_static, retract_static)
