"""Other queries that overlap with a query: what else a user of the same tables would have asked before."""

from __future__ import annotations

import copy
from random import Random

from differential.conditions import Conditions, Entry
from differential.generate import ALIASES
from differential.syntax import (
    Col,
    Derived,
    Expr,
    Item,
    Join,
    Node,
    Raw,
    Relation,
    Select,
    aliases,
    walk,
    walk_from,
    without,
)
from differential.worlds import World

TAILS = ("group", "having", "order", "distinct_on", "windows")


def mutated(query: Select, world: World, random: Random, qualified: bool) -> Select:
    """A query that shares tables and conditions with the given one, and differs in one to three ways."""
    changed = copy.deepcopy(query)
    for _ in range(random.choice((1, 2, 3))):
        change = random.choice(
            (_drop_condition, _add_condition, _shuffle, _rename, _bare_tail, _flatten, _drop_table)
        )
        changed = change(changed, world, random, qualified)
    return changed


def _drop_condition(query: Select, world: World, random: Random, qualified: bool) -> Select:
    lists = [query.where] + [
        part.on for item in query.source for part in walk_from(item) if isinstance(part, Join)
    ]
    some = [conditions for conditions in lists if conditions]
    # Without any there is nothing left to cache: worth a try now and then.
    if sum(len(conditions) for conditions in some) > 1 or (some and random.random() < 0.1):
        conditions = random.choice(some)
        conditions.pop(random.randrange(len(conditions)))
    return query


def _add_condition(query: Select, world: World, random: Random, qualified: bool) -> Select:
    entries = [
        Entry(part.alias if not part.bare else "", world.relations[part.name])
        for item in query.source
        for part in walk_from(item)
        if isinstance(part, Relation) and part.name in world.relations and not part.columns
    ]
    if len(entries) > 1:
        entries = [entry for entry in entries if entry.alias]
    if entries:
        make = Conditions(world, random, qualified)
        query.where.insert(random.randrange(len(query.where) + 1), make.condition(entries))
    return query


def _shuffle(query: Select, world: World, random: Random, qualified: bool) -> Select:
    random.shuffle(query.where)
    if not any(isinstance(item, Derived) and item.lateral for item in query.source):
        random.shuffle(query.source)
    for part in walk(query):
        if isinstance(part, Expr) and part.template == "{0} = {1}" and random.random() < 0.5:
            part.args.reverse()
    return query


def _rename(query: Select, world: World, random: Random, qualified: bool) -> Select:
    names = [alias for alias in aliases(query) if alias]
    fresh = dict(zip(names, random.choice(ALIASES), strict=False))
    for part in walk(query):
        if isinstance(part, (Relation, Derived, Raw, Col)) and part.alias in fresh:
            part.alias = fresh[part.alias]
            if isinstance(part, Relation):
                part.bare = False
    query.lock = ""
    return query


def _bare_tail(query: Select, world: World, random: Random, qualified: bool) -> Select:
    for name in TAILS:
        setattr(query, name, [])
    query.distinct, query.limit, query.lock, query.total = "", "", "", False
    query.items = [random.choice((Expr("*", [], "scalar"), Item(Expr("count(*)", [], "scalar"))))]
    return query


def _flatten(query: Select, world: World, random: Random, qualified: bool) -> Select:
    """Inner joins written as a comma list, and a comma list as inner joins."""
    if len(query.source) == 1 and isinstance(query.source[0], Join):
        joins = [part for part in walk_from(query.source[0]) if isinstance(part, Join)]
        if all(join.kind in ("inner", "cross") and not join.using and not join.natural for join in joins):
            leaves: list[Node] = [part for part in walk_from(query.source[0]) if not isinstance(part, Join)]
            query.where += [condition for join in joins for condition in join.on]
            query.source = leaves
    elif len(query.source) > 1 and all(isinstance(item, Relation) for item in query.source):
        tree, *rest = query.source
        for item in rest:
            tree = Join("cross", tree, item)
        query.source = [tree]
    return query


def _drop_table(query: Select, world: World, random: Random, qualified: bool) -> Select:
    names = aliases(query)
    if len(names) < 2:
        return query
    less = without(query, random.choice(names))
    if less is None:
        return query
    return less if less.items else _bare_tail(less, world, random, qualified)
