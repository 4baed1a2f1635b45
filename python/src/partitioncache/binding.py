"""Parameters of a query, put in as literals: by the rules of the driver that would have sent them.

=========  ==========================================  ==============================================================
dialect    placeholders                                values are written as
=========  ==========================================  ==============================================================
postgres   ``%s`` and ``%(name)s``, with ``%%`` for a  psycopg writes them (also of types registered with it); ``?``
           percent sign (psycopg); ``$1`` (asyncpg);   is an operator and never a placeholder
           ``:name`` (SQLAlchemy)
mysql      ``%s`` and ``%(name)s``, with ``%%``        PyMySQL writes them (a list is ``(1, 2, 3)``, the offset of
           (PyMySQL); ``?``; ``:name``                 a datetime is dropped), whatever sql_mode is
sqlite     ``?``, ``?1``, ``:name``, ``@name``,        sqlite3 stores them, with the adapters registered with it
           ``$name``
=========  ==========================================  ==============================================================

No value becomes anything but a value: the text with the values is cut into tokens again, and must have the tokens of
the query, with those of one literal in the place of each placeholder. What cannot be bound surely is refused.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg import sql as psycopg_sql
from psycopg.abc import AdaptContext
from sqlglot import Token, TokenType
from sqlglot.errors import SqlglotError

from partitioncache.analysis.conditions import string
from partitioncache.analysis.dialects import rules
from partitioncache.analysis.keys import sqlite_real
from partitioncache.analysis.reasons import Unsure
from partitioncache.errors import QueryError

_WRITING: Final = (psycopg.ClientCursor, psycopg.AsyncClientCursor)  # cursors that put values into the text
Params: TypeAlias = Sequence[object] | Mapping[str, object]


def bind(
    query: str,
    params: Params | None,
    dialect: str = "postgres",
    connection: AdaptContext | None = None,
) -> str:
    """The query with its parameters put in as literals.

    Args:
        query: SQL with the placeholders of the dialect, as the table above has them.
        params: the values, in their order or by name; None: there are none, and the query stays as it is.
        dialect: postgres, mysql or sqlite.
        connection: of psycopg, or a cursor, whose types and encoding hold for the values; for postgres only.

    Raises:
        QueryError: names or number of parameters do not fit, or a value cannot be put in surely.

    >>> bind("SELECT * FROM shop WHERE name = %s AND area > 5-%s", ["Zoe's", -2])
    "SELECT * FROM shop WHERE name = 'Zoe''s' AND area > 5-(-2)"
    >>> bind("SELECT * FROM shop WHERE tags ? 'wifi' AND kind = $1", [7])
    "SELECT * FROM shop WHERE tags ? 'wifi' AND kind = 7"
    >>> bind("SELECT * FROM shop WHERE name = :name AND note = '?'", {"name": "a"}, "sqlite")
    "SELECT * FROM shop WHERE name = 'a' AND note = '?'"
    """
    if params is None:
        return query
    if isinstance(params, (str, bytes, bytearray)) or not isinstance(params, (Sequence, Mapping)):
        raise QueryError(
            f"The parameters are of type {type(params).__name__}.",
            hint="Give their values as a list, or as a dict if the query names them.",
        )
    cut = _cut(query, params, dialect)
    values = _values(cut, params)
    marks = [f"{_mark(query)}{number}" for number in range(len(values))]
    expected = _tokens(_joined(cut.texts, marks), dialect)
    found = {token.text: number for number, token in enumerate(expected) if token.text in marks}
    if len(found) != len(marks):
        raise QueryError(
            "A placeholder stands in a string, a quoted name or a comment, where no value can be put.",
            hint="Let the value be the whole string.",
        )
    alone = _alone(expected)
    written = []
    for mark, (name, value) in zip(marks, values, strict=True):
        literal = _literal(value, name, dialect, connection)
        if found[mark] in alone and not cut.positions:
            literal = _no_position(literal, cut)
        written.append(literal)
    bound = _joined(cut.texts, written)
    literals = dict(zip(marks, written, strict=True))
    wanted = [
        each
        for token in expected
        for each in (_tokens(literals[token.text], dialect) if token.text in literals else [token])
    ]
    if [_same(token) for token in _tokens(bound, dialect)] != [_same(token) for token in wanted]:
        raise QueryError(
            "The values cannot be put into the query surely.",
            hint="Leave a space on both sides of placeholders.",
        )
    return bound


def open_placeholder(query: str, dialect: str = "postgres") -> str | None:
    """The first placeholder of a query that was given without parameters, None if it has none.

    >>> open_placeholder("SELECT * FROM poi WHERE kind = %s"), open_placeholder("SELECT 5 % 2, '%s'")
    ('%s', None)
    """
    dialect = rules(dialect).name
    try:
        tokens = _tokens(query, dialect)
    except QueryError:
        return None
    patterns = [_TOKEN_STYLES[dialect]] if dialect == "sqlite" else [_PERCENT, _TOKEN_STYLES[dialect]]
    for token in tokens:
        for pattern in patterns:
            match = pattern.match(query, token.start)
            if match and match[0] != "%%" and not match[0].startswith(":") and _is_placeholder(match):
                return match[0]
    return None


# -- where the placeholders are --


@dataclass(frozen=True)
class _Cut:
    """A query without its placeholders.

    Attributes:
        texts: what stands before, between and after them, as the server is to read it.
        names: for each placeholder the name that a dict must have, or its number in a list, from 0.
        count: how many values a list must have.
        by_number: for each placeholder its number in a list; None where only names will do.
        positions: whether the driver itself puts values into the text, so that ``ORDER BY %s`` may be a position.
        certain: whether every driver that takes these placeholders agrees about that.
    """

    texts: list[str]
    names: list[str | None]
    count: int
    by_number: list[int] | None
    positions: bool
    certain: bool = True


# psycopg also knows %b and %t, binary and text.
_PERCENT: Final = re.compile(r"%(?:\((?P<name>[^)]+)\))?(?P<kind>.?)", re.DOTALL)
_TOKEN_STYLES: Final = {
    "postgres": re.compile(r"\$(?P<number>[0-9]+)|:(?P<name>[A-Za-z_]\w*)(?!\w|:(?!:))"),
    "mysql": re.compile(r"\?|:(?P<name>[A-Za-z_]\w*)(?!\w|:(?!:))"),
    "sqlite": re.compile(
        r"\?(?P<number>[0-9]*)|[:@$](?P<name>[A-Za-z0-9_$\x80-\U0010ffff]+)(?P<more>\(|::)?"
    ),
}


def _is_placeholder(match: re.Match[str]) -> bool:
    return match.groupdict().get("kind", "s") in ("s", "b", "t")


def _cut(query: str, params: Params, dialect: str) -> _Cut:
    name = rules(dialect).name
    if name == "sqlite":
        return _numbered(query, _places(query, params, name), all_have_numbers=True)
    by_name = isinstance(params, Mapping)
    places = [place for place in _places(query, params, name) if bool(place["name"]) == by_name]
    percent = by_name and any(match["name"] for match in _PERCENT.finditer(query))
    if not places or percent:
        return _percents(query, name)
    if any(
        _PERCENT.match(query, token.start) and _is_percent(query, token.start)
        for token in _tokens(query, name)
    ):
        raise QueryError("The query has placeholders of two kinds.", hint="Use one kind.")
    return _numbered(query, places, all_have_numbers=not by_name)


def _is_percent(query: str, start: int) -> bool:
    match = _PERCENT.match(query, start)
    return match is not None and match["kind"] == "s"


def _percents(query: str, dialect: str) -> _Cut:
    """By the rule of psycopg and PyMySQL, which look at every percent sign, wherever it stands."""
    kinds = "sbt" if dialect == "postgres" else "s"
    texts, names, done = [""], [], 0
    for match in _PERCENT.finditer(query):
        texts[-1] += query[done : match.start()]
        done = match.end()
        if match[0] == "%%":
            texts[-1] += "%"
        elif match["kind"] and match["kind"] in kinds:
            names.append(match["name"])
            texts.append("")
        else:
            raise QueryError(
                f"{match[0].strip()} is no placeholder.",
                hint="Placeholders are %s and %(name)s; with parameters, a percent sign is written %%.",
            )
    texts[-1] += query[done:]
    if len({name is None for name in names}) > 1:
        raise QueryError("Some placeholders have names, and some have none.", hint="Use one kind.")
    numbers = None if any(names) else list(range(len(names)))
    mysql = dialect == "mysql"
    return _Cut(texts, names, len(names), numbers, positions=mysql, certain=mysql)


def _places(query: str, params: Params, dialect: str) -> list[re.Match[str]]:
    """The placeholders that are tokens."""
    found: list[re.Match[str]] = []
    brackets = 0
    for token in _tokens(query, dialect):
        brackets += {TokenType.L_BRACKET: 1, TokenType.R_BRACKET: -1}.get(token.token_type, 0)
        match = _TOKEN_STYLES[dialect].match(query, token.start)
        if match is None or (found and token.start < found[-1].end()):
            continue
        colon = dialect != "sqlite" and match[0].startswith(":")
        if colon and re.match(r"[\w:]", query[token.start - 1 : token.start]):
            continue
        if match.groupdict().get("more") or (colon and brackets and match["name"] in params):
            # array[low:high], or Tcl's names of parameters
            raise QueryError(f"{match[0]} cannot be bound surely.", hint="Use another kind of placeholder.")
        if colon and brackets:
            continue
        found.append(match)
    return found


def _numbered(query: str, places: Sequence[re.Match[str]], all_have_numbers: bool) -> _Cut:
    """By SQLite's rule: ``?`` has the number after the largest so far, as a new name has; a number has one name."""
    texts, done = [], 0
    numbers: list[int] = []
    names: dict[int, str] = {}
    known: dict[str, int] = {}
    largest = 0
    for place in places:
        texts.append(query[done : place.start()])
        done = place.end()
        number = place.groupdict().get("number")
        if number:
            known[place[0]] = int(number)
        elif place[0] == "?":
            known["?"] = largest + 1
        if known.setdefault(place[0], largest + 1) < 1:
            raise QueryError(f"{place[0]} is no parameter.", hint="They are counted from 1.")
        numbers.append(known[place[0]] - 1)
        largest = max(largest, known[place[0]])
        if name := place.groupdict().get("name") or number:
            names.setdefault(numbers[-1], name)
    texts.append(query[done:])
    by_number = numbers if all_have_numbers else None
    colons = any(place[0].startswith(":") for place in places)
    return _Cut(
        texts,
        [names.get(number) for number in numbers],
        largest,
        by_number,
        positions=False,
        certain=all_have_numbers or not colons,
    )


