"""How a condition becomes a text: templates, how tightly they bind, and what is remembered on the way.

A template is a sequence of texts, and between them the indexes of the sources whose names come later, when the
tables of a fragment have been put in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlglot import exp

from partitioncache.analysis.dialects import Rules, function_name
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import Columns, Statement

Template = tuple["str | int", ...]

# How tightly a text binds. An operand that binds more loosely than its place allows is refused, not parenthesised.
ATOM, PRODUCT, SUM, OTHER, PREDICATE, NEGATION, ALL_OF, ANY_OF = range(8)


@dataclass(frozen=True)
class Scope:
    """The sources of a sub-select: its names for them and ours, and the columns they are known to have."""

    names: dict[str, str]
    columns: dict[str, Columns | None]


@dataclass
class Rendering:
    """Renders one condition; remembers on the way what it is about.

    Attributes:
        statement: the query.
        renderers: for each kind of node that a condition may have, what renders it: its binding and its template.
        sources: the sources of the query that came up.
        columns: their columns that came up.
        inner_tables: the tables of sub-selects.
        scopes: the sub-selects around the node that is being rendered, the innermost last.
        named: how many tables of sub-selects have been given a name.
    """

    statement: Statement
    renderers: Mapping[type[exp.Expr], Renderer]
    sources: set[int] = field(default_factory=set)
    columns: set[tuple[int, str]] = field(default_factory=set)
    inner_tables: set[str] = field(default_factory=set)
    scopes: list[Scope] = field(default_factory=list)
    named: int = 0

    @property
    def rules(self) -> Rules:
        return self.statement.rules

    def part(self, node: object, loosest: int) -> Template:
        """An operand; in parentheses unless it is an atom."""
        if not isinstance(node, exp.Expr):
            raise Unsure("an operand is missing")
        level, template = self.render(node)
        if level > loosest:
            raise Unsure("its operators have no parentheses that make their order sure")
        if loosest <= OTHER and isinstance(node, exp.Paren) and self.render(bare(node))[0] > OTHER:
            # The parentheses may be sqlglot's, not the query's: it adds them where it believes to know the order.
            raise Unsure("it compares the result of a comparison")
        return template if level == ATOM else ("(", *template, ")")

    def listed(self, nodes: Sequence[exp.Expr], loosest: int = ANY_OF) -> Template:
        """Operands with commas between."""
        out: list[str | int] = []
        for node in nodes:
            out.extend((", ", *self.part(node, loosest)) if out else self.part(node, loosest))
        return tuple(out)

    def render(self, node: exp.Expr) -> tuple[int, Template]:
        """How tightly a node binds, and its template."""
        renderer = self.renderers.get(type(node))
        if renderer is None:
            raise Unsure(f"it uses {spoken(node)}")
        return renderer(self, node)

    def whole(self, node: object) -> Template:
        """An operand that has brackets around it anyway."""
        if not isinstance(node, exp.Expr):
            raise Unsure("an operand is missing")
        return self.render(node)[1]


Renderer: TypeAlias = Callable[[Rendering, exp.Expr], tuple[int, Template]]


def bare(node: exp.Expr) -> exp.Expr:
    """What is inside all the parentheses."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def filled(template: Template, names: dict[int, str]) -> str:
    """The text of a template with these names for its sources."""
    return "".join([part if isinstance(part, str) else names[part] for part in template])


def masked(template: Template) -> str:
    """A text to sort by that does not depend on the order of the query's FROM."""
    return "".join(part if isinstance(part, str) else "?" for part in template)


def only(node: exp.Expr, *arguments: str) -> None:
    """Refuse a node with more to it than its renderer knows."""
    for name, value in node.args.items():
        if value and name not in arguments:
            raise Unsure(f"it uses an unusual form of {spoken(node)}")


def spoken(node: exp.Expr) -> str:
    """What a node is, in words."""
    if isinstance(node, exp.Anonymous):
        return f"{function_name(node)}()"
    if isinstance(node, (exp.Placeholder, exp.Parameter)):
        return "a parameter, whose value is not known here"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()
