"""``pcache-read``: reads key sets out of the cache."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from partitioncache import config
from partitioncache.analysis import analyse
from partitioncache.api import get_partition_keys
from partitioncache.backends.protocol import Backend
from partitioncache.cli import base, output, services
from partitioncache.cli.output import Format
from partitioncache.sources import DIALECTS

EXAMPLES = """
\b
Examples:
  # the key set of an entry
  pcache-read --partition-key user_id --query-hash abc123
\b
  # what the cache knows of a query, as JSON
  pcache-read --partition-key city_id --query "SELECT * FROM poi WHERE kind = 7" --format json
"""


@click.command("read", cls=base.Command, context_settings=base.CONTEXT, epilog=EXAMPLES)
@click.option("--partition-key", required=True, help="The column that splits the data.")
@click.option("--query-hash", help="The name of an entry.")
@base.query_options("A query: the keys to which the cache restricts it.")
@click.option(
    "--output", "file", type=click.Path(dir_okay=False, writable=True), help="Write the keys to this file."
)
@base.connected
@base.format_option
def command(
    where: base.Connections,
    partition_key: str,
    query_hash: str | None,
    query: str | None,
    query_file: str | None,
    file: str | None,
    format: Format,
) -> int:
    """Print partition keys: those of an entry, or those to which the cache restricts a query.

    One key a line; as JSON or CSV with --format. The exit code is 1 if the cache knows nothing.
    A line of its own, (null), stands for rows without a partition key.
    """
    if query_hash is not None and (query is not None or query_file is not None):
        raise click.UsageError("Give either --query-hash or a query.")
    text = base.read_query(query, query_file) if query_hash is None else ""
    with services.existing_cache(where) as cache:
        if query_hash is not None:
            services.partition_keys(cache, partition_key)
            keys, facts = cache.get(query_hash, partition_key), {"hash": query_hash}
            missing = f"The cache {where.cache_name} has no key set {query_hash} for {partition_key}."
        else:
            keys, facts = _by_query(where, cache, text, partition_key)
            missing = f"The cache {where.cache_name} knows nothing that restricts this query."
    if keys is None:
        output.note(f"{missing}{_why(facts)}")
        return base.FOUND_NOTHING
    with _file(file) as target:
        _write(keys, {"partition_key": partition_key, **facts}, format, target)
    if "hits" in facts:
        output.note(f"{len(keys):,} keys, from {facts['hits']} of {facts['fragments']} fragments")
    return 0


def _by_query(
    where: base.Connections, cache: Backend, query: str, partition_key: str
) -> tuple[set[Any] | None, dict[str, Any]]:
    if cache.dialect is not None:
        keys, fragments, hits = get_partition_keys(query, cache, partition_key)
        return keys, {"fragments": fragments, "hits": hits}
    schema = None
    if where.db or where.db_backend != "postgresql":
        with services.open_data(where) as source:
            schema = config.placed(source.declared())
    dialect = DIALECTS[where.db_backend]
    keys, fragments, hits = get_partition_keys(query, cache, partition_key, dialect=dialect, schema=schema)
    reason = analyse(query, partition_key, dialect=dialect, schema=schema).reason if not fragments else None
    return keys, {"fragments": fragments, "hits": hits, **({"reason": reason} if reason else {})}


def _why(facts: dict[str, Any]) -> str:
    if "reason" in facts:
        return f" {facts['reason']}"
    if "fragments" in facts:
        return f" None of its {facts['fragments']} fragments is in the cache."
    return ""


@contextmanager
def _file(path: str | None) -> Iterator[IO[str]]:
    if path is None:
        yield sys.stdout
    else:
        with open(path, "w", encoding="utf-8", newline="") as file:
            yield file


def _write(keys: set[Any], facts: dict[str, Any], format: Format, target: IO[str]) -> None:
    ordered = output.in_order(keys)
    if format == "json":
        json.dump({**facts, "keys": [output.json_value(key) for key in ordered]}, target, indent=2)
        target.write("\n")
    elif format == "csv":
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([facts["partition_key"]])
        writer.writerows([output.plain(key)] for key in ordered)
    else:
        target.writelines(f"{'(null)' if key is None else output.plain(key)}\n" for key in ordered)


def main() -> None:
    """The program ``pcache-read``."""
    base.run(command, "pcache-read")


if __name__ == "__main__":
    main()
