"""Removing entries by name, by state, and by age, size and use: ``delete``, ``prune`` and ``evict``."""

from __future__ import annotations

import re
from typing import Any, Final

import click

from partitioncache.backends.protocol import Backend
from partitioncache.cli import base, output, services, upkeep
from partitioncache.cli.durations import AGE
from partitioncache.cli.output import Format

_UNITS: Final = {"": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}


@click.command(
    "delete",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache-manage delete 3f0a1c… --partition-key city_id"),
)
@click.argument("hashes", metavar="HASH...", nargs=-1, required=True)
@click.option("--partition-key", required=True, help="Their partition key.")
@base.yes_option
@base.connected
def delete(where: base.Connections, hashes: tuple[str, ...], partition_key: str, yes: bool) -> int:
    """Remove single entries. The exit code is 1 if one was not there."""
    base.confirm(f"Remove {len(hashes)} entries from cache {where.cache_name}?", yes)
    with services.existing_cache(where) as cache:
        services.partition_keys(cache, partition_key)
        missing = [hash for hash in hashes if not cache.delete(hash, partition_key)]
    for hash in missing:
        output.note(f"There is no entry {hash}.")
    output.note(f"{len(hashes) - len(missing):,} entries were removed.")
    return base.FOUND_NOTHING if missing else 0


@click.command(
    "prune",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache-manage prune --dry-run", "pcache-manage prune --partition-key city_id --yes"
    ),
)
@click.option("--partition-key", help="Only those of this partition key.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@base.yes_option
@base.format_option
@base.connected
def prune(
    where: base.Connections, partition_key: str | None, dry_run: bool, yes: bool, format: Format
) -> int:
    """Remove what is of no use any more: entries that are put aside, and texts without a key set."""
    with services.postgresql(where, "Pruning") as cache:
        gone = [
            {"partition_key": name, **each, "reason": each["reason"] or "it holds no key set"}
            for name in services.partition_keys(cache, partition_key)
            for each in upkeep.entries(cache, name)
            if each["state"] == "aside" or each["key_count"] is None
        ]
        return _remove(cache, gone, ("partition_key", "hash", "reason"), dry_run, yes, format)


@click.command(
    "evict",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache-manage evict --older-than 30d --dry-run",
        "pcache-manage evict --unused-for 12h --max-bytes 500MB --yes",
    ),
)
@click.option("--partition-key", help="Only those of this partition key.")
@click.option("--older-than", type=AGE, help="Those evaluated longer ago, such as 30d, 12h or 90s.")
@click.option("--unused-for", type=AGE, help="Those that nobody used for so long, such as 7d.")
@click.option(
    "--larger-than", callback=lambda _c, _p, value: _bytes(value), help="Those of more bytes, such as 10MB."
)
@click.option(
    "--max-entries", type=click.IntRange(0), help="Of the rest, keep so many: the most recently used."
)
@click.option(
    "--max-bytes",
    callback=lambda _c, _p, value: _bytes(value),
    help="Of the rest, keep so much: the most recently used.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@base.yes_option
@base.format_option
@base.connected
def evict(
    where: base.Connections, partition_key: str | None, dry_run: bool, yes: bool, format: Format, **rules: Any
) -> int:
    """Remove entries by age, size and use. Several rules: what any of them names."""
    if all(value is None for value in rules.values()):
        raise click.UsageError(
            "Say which entries: --older-than, --unused-for, --larger-than, --max-entries or --max-bytes."
        )
    with services.postgresql(where, "Eviction") as cache:
        with cache.server.connection() as connection:
            now = (connection.execute("select pg_catalog.now()").fetchone() or (None,))[0]
        found = [
            {"partition_key": name, **each}
            for name in services.partition_keys(cache, partition_key)
            for each in upkeep.entries(cache, name)
            if each["key_count"] is not None
        ]
        gone = upkeep.to_evict(found, now, **rules)
        return _remove(
            cache, gone, ("partition_key", "hash", "bytes", "evaluated_at", "last_used"), dry_run, yes, format
        )


def _remove(
    cache: Backend,
    gone: list[dict[str, Any]],
    columns: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    format: Format,
) -> int:
    if not gone:
        output.note("There is nothing to remove.")
        return 0
    output.rows(gone, format, columns)
    if dry_run:
        return 0
    base.confirm(f"Remove these {len(gone):,} entries?", yes)
    for each in gone:
        cache.delete(each["hash"], each["partition_key"])
    output.note(f"{len(gone):,} entries were removed.")
    return 0


def _bytes(text: str | None) -> int | None:
    """A size such as 500MB.

    >>> _bytes("1.5 kB"), _bytes("12")
    (1536, 12)
    """
    if text is None:
        return None
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", text.lower())
    if match is None or match[2] not in _UNITS:
        raise click.BadParameter(f"{text!r} is no size; write it like 500MB.")
    return round(float(match[1]) * _UNITS[match[2]])


COMMANDS = (delete, prune, evict)
