"""``pcache-manage place``, ``unplace``, ``placements`` and ``suggest-placements``: where partition keys stand."""

from __future__ import annotations

from dataclasses import asdict, fields

import click

from partitioncache.cli import base, output, services
from partitioncache.cli.output import Format
from partitioncache.placements import Placement, Suggestion, suggest_placements
from partitioncache.placements import place as begin
from partitioncache.placements import placements as all_placements
from partitioncache.placements import unplace as end

_table = click.argument("table", metavar="TABLE")
_partition_key = click.option("--partition-key", required=True, help="The partition key.")


@click.command(
    "place",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache place customer id --partition-key customer --partition-datatype integer",
        "pcache place orders o_custkey --partition-key customer",
        "pcache place events \"date_trunc('month', at)\" --partition-key month",
    ),
)
@_table
@click.argument("expression", metavar="EXPRESSION")
@_partition_key
@click.option(
    "--partition-datatype", type=base.DATATYPE, help="Register the partition key first, which holds this."
)
@click.option(
    "--never-fails",
    is_flag=True,
    help="You promise that an expression with functions of others has a value for every row.",
)
@base.connected
def place(
    where: base.Connections,
    table: str,
    expression: str,
    partition_key: str,
    partition_datatype: str | None,
    never_fails: bool,
) -> int:
    """Say where the partition key stands in TABLE, if it is not the column of its name.

    EXPRESSION is a column, or an immutable expression over columns. Needs the level administer. Entries of the table
    are discarded, if the partition key stood elsewhere before.
    """
    with services.postgresql(where, "A placement") as cache:
        if partition_datatype:
            cache.register(partition_key, partition_datatype)
        begin(cache, table, expression, partition_key, never_fails=never_fails)
        output.note(f"{partition_key} stands in {expression} of {table}.")
    return 0


@click.command(
    "unplace",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache unplace orders --partition-key customer --yes"),
)
@_table
@_partition_key
@base.yes_option
@base.connected
def unplace(where: base.Connections, table: str, partition_key: str, yes: bool) -> int:
    """Take place back: the partition key is the column of its name again, if TABLE has one.

    The exit code is 1 if it was not placed there.
    """
    base.confirm(f"Forget where {partition_key} stands in {table}, and the entries on it?", yes)
    with services.postgresql(where, "A placement") as cache:
        taken = end(cache, table, partition_key)
    output.note(f"{partition_key} {'is placed no more' if taken else 'was not placed'} in {table}.")
    return 0 if taken else base.FOUND_NOTHING


@click.command(
    "placements",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache placements", "pcache placements --format json"),
)
@base.format_option
@base.connected
def placements(where: base.Connections, format: Format) -> int:
    """List where partition keys stand; the exit code is 1 if one is not used, because its columns have changed."""
    with services.postgresql(where, "A placement") as cache:
        found = all_placements(cache)
    output.rows(map(asdict, found), format, [field.name for field in fields(Placement)])
    return 0 if all(each.state == "used" for each in found) else base.FAILED


@click.command(
    "suggest-placements",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache suggest-placements customer --partition-key customer"),
)
@_table
@_partition_key
@base.format_option
@base.connected
def suggest(where: base.Connections, table: str, partition_key: str, format: Format) -> int:
    """Suggest where a partition key could stand: the primary key of TABLE, and the columns that lead there."""
    with services.postgresql(where, "A placement") as cache:
        found = suggest_placements(cache, table, partition_key)
    output.rows(map(asdict, found), format, [field.name for field in fields(Suggestion)])
    return 0 if found else base.FOUND_NOTHING


COMMANDS = (place, unplace, placements, suggest)
