"""``pcache``: all commands under one name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from typing import Any

import click
from click.shell_completion import get_completion_class

from partitioncache import FormPart, __version__, config, list_cache_types, recommend
from partitioncache.backends.postgresql import METHODS_OF_SERVER
from partitioncache.cli import (
    add,
    advise,
    base,
    dashboard,
    doctor,
    manage,
    metrics,
    monitor_cache_queue,
    output,
    read,
    services,
    setup_postgresql_queue_processor,
    trial,
)
from partitioncache.cli.output import Format
from partitioncache.questions import Explanation, explain_query, query_form
from partitioncache.registry import USE_CASES
from partitioncache.sources import DIALECTS

PROGRAMS = ("pcache", "pcache-add", "pcache-read", "pcache-manage", "pcache-monitor", "pcache-processor")

EXAMPLES = """
\b
Examples:
  pcache setup --db-name mydb
  pcache doctor --db-name mydb
  pcache add --direct --query "SELECT * FROM poi WHERE kind = 7" --partition-key city_id
  pcache apply --query "SELECT * FROM poi WHERE kind = 7 AND name = 'x'" --partition-key city_id
  pcache status
  eval "$(pcache completion bash)"
"""


@click.group("pcache", cls=base.Group, context_settings=base.CONTEXT, epilog=EXAMPLES)
@click.version_option(__version__, prog_name="pcache", message="%(prog)s %(version)s")
def command() -> None:
    """PartitionCache remembers in which partitions a condition matches, and lets later queries search only those."""


command.add_command(add.command)
command.add_command(read.command)
command.add_command(manage.command)
command.add_command(monitor_cache_queue.command)
command.add_command(setup_postgresql_queue_processor.command)
command.add_command(doctor.doctor)
command.add_command(metrics.metrics)
command.add_command(dashboard.dashboard)
command.add_command(trial.trial)
command.add_command(advise.advise)


_asked = (
    base.query_options(),
    click.option("--partition-key", required=True, help="The column that splits the data."),
    base.param_option,
)
_method = click.option(
    "--method",
    type=click.Choice(["auto", *METHODS_OF_SERVER]),
    default="auto", show_default=True, help="How the keys are put into the query.",
)  # fmt: skip


def _of_a_query(function: Any) -> Any:
    """Gives a command the options of a query that is asked of the cache."""
    for option in reversed(_asked):
        function = option(function)
    return function


def _schema(where: base.Connections) -> Mapping[str, Collection[str]] | None:
    """The columns of the data, for a cache that has no server beside it to ask."""
    if where.cache_is_postgresql or not (where.db or where.db_backend != "postgresql"):
        return None
    with services.open_data(where) as source:
        return config.placed(source.declared())


def _explained(
    where: base.Connections,
    query: str | None,
    query_file: str | None,
    partition_key: str,
    params: Any,
    method: str,
) -> Explanation:
    text = base.read_query(query, query_file)
    if where.cache_is_postgresql and method.startswith("TMP_TABLE"):
        raise click.UsageError(
            f"{method} makes a temporary table in the session that runs the query, and a command is none: "
            "in Python, apply_cache takes it with connection=."
        )
    schema, dialect = _schema(where), DIALECTS[where.db_backend]
    with services.existing_cache(where) as cache:
        return explain_query(
            text, cache, partition_key, params, method=method, dialect=dialect, schema=schema
        )


@command.command(
    "apply",
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache apply --partition-key city_id --query 'SELECT * FROM poi WHERE kind = %s' --param 7",
        "pcache apply --partition-key city_id --query-file report.sql | psql",
    ),
)
@_of_a_query
@_method
@base.connected
def apply(where: base.Connections, **asked: Any) -> int:
    """Print the query, restricted to the partitions that the cache knows to be enough.

    The exit code is 0 if it is restricted. It is 1 if it is not: then the query is printed as it was, and the reason to
    the error output.
    """
    explanation = _explained(where, **asked)
    click.echo(explanation.rewritten)
    if explanation.applied:
        return 0
    output.note(str(explanation))
    return base.FOUND_NOTHING


@command.command(
    "explain",
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache explain --partition-key city_id --query 'SELECT * FROM poi WHERE kind = %(kind)s' --param kind=7"
    ),
)
@_of_a_query
@_method
@base.format_option
@base.connected
def explain(where: base.Connections, format: Format, **asked: Any) -> int:
    """Say what apply does with a query, and why.

    The exit code is 0 if it is restricted, 1 if it is not.
    """
    found = _explained(where, **asked)
    if format == "table":
        click.echo(str(found))
        for note in found.notes:
            click.echo(f"Not in any fragment: {note}")
        if found.entries:
            columns = dict.fromkeys(name for entry in found.entries for name in entry)
            output.rows(found.entries, format, [name for name in columns if name not in ("says", "implied")])
        for entry in found.entries:
            for line in entry.get("implied", ()):
                click.echo(f"{entry['hash'][:12]}: {line}")
    else:
        output.record({each.name: getattr(found, each.name) for each in fields(found)}, format)
    return 0 if found.applied else base.FOUND_NOTHING


@command.command(
    "form",
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache form --partition-key city_id --query 'SELECT * FROM poi WHERE kind IN (3, 4) AND area > 900'"
    ),
)
@_of_a_query
@base.format_option
@base.connected
def form(
    where: base.Connections,
    format: Format,
    query: str | None,
    query_file: str | None,
    partition_key: str,
    params: Any,
) -> int:
    """Show how a query is understood: its tables, conditions and key groups.

    What is opaque stands there with the reason. Two conditions with the same template differ in their constants alone,
    and one may follow from the other.
    """
    text, schema = base.read_query(query, query_file), _schema(where)
    with services.existing_cache(where) as cache:
        found = query_form(
            text, cache, partition_key, params, dialect=DIALECTS[where.db_backend], schema=schema
        )
    columns = [each.name for each in fields(FormPart)]
    output.rows([asdict(part) for part in found.parts], format, columns)
    return 0


@command.command(
    "types",
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache types", "pcache types --datatype timestamp"),
)
@click.option("--use-case", type=click.Choice(list(USE_CASES)), help="Recommend one for this use.")
@click.option("--datatype", type=base.DATATYPE, help="Recommend one for this data type.")
@base.format_option
def types(use_case: str | None, datatype: str | None, format: Format) -> int:
    """List the cache backends and what they hold, or recommend one."""
    if use_case is not None or datatype is not None:
        best = recommend(use_case, datatype)
        output.record(
            {
                "backend": best.cache_type,
                "reason": best.reason,
                "alternatives": ", ".join(best.alternatives),
            },
            format,
        )
        return 0
    if format == "table":
        click.echo(str(list_cache_types()))
        return 0
    columns = ("name", "datatypes", "server", "memory_efficiency", "scalability", "best_for")
    kinds = list_cache_types().values()
    found = [
        {name: getattr(kind, name) for name in columns} | {"datatypes": sorted(kind.datatypes)}
        for kind in kinds
    ]
    output.rows(found, format, columns)
    return 0


@command.command(
    "completion", context_settings=base.CONTEXT, epilog=base.examples('eval "$(pcache completion bash)"')
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print what makes a SHELL complete these commands.

    For bash, put this into ~/.bashrc: eval "$(pcache completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None
    for program in PROGRAMS:
        variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
        click.echo(kind(command, {}, program, variable).source())
    return 0


for _name in (
    "setup", "uninstall", "grant", "revoke", "status", "overview", "track", "untrack", "tracked", "assert-static",
    "retract-static", "place", "unplace", "placements", "suggest-placements",
):  # fmt: skip
    command.add_command(manage.command.commands[_name])


def main() -> None:
    """The program ``pcache``."""
    base.run(command, "pcache")


if __name__ == "__main__":
    main()
