"""Moving entries from cache to cache, and into and out of files: ``copy``, ``export`` and ``import``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from partitioncache.cli import base, exchange, output, services
from partitioncache.migrate import migrate_cache_backend
from partitioncache.registry import CACHE_TYPES, open_backend


@click.command("copy", cls=base.Command, context_settings=base.CONTEXT)
@click.option(
    "--to-backend",
    required=True,
    type=click.Choice(list(CACHE_TYPES)),
    help="The kind of cache to copy into.",
)
@click.option("--to-name", help="The name of that cache. [default: the same]")
@click.option("--to-host", help="Its host.")
@click.option("--to-port", type=click.IntRange(1, 65535), help="Its port.")
@click.option("--to-user", help="Its user.")
@click.option("--to-db", help="Its database.")
@click.option("--to-path", type=click.Path(), help="Its folder, for RocksDB.")
@click.option("--partition-key", help="Only this partition key.")
@base.connected
def copy(
    where: base.Connections, to_backend: str, to_name: str | None, partition_key: str | None, **to: Any
) -> int:
    """Copy all entries into another cache, of the same or of another kind."""
    given = {name.removeprefix("to_"): str(value) for name, value in to.items() if value is not None}
    database = given.pop("db", None)
    if database is not None:
        given["dbname" if to_backend.startswith("postgresql") else "db"] = database
    with (
        services.open_cache(where) as old,
        open_backend(to_backend, cache=to_name or where.cache_name, **given) as new,
    ):
        done = [
            migrate_cache_backend(old, new, name)
            for name in output.with_progress("copying", services.partition_keys(old, partition_key))
        ]
    output.note(f"{sum(each.entries for each in done):,} entries were copied into {to_backend}.")
    renamed, left_out = sum(len(each.renamed) for each in done), sum(len(each.left_out) for each in done)
    if renamed:
        output.note(f"{renamed:,} of them have another hash there: the one under which they are looked up.")
    if left_out:
        output.note(f"{left_out:,} entries are put aside, and have no key set to copy.")
    return 0


@click.command("export", cls=base.Command, context_settings=base.CONTEXT)
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--partition-key", help="Only this partition key.")
@base.yes_option
@base.connected
def export(where: base.Connections, file: str, partition_key: str | None, yes: bool) -> int:
    """Write all entries into a FILE; "-" is standard output. A name that ends in .gz is compressed."""
    if file != "-" and Path(file).exists():
        base.confirm(f"Overwrite {file}?", yes)
    with services.open_cache(where) as cache:
        names = services.partition_keys(cache, partition_key)
        total = sum(cache.count(name) for name in names)
        with exchange.opened(file, "w") as target, output.progress("exporting", total) as bar:
            for line in exchange.lines(cache, names):
                target.write(line + "\n")
                bar()
    output.note(f"{total:,} entries were written to {file}.")
    return 0


@click.command("import", cls=base.Command, context_settings=base.CONTEXT)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@base.connected
def import_(where: base.Connections, file: str) -> int:
    """Store the entries that export wrote into a FILE; "-" is standard input."""
    with services.open_cache(where) as cache:
        amount = 0
        with output.progress("importing", 0) as bar, exchange.opened(file, "r") as lines:
            for _ in exchange.read(cache, lines, file):
                amount += 1
                bar()
    output.note(f"{amount:,} entries were stored.")
    return 0


COMMANDS = (copy, export, import_)