def _values(cut: _Cut, params: Params) -> list[tuple[str, object]]:
    """For each placeholder what it is called in messages, and its value."""
    if isinstance(params, Mapping):
        found = []
        skipped = cut.by_number is not None and len(set(cut.by_number)) < cut.count
        for name in cut.names:
            if name is None or skipped:
                raise QueryError(
                    "The values have names, and the query's parameters have none.",
                    hint="Give the values as a list.",
                )
            try:
                found.append((name, params[name]))
            except KeyError:
                raise QueryError(f"The parameter {name} has no value.", hint="Give it in params.") from None
        return found
    if cut.by_number is None:
        raise QueryError("The query's parameters have names, and the values have none.", hint="Give a dict.")
    if len(params) != cut.count:
        raise QueryError(
            f"The query has {cut.count} parameter{'' if cut.count == 1 else 's'}, "
            f"and {len(params)} {'value was' if len(params) == 1 else 'values were'} given.",
            hint="Give as many values as there are placeholders, or a dict for named ones.",
        )
    return [(str(number + 1), params[number]) for number in cut.by_number]


# -- texts and tokens --


def _tokens(query: str, dialect: str) -> list[Token]:
    try:
        tokens = rules(dialect).tokens(query)
        rules(dialect).check(tokens, query)
        return tokens
    except (SqlglotError, Unsure) as error:
        raise QueryError(f"The query cannot be read: {' '.join(str(error).split())}") from None


