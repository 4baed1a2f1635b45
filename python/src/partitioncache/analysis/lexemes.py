"""Where strings, quoted names and comments begin and end, by the rules of each server itself.

sqlglot cuts a text into tokens for many dialects with one program. Everything else here stands on those tokens, so
they are compared with what the server's own scanner does: where the two disagree, nothing is sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import Token, TokenType

from partitioncache.analysis.reasons import Unsure

# The servers take these characters for blanks, and any beyond ASCII for letters, no-break spaces too.
_WORD: Final = r"(?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)"
_LEXEMES: Final = {
    "postgres": re.compile(
        r"(?P<gap>[ \t\n\r\f\v]+|--[^\n\r]*)"
        r"|(?P<comment>/\*)"
        r"|(?P<quoted>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|"
        r"\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$)"
        rf"|{_WORD}|[0-9]+|.",
        re.DOTALL,
    ),
    "mysql": re.compile(
        r"(?P<gap>[ \t\n\r\f\v]+|--(?=[\x00-\x20]|\Z)[^\n]*|#[^\n]*|/\*(?!\+).*?\*/)"
        r"|(?P<comment>/\*\+)"
        r"|(?P<quoted>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`]|``)*`)"
        rf"|{_WORD}|[0-9]+|.",
        re.DOTALL,
    ),
    "sqlite": re.compile(
        r"(?P<gap>[ \t\n\r\f]+|--[^\n]*|/\*.*?(?:\*/|\Z))"
        r"|(?P<comment>(?!))"
        r"|(?P<quoted>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[[^\]]*\])"
        rf"|{_WORD}|[0-9]+|.",
        re.DOTALL,
    ),
}


def check(tokens: Sequence[Token], sql: str, dialect: str) -> None:
    """Refuses a text whose tokens are not those of the server.

    Raises:
        Unsure: a string, a name or a comment is not where sqlglot believes it to be.
    """
    number = 0
    for start, end, gap in _lexemes(sql, dialect):
        while number < len(tokens) and tokens[number].end < start:
            number += 1
        token = tokens[number] if number < len(tokens) else None
        if token is not None and token.token_type == TokenType.HINT:
            continue
        inside = token is not None and token.start <= start and end <= token.end + 1
        outside = token is None or end <= token.start
        if not (outside or inside if gap else inside):
            raise Unsure("it is not sure where its strings, names and comments begin and end")


def _lexemes(sql: str, dialect: str) -> Iterator[tuple[int, int, bool]]:
    """Start, end, and whether it is blank or a comment, of each lexeme; blanks inside a token are no matter."""
    position, lexeme = 0, _LEXEMES[dialect]
    while position < len(sql):
        match = lexeme.match(sql, position)
        assert match is not None
        end = match.end()
        if match["comment"]:
            end = _end_of_comment(sql, position) if dialect == "postgres" else sql.find("*/", position) + 2
            if end < position + 2:
                raise Unsure("a comment does not end")
            # MySQL's hints are read as tokens.
            position = end
            if dialect == "postgres":
                yield match.start(), end, True
            continue
        yield position, end, match["gap"] is not None
        position = end


def _end_of_comment(sql: str, start: int) -> int:
    """PostgreSQL's comments nest."""
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(sql, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return 0
