"""Pairs of conditions on columns of every kind: what is called implied is checked row by row.

The tables hold what makes comparisons differ: NULL, NaN, infinity, -0, texts that look like numbers, texts that a
collation takes for equal, numbers where SQLite expects texts, numbers between two that four bytes can tell apart.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from differential.python_analyser.check import WrongRows
from differential.python_analyser.worlds import Server
from partitioncache.analysis import analyse
from partitioncache.analysis.forms import Form, form_of_entry
from partitioncache.analysis.matching import Asked

_NUMBERS = ["0", "-0", "1", "2", "3", "9", "10", "95", "900", "1000", "-1", "-5", "0.5", "2.5", "2.50", "0.1", "0.2",
            "1e3", "1e-3", "16777216", "16777217", "9007199254740992", "9007199254740993", "900.0", "1" + "0" * 20,
            "0.30000000000000004", "0.3", "1e300", "1e400", "20240131", "70", "69"]  # fmt: skip
_TEXTS = ["'1'", "'2'", "'10'", "'9'", "'a'", "'A'", "'b'", "'B '", "'b'", "'b '", "''", "' '", "'1.0'", "'1e0'", "'é'",
          "'E'", "'ß'", "'ss'", "'2024-01-31'", "'2024-02-01'", "'2024-02-31'", "'2023-12-31'", "'2024-1-31'", "'x'",
          "'zz'", "'日'", "'TRUE'", "'nan'"]  # fmt: skip
_ODD: list[Any] = [
    None,
    0,
    1,
    2,
    3,
    -1,
    -5,
    9,
    10,
    95,
    900,
    1000,
    0.1,
    0.2,
    0.3,
    0.5,
    2.5,
    16777216,
    16777217,
    1e300,
]
_STRINGS: list[Any] = [
    None, "1", "2", "9", "10", "a", "A", "b", "B", "b ", "B ", "", " ", "1.0", "e", "E", "é", "É", "ß", "ss",
    "2024-01-31", "2024-02-01", "1000", "900", "95", "x", "abc", "日", "10 ", "0.1",
]  # fmt: skip
_DATES: list[Any] = [
    None,
    "2023-12-31",
    "2024-01-30",
    "2024-01-31",
    "2024-02-01",
    "2024-02-29",
    "1970-01-01",
    "2069-01-01",
]

#: For each dialect the columns: what they are declared as, what they hold, and what they may be compared with.
COLUMNS: dict[str, dict[str, tuple[str, list[Any], list[str]]]] = {
    "sqlite": {
        "i": ("INTEGER", [*_ODD, "abc", "10x", b"\x01", 2**53 + 1], [*_NUMBERS, *_TEXTS]),
        "r": ("REAL", [*_ODD, "abc", float("inf"), -0.0], [*_NUMBERS, *_TEXTS]),
        "n": ("DECIMAL(8,2)", [*_ODD, "2024-01-31", "abc"], [*_NUMBERS, *_TEXTS]),
        "d": ("DATE", [*_DATES, 5, 20240131], [*_NUMBERS, *_TEXTS]),
        "s": ("TEXT", [*_ODD, *_STRINGS], [*_NUMBERS, *_TEXTS]),
        "c": ("VARCHAR(9) COLLATE NOCASE", [*_ODD, *_STRINGS], [*_NUMBERS, *_TEXTS]),
        "p": ("TEXT COLLATE RTRIM", [*_STRINGS], [*_NUMBERS, *_TEXTS]),
        "u": ("", [*_ODD, *_STRINGS, b"b", float("inf")], [*_NUMBERS, *_TEXTS]),
        "b": ("BLOB", [*_ODD, *_STRINGS, b"b"], [*_NUMBERS, *_TEXTS]),
    },
    "mysql": {
        "i": ("INT", [None, 0, 1, 2, 3, -1, -5, 9, 10, 95, 900, 1000, 16777217, 20240131], [*_NUMBERS, *_TEXTS]),
        "ui": ("BIGINT UNSIGNED", [None, 0, 1, 900, 1000, 2**64 - 1, 2**53 + 1], [*_NUMBERS, *_TEXTS]),
        "f": ("FLOAT", _ODD[:-1], [*_NUMBERS, *_TEXTS]),
        "r": ("DOUBLE", [*_ODD, -0.0, 0.30000000000000004], [*_NUMBERS, *_TEXTS]),
        "n": ("DECIMAL(30,10)", [None, 0, 1, "0.1", "0.3", "0.3000000001", 900, 2**53 + 1, "900.0000000001"], _NUMBERS),
        "d": ("DATE", _DATES, [*_NUMBERS, *_TEXTS]),
        "t": ("DATETIME", _DATES, [*_NUMBERS, *_TEXTS]),
        "y": ("YEAR", [None, 1970, 2069, 2024], _NUMBERS),
        "s": ("VARCHAR(20) COLLATE utf8mb4_general_ci", _STRINGS, [*_NUMBERS, *_TEXTS]),
        "c": ("CHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci", [*_STRINGS[:-3], "0.1"], [*_NUMBERS, *_TEXTS]),
        "p": ("VARCHAR(20) COLLATE utf8mb4_bin", _STRINGS, [*_NUMBERS, *_TEXTS]),
        "e": ("ENUM('b','a','10','9')", [None, "a", "b", "10", "9"], [*_NUMBERS, *_TEXTS]),
    },
    "postgres": {
        "i": ("integer", [None, 0, 1, 2, 3, -1, -5, 9, 10, 95, 900, 1000, 16777217], _NUMBERS),
        "g": ("bigint", [None, 0, 1, 900, 2**53 + 1, 2**53, -5], _NUMBERS),
        "f": ("real", [*_ODD[:-1], float("nan"), float("inf"), -0.0], _NUMBERS),
        "r": ("double precision", [*_ODD, float("nan"), float("inf"), float("-inf"), -0.0], _NUMBERS),
        "n": ("numeric", [*_ODD, "NaN", "Infinity", "0.30000000000000004", "900.0000000000001"], _NUMBERS),
        "o": ("oid", [None, 0, 1, 900, 4294967295, 4294967290, 1000], _NUMBERS),
        "s": ("text", _STRINGS, _TEXTS),
        "c": ("citext", _STRINGS, _TEXTS),
        "p": ("char(12)", _STRINGS, _TEXTS),
        "d": ("date", [*_DATES, "infinity"], [*_TEXTS[18:20], "'2023-12-31'", "date '2024-01-31'",
              "date '2024-02-01'"]),
        "z": ("timestamptz", [*_DATES, "infinity"], [*_TEXTS[18:20], "date '2024-01-31'", "date '2024-02-01'"]),
    },
}  # fmt: skip
_EXPRESSIONS = [
    "{c}", "{c}", "{c}", "{c}", "{c}", "({c})", "{c} + 1", "abs({c})", "coalesce({c}, 1)", "-{c}", "lower({c})",
    "round({c})",
    "nullif({c}, 3)", "ifnull({c}, 1)", "max({c}, {c})", "substr({c}, 1)", "trim({c})", "length({c})", "{c} * 2 - 1",
]  # fmt: skip


@dataclass
class Pairs:
    """How many pairs there were, and how many were called implied, by the kind of column."""

    tried: int = 0
    implied: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Condition:
    text: str
    rows: frozenset[int]
    asked: Asked
    entry: Form | None


def fill(server: Server) -> None:
    """A table of one row for each value; the columns have each their own length."""
    columns = COLUMNS[server.dialect]
    server.run("DROP TABLE IF EXISTS t")
    declared = ", ".join(f"{name} {of}" for name, (of, _, _) in columns.items())
    server.run(f"CREATE TABLE t (id integer, k integer, {declared})")
    for number in range(max(len(values) for _, values, _ in columns.values())):
        row = [values[number % len(values)] for _, values, _ in columns.values()]
        marks = ", ".join(["%s"] * (len(row) + 2))
        server.fill(f"INSERT INTO t VALUES ({marks})", [(number, number % 5, *row)])


def condition(rng: random.Random, column: str, constants: list[str]) -> str:
    """A comparison of a column, or of something made of it, with constants."""
    left = rng.choice(_EXPRESSIONS).format(c=column)
    numbers = [one for one in constants if "'" not in one]
    texts = [one for one in constants if one.startswith("'")]
    pool = rng.choice([some for some in (numbers, texts, constants) if some])
    pick = rng.random()
    if pick < 0.5:
        operator = rng.choice(["<", "<=", ">", ">=", "=", "=", ">", "<"])
        sides = [left, rng.choice(pool)]
        return f" {operator} ".join(sides if rng.random() < 0.85 else sides[::-1])
    if pick < 0.8:
        some = [rng.choice(pool[: rng.choice([4, 12, 40])]) for _ in range(rng.randint(1, 4))]
        return f"{left} IN ({', '.join([*some, 'NULL'] if rng.random() < 0.1 else some)})"
    if pick < 0.93:
        return f"{left} BETWEEN {rng.choice(pool)} AND {rng.choice(pool)}"
    return f"{left} IS NOT NULL" if rng.random() < 0.7 else f"NOT {left} IS NULL"


def compare(server: Server, seed: int, conditions: int) -> Pairs:
    """All pairs of so many random conditions on each column.

    Raises:
        WrongRows: a condition is called implied, and is not true where the other one is.
    """
    fill(server)
    rng, found = random.Random(seed), Pairs()
    columns = COLUMNS[server.dialect]
    for column, (declared, _, constants) in columns.items():
        made = [
            one
            for _ in range(conditions)
            if (one := _made(server, rng, condition(rng, column, constants), column, declared)) is not None
        ]
        for known in made:
            for wanted in made:
                found.tried += 1
                if wanted.entry is None or not known.asked.contains(wanted.entry, 0):
                    continue
                found.implied[declared] += known.text != wanted.text
                if not known.rows <= wanted.rows:
                    raise WrongRows(
                        f"{server.dialect}, {declared}: {known.text} is said to imply {wanted.text}, "
                        f"but not for rows {sorted(known.rows - wanted.rows)}"
                    )
    return found


def _made(server: Server, rng: random.Random, text: str, column: str, declared: str) -> _Condition | None:
    query = f"SELECT id FROM t WHERE {text}"
    schema: Any = [None, {"t": ["id", "k", column]}, {"t": {"id": None, "k": "integer", column: declared}}]
    try:
        rows = frozenset(row[0] for row in server.run(query))
    except Exception:
        return None
    analysis = analyse(query, "k", server.dialect, rng.choice(schema))
    if analysis.form is None or not analysis.fragments:
        return None
    fragment = analysis.fragments[0]
    entry = form_of_entry(fragment.hash, fragment.sql, "k", rng.choice(schema))
    return _Condition(text, rows, Asked(analysis.form), entry)