def _same(token: Token) -> tuple[TokenType, str]:
    return token.token_type, token.text


def _mark(query: str) -> str:
    """A word that the query does not have."""
    mark = "parameter_"
    while mark in query:
        mark += "_"
    return mark


def _joined(texts: Sequence[str], between: Sequence[str]) -> str:
    """The texts with these between them, and spaces where two could melt into one token."""
    result = texts[0]
    for literal, text in zip(between, texts[1:], strict=True):
        before = "" if not result or result[-1] in " \t\r\n(,=<>+-*/" else " "
        after = "" if not text or text[0] in " \t\r\n),;:=<>+-*/" else " "
        result += before + literal + after + text
    return result


_BEFORE_POSITIONS: Final = {TokenType.ORDER_BY, TokenType.GROUP_BY}
_BETWEEN_POSITIONS: Final = {TokenType.COMMA, TokenType.L_PAREN}
_GROUPS: Final = {"ROLLUP", "CUBE", "SETS", "GROUPING SETS", "ON"}
_AFTER_POSITIONS: Final = {
    TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH, TokenType.HAVING, TokenType.WINDOW, TokenType.FOR,
    TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.ROWS, TokenType.RANGE,
}  # fmt: skip
_AFTER_ITEMS: Final = _AFTER_POSITIONS | {
    TokenType.COMMA, TokenType.R_PAREN, TokenType.ASC, TokenType.DESC, TokenType.COLLATE, TokenType.SEMICOLON,
    TokenType.ORDER_BY,
}  # fmt: skip


