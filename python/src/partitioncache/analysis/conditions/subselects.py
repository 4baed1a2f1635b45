"""Sub-selects in conditions: plain SELECTs with inner joins, in one form whatever the query wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from partitioncache.analysis.conditions.rendering import (
    ATOM,
    NEGATION,
    Renderer,
    Rendering,
    Scope,
    Template,
    masked,
    only,
)
from partitioncache.analysis.dialects import function_name
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import flattened

_AGGREGATES = {"min", "max", "count"}


def exists(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this")
    return ATOM, ("EXISTS ", *in_brackets(rendering, node.this, exists=True))


def scalar(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    if rendering.rules.name == "sqlite" and not _is_aggregate(node):
        raise Unsure("its sub-select may have several rows, of which SQLite takes any")
    return ATOM, in_brackets(rendering, node)


def in_brackets(rendering: Rendering, node: exp.Expr, exists: bool = False) -> Template:
    if isinstance(node, exp.Subquery):
        only(node, "this")
        node = node.this
    if not isinstance(node, exp.Select):
        raise Unsure("its sub-select is not a plain SELECT")
    return ("(", *_select(rendering, node, exists), ")")


def _select(rendering: Rendering, select: exp.Select, exists: bool) -> Template:
    allowed = {"expressions", "from_", "joins", "where", "distinct", "order"} | (
        {"limit"} if exists else set()
    )
    unusual = [name for name, value in select.args.items() if value and name not in allowed]
    if unusual:
        raise Unsure(f"its sub-select has a clause ({', '.join(unusual)}) that is not taken over")
    _check_limit(select.args.get("limit"))
    scope = Scope({}, {})
    tables, conditions = _inner_from(rendering, select, scope)
    rendering.scopes.append(scope)
    try:
        items = _items(rendering, select, exists)
        distinct = _distinct(rendering, select, exists)
        where = select.args.get("where")
        all_conditions = [*conditions, *([where.this] if where is not None else [])]
        parts = {rendering.part(part, NEGATION) for whole in all_conditions for part in _anded(whole)}
        named = [(f"{table} AS {alias}") for table, alias in tables]
    finally:
        rendering.scopes.pop()
    out: list[str | int] = [f"SELECT {distinct}", *items]
    if named:
        out.append(f" FROM {', '.join(named)}")
    for number, part in enumerate(sorted(parts, key=masked)):
        out.extend((" AND " if number else " WHERE ", *part))
    return tuple(out)


def _anded(condition: exp.Expr) -> Iterator[exp.Expr]:
    for part in flattened(condition):
        yield exp.Paren(this=part.copy()) if isinstance(part, exp.Or) else part


def _check_limit(limit: object) -> None:
    if limit is None:
        return
    count = None
    if isinstance(limit, exp.Limit):
        only(limit, "expression")
        count = limit.args.get("expression")
    elif isinstance(limit, exp.Fetch) and not _unusual(limit.args.get("limit_options")):
        count = limit.args.get("count")
    if (
        not isinstance(count, exp.Literal)
        or count.args.get("is_string")
        or not count.this.isdigit()
        or int(count.this) < 1
    ):
        raise Unsure("its sub-select has a LIMIT")


def _unusual(options: object) -> bool:
    """Whether FETCH says PERCENT or WITH TIES."""
    return isinstance(options, exp.Expr) and any(
        value for name, value in options.args.items() if name != "rows"
    )


def _distinct(rendering: Rendering, select: exp.Select, exists: bool) -> str:
    distinct = select.args.get("distinct")
    if distinct is None:
        return ""
    if distinct.args.get("on") is not None or distinct.expressions:
        raise Unsure("its sub-select has DISTINCT ON")
    return "" if exists else "DISTINCT "


def _inner_from(
    rendering: Rendering, select: exp.Select, scope: Scope
) -> tuple[list[tuple[str, str]], list[exp.Expr]]:
    """The tables of a sub-select with our names for them; the conditions of its joins. Inner joins only."""
    if select.args.get("from_") is None:
        return [], []
    tables: list[tuple[str, str]] = []
    conditions: list[exp.Expr] = []
    joins = select.args.get("joins") or []
    for node in [select.args["from_"].this, *(join.this for join in joins)]:
        tables.append(_inner_table(rendering, node, scope))
    for join in joins:
        unusual = [name for name, value in join.args.items() if value and name not in ("this", "on", "kind")]
        if unusual or (join.args.get("kind") or "").upper() not in ("", "INNER", "CROSS"):
            raise Unsure("its sub-select has a join that is not a plain inner join")
        if join.args.get("on") is not None:
            conditions.append(join.args["on"])
    return tables, conditions


def _inner_table(rendering: Rendering, node: exp.Expr, scope: Scope) -> tuple[str, str]:
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise Unsure("its sub-select reads something that is no plain table")
    only(node, "this", "db", "catalog", "alias")
    alias = node.args.get("alias")
    if alias is not None:
        only(alias, "this")
    parts = [part for part in (node.args.get("catalog"), node.args.get("db"), node.this) if part is not None]
    table = ".".join(rendering.rules.relation(part) for part in parts)
    if len(parts) == 1 and table.lower() in rendering.statement.ctes:
        raise Unsure("its sub-select reads a CTE")
    name = rendering.rules.relation(alias.this if alias is not None and alias.this is not None else node.this)
    if name.lower() in {known.lower() for known in scope.names}:
        raise Unsure(f"two tables of its sub-select are called {name}")
    rendering.named += 1
    scope.names[name] = f"s{rendering.named}"
    scope.columns[name] = rendering.statement.columns_of(parts)
    rendering.inner_tables.add(table)
    return table, f"s{rendering.named}"


def _items(rendering: Rendering, select: exp.Select, exists: bool) -> Template:
    items = list(select.expressions)
    aliases = {rendering.rules.column(item.args["alias"]) for item in items if isinstance(item, exp.Alias)}
    bare = {rendering.rules.column(column.this) for column in select.find_all(exp.Column) if _is_bare(column)}
    if aliases & bare:
        raise Unsure("its sub-select may mean a column or one of its own results")
    items = [item.this if isinstance(item, exp.Alias) else item for item in items]
    if exists and all(isinstance(item, (exp.Star, exp.Column, exp.Literal, exp.Null)) for item in items):
        return ("1",)
    if len(items) == 1 and isinstance(items[0], exp.Anonymous) and function_name(items[0]) in _AGGREGATES:
        return _aggregate(rendering, items[0])
    return rendering.listed(items)


def _aggregate(rendering: Rendering, node: exp.Anonymous) -> Template:
    name = function_name(node)
    if len(node.expressions) == 1:
        argument = node.expressions[0]
        if name == "count" and isinstance(argument, exp.Star) and not any(argument.args.values()):
            return ("count(*)",)
        if isinstance(argument, exp.Distinct):
            only(argument, "expressions")
            if len(argument.expressions) == 1:
                return (f"{name}(DISTINCT ", *rendering.whole(argument.expressions[0]), ")")
        elif not isinstance(argument, exp.Star):
            return (f"{name}(", *rendering.whole(argument), ")")
    raise Unsure(f"it uses {name}() in an unusual way")


def _is_aggregate(node: exp.Expr) -> bool:
    items = node.this.expressions if isinstance(node.this, exp.Select) else []
    return len(items) == 1 and isinstance(items[0], exp.Anonymous) and function_name(items[0]) in _AGGREGATES


def _is_bare(column: exp.Expr) -> bool:
    return isinstance(column.this, exp.Identifier) and column.args.get("table") is None


RENDERERS: Final[dict[type[exp.Expr], Renderer]] = {exp.Exists: exists, exp.Subquery: scalar}
