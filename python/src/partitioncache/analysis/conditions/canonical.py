"""The canonical form of one condition, and what a fragment needs to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from sqlglot import exp

from partitioncache.analysis.conditions import calls, names, operators, subselects, values
from partitioncache.analysis.conditions.operators import COMPARISONS, MIRRORED, may_mirror
from partitioncache.analysis.conditions.rendering import (
    OTHER,
    PREDICATE,
    Renderer,
    Rendering,
    Template,
    filled,
    masked,
)
from partitioncache.analysis.conditions.saying import Said, says
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import Statement

_RENDERERS: Final[Mapping[type[exp.Expr], Renderer]] = {
    **names.RENDERERS,
    **values.RENDERERS,
    **operators.RENDERERS,
    **calls.RENDERERS,
    **subselects.RENDERERS,
}


@dataclass(frozen=True)
class Condition:
    """One AND-ed condition that a fragment may hold.

    Attributes:
        template: its canonical text, with source indexes for the tables' names.
        mirrored: the same condition the other way round, if that is known to mean the same.
        looks_alike: its two sides differ at most in which source they are about, so nothing but the text orders them.
        sources: the sources it is about.
        inner_tables: the tables of its sub-selects.
        equates: the two columns that it equates, if it is of the form column = column.
        key_of: the source, if it is only about that source's partition key.
        says: what it says, to be compared with what other conditions say.
    """

    template: Template
    mirrored: Template | None
    sources: frozenset[int]
    inner_tables: frozenset[str]
    equates: tuple[tuple[int, str], tuple[int, str]] | None
    key_of: int | None
    says: tuple[Said, ...]
    looks_alike: bool

    def text(self, names: dict[int, str]) -> str:
        """The text with these names for its sources."""
        return filled(self._written(names), names)

    def said(self, names: dict[int, str]) -> tuple[Said, ...]:
        """What it says where it is written with these names: two sides that look alike keep their order."""
        if self.mirrored is None or not self.looks_alike:
            return self.says
        written = self._written(names)
        return tuple(
            replace(each, expression=written) if each == Said(self.template) else each for each in self.says
        )

    def _written(self, names: dict[int, str]) -> Template:
        if self.mirrored is None or filled(self.template, names) <= filled(self.mirrored, names):
            return self.template
        return self.mirrored

    @cached_property
    def shape(self) -> str:
        """The text with no names: equal for conditions that differ only in which source they are about."""
        return self.text(dict.fromkeys(self.sources, "?"))


def canonical(statement: Statement, condition: exp.Expr, key: str) -> Condition:
    """The canonical form of one AND-ed condition.

    Args:
        statement: the query it is part of.
        condition: one of ``statement.conditions``.
        key: the partition key, spelled.

    Raises:
        Unsure: no rule covers it; it must stay out of every fragment.
    """
    rendering = Rendering(statement, _RENDERERS)
    try:
        level, template = rendering.render(condition)
    except RecursionError:
        raise Unsure("it is nested too deeply") from None
    if not rendering.sources:
        raise Unsure("it is about no table of the query")
    if level > PREDICATE:
        template = ("(", *template, ")")
    key_only = (
        not rendering.inner_tables
        and len(rendering.sources) == 1
        and {name for _, name in rendering.columns} == {statement.sources[min(rendering.sources)].key(key)}
    )
    mirrored, looks_alike = _mirrored(rendering, condition, template)
    return Condition(
        template=template,
        mirrored=mirrored,
        sources=frozenset(rendering.sources),
        inner_tables=frozenset(rendering.inner_tables),
        equates=_equates(rendering, condition),
        key_of=next(iter(rendering.sources)) if key_only else None,
        says=says(Rendering(statement, _RENDERERS), condition, template),
        looks_alike=looks_alike,
    )


def _mirrored(rendering: Rendering, node: exp.Expr, template: Template) -> tuple[Template | None, bool]:
    """A comparison of two tables the other way round: which of the two is the text depends on their names.

    And whether its sides look alike.
    """
    if type(node) not in COMPARISONS or len(rendering.sources) < 2 or not may_mirror(rendering, node):
        return None, False
    again = Rendering(rendering.statement, _RENDERERS)
    left, right = again.part(node.this, OTHER), again.part(node.args["expression"], OTHER)
    operator = COMPARISONS[type(node)]
    forward, backward = (*left, f" {operator} ", *right), (*right, f" {MIRRORED[operator]} ", *left)
    return backward if forward == template else forward, masked(left) == masked(right)


def _equates(rendering: Rendering, node: exp.Expr) -> tuple[tuple[int, str], tuple[int, str]] | None:
    if not isinstance(node, exp.EQ) or rendering.inner_tables or len(rendering.columns) != 2:
        return None
    if not isinstance(node.this, exp.Column) or not isinstance(node.expression, exp.Column):
        return None
    first, second = sorted(rendering.columns)
    return (first, second) if first[0] != second[0] else None
