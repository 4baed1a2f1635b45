"""``pcache-manage``: set-up, state and upkeep of a cache and its queues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import click
from psycopg import sql
from psycopg.rows import dict_row

from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.backends.protocol import Backend
from partitioncache.cli import base, checks, exchange, output, services, tracking, upkeep
from partitioncache.cli.add import progress
from partitioncache.cli.output import Format
from partitioncache.cli.setup_postgresql_queue_processor import DURATION
from partitioncache.errors import NotRegisteredError, PartitionCacheError
from partitioncache.migrate import migrate_cache_backend
from partitioncache.monitor.evaluate import converted
from partitioncache.queues import QUEUES
from partitioncache.registry import CACHE_TYPES, open_backend
from partitioncache.setup import apply_plan, check_installation, check_processor, plan
from partitioncache.sources import Source, SourceError

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
        names = _partition_keys(cache, partition_key)
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


def _partition_keys(cache: Backend, wanted: str | None) -> list[str]:
    names = [name for name, _ in cache.get_partition_keys()]
    if wanted is None:
        return names
    if wanted not in names:
        known = f"It knows {', '.join(names)}." if names else "It knows none yet: pcache-add makes one known."
        raise NotRegisteredError(f"The cache does not know the partition key {wanted}.", hint=known)
    return [wanted]


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


# Set-up


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


# State


@command.command("status")
@base.format_option
@base.connected
def status(where: base.Connections, format: Format) -> int:
    """Show the cache and its queues in one look."""
    with services.open_cache(where) as cache:
        if isinstance(cache, PostgresqlArray):
            statement = sql.SQL("select * from {}(%s)").format(
                sql.Identifier(cache.server.schema, "partitioncache_status")
            )
            with cache.server.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
                row = cursor.execute(statement, [cache.cache]).fetchone() or {}
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


@command.command("overview")
@base.format_option
@base.connected
def overview(where: base.Connections, format: Format) -> int:
    """List the partition keys of the cache: of all caches in the database, with a PostgreSQL cache."""
    columns: tuple[str, ...] = ("cache", "partition_key", "datatype", "storage", "entries", "bytes")
    with services.open_cache(where) as cache:
        if isinstance(cache, PostgresqlArray):
            statement = sql.SQL(
                "select s.cache, k.* from {} s cross join lateral {}(s.cache) k order by 1, 2"
            ).format(
                *(
                    sql.Identifier(cache.server.schema, f"partitioncache_{name}")
                    for name in ("settings", "partition_keys")
                )
            )
            with cache.server.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
                found = cursor.execute(statement).fetchall()
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


@command.command("entries")
@click.option("--partition-key", help="Only those of this partition key.")
@base.format_option
@base.connected
def entries(where: base.Connections, partition_key: str | None, format: Format) -> int:
    """List the entries; of a PostgreSQL cache with their size, age, use and state."""
    columns: tuple[str, ...] = ("partition_key", "hash", "keys", "query")
    found: list[dict[str, Any]] = []
    with services.open_cache(where) as cache:
        for name in _partition_keys(cache, partition_key):
            if isinstance(cache, PostgresqlArray):
                columns = (
                    "partition_key",
                    "hash",
                    "key_count",
                    "bytes",
                    "evaluated_at",
                    "uses",
                    "last_used",
                    "state",
                    "reason",
                    "query",
                )
                found += [{"partition_key": name, **each} for each in upkeep.entries(cache, name)]
            else:
                for hash in sorted(cache.get_all_keys(name)):
                    facts = {
                        "hash": hash,
                        "keys": len(cache.get(hash, name) or ()),
                        "query": cache.get_query(hash, name),
                    }
                    found.append({"partition_key": name, **facts})
    if format == "table":
        for each in found:
            each["hash"] = each["hash"][:12]
            each["query"] = _short(each["query"])
            if "bytes" in each:
                each["bytes"] = output.size(each["bytes"])
    output.rows(found, format, columns)
    return 0


def _short(query: str | None) -> str:
    text = " ".join((query or "").split())
    return text if len(text) <= 60 else f"{text[:59]}…"


for _each in tracking.COMMANDS:
    command.add_command(_each)


# Moving entries


@command.command("copy")
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
            for name in _with_progress("copying", _partition_keys(old, partition_key))
        ]
    output.note(f"{sum(each.entries for each in done):,} entries were copied into {to_backend}.")
    renamed, left_out = sum(len(each.renamed) for each in done), sum(len(each.left_out) for each in done)
    if renamed:
        output.note(f"{renamed:,} of them have another hash there: the one under which they are looked up.")
    if left_out:
        output.note(f"{left_out:,} entries are put aside, and have no key set to copy.")
    return 0


def _with_progress(what: str, things: list[str]) -> Iterator[str]:
    with progress(what, len(things)) as bar:
        for thing in things:
            yield thing
            bar()


@command.command("export")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--partition-key", help="Only this partition key.")
@base.yes_option
@base.connected
def export(where: base.Connections, file: str, partition_key: str | None, yes: bool) -> int:
    """Write all entries into a FILE; "-" is standard output. A name that ends in .gz is compressed."""
    if file != "-" and Path(file).exists():
        base.confirm(f"Overwrite {file}?", yes)
    with services.open_cache(where) as cache:
        names = _partition_keys(cache, partition_key)
        total = sum(cache.count(name) for name in names)
        with exchange.opened(file, "w") as target, progress("exporting", total) as bar:
            for line in exchange.lines(cache, names):
                target.write(line + "\n")
                bar()
    output.note(f"{total:,} entries were written to {file}.")
    return 0


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@base.connected
def import_(where: base.Connections, file: str) -> int:
    """Store the entries that export wrote into a FILE; "-" is standard input."""
    with services.open_cache(where) as cache:
        amount = 0
        with progress("importing", 0) as bar, exchange.opened(file, "r") as lines:
            for _ in exchange.read(cache, lines, file):
                amount += 1
                bar()
    output.note(f"{amount:,} entries were stored.")
    return 0


# Removing entries


@command.command("delete")
@click.argument("hashes", metavar="HASH...", nargs=-1, required=True)
@click.option("--partition-key", required=True, help="Their partition key.")
@base.yes_option
@base.connected
def delete(where: base.Connections, hashes: tuple[str, ...], partition_key: str, yes: bool) -> int:
    """Remove single entries. The exit code is 1 if one was not there."""
    base.confirm(f"Remove {len(hashes)} entries from cache {where.cache_name}?", yes)
    with services.open_cache(where) as cache:
        missing = [hash for hash in hashes if not cache.delete(hash, partition_key)]
    for hash in missing:
        output.note(f"There is no entry {hash}.")
    output.note(f"{len(hashes) - len(missing):,} entries were removed.")
    return base.FOUND_NOTHING if missing else 0


@command.command("prune")
@click.option("--partition-key", help="Only those of this partition key.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@base.yes_option
@base.format_option
@base.connected
def prune(
    where: base.Connections, partition_key: str | None, dry_run: bool, yes: bool, format: Format
) -> int:
    """Remove what is of no use any more: entries that are put aside, and texts without a key set."""
    with services.open_cache(where) as opened:
        cache = services.postgresql(opened, "Pruning")
        gone = [
            {"partition_key": name, **each, "reason": each["reason"] or "it holds no key set"}
            for name in _partition_keys(cache, partition_key)
            for each in upkeep.entries(cache, name)
            if each["state"] == "aside" or each["key_count"] is None
        ]
        return _remove(cache, gone, ("partition_key", "hash", "reason"), dry_run, yes, format)


@command.command("evict")
@click.option("--partition-key", help="Only those of this partition key.")
@click.option("--older-than", type=DURATION, help="Those evaluated longer ago, such as 30d.")
@click.option("--unused-for", type=DURATION, help="Those that nobody used for so long.")
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
    with services.open_cache(where) as opened:
        cache = services.postgresql(opened, "Eviction")
        with cache.server.connection() as connection:
            now = (connection.execute("select pg_catalog.now()").fetchone() or (None,))[0]
        found = [
            {"partition_key": name, **each}
            for name in _partition_keys(cache, partition_key)
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


_UNITS: Final = {"": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}


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


# Looking whether entries are right


@command.command("verify")
@click.option("--partition-key", help="Only those of this partition key.")
@click.option("--limit", type=click.IntRange(1), help="Only so many entries.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
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
    with services.open_cache(where) as cache, closing(services.open_data(where)) as source:
        for name in _partition_keys(cache, partition_key):
            foreign = _of_other_roles(cache, name)
            for hash in _with_progress("verifying", sorted(cache.get_all_keys(name))[:limit]):
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
    if not isinstance(cache, PostgresqlArray):
        return {}
    with cache.server.connection() as connection:
        (us,) = connection.execute("select current_user::text").fetchone() or ("",)
    return {
        each["hash"]: each["owner"] for each in upkeep.entries(cache, partition_key) if each["owner"] != us
    }


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


# Queues


@command.command("dead")
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
                "error": each.error, "query": _short(each.item.query) if format == "table" else each.item.query,
            }
            for name in QUEUES
            for each in queue.dead(name, limit)
        ]  # fmt: skip
    output.rows(found, format, ("queue", "id", "partition_key", "attempts", "error", "query"))
    return 0


@command.command("requeue")
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


def main() -> None:
    """The program ``pcache-manage``."""
    base.run(command, "pcache-manage")


if __name__ == "__main__":
    main()
