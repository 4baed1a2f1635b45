"""Looking whether entries are right: ``verify``."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from partitioncache.backends.postgresql import in_postgresql
from partitioncache.backends.protocol import Backend
from partitioncache.cli import base, output, services, upkeep
from partitioncache.cli.durations import Seconds
from partitioncache.cli.output import Format
from partitioncache.monitor.evaluate import converted
from partitioncache.sources import Source, SourceError


@click.command(
    "verify",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache-manage verify --partition-key city_id --limit 100", "pcache-manage verify --fix"
    ),
)
@click.option("--partition-key", help="Only those of this partition key.")
@click.option("--limit", type=click.IntRange(1), help="Only so many entries.")
@click.option(
    "--timeout",
    type=Seconds(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for one entry.",
)
@click.option("--fix", is_flag=True, help="Remove the entries that lack a key.")
@base.format_option
@base.connected
def verify(
    where: base.Connections,
    partition_key: str | None,
    limit: int | None,
    timeout: float,
    fix: bool,
    format: Format,
) -> int:
    """Run the query of each entry again and compare.

    A key that an entry lacks would lose rows: that is wrong, and the exit code is 1. A key too many only
    costs time. Entries without a query, or whose query fails, cannot be verified; nor can, in a PostgreSQL
    cache, those of other roles, whose texts are not run as yours.
    """
    found: list[dict[str, Any]] = []
    with services.existing_cache(where) as cache, closing(services.open_data(where)) as source:
        for name in services.partition_keys(cache, partition_key):
            foreign = _of_other_roles(cache, name)
            for hash in output.with_progress("verifying", sorted(cache.get_all_keys(name))[:limit]):
                facts: dict[str, Any] = {"partition_key": name, "hash": hash}
                if hash in foreign:
                    facts |= {"result": "not verified", "error": f"it belongs to role {foreign[hash]}"}
                else:
                    facts |= _verified(cache, source, hash, name, timeout)
                if fix and facts["result"] == "wrong":
                    cache.delete(hash, name)
                    facts["result"] = "wrong, removed"
                found.append(facts)
    wrong = sum(1 for each in found if each["result"].startswith("wrong"))
    output.rows(found, format, ("partition_key", "hash", "result", "keys", "missing", "superfluous", "error"))
    output.note(f"{len(found):,} entries were looked at, {wrong:,} are wrong.")
    return base.FAILED if wrong else 0


def _of_other_roles(cache: Backend, partition_key: str) -> dict[str, str]:
    """The entries that another role made, with its name: what it wrote must not run with our rights."""
    if (own := in_postgresql(cache)) is None:
        return {}
    with own.server.connection() as connection:
        (us,) = connection.execute("select current_user::text").fetchone() or ("",)
    return {each["hash"]: each["owner"] for each in upkeep.entries(own, partition_key) if each["owner"] != us}


def _verified(cache: Backend, source: Source, hash: str, name: str, timeout: float) -> dict[str, Any]:
    query, datatype = cache.get_query(hash, name), cache.datatype(name) or ""
    if query is None:
        return {"result": "not verified", "error": "its query is not known"}
    try:
        # in this order: a write in between may then only add to what the cache holds
        expected = {converted(key, datatype) for key in source.keys(query, timeout)}
    except SourceError as error:
        return {"result": "not verified", "error": str(error)}
    held = cache.get(hash, name)
    if held is None:
        return {"result": "not used", "error": "it is put aside"}
    missing, superfluous = len(expected - held), len(held - expected)
    result = "wrong" if missing else "right"
    return {"result": result, "keys": len(held), "missing": missing, "superfluous": superfluous}


COMMANDS = (verify,)
