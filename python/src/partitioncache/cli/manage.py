"""``pcache-manage``: set-up, state and upkeep of a cache and its queues."""

from __future__ import annotations

import click

from partitioncache.cli import (
    base,
    dead_items,
    installation,
    output,
    placements,
    removal,
    rights,
    services,
    state,
    tracking,
    transfer,
    verify,
)
from partitioncache.cli.output import Format
from partitioncache.queues import QUEUES, ItemState

EXAMPLES = """
\b
Examples:
  pcache-manage setup
  pcache-manage --count-cache --partition-key user_id
  pcache-manage --clear-cache --partition-key user_id --yes
  pcache-manage --count-queue
  pcache-manage status --format json
  pcache-manage evict --unused-for 30d --max-bytes 500MB
  pcache-manage track poi street --partition-key city_id
  pcache-manage tracked
  pcache-manage copy --to-backend redis_set --partition-key user_id
  pcache-manage export cache.jsonl.gz
  pcache-manage grant app --level push
"""


@click.group(
    "manage", cls=base.Group, context_settings=base.CONTEXT, epilog=EXAMPLES, invoke_without_command=True
)
@click.option(
    "--count-cache",
    "action",
    flag_value="count-cache",
    help="Count the entries, of one partition key or of all.",
)
@click.option(
    "--clear-cache",
    "action",
    flag_value="clear-cache",
    help="Remove the entries, of one partition key or of all.",
)
@click.option("--count-queue", "action", flag_value="count-queue", help="Count the items of both queues.")
@click.option("--clear-queue", "action", flag_value="clear-queue", help="Remove the items of both queues.")
@click.option("--partition-key", help="The column that splits the data.")
@base.yes_option
@base.format_option
@base.connected
def command(
    where: base.Connections, action: str | None, partition_key: str | None, yes: bool, format: Format
) -> int:
    """Set up, watch and tidy a cache and its queues."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is not None:
        if action is not None:
            raise click.UsageError(
                f"--{action} and {ctx.invoked_subcommand} are two things: say one of them."
            )
        if partition_key is not None:
            raise click.UsageError(f"Say --partition-key after {ctx.invoked_subcommand}.")
        return 0
    if action is None:
        click.echo(ctx.get_help())
        return base.WRONG_USE
    if action.endswith("queue"):
        return _count_queue(where, format) if action == "count-queue" else _clear_queue(where, yes)
    with services.existing_cache(where) as cache:
        names = services.partition_keys(cache, partition_key)
        if action == "count-cache":
            datatypes = dict(cache.get_partition_keys())
            found = [
                {"partition_key": name, "datatype": datatypes[name], "entries": cache.count(name)}
                for name in names
            ]
            output.rows(found, format, ("partition_key", "datatype", "entries"))
            return 0
        what = f"of partition key {partition_key}" if partition_key else "of all partition keys"
        base.confirm(f"Remove all entries {what} from cache {where.cache_name}?", yes)
        removed = sum(cache.clear(name) for name in names)
        output.note(f"{removed:,} entries were removed.")
    return 0


def _count_queue(where: base.Connections, format: Format) -> int:
    with services.open_queues(where) as queue:
        found = [{"queue": name, **queue.counts(name)} for name in QUEUES]
    if where.queue_is_beside_cache and not any(
        amount for each in found for amount in list(each.values())[1:]
    ):
        services.existing_cache(where).close()  # nothing is queued under a name that is misspelt
    output.rows(found, format, ("queue", *ItemState))
    return 0


def _clear_queue(where: base.Connections, yes: bool) -> int:
    base.confirm(f"Remove all items of both queues {where.queue_name}?", yes)
    with services.open_queues(where) as queue:
        output.note(f"{queue.clear():,} items were removed.")
    return 0


for _part in (installation, rights, state, tracking, placements, transfer, removal, verify, dead_items):
    for _each in _part.COMMANDS:
        command.add_command(_each)


def main() -> None:
    """The program ``pcache-manage``."""
    base.run(command, "pcache-manage")


if __name__ == "__main__":
    main()
