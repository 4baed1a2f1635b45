"""Values in conditions: literals, and conversions that are surely immutable."""

from __future__ import annotations

import re
from typing import Final

from sqlglot import exp

from partitioncache.analysis.conditions.rendering import ATOM, Renderer, Rendering, Template, only
from partitioncache.analysis.dialects import Rules
from partitioncache.analysis.reasons import Unsure

# A date's word in a string makes PostgreSQL read the clock.
_CLOCK_WORDS = re.compile(r"(?<![a-z])(now|today|tomorrow|yesterday)(?![a-z])", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_TYPES = {
    "postgres": {
        "SMALLINT": "smallint",
        "INT": "integer",
        "BIGINT": "bigint",
        "DECIMAL": "numeric",
        "DOUBLE": "double precision",
        "TEXT": "text",
        "VARCHAR": "varchar",
        "BOOLEAN": "boolean",
        "UUID": "uuid",
    },
    "mysql": {},
    "sqlite": {"INT": "INTEGER", "TEXT": "TEXT"},
}
# Only of literals: a text column cast to a date may hold the word 'today'.
_LITERAL_TYPES = {"DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz"}


def literal(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    value = node.this
    if isinstance(node, exp.Literal) and not node.args.get("is_string"):
        if not _NUMBER.match(value):
            raise Unsure(f"{value} is an unusual number")
        return ATOM, (value,)
    if rendering.rules.name == "postgres" and _CLOCK_WORDS.search(value):
        raise Unsure("a word like 'today' in a string may mean the clock")
    if value in rendering.statement.doubtful_strings:
        raise Unsure("the value of a string with a backslash depends on sql_mode")
    if rendering.statement.has_placeholders and "%" in value:
        raise Unsure("the parameter style decides what % in a string means")
    return ATOM, (string(value, rendering.rules),)


def escaped(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this")
    if node.this not in rendering.statement.escaped_strings:
        raise Unsure("it uses a string with escapes")
    return literal(rendering, node)


def cast(rendering: Rendering, node: exp.Expr) -> tuple[int, Template]:
    only(node, "this", "to")
    target = node.args["to"]
    kind = target.this.value if isinstance(target.this, exp.DType) else ""
    spelled = _TYPES[rendering.rules.name].get(kind)
    if spelled is None and rendering.rules.name == "postgres" and isinstance(node.this, exp.Literal):
        spelled = _LITERAL_TYPES.get(kind)
    if spelled is None or any(target.args.get(name) for name in ("nested", "values", "kind", "nullable")):
        raise Unsure("it converts to a type whose conversion is not surely immutable")
    sizes = [size.this.this for size in target.expressions if isinstance(size.this, exp.Literal)]
    if len(sizes) != len(target.expressions) or not all(size.isdigit() for size in sizes):
        raise Unsure("it converts to an unusual type")
    if sizes and (rendering.rules.name != "postgres" or kind not in ("DECIMAL", "VARCHAR")):
        raise Unsure("it converts to an unusual type")
    if isinstance(node.this, exp.Neg):
        raise Unsure("a sign before a conversion")
    sized = f"{spelled}({', '.join(sizes)})" if sizes else spelled
    return ATOM, ("CAST(", *rendering.whole(node.this), f" AS {sized})")


def string(value: str, rules: Rules) -> str:
    """A string literal that means the same under every setting of the server.

    >>> from partitioncache.analysis.dialects import rules
    >>> print(string("it's", rules("sqlite")), string("a\\\\b", rules("postgres")), string("a\\\\b", rules("mysql")))
    'it''s' E'a\\\\b' _utf8mb4 X'615C62'

    Raises:
        Unsure: the dialect cannot hold the text.
    """
    if "\x00" in value:
        if rules.name == "postgres":
            raise Unsure("PostgreSQL's text holds no zero byte")
        if rules.name == "sqlite":
            return f"CAST(X'{_hex(value)}' AS TEXT)"
    if "\\" in value and rules.name == "postgres":
        return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    if rules.name == "mysql" and ("\\" in value or "\x00" in value or "\x1a" in value):
        return f"_utf8mb4 X'{_hex(value)}'"
    _hex(value)
    return "'" + value.replace("'", "''") + "'"


def _hex(value: str) -> str:
    try:
        return value.encode().hex().upper()
    except UnicodeEncodeError:
        raise Unsure("a text that is not valid Unicode") from None


RENDERERS: Final[dict[type[exp.Expr], Renderer]] = {
    exp.Literal: literal,
    exp.ByteString: escaped,
    exp.Null: lambda _, node: (ATOM, ("NULL",)),
    exp.Boolean: lambda _, node: (ATOM, ("TRUE" if node.this else "FALSE",)),
    exp.Cast: cast,
}
