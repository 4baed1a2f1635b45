"""Operators in conditions: arithmetic, comparisons, and predicates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from partitioncache.analysis.conditions.rendering import (
    ALL_OF,
    ANY_OF,
    ATOM,
    NEGATION,
    OTHER,
    PREDICATE,
    PRODUCT,
    SUM,
    Renderer,
    Rendering,
    Template,
    masked,
    only,
    spoken,
)
from partitioncache.analysis.conditions.subselects import in_brackets
from partitioncache.analysis.reasons import Unsure

COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_CONSTANTS = (exp.Literal, exp.ByteString)
MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ARITHMETIC: dict[type[exp.Expr], tuple[str, int]] = {
    exp.Add: ("+", SUM),
    exp.Sub: ("-", SUM),
    exp.Mul: ("*", PRODUCT),
    exp.Div: ("/", PRODUCT),
    exp.Mod: ("%", PRODUCT),
}
_MATCHING: dict[type[exp.Expr], dict[str, str]] = {
    exp.Like: {"postgres": "LIKE", "mysql": "LIKE", "sqlite": "LIKE"},
    exp.ILike: {"postgres": "ILIKE"},
    exp.SimilarTo: {"postgres": "SIMILAR TO"},
    exp.RegexpLike: {"postgres": "~", "mysql": "REGEXP"},
    exp.RegexpILike: {"postgres": "~*"},
    exp.Glob: {"sqlite": "GLOB"},
}
_BITS: dict[type[exp.Expr], str] = {
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
}
_POSTGRES_OPERATORS: dict[type[exp.Expr], tuple[str, int]] = {
    exp.ArrayOverlaps: ("&&", PREDICATE),
    exp.ArrayContainsAll: ("@>", PREDICATE),
    exp.Distance: ("<->", OTHER),
}


def comparison(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression")
    left, right = rendering.part(node.this, OTHER), rendering.part(node.expression, OTHER)
    operator = COMPARISONS[type(node)]
    if may_mirror(rendering, node) and _mirror_first(node, left, right):
        left, operator, right = right, MIRRORED[operator], left
    return PREDICATE, (*left, f" {operator} ", *right)


def may_mirror(rendering: Rendering, node: exp.Expr) -> bool:
    """SQLite compares two columns in the left one's collation; elsewhere a comparison can be turned round."""
    if any(isinstance(side, (exp.Any, exp.All)) for side in (node.this, node.expression)):
        return False
    return rendering.rules.name != "sqlite" or any(
        isinstance(side, _CONSTANTS) for side in (node.this, node.expression)
    )


def _mirror_first(node: exp.Expr, left: Template, right: Template) -> bool:
    constant = isinstance(node.this, _CONSTANTS), isinstance(node.expression, _CONSTANTS)
    if constant[0] != constant[1]:
        return constant[0]
    return masked(right) < masked(left)


