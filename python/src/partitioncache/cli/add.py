"""``pcache-add``: puts a query into the cache, at once or by way of the queue."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from typing import Any

import click
import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.expressions import Query

from partitioncache.backends.protocol import Backend
from partitioncache.binding import bind
from partitioncache.cli import base, output, services
from partitioncache.cli.durations import Seconds
from partitioncache.cli.output import Format
from partitioncache.errors import PartitionCacheError, UnavailableError
from partitioncache.monitor import Evaluator, NotCacheable
from partitioncache.monitor.evaluate import converted
from partitioncache.queues import Item
from partitioncache.queues.postgresql import PostgreSQLQueue
from partitioncache.sources import DIALECTS, TooManyKeys

EXAMPLES = """
\b
Examples:
  # evaluate it now
  pcache-add --direct --query "SELECT * FROM poi WHERE kind = 7" --partition-key city_id
\b
  # let the processor, or a monitor, do it
  pcache-add --queue --query-file report.sql --partition-key city_id
\b
  # the keys of this very query, under a name of its own
  pcache-add --direct --no-recompose --query-hash bakeries \\
      --query "SELECT DISTINCT city_id FROM poi WHERE kind = 7" --partition-key city_id
"""


@click.command("add", cls=base.Command, context_settings=base.CONTEXT, epilog=EXAMPLES)
@click.option("--direct", is_flag=True, help="Evaluate it now.")
@click.option("--queue", is_flag=True, help="Put it into the queue.")
@base.query_options()
@base.param_option
@click.option("--partition-key", required=True, help="The column that splits the data.")
@click.option(
    "--partition-datatype",
    type=base.DATATYPE,
    help="Its data type, where it is not registered and cannot be told.",
)
@click.option(
    "--no-recompose", is_flag=True, help="Take the query as it stands: store the keys in its first column."
)
@click.option(
    "--query-hash", help="With --no-recompose: the name of the entry. [default: the SHA-256 of the text]"
)
@click.option(
    "--priority",
    type=click.IntRange(-1000, 1000),
    default=1,
    show_default=True,
    help="With --queue: the higher, the sooner.",
)
@click.option("--refresh", is_flag=True, help="With --direct: evaluate also what the cache holds already.")
@click.option("--timeout", type=Seconds(0, min_open=True), help="With --direct: seconds for one fragment.")
@click.option(
    "--result-limit",
    type=click.IntRange(1),
    help="With --direct: most keys of one fragment; one with more holds no key set.",
)
@base.connected
@base.format_option
def command(
    where: base.Connections,
    direct: bool,
    queue: bool,
    query: str | None,
    query_file: str | None,
    params: list[Any] | dict[str, Any] | None,
    partition_key: str,
    partition_datatype: str | None,
    no_recompose: bool,
    query_hash: str | None,
    priority: int,
    refresh: bool,
    timeout: float | None,
    result_limit: int | None,
    format: Format,
) -> int:
    """Put a query into the cache.

    The query is taken apart into fragments: each subset of its tables and conditions that other queries may
    share. What the cache holds already is not evaluated again.
    """
    if direct == queue:
        say = "Say either" if direct else "Say"
        raise click.UsageError(f"{say} --direct to evaluate the query now, or --queue to have it done.")
    if query_hash is not None and not no_recompose:
        raise click.UsageError("--query-hash needs --no-recompose: fragments are named by what they are.")
    text = bind(base.read_query(query, query_file), params, DIALECTS[where.db_backend])
    item = Item(text, partition_key, partition_datatype, priority=priority)
    if no_recompose:
        item = Item(text, partition_key, partition_datatype, query_hash or _name_of(text), priority=priority)
    if not where.cache_is_postgresql:
        output.note(base.FILLING_ASSERTS)
    if queue:
        _push(where, item if no_recompose else _as_it_can_be_cached(where, item), format)
        return 0
    with services.open_cache(where) as cache:
        if no_recompose:
            return _store_as_it_stands(where, cache, item, timeout, result_limit, format)
        evaluator = services.evaluator(
            where, cache, timeout=timeout, result_limit=result_limit, again=refresh
        )
        try:
            fragments = evaluator.take_apart(item)
        except NotCacheable as reason:
            as_it_stands = _keys_of(item, where.db_backend, reason)
            output.note("The query has no conditions to share with others: its own keys are stored.")
            return _store_as_it_stands(where, cache, as_it_stands, timeout, result_limit, format)
        return _evaluate(evaluator, fragments, format)


def _name_of(query: str) -> str:
    return sha256(query.encode()).hexdigest()


def _keys_of(item: Item, db_backend: str, reason: NotCacheable) -> Item:
    """A query that cannot be taken apart, to be stored as it stands, if it gives partition keys and nothing else.

    Raises:
        PartitionCacheError: it does not.
    """
    if _selects_keys(item, db_backend):
        return replace(item, hash=_name_of(item.query))
    raise PartitionCacheError(
        f"Nothing of this query can be cached: {reason.message.rstrip('.')}.",
        hint="To store the keys in its first column, say --no-recompose.",
    ) from None


def _as_it_can_be_cached(where: base.Connections, item: Item) -> Item:
    """A query for the queue: to be taken apart, or else to be stored as it stands.

    Raises:
        PartitionCacheError: nothing of it could ever be stored.
    """
    try:
        with services.open_cache(where) as cache:
            services.evaluator(where, cache).take_apart(item)
    except NotCacheable as reason:
        item = _keys_of(item, where.db_backend, reason)
        output.note("The query has no conditions to share with others: its own keys will be stored.")
    except UnavailableError as error:
        if where.queue_is_beside_cache:
            raise
        # Whoever works on the queue may see what this machine does not.
        output.note(f"Not looked at before it is queued: {error.message}")
    return item


def _push(where: base.Connections, item: Item, format: Format) -> None:
    queue_name = "incoming" if item.hash is None else "outgoing"
    with services.open_queues(where) as queue:
        if item.hash is not None:
            queue.push("outgoing", [item])
        elif (
            isinstance(queue, PostgreSQLQueue) and where.cache_is_beside_data and where.queue_is_beside_cache
        ):
            queue.push_checked([item])
        else:
            queue.push("incoming", [item])
        incoming, outgoing = queue.lengths()
    done: dict[str, Any] = {"queued": queue_name, "incoming": incoming, "outgoing": outgoing}
    output.record(done if item.hash is None else {**done, "hash": item.hash}, format)


def _store_as_it_stands(
    where: base.Connections,
    cache: Backend,
    item: Item,
    timeout: float | None,
    result_limit: int | None,
    format: Format,
) -> int:
    started, as_of = time.monotonic(), time.time()
    name = item.hash or _name_of(item.query)
    with services.open_data(where) as source:
        keys = source.keys(item.query, timeout, result_limit)
    datatype = cache.datatype(item.partition_key) or item.datatype
    if datatype is not None:
        cache.register(item.partition_key, datatype)
        keys = {converted(key, datatype) for key in keys}
    cache.set_set(name, keys, item.partition_key, as_of)
    cache.set_query(name, item.query, item.partition_key)
    if where.cache_is_postgresql:
        output.note("An entry that is stored as it stands follows no writes: it is found by its name alone.")
    seconds = round(time.monotonic() - started, 3)
    output.record({"hash": name, "keys": len(keys), "seconds": seconds}, format)
    return 0


COLUMNS = ("hash", "keys", "seconds", "status", "fragment")


def _selects_keys(item: Item, db_backend: str) -> bool:
    """Whether a query gives partition keys and nothing else."""
    try:
        query = sqlglot.parse_one(item.query, dialect=DIALECTS[db_backend])
    except SqlglotError:
        return False
    return isinstance(query, Query) and query.named_selects == [item.partition_key]


def _evaluate(evaluator: Evaluator, fragments: list[Item], format: Format) -> int:
    done = list(_each(evaluator, fragments))
    if not done and format == "table":
        output.note("The cache holds all fragments of this query already.")
        return 0
    output.rows(done, format, COLUMNS)
    return base.FAILED if any(each["status"] == "failed" for each in done) else 0


def _each(evaluator: Evaluator, fragments: list[Item]) -> Iterable[dict[str, Any]]:
    with closing(evaluator.worker()) as worker, output.progress("evaluating", len(fragments)) as bar:
        for fragment in fragments:
            row: dict[str, Any] = {"hash": fragment.hash, "fragment": fragment.query}
            try:
                result = worker.evaluate(fragment)
                row["keys"], row["seconds"] = result.key_count, round(result.seconds, 3)
                row["status"] = "stored" if result.key_count is not None else "over the limit"
            except TooManyKeys as error:
                row["status"], row["error"] = "over the limit", str(error)
            except PartitionCacheError as error:
                row["status"], row["error"] = "failed", str(error)
                output.note(f"{(fragment.hash or '')[:12]}: {error}")
            bar()
            yield row


def main() -> None:
    """The program ``pcache-add``."""
    base.run(command, "pcache-add")


if __name__ == "__main__":
    main()
