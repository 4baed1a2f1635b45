"""Names in conditions: which source of the query, or of a sub-select, a column belongs to."""

from __future__ import annotations

import re
from typing import Final

from sqlglot import exp

from partitioncache.analysis.conditions.rendering import ATOM, Renderer, Rendering, Template, only
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import Statement

_OUR_NAMES = re.compile(r"[ts]\d+\Z")
_VALUE_FUNCTIONS = re.compile(
    r"\W*(user|sysdate|rownum|localtime(stamp)?|utc_(date|time|timestamp)|(current|session|system)_\w+)\W*\Z"
)
_SYSTEM_COLUMNS = {
    "postgres": {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"},
    "mysql": set[str](),
    "sqlite": {"rowid", "oid", "_rowid_"},
}


def column(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "table", "db")
    name = rendering.rules.column(node.this)
    if name in _SYSTEM_COLUMNS[rendering.rules.name]:
        raise Unsure(f"{name} is not a column of the data")
    table = node.args.get("table")
    if table is not None and node.args.get("db") is not None:
        return ATOM, _with_schema(rendering, node, name)
    if table is not None:
        return ATOM, _qualified(rendering, rendering.rules.relation(table), name)
    if not node.this.args.get("quoted") and _VALUE_FUNCTIONS.match(name):
        raise Unsure(f"{name} is no column, but a function that is called without parentheses")
    return ATOM, _unqualified(rendering, name)


def _qualified(rendering: Rendering, alias: str, name: str) -> Template:
    for scope in reversed(rendering.scopes):
        if alias in scope.names:
            return (f"{scope.names[alias]}.{name}",)
    source = rendering.statement.source(alias)
    if source is None:
        raise Unsure(f"{alias} is not in FROM")
    return _about(rendering, source.index, name)


def _with_schema(rendering: Rendering, node: exp.Expr, name: str) -> Template:
    """``schema.table.column`` is a column of the table that FROM names in the same way, and gives no alias."""
    schema, table = (rendering.rules.relation(node.args[part]) for part in ("db", "table"))
    source = rendering.statement.source(table)
    hidden = any(table.lower() == known.lower() for scope in rendering.scopes for known in scope.names)
    if source is None or source.table != f"{schema}.{table}" or hidden:
        raise Unsure(f"{schema}.{table} is not written so in FROM")
    return _about(rendering, source.index, name)


def _unqualified(rendering: Rendering, name: str) -> Template:
    if _OUR_NAMES.match(name) or rendering.statement.source(name) is not None:
        raise Unsure(f"{name} may be a column or a whole row")
    for scope in reversed(rendering.scopes):
        if name in scope.names:
            raise Unsure(f"{name} may be a column or a whole row")
        known = [alias for alias, columns in scope.columns.items() if columns and name in columns]
        if len(known) == 1:
            return (f"{scope.names[known[0]]}.{name}",)
        if known or any(columns is None for columns in scope.columns.values()):
            return _left_to_the_server(rendering, name)
    source = sole_owner(rendering.statement, name)
    if source is None:
        if rendering.scopes:
            return _left_to_the_server(rendering, name)
        raise Unsure(f"{name} may belong to more than one table; write table.{name} or give a schema")
    return _about(rendering, source, name)


def _left_to_the_server(rendering: Rendering, name: str) -> Template:
    """A name in a sub-select whose table is not known here stays as it is.

    In the fragment it means what it means in the query, or nothing: the sub-select is kept whole, and the
    fragment's tables are some of the query's. Then the server refuses the fragment, and there is no entry.
    A quoted name that means nothing is a string to SQLite, however.
    """
    if rendering.rules.name == "sqlite" and name.startswith(rendering.rules.quote):
        raise Unsure(f"{name} may be a column or a string")
    return (name,)


def _about(rendering: Rendering, index: int, name: str) -> Template:
    source = rendering.statement.sources[index]
    if not source.plain:
        raise Unsure(f"{source.alias or 'a sub-select'} is no plain table, or on the outer side of a join")
    if source.columns is not None and name not in source.columns:
        raise Unsure(f"the schema lists no column {name} in {source.table}")
    rendering.sources.add(index)
    rendering.columns.add((index, name))
    return (index, f".{name}")


def sole_owner(statement: Statement, name: str) -> int | None:
    """The source an unqualified column of the query belongs to, if that is sure.

    With one source it is that one. With several it is the one whose schema lists it: the server refuses a query
    in which another source had it too, unless a USING or NATURAL has merged them.
    """
    if len(statement.sources) == 1:
        columns = statement.sources[0].columns
        return 0 if columns is None or name in columns else None
    having = [source for source in statement.sources if source.columns is not None and name in source.columns]
    return having[0].index if len(having) == 1 and name not in statement.using else None


def column_type(rendering: Rendering, node: exp.Column) -> str | None:
    """What the schema says that a column of the query is declared as; None where it is not known."""
    _, template = column(rendering, node)
    if not isinstance(template[0], int):
        return None
    columns = rendering.statement.sources[template[0]].columns
    return None if columns is None else columns.get(rendering.rules.column(node.this))


RENDERERS: Final[dict[type[exp.Expr], Renderer]] = {exp.Column: column}
