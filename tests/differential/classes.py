"""Which classes a query falls into, read off the query itself."""

from __future__ import annotations

from collections.abc import Iterator

from differential.syntax import (
    Derived,
    Expr,
    Join,
    Node,
    Raw,
    Relation,
    Select,
    labels,
    relations,
    walk,
    walk_from,
)
from differential.worlds import World

AGGREGATES = (
    "count(",
    "sum(",
    "min(",
    "max(",
    "avg(",
    "bool_and(",
    "array_agg(",
    "string_agg(",
    "percentile_disc(",
)
DIMENSIONS = {"kinds", "colours", "cities"}


def classes(query: Select, world: World) -> set[str]:
    """The labels of the conditions, and what form the query has, what follows its WHERE, and what its tables are."""
    found = labels(query) | set(_form(query)) | set(_tail(query))
    names = relations(query)
    for name in names & set(world.relations):
        found |= world.relations[name].labels
        if world.null_keys(name):
            found.add("null_keys")
    if names and names <= DIMENSIONS:
        found.add("dimension_only")
    return found


def _form(query: Select) -> Iterator[str]:
    parts = [part for item in query.source for part in walk_from(item)]
    leaves = [part for part in parts if not isinstance(part, Join)]
    joins = [part for part in parts if isinstance(part, Join)]
    local = {cte.name for cte in query.ctes}
    tables = [leaf.name for leaf in leaves if isinstance(leaf, Relation) and leaf.name not in local]
    kinds = {join.kind for join in joins} - {"inner", "cross"}
    if query.ctes:
        yield "recursive" if query.recursive else "cte"
    if query.setop:
        yield "setop"
        yield query.setop.split()[0]
    for leaf in leaves:
        if isinstance(leaf, Derived):
            yield "lateral" if leaf.lateral else "derived"
        elif isinstance(leaf, Raw):
            yield "values" if "values" in leaf.body.template else "function"
    if len(tables) == len(leaves):
        if not leaves:
            yield "no_from"
        elif len(leaves) == 1:
            yield "single"
        elif not joins:
            yield "comma"
        yield f"tables_{len(leaves)}"
        if len(set(tables)) < len(tables):
            yield "self_join"
        if kinds:
            yield from ("outer", *(f"outer_{kind}" for kind in kinds))
            if any(_preserved(item) for item in query.source):
                yield "preserved"
        elif joins:
            if any(isinstance(join.right, Join) or join.parens for join in joins) or len(query.source) > 1:
                yield "join_nested"
            elif any(join.natural for join in joins):
                yield "join_natural"
            elif any(join.using for join in joins):
                yield "join_using"
            else:
                yield "join_on"


def _preserved(item: Node, nullable: bool = False) -> bool:
    """Whether a table of this FROM entry takes part in every row."""
    if isinstance(item, Join):
        return _preserved(item.left, nullable or item.kind in ("right", "full")) or _preserved(
            item.right, nullable or item.kind in ("left", "full")
        )
    return not nullable


def _tail(query: Select) -> Iterator[str]:
    templates = [part.template for item in query.items for part in walk(item) if isinstance(part, Expr)]
    over = [template for template in templates if " over " in template]
    if over or query.windows:
        yield "window"
    if query.group or any(template.startswith(AGGREGATES) for template in templates if template not in over):
        yield "aggregate"
    if any(
        isinstance(part, Expr) and part.template.startswith(("grouping", "rollup", "cube"))
        for part in query.group
    ):
        yield "grouping_sets"
    elif query.group:
        yield "group"
    if query.distinct_on:
        yield "distinct_on"
    for name in ("having", "distinct", "limit", "order"):
        if getattr(query, name):
            yield name
    if query.lock:
        yield "for_update"
