"""Calls of functions in conditions, and what is written like them: CASE, rows, arrays, ANY and ALL."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from partitioncache.analysis.conditions.rendering import (
    ANY_OF,
    ATOM,
    OTHER,
    Renderer,
    Rendering,
    Template,
    only,
)
from partitioncache.analysis.conditions.subselects import in_brackets
from partitioncache.analysis.dialects import function_name
from partitioncache.analysis.reasons import Unsure

_EXTRACTED = {
    "YEAR",
    "MONTH",
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "QUARTER",
    "WEEK",
    "DOW",
    "ISODOW",
    "DOY",
    "EPOCH",
}


def call(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expressions")
    name = function_name(node) if isinstance(node, exp.Anonymous) else ""
    if name not in rendering.rules.immutable:
        raise Unsure(f"{name or 'a function with a quoted name'}() is not known to be immutable")
    if rendering.rules.name == "sqlite" and name in ("min", "max") and len(node.expressions) < 2:
        raise Unsure(f"{name}() is an aggregate")
    return ATOM, (f"{name}(", *rendering.listed(node.expressions), ")")


def if_(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "true", "false")
    if rendering.rules.name != "mysql" or node.args.get("false") is None:
        raise Unsure("it uses IF")
    return ATOM, ("if(", *rendering.listed([node.this, node.args["true"], node.args["false"]]), ")")


def substring(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "start", "length")
    arguments = [node.this, node.args.get("start"), node.args.get("length")]
    return ATOM, ("substring(", *rendering.listed([part for part in arguments if part is not None]), ")")


def trim(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this")
    return ATOM, ("trim(", *rendering.whole(node.this), ")")


def position(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "substr")
    if rendering.rules.name != "postgres":
        raise Unsure("it uses POSITION")
    return ATOM, (
        "strpos(",
        *rendering.whole(node.this),
        ", ",
        *rendering.whole(node.args.get("substr")),
        ")",
    )


def extract(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "expression")
    wanted = node.this.name.upper()
    if rendering.rules.name != "postgres" or wanted not in _EXTRACTED:
        raise Unsure("it uses EXTRACT")
    return ATOM, (f"extract({wanted.lower()} FROM ", *rendering.whole(node.expression), ")")


def case(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "ifs", "default")
    out: list[str | int] = ["CASE"]
    if node.this is not None:
        out.extend((" ", *rendering.part(node.this, OTHER)))
    for branch in node.args["ifs"]:
        only(branch, "this", "true")
        out.extend(
            (
                " WHEN ",
                *rendering.part(branch.this, ANY_OF),
                " THEN ",
                *rendering.part(branch.args["true"], ANY_OF),
            )
        )
    if node.args.get("default") is not None:
        out.extend((" ELSE ", *rendering.part(node.args["default"], ANY_OF)))
    return ATOM, (*out, " END")


def row(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "expressions")
    if len(node.expressions) < 2:
        raise Unsure("it compares an unusual row")
    return ATOM, ("(", *rendering.listed(node.expressions), ")")


def array(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "expressions")
    if rendering.rules.name != "postgres":
        raise Unsure("it uses an array")
    return ATOM, ("ARRAY[", *rendering.listed(node.expressions), "]")


def any_or_all(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this")
    word = "ANY " if isinstance(node, exp.Any) else "ALL "
    inner = node.this
    if isinstance(inner, (exp.Subquery, exp.Select)):
        return ATOM, (word, *in_brackets(rendering, inner))
    if rendering.rules.name != "postgres" or not isinstance(inner, exp.Paren):
        raise Unsure(f"it uses {word.strip()}")
    return ATOM, (word, "(", *rendering.whole(inner.this), ")")


RENDERERS: Final[dict[type[exp.Expr], Renderer]] = {
    exp.Anonymous: call,
    exp.If: if_,
    exp.Substring: substring,
    exp.Trim: trim,
    exp.StrPosition: position,
    exp.Extract: extract,
    exp.Case: case,
    exp.Tuple: row,
    exp.Array: array,
    exp.Any: any_or_all,
    exp.All: any_or_all,
}
