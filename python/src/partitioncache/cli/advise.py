"""``pcache advise``: which column would make a partition key, and what it would bring."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psycopg
from psycopg.conninfo import make_conninfo

from partitioncache import advice, trial
from partitioncache.cli import base, output
from partitioncache.cli.output import Format
from partitioncache.errors import MissingExtraError
from partitioncache.postgresql import explained
from partitioncache.setup import installed
from partitioncache.setup.checks import one

if TYPE_CHECKING:
    from partitioncache.web.pictures import Measured

COLUMNS = ("partition_key", "stands_in", "partitions", "saves", "restricted", "before_ms", "saved_ms")


@click.command(
    "advise",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache advise --db-name shop",
        "pcache advise --queries queries.sql --seconds 300",
        "pcache advise --html report.html",
    ),
)
@click.option(
    "--queries",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help='A file of queries, each with a semicolon behind it; "-" is standard input. [pg_stat_statements]',
)
@click.option(
    "--most", type=click.IntRange(1), default=20, show_default=True,
    help="How many queries of pg_stat_statements to look at.",
)  # fmt: skip
@click.option(
    "--tries", type=click.IntRange(0), default=3, show_default=True,
    help="How many candidates to try, in transactions that are rolled back.",
)  # fmt: skip
@click.option(
    "--seconds", type=click.FloatRange(1), default=120, show_default=True, help="How long trying may take."
)
@click.option(
    "--html", type=click.Path(dir_okay=False), help="Write it as a page with pictures into this file, too."
)
@base.format_option
@base.connected
def advise(
    where: base.Connections,
    file: str | None,
    most: int,
    tries: int,
    seconds: float,
    html: str | None,
    format: Format,
) -> int:
    """Say which column would make a partition key, what it would bring, and what to run.

    partitioncache_advise says which columns would do, and the best are tried with the queries, in transactions that
    are rolled back. The queries are those of a file, or those of this role that have taken most time by
    pg_stat_statements, with values from the statistics.

    The first line says which one, or that none would pay. Then come the statements to run, then all candidates.
    The exit code is 1 if none would pay.
    """
    render = _renderer() if html is not None else None
    conninfo = make_conninfo(application_name="pcache advise", **where.postgresql_parameters())
    with explained(), closing(psycopg.connect(conninfo)) as connection, output.stages() as bar:
        queries = None
        if file is not None:
            text = click.open_file(file).read() if file == "-" else Path(file).read_text("utf-8-sig")
            queries = trial.split(text)
            if not queries:
                raise click.UsageError(f"There is no query in {file}.")
        database = connection.info.dbname
        said = advice.advise(connection, queries, most=most, tries=tries, seconds=seconds, progress=bar)
        first = _first(connection)
    found = said.candidates
    best = found[0] if found else None
    pays = best is not None and (best.saves is None or best.saves >= advice.LITTLE)
    output.note(_recommended(best))
    if best is not None and pays:
        output.note(f"For {best.partition_key}, run:")
        for statement in (*first, *best.statements):
            output.note(f"  {statement}")
    output.rows([_record(each) for each in found], format, COLUMNS)
    if said.remark:
        output.note(said.remark)
    if html is not None and render is not None:
        statements = (*first, *best.statements) if best and pays else ()
        page = render([_record(each) for each in found], _measured(best), statements, database, datetime.now())
        Path(html).write_text(page, "utf-8")
        output.note(f"The page is in {html}")
    return 0 if pays else base.FOUND_NOTHING


def _first(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """What has to be run before all else: nothing, where PartitionCache is installed."""
    if installed(connection) is not None:
        return ()
    if one(connection, "select name from pg_catalog.pg_available_extensions where name = 'partitioncache'"):
        return ("create extension if not exists partitioncache;",)
    return ("-- in a shell: pcache setup; then, here, the statement that it shows",)


def _recommended(best: advice.Candidate | None) -> str:
    """The first line of the report."""
    if best is None:
        return "No column would make a partition key for these queries."
    if best.saves is None:
        return f"By the statistics alone, {best.partition_key} would do; no queries are known that say what it saves."
    how = "in the trial" if best.tried is not None else "as expected, not tried"
    if best.saves < advice.LITTLE:
        return (
            f"No partition key would pay for these queries: the best, {best.partition_key}, saves"
            f" {best.saves:.0%} of their time ({how})."
        )
    return (
        f"The best partition key is {best.partition_key}: it saves {best.saves:.0%} of the time of these queries"
        f" ({how})."
    )


def _renderer() -> Callable[..., str]:
    try:
        from partitioncache.report import render
    except ImportError:
        raise MissingExtraError(
            "Pages need the package matplotlib, which is not installed.",
            hint="Run: pip install 'partitioncache[dashboard]'",
        ) from None
    return render


def _measured(best: advice.Candidate | None) -> list[Measured]:
    """The queries with which the best candidate was tried, if they were restricted."""
    from partitioncache.web.pictures import Measured

    tried = best.tried.outcomes if best is not None and best.tried is not None else ()
    return [
        Measured(each.query, each.before_ms, each.after_ms)
        for each in tried
        if each.before_ms and each.after_ms and each.remaining is not None
    ]


def _record(candidate: advice.Candidate) -> dict[str, object]:
    tried = candidate.tried
    return {
        "partition_key": candidate.partition_key,
        "stands_in": ", ".join(candidate.stands_in),
        "partitions": candidate.partitions,
        "saves": None if candidate.saves is None else round(candidate.saves, 2),
        "restricted": len(candidate.restricted) if tried else None,
        "before_ms": round(tried.before_ms, 1) if tried else None,
        "saved_ms": round(candidate.saved_ms, 1) if tried else None,
    }
