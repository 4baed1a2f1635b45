"""Moving entries from cache to cache, and into and out of files: ``copy``, ``export`` and ``import``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from partitioncache.backends.protocol import Backend
from partitioncache.cli import base, exchange, output, services
from partitioncache.migrate import Migration, migrate_cache_backend, refuse_same
from partitioncache.registry import CACHE_TYPES, open_backend

EXAMPLES_OF_COPY = """
\b
Examples:
  pcache-manage copy --to-backend redis_set --partition-key city_id
\b
  # into another database; what the old cache evaluated is evaluated there anew
  pcache-manage copy --to-backend postgresql_array --to-db reports --push
"""
EXAMPLES_OF_EXPORT = """
\b
Examples:
  pcache-manage export cache.jsonl.gz
  pcache-manage export --partition-key city_id - | wc -l
"""
EXAMPLES_OF_IMPORT = """
\b
Examples:
  pcache-manage import cache.jsonl.gz
  pcache-manage --cache-backend rocksdict --cache-path /srv/cache import --assert-static cache.jsonl.gz
"""

_push = click.option(
    "--push", is_flag=True, help="Queue the queries of what is left out, if this is a PostgreSQL cache."
)
_assert_static = click.option(
    "--assert-static",
    is_flag=True,
    help="You promise that the tables of all entries do not change: what was evaluated is stored as well.",
)


@click.command("copy", cls=base.Command, context_settings=base.CONTEXT, epilog=EXAMPLES_OF_COPY)
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
@_push
@_assert_static
@base.connected
def copy(
    where: base.Connections,
    to_backend: str,
    to_name: str | None,
    partition_key: str | None,
    push: bool,
    assert_static: bool,
    **to: Any,
) -> int:
    """Copy all entries into another cache, of the same or of another kind.

    Entries that a PostgreSQL cache has evaluated follow the writes to their tables; a copy could not, and is not made.
    Say --push to have them evaluated where they would have gone, or --assert-static.
    """
    given = {name.removeprefix("to_"): str(value) for name, value in to.items() if value is not None}
    database = given.pop("db", None)
    if database is not None:
        given["dbname" if to_backend.startswith("postgresql") else "db"] = database
    with (
        services.existing_cache(where) as old,
        open_backend(to_backend, cache=to_name or where.cache_name, **given) as new,
    ):
        refuse_same(old, new)
        done = [
            migrate_cache_backend(old, new, name, push=push, assert_static=assert_static)
            for name in output.with_progress("copying", services.partition_keys(old, partition_key))
        ]
        _say(done, new, "copied", to_backend, push)
    return 0


def _say(done: list[Migration], new: Backend, verb: str, target: str, push: bool) -> None:
    """Say what became of the entries."""
    amount = sum(each.entries for each in done)
    output.note(f"{amount:,} entries were {verb} into {target}.")
    if amount and not new.backend.startswith("postgresql"):
        output.note(base.FILLING_ASSERTS)
    renamed = sum(len(each.renamed) for each in done)
    if renamed:
        output.note(f"{renamed:,} of them have another hash there: the one under which they are looked up.")
    reasons = Counter(reason for each in done for reason in each.reasons.values())
    for reason, count in reasons.most_common():
        output.note(f"{count:,} entries were left out: {reason}.")
    queued = sum(each.queued for each in done)
    if queued:
        output.note(f"{queued:,} of their queries were queued.")
    elif reasons and not push:
        ways = ["--assert-static if their tables do not change"]
        if new.backend.startswith("postgresql"):
            ways.insert(0, "--push to have them evaluated there")
        output.note(f"Say {', or '.join(ways)}.")


@click.command("export", cls=base.Command, context_settings=base.CONTEXT, epilog=EXAMPLES_OF_EXPORT)
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--partition-key", help="Only this partition key.")
@base.yes_option
@base.connected
def export(where: base.Connections, file: str, partition_key: str | None, yes: bool) -> int:
    """Write all entries into a FILE; "-" is standard output. A name that ends in .gz is compressed."""
    if file != "-" and Path(file).exists():
        base.confirm(f"Overwrite {file}?", yes)
    with services.existing_cache(where) as cache:
        names = services.partition_keys(cache, partition_key)
        total, amount = sum(cache.count(name) for name in names), -1 - len(names)
        with exchange.opened(file, "w") as target, output.progress("exporting", total) as bar:
            for line in exchange.lines(cache, names):
                target.write(line + "\n")
                amount += 1
                bar()
    output.note(f"{amount:,} entries were written to {file}.")
    if amount < total:
        output.note(f"{total - amount:,} entries have no key set to write: put aside, or of another role.")
    return 0


@click.command("import", cls=base.Command, context_settings=base.CONTEXT, epilog=EXAMPLES_OF_IMPORT)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@_push
@_assert_static
@base.connected
def import_(where: base.Connections, file: str, push: bool, assert_static: bool) -> int:
    """Store the entries that export wrote into a FILE; "-" is standard input.

    A file that is damaged, or no export, is refused as a whole. What a PostgreSQL cache had evaluated is left out, as
    by copy; what this cache has evaluated itself stays as it is.
    """
    with services.open_cache(where) as cache:
        done = exchange.store(cache, file, push=push, assert_static=assert_static)
        _say(list(done.values()), cache, "stored", cache.backend, push)
    return 0


COMMANDS = (copy, export, import_)
