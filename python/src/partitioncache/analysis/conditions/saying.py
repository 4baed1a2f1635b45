"""What a condition says: an expression compared with constants, that it is not null, or only its text.

One condition implies another where both say something of the same expression: ``area > 1000`` says more than
``area > 900``. That is a matter of types and collations, of which only what is sure is used; `matching` decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from sqlglot import exp

from partitioncache.analysis.conditions.names import column_type
from partitioncache.analysis.conditions.operators import COMPARISONS, MIRRORED
from partitioncache.analysis.conditions.rendering import OTHER, Rendering, Template, bare
from partitioncache.analysis.dialects import function_name, words


class Kind(str, Enum):
    """What is known of a condition. ``SAME``: its text alone; the others speak of an expression."""

    SAME = "same"
    BOUND = "bound"
    SET = "set"
    PRESENT = "present"


class Constant(str, Enum):
    """How a constant is written: without quotes, in quotes, as ``DATE '…'``, or TRUE and FALSE."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    BOOLEAN = "boolean"


class Sure(str, Enum):
    """What the compared expression surely is, and compares as."""

    UNKNOWN = ""
    NUMERIC = "numeric"
    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a condition says.

    Attributes:
        expression: the text of what is compared, or of the whole condition, with numbers for its tables.
        kind: which of the two, and how.
        operator: of a bound: ``<``, ``<=``, ``>`` or ``>=``.
        of: how the constants are written.
        constants: those that the expression may be equal to; of a bound, the one.
        sure: what the expression is.
    """

    expression: Template
    kind: Kind = Kind.SAME
    operator: str = ""
    of: Constant = Constant.TEXT
    constants: tuple[str, ...] = ()
    sure: Sure = Sure.UNKNOWN


#: MySQL's functions whose value is a number, whatever they are given.
_NUMERIC_FUNCTIONS: Final = words(
    "abs acos asin atan atan2 ceil ceiling char_length character_length cos cot crc32 degrees exp floor length ln "
    "log log10 log2 mod octet_length ord pi pow power radians round sign sin sqrt st_area st_distance st_length "
    "st_x st_y strcmp tan truncate"
)
_ARITHMETIC: Final = (
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv, exp.Neg,
    exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseLeftShift, exp.BitwiseRightShift,
)  # fmt: skip
_NUMERIC_TYPES: Final = {
    "mysql": words(
        "tinyint smallint mediumint int integer bigint decimal dec numeric fixed float double real"
    ),
    "postgres": words(
        "smallint int integer bigint int2 int4 int8 decimal numeric real float float4 float8 double"
    ),
}
_TEXT_TYPES: Final = words("char character varchar tinytext text mediumtext longtext")


def says(rendering: Rendering, node: exp.Expr, template: Template) -> tuple[Said, ...]:
    """What a condition says; all of it together is the condition.

    Args:
        rendering: a fresh one, for parts of the condition.
        node: the condition.
        template: its canonical text.
    """
    node = bare(node)
    found = tuple(_said(rendering, node))
    return found or (Said(template),)


def _said(rendering: Rendering, node: exp.Expr) -> Iterator[Said]:
    if type(node) in COMPARISONS and not isinstance(node, exp.NEQ):
        subject, constant, operator = node.this, node.args["expression"], COMPARISONS[type(node)]
        if _constant(rendering, subject) is not None:
            subject, constant, operator = constant, subject, MIRRORED[operator]
        yield from _compared(rendering, subject, operator, [constant])
    elif isinstance(node, exp.In) and node.args.get("query") is None:
        listed = [one for one in node.expressions if not isinstance(one, exp.Null)]
        yield from _compared(rendering, node.this, "=", listed, is_list=len(node.expressions) > 1)
    elif isinstance(node, exp.Between):
        low = list(_compared(rendering, node.this, ">=", [node.args["low"]]))
        high = list(_compared(rendering, node.this, "<=", [node.args["high"]]))
        if low and high and _may_be_taken_apart(rendering, low[0], high[0]):
            yield from low + high
    elif (subject := _not_null(node)) is not None:
        yield Said(rendering.part(subject, OTHER), Kind.PRESENT, sure=_sure(rendering, subject))


def _may_be_taken_apart(rendering: Rendering, low: Said, high: Said) -> bool:
    """Whether BETWEEN is two comparisons: MySQL decides from all three operands how it compares."""
    if low.of is not high.of or rendering.rules.name != "mysql":
        return low.of is high.of
    if low.of is Constant.NUMBER:
        return low.sure is Sure.NUMERIC
    return low.sure is Sure.DATE and None not in (date_of(low.constants[0]), date_of(high.constants[0]))


def date_of(text: str) -> date | None:
    """The date of a literal, if it is written as every server reads it.

    >>> date_of("'2024-01-31'"), date_of("'2024-02-31'"), date_of("'24-1-31'")
    (datetime.date(2024, 1, 31), None, None)
    """
    if re.fullmatch(r"'[1-9]\d{3}-\d\d-\d\d'", text, re.ASCII) is None:
        return None
    try:
        return date.fromisoformat(text[1:-1])
    except ValueError:
        return None


def _not_null(node: exp.Expr) -> exp.Expr | None:
    """The column of ``column IS NOT NULL``."""
    negated = False
    if isinstance(node, exp.Not):
        node, negated = bare(node.this), True
    if not isinstance(node, exp.Is) or not isinstance(node.expression, exp.Null):
        return None
    subject = bare(node.this)
    wanted = negated != bool(node.args.get("negate"))
    return subject if wanted and isinstance(subject, exp.Column) else None


def _compared(
    rendering: Rendering, subject: exp.Expr, operator: str, nodes: list[exp.Expr], is_list: bool = False
) -> Iterator[Said]:
    constants = [_constant(rendering, node) for node in nodes]
    kinds = {None if constant is None else constant[0] for constant in constants}
    (of,) = kinds if len(kinds) == 1 else (None,)
    unfit = isinstance(subject, (exp.Any, exp.All, exp.Tuple)) or _constant(rendering, subject) is not None
    if of is None or unfit:
        return
    texts = tuple(sorted({text for constant in constants if constant is not None for text in constant[1:]}))
    expression = rendering.part(subject, OTHER)
    sure = _sure(rendering, bare(subject))
    if operator != "=":
        yield Said(expression, Kind.BOUND, operator, of, texts, sure)
    elif len(texts) > 1 or not is_list:
        # A list of one constant is compared as lists are, which may be in another type than the constant alone.
        yield Said(expression, Kind.SET, "", of, texts, sure)


def _constant(rendering: Rendering, node: exp.Expr) -> tuple[Constant, str] | None:
    node = bare(node)
    if isinstance(node, exp.Neg):
        inner = _constant(rendering, node.this)
        negative = inner is not None and inner[0] is Constant.NUMBER and inner[1][0] != "-"
        return (Constant.NUMBER, f"-{inner[1]}") if inner is not None and negative else None
    if isinstance(node, (exp.Literal, exp.ByteString)):
        (text,) = rendering.render(node)[1]
        is_number = isinstance(node, exp.Literal) and not node.args.get("is_string")
        return Constant.NUMBER if is_number else Constant.TEXT, str(text)
    if isinstance(node, exp.Boolean):
        return Constant.BOOLEAN, "TRUE" if node.this else "FALSE"
    if (
        isinstance(node, exp.Cast)
        and isinstance(node.this, exp.Literal)
        and rendering.rules.name == "postgres"
    ):
        (text,) = rendering.render(node.this)[1]
        is_date = isinstance(node.to.this, exp.DType) and node.to.this.value == "DATE"
        return (Constant.DATE, str(text)) if is_date and node.this.args.get("is_string") else None
    return None


def _sure(rendering: Rendering, node: exp.Expr) -> Sure:
    """What an expression surely is.

    SQLite converts constants for columns (and casts) alone, by what they are declared as; values without such an
    affinity are compared as they are, in one order of numbers, texts and blobs. MySQL compares by the types of both.
    """
    dialect = rendering.rules.name
    if isinstance(node, exp.Column):
        return _sure_type(column_type(rendering, node), dialect)
    if isinstance(node, _ARITHMETIC):
        return Sure.UNKNOWN if dialect == "postgres" else Sure.NUMERIC
    if dialect == "sqlite" and isinstance(node, exp.Anonymous):
        return Sure.NUMERIC
    if dialect == "mysql" and isinstance(node, exp.Anonymous) and function_name(node) in _NUMERIC_FUNCTIONS:
        return Sure.NUMERIC
    return Sure.UNKNOWN


def _sure_type(declared: str | None, dialect: str) -> Sure:
    """What a column of a declared type is.

    >>> _sure_type("VARCHAR(20)", "sqlite").name, _sure_type("decimal(8,2) unsigned", "mysql").name
    ('UNKNOWN', 'NUMERIC')
    """
    if declared is None:
        return Sure.UNKNOWN
    name = declared.lower()
    if dialect == "sqlite":
        # What SQLite makes of a declaration; whatever is no text keeps numbers as numbers.
        is_text = "int" not in name and re.search("char|clob|text", name) is not None
        return Sure.UNKNOWN if is_text else Sure.NUMERIC
    spelled = re.findall("[a-z0-9]+", re.sub(r"\(.*?\)", "", name))
    if spelled == ["date"]:
        return Sure.DATE
    if spelled and spelled[0] in _NUMERIC_TYPES[dialect] and "[" not in name:
        return Sure.NUMERIC
    if spelled and spelled[0] in _TEXT_TYPES and "[" not in name:
        return Sure.TEXT
    return Sure.UNKNOWN
