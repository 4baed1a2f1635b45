"""``pcache-manage``: set-up, state and upkeep of a cache and its queues."""

from __future__ import annotations

from contextlib import closing

import click

from partitioncache.cli import (
    base,
    checks,
    dead_items,
    output,
    removal,
    services,
    state,
    tracking,
    transfer,
    verify,
)
from partitioncache.cli.output import Format
from partitioncache.queues import QUEUES
from partitioncache.setup import apply_plan, check_installation, check_processor, plan

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
    with services.open_cache(where) as cache:
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
    output.rows(found, format, ("queue", "ready", "running", "paused", "dead"))
    return 0


def _clear_queue(where: base.Connections, yes: bool) -> int:
    base.confirm(f"Remove all items of both queues {where.queue_name}?", yes)
    with services.open_queues(where) as queue:
        output.note(f"{queue.clear():,} items were removed.")
    return 0


@command.command("setup")
@click.option("--schema", help="The schema for the SQL. [default: where it is, or the current one]")
@click.option("--target-version", help="The version wanted. [default: the newest]")
@click.option(
    "--over-connection",
    is_flag=True,
    help="Send the SQL over the connection even where the server offers the extension.",
)
@click.option("--check", is_flag=True, help="Change nothing: only look at what is there and what is missing.")
@base.format_option
@base.connected
def setup(
    where: base.Connections,
    schema: str | None,
    target_version: str | None,
    over_connection: bool,
    check: bool,
    format: Format,
) -> int:
    """Install PartitionCache in the database, or upgrade it.

    As an extension, where the server's files offer it; otherwise the same SQL is sent over the connection,
    as managed servers need it. Doing it again changes nothing. The exit code is 1 if something is missing.
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
            for statement in todo.statements:
                output.note(f"running: {statement}")
            apply_plan(connection, todo)
        found = [*check_installation(connection), *check_processor(connection)]
    everything = checks.show(found, format)
    # pg_cron is one way to work on the queues, and a monitor another
    return (
        0 if everything or all(each.ok is not False or "cron" in each.name for each in found) else base.FAILED
    )


for _part in (state, tracking, transfer, removal, verify, dead_items):
    for _each in _part.COMMANDS:
        command.add_command(_each)


def main() -> None:
    """The program ``pcache-manage``."""
    base.run(command, "pcache-manage")


if __name__ == "__main__":
    main()
