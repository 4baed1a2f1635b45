"""What is in a cache and its queues: ``status``, ``overview`` and ``entries``."""

from __future__ import annotations

from typing import Any

import click

from partitioncache.backends.postgresql import in_postgresql
from partitioncache.cli import base, output, services, upkeep
from partitioncache.cli.output import Format
from partitioncache.queues import QUEUES


@click.command(
    "status",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache status", "pcache status --cache-name reports --format json"),
)
@base.format_option
@base.connected
def status(where: base.Connections, format: Format) -> int:
    """Show the cache and its queues in one look."""
    with services.existing_cache(where) as cache:
        if (own := in_postgresql(cache)) is not None:
            (row,) = own.server.records("partitioncache_status", own.cache)
            if format == "table":
                row["bytes"] = output.size(row["bytes"])
            output.record({"cache": cache.cache, **row}, format)
            return 0
        names = [name for name, _ in cache.get_partition_keys()]
        facts: dict[str, Any] = {
            "cache": where.cache_name,
            "backend": cache.backend,
            "partition_keys": len(names),
        }
        facts["entries"] = sum(cache.count(name) for name in names)
    with services.open_queues(where) as queue:
        for name in QUEUES:
            facts |= {f"{name}_{state}": amount for state, amount in queue.counts(name).items()}
    output.record(facts, format)
    return 0


@click.command(
    "overview",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache overview --format csv"),
)
@base.format_option
@base.connected
def overview(where: base.Connections, format: Format) -> int:
    """List the partition keys of the cache: of all caches in the database, with a PostgreSQL cache."""
    columns: tuple[str, ...] = ("cache", "partition_key", "datatype", "storage", "entries", "bytes")
    with services.open_cache(where) as cache:
        if (own := in_postgresql(cache)) is not None:
            found = [
                {"cache": name, **each}
                for name in own.caches()
                for each in own.server.records("partitioncache_partition_keys", name)
            ]
        else:
            columns = ("cache", "partition_key", "datatype", "entries")
            found = [
                {
                    "cache": where.cache_name,
                    "partition_key": name,
                    "datatype": datatype,
                    "entries": cache.count(name),
                }
                for name, datatype in cache.get_partition_keys()
            ]
    if format == "table":
        for row in found:
            row["bytes"] = output.size(row.get("bytes"))
    output.rows(found, format, columns)
    return 0


@click.command(
    "entries",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache-manage entries --partition-key city_id"),
)
@click.option("--partition-key", help="Only those of this partition key.")
@base.format_option
@base.connected
def entries(where: base.Connections, partition_key: str | None, format: Format) -> int:
    """List the entries; of a PostgreSQL cache with their size, age, use and state.

    state: fresh = its tables are tracked, and it is up to date; changed = used together with the partitions written to
    since; static = its tables are asserted not to change; aside = not used, reason says why; asserted = stored by hand,
    or outside PostgreSQL, where nothing follows writes. serves: the one role that may use it, empty for all.
    """
    columns: tuple[str, ...] = ("partition_key", "hash", "keys", "state", "query")
    found: list[dict[str, Any]] = []
    with services.existing_cache(where) as cache:
        for name in services.partition_keys(cache, partition_key):
            if (own := in_postgresql(cache)) is not None:
                columns = (
                    "partition_key", "hash", "key_count", "bytes", "evaluated_at", "uses", "last_used", "state",
                    "tracked", "changed", "serves", "reason", "query",
                )  # fmt: skip
                found += [{"partition_key": name, **each} for each in upkeep.entries(own, name)]
            else:
                for hash, state in sorted(cache.states(name).items()):
                    keys = cache.get(hash, name)
                    facts = {
                        "hash": hash,
                        "keys": None if keys is None else len(keys),
                        "state": state,
                        "query": cache.get_query(hash, name),
                    }
                    found.append({"partition_key": name, **facts})
    if format == "table":
        for each in found:
            each["hash"] = each["hash"][:12]
            each["query"] = output.short(each["query"])
            if "bytes" in each:
                each["bytes"] = output.size(each["bytes"])
    output.rows(found, format, columns)
    return 0


COMMANDS = (status, overview, entries)