def _alone(tokens: Sequence[Token]) -> set[int]:
    """The tokens that are an item of ORDER BY, GROUP BY or DISTINCT ON, where a number is a position."""
    begun: set[int] = set()
    found: set[int] = set()
    listed = [False]
    before: Token | None = None
    for number, (token, after) in enumerate(zip(tokens, [*tokens[1:], None], strict=True)):
        kind = token.token_type
        if before is not None and listed[-1] and before.token_type in _BEFORE_POSITIONS | _BETWEEN_POSITIONS:
            begun.add(number)
            if after is None or after.token_type in _AFTER_ITEMS or after.text.upper() == "NULLS":
                found.add(number)
        if kind in _BEFORE_POSITIONS:
            listed[-1] = True
        elif kind in _AFTER_POSITIONS:
            listed[-1] = False
        elif kind == TokenType.L_PAREN:
            group = before is not None and before.text.upper() in _GROUPS
            distinct = number > 1 and tokens[number - 2].token_type == TokenType.DISTINCT
            listed.append((listed[-1] and (group or number in begun)) or (group and distinct))
        elif kind == TokenType.R_PAREN and len(listed) > 1:
            listed.pop()
        before = token
    return found


def _no_position(literal: str, cut: _Cut) -> str:
    if not cut.certain:
        raise QueryError(
            "A parameter that is an item of ORDER BY or GROUP BY may be a value or a position.",
            hint="Write the position, or the column, into the query.",
        )
    return f"(SELECT {literal})"


# -- how values are written --


