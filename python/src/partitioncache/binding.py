"""Parameters of a query, put in as literals, for caches that have no PostgreSQL server to do it.

The query is cut into tokens by its dialect's own rules, so that what stands in strings, quoted names and comments is
never taken for a parameter. Values are quoted by psycopg for PostgreSQL, and by sqlglot for MySQL and SQLite.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import Final
from uuid import UUID

from psycopg import ProgrammingError
from psycopg import sql as psycopg_sql
from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from partitioncache.errors import QueryError

_STRINGS: Final = frozenset(
    {
        TokenType.STRING, TokenType.BYTE_STRING, TokenType.HEREDOC_STRING, TokenType.NATIONAL_STRING,
        TokenType.RAW_STRING, TokenType.UNICODE_STRING, TokenType.IDENTIFIER,
    }
)  # fmt: skip


def bind(
    query: str, params: Sequence[object] | Mapping[str, object] | None, dialect: str = "postgres"
) -> str:
    """The query with its parameters put in as literals.

    Args:
        query: SQL with ``%s`` and ``%(name)s`` as psycopg and PyMySQL take them, or ``?`` and ``:name`` as sqlite3
            does. With parameters of the first kind, a percent sign is written twice, as for those drivers.
        params: the values, in their order or by name; None: there are none, and the query stays as it is.
        dialect: postgres, mysql or sqlite.

    Raises:
        QueryError: names or number of parameters do not fit, or a value cannot be a literal.

    >>> bind("SELECT * FROM shop WHERE name = %s AND area > %s", ["Zoe's", 1.5])
    "SELECT * FROM shop WHERE name = 'Zoe''s' AND area > 1.5"
    >>> bind("SELECT * FROM shop WHERE name = :name AND note = '?'", {"name": "a"}, "sqlite")
    "SELECT * FROM shop WHERE name = 'a' AND note = '?'"
    """
    if params is None:
        return query
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(query)
    except SqlglotError as error:
        raise QueryError(f"The query cannot be read: {' '.join(str(error).split())}") from None
    places = _places(tokens)
    percent = any(kind == "%" for kind, _, _ in places.values())
    values = _values(params, [name for _, name, _ in places.values()])
    result: list[str] = []
    done = 0
    for number, token in enumerate(tokens):
        if token.start < done:
            continue
        if number in places:
            _, name, end = places[number]
            result += [query[done : token.start], _literal(values[name], dialect)]
            done = end + 1
        elif percent and token.token_type in _STRINGS:
            result += [query[done : token.start], query[token.start : token.end + 1].replace("%%", "%")]
            done = token.end + 1
        elif percent and _follows(tokens, number, "%", "%"):
            result += [query[done : token.start], "%"]
            done = tokens[number + 1].end + 1
    result.append(query[done:])
    return "".join(result)


def _places(tokens: Sequence[Token]) -> dict[int, tuple[str, str, int]]:
    """For the token at which a parameter begins: its kind, its name (or number as a text), and where it ends."""
    places: dict[int, tuple[str, str, int]] = {}
    number = 0
    while number < len(tokens):
        rest = [token.text for token in tokens[number : number + 5]]
        length, name, kind = 0, "", "%"
        if _follows(tokens, number, "%", "%"):
            number += 2
            continue
        if _follows(tokens, number, "%", "s"):
            length = 2
        elif len(rest) == 5 and _follows(tokens, number, "%", "(", rest[2], ")", "s"):
            length, name = 5, rest[2]
        elif tokens[number].token_type == TokenType.PLACEHOLDER and rest[0] == "?":
            length, kind = 1, "?"
        elif len(rest) > 1 and rest[1].isidentifier() and _follows(tokens, number, ":", rest[1]):
            length, name, kind = 2, rest[1], ":"
        if length:
            places[number] = (kind, name or str(len(places)), tokens[number + length - 1].end)
        number += length or 1
    return places


def _follows(tokens: Sequence[Token], number: int, *texts: str) -> bool:
    """Whether these tokens stand here, with nothing between them."""
    found = tokens[number : number + len(texts)]
    return (
        len(found) == len(texts)
        and all(
            token.text == text and token.token_type not in _STRINGS
            for token, text in zip(found, texts, strict=True)
        )
        and all(left.end + 1 == right.start for left, right in pairwise(found))
    )


def _values(params: Sequence[object] | Mapping[str, object], names: list[str]) -> Mapping[str, object]:
    if isinstance(params, Mapping):
        missing = sorted(set(names) - params.keys())
        if missing:
            raise QueryError(f"The parameter {missing[0]} has no value.", hint="Give it in params.")
        return params
    if (
        isinstance(params, (str, bytes))
        or len(params) != len(names)
        or not all(name.isdigit() for name in names)
    ):
        raise QueryError(
            f"The query has {len(names)} parameters, and {len(params)} values were given.",
            hint="Give as many values as there are placeholders, or a dict for named ones.",
        )
    return {str(number): value for number, value in enumerate(params)}


def _literal(value: object, dialect: str) -> str:
    try:
        if dialect == "postgres":
            return psycopg_sql.Literal(value).as_string(None)
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(value)
        if isinstance(value, (date, time, UUID)):
            text = value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else str(value)
            return exp.Literal.string(text).sql(dialect)
        if isinstance(value, bool):
            value = int(value)
        return exp.convert(value).sql(dialect)
    except (ValueError, ProgrammingError):
        raise QueryError(
            f"A {type(value).__name__} cannot be a parameter here.", hint="Convert it to a number or a text."
        ) from None
