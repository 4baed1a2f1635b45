"""``pcache trial``: one's own queries on one's own data, with and without; nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click
import psycopg
from psycopg.conninfo import make_conninfo

from partitioncache import advice
from partitioncache import trial as trials
from partitioncache.cli import base, output
from partitioncache.cli.output import Format
from partitioncache.errors import PartitionCacheError
from partitioncache.postgresql import explained

#: What the command exits with if the rows of a query differ, which must never happen.
WRONG = 2
PICTURE = "pcache-trial.svg"
COLUMNS = (
    "query",
    "rows",
    "partitions",
    "remaining",
    "before_ms",
    "after_ms",
    "faster",
    "same_rows",
    "reason",
)


@click.command(
    "trial",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache trial --db-name shop --partition-key city_id --queries queries.sql",
        "pcache trial --db-name shop --partition-key city_id --picture trial.svg",
        "pcache trial --partition-key customer --queries - --format json",
    ),
)
@click.option("--partition-key", required=True, help="The column that splits the data.")
@click.option(
    "--queries",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help='A file of queries, each with a semicolon behind it; "-" is standard input. [pg_stat_statements]',
)
@click.option(
    "--filling-seconds", type=click.FloatRange(1), default=300, show_default=True,
    help="How long filling the cache may take.",
)  # fmt: skip
@click.option(
    "--query-seconds", type=click.FloatRange(1), default=60, show_default=True,
    help="How long a query may take; a slower one is left out.",
)  # fmt: skip
@click.option(
    "--picture", type=click.Path(dir_okay=False), help=f"Draw what was measured into this file. [{PICTURE}]",
)  # fmt: skip
@click.option("--no-picture", is_flag=True, help="Draw nothing.")
@base.format_option
@base.connected
def trial(
    where: base.Connections,
    partition_key: str,
    file: str | None,
    filling_seconds: float,
    query_seconds: float,
    picture: str | None,
    no_picture: bool,
    format: Format,
) -> int:
    """Try your own queries on your own data, with and without the cache, and leave nothing behind.

    Everything happens in one transaction that is rolled back: PartitionCache is installed in it if need be, a cache is
    filled, each query is asked as it is and by way of the cache, and the rows are compared. Tables are taken not to
    change meanwhile; nobody else sees any of it. At the end stand a table and a picture.

    The queries are those of a file, or those of this role that the key would restrict, of what has taken most time by
    pg_stat_statements, with values from the statistics.

    The exit code is 0 if the queries together were faster, 1 if not.
    """
    queries: Sequence[str] = ()
    if file is not None:
        queries = trials.split(
            click.open_file(file).read() if file == "-" else Path(file).read_text("utf-8-sig")
        )
        if not queries:
            raise click.UsageError(f"There is no query in {file}.")
    draw = None if no_picture else _drawer()
    conninfo = make_conninfo(application_name="pcache trial", **where.postgresql_parameters())
    with explained(), closing(psycopg.connect(conninfo)) as connection, output.stages() as bar:
        candidate = None
        if file is None:
            candidate = advice.candidate(connection, partition_key, progress=bar)
            queries = candidate.queries
        found = trials.run(
            connection,
            queries,
            partition_key,
            datatype=candidate.datatype if candidate else None,
            placements=candidate.placements if candidate else None,
            filling_seconds=filling_seconds,
            query_seconds=query_seconds,
            progress=bar,
        )
    output.rows([_record(each) for each in found.outcomes], format, COLUMNS)
    output.note(_verdict(found))
    if draw is not None and found.after_ms:
        draw(found, Path(picture or PICTURE), picture is not None)
    if any(each.same is False for each in found.outcomes):
        raise PartitionCacheError("The rows differ, which must never happen.", hint="Please report it.")
    return 0 if found.after_ms < found.before_ms else base.FOUND_NOTHING


def _record(outcome: trials.Outcome) -> dict[str, object]:
    record = {**asdict(outcome), "query": " ".join(outcome.query.split())[:60]}
    for name in ("before_ms", "after_ms"):
        if record[name] is not None:
            record[name] = round(record[name], 1)
    record["faster"] = round(outcome.faster, 1) if outcome.faster else None
    record["same_rows"] = "open" if outcome.same is None and outcome.after_ms is not None else outcome.same
    return record


def _drawer() -> Callable[[trials.Trial, Path, bool], None]:
    """What draws the picture of the demo, of what a trial has measured, and says where it is."""
    try:
        from partitioncache.web.pictures import Measured, write_before_after
    except ImportError:
        without = "There is no picture without the package matplotlib: pip install 'partitioncache[dashboard]'"
        return lambda found, path, wanted: output.note(without)

    def draw(found: trials.Trial, path: Path, wanted: bool) -> None:
        measured = [
            Measured(" ".join(each.query.split()), each.before_ms, each.after_ms)
            for each in found.outcomes
            if each.before_ms and each.after_ms
        ]
        try:
            write_before_after(measured, path)
        except OSError as error:
            message = f"The picture cannot be written to {path.absolute()}: {error.strerror or error}."
            hint = "Name another file with --picture."
            if wanted:
                raise PartitionCacheError(message, hint=hint) from None
            output.note(f"{message} {hint}")
        else:
            output.note(f"As a picture: {path.absolute()}")

    return draw


def _verdict(found: trials.Trial) -> str:
    filled = f"Filling the cache took {found.filling_ms / 1e3:,.1f} s: {found.entries} entries, {found.size:,} bytes."
    left = "Everything was rolled back: nothing is left behind."
    if not found.after_ms:
        return f"No query could run with the cache. {filled} {left}"
    factor = found.before_ms / found.after_ms
    return (
        f"All together {found.before_ms:,.0f} ms without, {found.after_ms:,.0f} ms with: {factor:.1f} times as fast. "
        f"{filled} {left}"
    )