def _literal(value: object, name: str, dialect: str, connection: AdaptContext | None) -> str:
    """One literal; negative numbers in parentheses, so that ``-`` before them makes no comment."""
    try:
        write = _WRITE.get(rules(dialect).name)
        text = _postgres(value, connection) if write is None else write(value)
    except (ValueError, TypeError, OverflowError, ArithmeticError, Unsure, psycopg.Error) as error:
        why = "it is no valid Unicode text" if isinstance(error, UnicodeError) else str(error)
        raise QueryError(
            f"The value of parameter {name}, of type {type(value).__name__}, cannot be put into the query: "
            f"{' '.join(why.split()).rstrip('.')}.",
            hint="Convert it to a number or a text.",
        ) from None
    return f"({text})" if text.startswith("-") else text


def _postgres(value: object, connection: AdaptContext | None) -> str:
    """As psycopg quotes it, with the type that psycopg sends: 7 / '2'::numeric is not 7 / 2."""
    if type(value) is tuple:
        raise TypeError("psycopg sends a tuple as a row, others as a list for IN; write = ANY(…) and give a list")
    text = psycopg_sql.Literal(value).as_string(connection).strip()
    if issubclass(getattr(connection, "cursor_factory", type(connection)), _WRITING):
        return text
    if isinstance(value, (float, Decimal)) and "'" not in text:
        return f"'{text}'::{'float8' if isinstance(value, float) else 'numeric'}"
    return text


def _mysql(value: object) -> str:
    """As PyMySQL's converters write it, but that no sql_mode changes what a text means."""
    kind = type(value)
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int)) and kind in (bool, int):
        return str(int(value))
    if isinstance(value, float) and kind is float:
        if not math.isfinite(value):
            raise ValueError("MySQL has no such number")
        return repr(value) if "e" in repr(value) else f"{value!r}e0"
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("MySQL has no such number")
        return f"{value:f}"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"_binary X'{bytes(value).hex().upper()}'"
    if isinstance(value, (list, tuple, set, frozenset)):
        if not value:
            raise ValueError("an empty list has no literal")
        return f"({', '.join(_mysql(each) for each in value)})"
    return string(_mysql_text(value), rules("mysql"))


def _mysql_text(value: object) -> str:
    kind = type(value)
    if isinstance(value, datetime) and kind is datetime:
        return value.replace(tzinfo=None).isoformat(" ")
    if isinstance(value, time) and kind is time:
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, timedelta) and kind is timedelta:
        if value.days < 0:
            raise ValueError("the driver writes negative ones wrongly")
        seconds = value.days * 86_400 + value.seconds
        text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return text if not value.microseconds else f"{text}.{value.microseconds:06d}"
    if isinstance(value, (str, Enum, UUID, date, int)):
        return str(value)
    raise TypeError("the driver has no rule for it")


def _sqlite(value: object) -> str:
    """As sqlite3 binds it, after its adapters."""
    value = _adapted(value)
    if value is None:
        return "NULL"
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise OverflowError("SQLite's integers have 64 bits")
        return str(int(value))
    if isinstance(value, float):
        return "NULL" if math.isnan(value) else sqlite_real(float(value))  # as sqlite3 stores it
    if isinstance(value, str):
        # char(): a cast to text would compare otherwise than a text does
        parts = [string(part, rules("sqlite")) for part in str.__str__(value).split("\0")]
        return parts[0] if len(parts) == 1 else f"({' || char(0) || '.join(parts)})"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"X'{bytes(value).hex().upper()}'"
    raise TypeError("sqlite3 has no adapter for it")


def _adapted(value: object) -> object:
    kind = type(value)
    adapter = sqlite3.adapters.get((kind, sqlite3.PrepareProtocol))
    if isinstance(value, date) and getattr(adapter, "__module__", "") == "sqlite3.dbapi2":
        # Its own adapters, which complain of their age from Python 3.12 on.
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return sqlite3.adapt(value, sqlite3.PrepareProtocol, value)


_WRITE: Final[Mapping[str, Callable[[object], str]]] = {"mysql": _mysql, "sqlite": _sqlite}
