"""Queued items that cannot be done: ``dead`` and ``requeue``."""

from __future__ import annotations

import click

from partitioncache.cli import base, output, services
from partitioncache.cli.output import Format
from partitioncache.errors import PartitionCacheError
from partitioncache.queues import QUEUES


@click.command(
    "dead",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache-manage dead --format json"),
)
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="Most items of each queue."
)
@base.format_option
@base.connected
def dead(where: base.Connections, limit: int, format: Format) -> int:
    """List the queued items whose attempts are used up, the latest first."""
    with services.open_queues(where) as queue:
        found = [
            {
                "queue": name, "id": each.id, "partition_key": each.item.partition_key, "attempts": each.attempts,
                "error": each.error, "query": output.short(each.item.query) if format == "table" else each.item.query,
            }
            for name in QUEUES
            for each in queue.dead(name, limit)
        ]  # fmt: skip
    output.rows(found, format, ("queue", "id", "partition_key", "attempts", "error", "query"))
    return 0


@click.command(
    "requeue",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache-manage requeue", "pcache-manage requeue 17 23"),
)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@base.connected
def requeue(where: base.Connections, ids: tuple[str, ...]) -> int:
    """Put dead items back into their queue: all of them, or those with these IDs."""
    with services.open_queues(where) as queue:
        amount = sum(queue.requeue(name, ids or None) for name in QUEUES)
    output.note(f"{amount:,} items were put back.")
    if ids and amount < len(set(ids)):
        raise PartitionCacheError(
            "Some of these are no dead items.", hint="See them with: pcache-manage dead"
        )
    return 0


COMMANDS = (dead, requeue)