def null_safe(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression")
    left, right = rendering.part(node.this, OTHER), rendering.part(node.expression, OTHER)
    same = isinstance(node, exp.NullSafeEQ)
    if rendering.rules.name == "mysql":
        template = (*left, " <=> ", *right)
        return (PREDICATE, template) if same else (NEGATION, ("NOT (", *template, ")"))
    if rendering.rules.name == "sqlite":
        return PREDICATE, (*left, " IS " if same else " IS NOT ", *right)
    return PREDICATE, (*left, " IS NOT DISTINCT FROM " if same else " IS DISTINCT FROM ", *right)


def arithmetic(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression", "typed", "safe")
    operator, level = _ARITHMETIC[type(node)]
    # The right operand binds tighter than the operator, or it has parentheses: all of these go left to right.
    return level, (
        *rendering.part(node.this, level),
        f" {operator} ",
        *rendering.part(node.expression, level - 1),
    )


def integer_division(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression")
    if rendering.rules.name != "mysql":
        raise Unsure("it uses an unusual division")
    return PRODUCT, (*rendering.part(node.this, PRODUCT), " DIV ", *rendering.part(node.expression, ATOM))


def concatenation(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression", "safe")
    if rendering.rules.name == "mysql":
        raise Unsure("|| depends on sql_mode")
    left = (
        rendering.render(node.this)[1]
        if isinstance(node.this, exp.DPipe)
        else rendering.part(node.this, ATOM)
    )
    return OTHER, (*left, " || ", *rendering.part(node.expression, ATOM))


def minus(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this")
    return ATOM, ("(-", *rendering.part(node.this, ATOM), ")")


def paren(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this")
    level, template = rendering.render(node.this)
    return ATOM, template if level == ATOM else ("(", *template, ")")


def collate(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression")
    collation = node.expression.name.upper()
    if rendering.rules.name != "sqlite" or collation not in ("BINARY", "NOCASE", "RTRIM"):
        raise Unsure("it names a collation")
    return ATOM, (*rendering.part(node.this, ATOM), f" COLLATE {collation}")


def negation(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this")
    return NEGATION, ("NOT ", *rendering.part(node.this, NEGATION))


def junction(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    conjunction = isinstance(node, exp.And)
    operands = list(_same_operands(node))
    loosest = NEGATION if conjunction else ALL_OF
    parts = sorted({rendering.part(operand, loosest) for operand in operands}, key=masked)
    if len(parts) == 1:
        return rendering.render(operands[0])
    word = " AND " if conjunction else " OR "
    out: list[str | int] = []
    for template in parts:
        out.extend((word, *template) if out else template)
    return ALL_OF if conjunction else ANY_OF, tuple(out)


def membership(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expressions", "query")
    subject = rendering.part(node.this, OTHER)
    query = node.args.get("query")
    if query is not None:
        return PREDICATE, (*subject, " IN ", *in_brackets(rendering, query))
    if not node.expressions:
        raise Unsure("IN has no list")
    elements = [rendering.part(element, OTHER) for element in node.expressions]
    if all(isinstance(element, exp.Literal) for element in node.expressions):
        # One constant twice stays a list: PostgreSQL compares a list in another type than a constant alone.
        unique = sorted(set(elements), key=masked)
        elements = unique if len(unique) > 1 else elements[:2]
    out: list[str | int] = []
    for element in elements:
        out.extend((", ", *element) if out else element)
    return PREDICATE, (*subject, " IN (", *out, ")")


def between(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "low", "high")
    subject, low, high = (rendering.part(node.args.get(name), OTHER) for name in ("this", "low", "high"))
    return PREDICATE, (*subject, " BETWEEN ", *low, " AND ", *high)


def matching(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression", "negate")
    word = _MATCHING[type(node)].get(rendering.rules.name)
    if word is None:
        raise Unsure(f"it uses {spoken(node)}")
    word = f" NOT {word} " if node.args.get("negate") else f" {word} "
    return PREDICATE, (*rendering.part(node.this, OTHER), word, *rendering.part(node.expression, OTHER))


def escape(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression")
    if not isinstance(node.this, (exp.Like, exp.ILike)):
        raise Unsure("it uses ESCAPE in an unusual place")
    return PREDICATE, (*rendering.render(node.this)[1], " ESCAPE ", *rendering.part(node.expression, ATOM))


def is_(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression", "negate")
    if not isinstance(node.expression, (exp.Null, exp.Boolean)):
        raise Unsure("it uses an unusual IS")
    word = " IS NOT " if node.args.get("negate") else " IS "
    return PREDICATE, (*rendering.part(node.this, OTHER), word, *rendering.part(node.expression, ATOM))


def bits(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression")
    return OTHER, (
        *rendering.part(node.this, ATOM),
        f" {_BITS[type(node)]} ",
        *rendering.part(node.expression, ATOM),
    )


def spatial(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression")
    operator, level = _POSTGRES_OPERATORS[type(node)]
    if rendering.rules.name != "postgres":
        raise Unsure(f"it uses {operator}")
    return level, (*rendering.part(node.this, ATOM), f" {operator} ", *rendering.part(node.expression, ATOM))


def _same_operands(node: exp.Expr) -> Iterator[exp.Expr]:
    kind = type(node)
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if type(current) is kind:
            waiting.extend((current.args["expression"], current.this))
        else:
            yield current


RENDERERS: Final[dict[type[exp.Expr], Renderer]] = {
    exp.NullSafeEQ: null_safe,
    exp.NullSafeNEQ: null_safe,
    exp.IntDiv: integer_division,
    exp.DPipe: concatenation,
    exp.Neg: minus,
    exp.Paren: paren,
    exp.Collate: collate,
    exp.Not: negation,
    exp.And: junction,
    exp.Or: junction,
    exp.In: membership,
    exp.Between: between,
    exp.Escape: escape,
    exp.Is: is_,
    **dict.fromkeys(COMPARISONS, comparison),
    **dict.fromkeys(_ARITHMETIC, arithmetic),
    **dict.fromkeys(_MATCHING, matching),
    **dict.fromkeys(_BITS, bits),
    **dict.fromkeys(_POSTGRES_OPERATORS, spatial),
}
