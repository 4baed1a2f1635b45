"""Random expressions without parentheses: what the analyser makes of them must mean what the server makes of them.

sqlglot and the three servers do not bind all operators alike. The analyser writes conditions with parentheses of its
own, so each difference would change what a condition means. Here a condition is run as it was written, and as the
fragment has it: the rows must be the same, not only no fewer.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from differential.python_analyser.check import WrongRows
from differential.python_analyser.worlds import Server
from partitioncache.analysis import analyse

_BINARY = {
    "postgres": ["+", "-", "*", "/", "%", "=", "<>", "<", ">", "<=", ">=", "AND", "OR", "||",
                 "IS DISTINCT FROM", "LIKE", "ILIKE", "~", "&", "|", "#", "<<", "^", "NOT LIKE", "SIMILAR TO", "!~*"],
    "mysql": ["+", "-", "*", "/", "%", "DIV", "MOD", "=", "<>", "<", ">", "<=", ">=", "AND", "OR", "XOR", "<=>", "LIKE",
              "REGEXP", "RLIKE", "NOT LIKE", "&", "|", "^", "<<", ">>", "&&", "NOT REGEXP"],
    "sqlite": ["+", "-", "*", "/", "%", "=", "==", "<>", "!=", "<", ">", "<=", ">=", "AND", "OR", "||", "IS", "IS NOT",
               "LIKE", "GLOB", "NOT LIKE", "&", "|", "<<", ">>", "IS DISTINCT FROM"],
}  # fmt: skip
_AFTER = [
    "IS NULL",
    "IS NOT NULL",
    "IN (1, 2)",
    "NOT IN (2, NULL)",
    "BETWEEN 1 AND 2",
    "NOT BETWEEN 0 AND a",
    "IS TRUE",
]
_BEFORE = ["NOT ", "-", "+", "NOT NOT "]
_ATOMS = [
    "a",
    "b",
    "c",
    "s",
    "1",
    "2",
    "0",
    "'x'",
    "'1'",
    "NULL",
    "a + b",
    "coalesce(a, 1)",
    "CASE WHEN a = 1 THEN b END",
]


_NUMBERS = ["a", "b", "c", "1", "2", "0", "-1", "NULL", "coalesce(a, 1)", "(a - 1)"]
_ON_NUMBERS = {
    "postgres": ["+", "-", "*", "%", "&", "|", "#", "<<", ">>"],
    "mysql": ["+", "-", "*", "%", "DIV", "MOD", "&", "|", "^", "<<", ">>"],
    "sqlite": ["+", "-", "*", "%", "&", "|", "<<", ">>", "||"],
}
_COMPARED = ["=", "<>", "<", ">", "<=", ">=", "= ", "> "]


def typed_expression(rng: random.Random, dialect: str) -> str:
    """Comparisons of numbers joined by AND, OR and NOT: PostgreSQL refuses most of what is less orderly."""

    def number() -> str:
        parts = [rng.choice(_NUMBERS)]
        while rng.random() < 0.4:
            parts += [rng.choice(_ON_NUMBERS[dialect]), rng.choice(_NUMBERS)]
        return " ".join(parts)

    def comparison() -> str:
        pick = rng.random()
        if pick < 0.5:
            return f"{number()} {rng.choice(_COMPARED)} {number()}"
        if pick < 0.6:
            return f"{number()} {rng.choice(['IS NULL', 'IS NOT NULL', 'IN (1, 2)', 'NOT IN (0, NULL)'])}"
        if pick < 0.7:
            return f"{number()} {rng.choice(['BETWEEN', 'NOT BETWEEN'])} {number()} AND {number()}"
        if pick < 0.8:
            same = {"postgres": "IS NOT DISTINCT FROM", "mysql": "<=>", "sqlite": "IS"}[dialect]
            return f"{number()} {same} {number()}"
        if pick < 0.9:
            return f"s {rng.choice(['LIKE', 'NOT LIKE'])} {rng.choice(['s', repr('x%')])}"
        return f"{number()} = {number()} {rng.choice(['IS NULL', 'IS NOT TRUE', '= 1', '< 2', 'IN (1)'])}"

    out = comparison()
    while rng.random() < 0.5:
        out += f" {rng.choice(['AND', 'OR', 'AND NOT', 'OR NOT'])} {comparison()}"
    return rng.choice(["", "", "NOT "]) + out


def expression(rng: random.Random, dialect: str, depth: int = 0) -> str:
    """Atoms and operators in a row; rarely a parenthesis."""
    out = ""
    for number in range(rng.randint(1, 4)):
        if number:
            out += f" {rng.choice(_BINARY[dialect])} "
        atom = rng.choice(_ATOMS)
        if depth < 2 and rng.random() < 0.15:
            atom = f"({expression(rng, dialect, depth + 1)})"
        if rng.random() < 0.15:
            out += rng.choice(_BEFORE if dialect != "mysql" else [*_BEFORE, "! "])
        out += atom
        if dialect == "postgres" and rng.random() < 0.1:
            out += "::text"
        if dialect == "sqlite" and rng.random() < 0.1:
            out += " COLLATE NOCASE"
        if rng.random() < 0.15:
            out += f" {rng.choice(_AFTER)}"
    return out


@dataclass
class Outcome:
    """How many expressions there were, and what became of them."""

    tried: int = 0
    refused_by_server: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    compared: int = 0


def table(server: Server) -> None:
    """Rows of all small values and NULL."""
    text = "varchar(9)" if server.dialect == "mysql" else "text"
    server.run("DROP TABLE IF EXISTS t")
    server.run(f"CREATE TABLE t (n integer, k integer, a integer, b integer, c integer, s {text})")
    values: list[Any] = [0, 1, 2, None]
    rows = [
        (n, n % 3, values[n % 4], values[n // 4 % 4], values[n // 16 % 4], ["x", "1", "X", None][n % 7 % 4])
        for n in range(64)
    ]
    server.fill("INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s)", rows)


def compare(server: Server, seed: int, count: int) -> Outcome:
    """Random expressions on one table.

    Raises:
        WrongRows: the analyser's condition is true for other rows than the query's.
    """
    rng = random.Random(seed)
    table(server)
    outcome = Outcome()
    for _ in range(count):
        written = (expression if rng.random() < 0.4 else typed_expression)(rng, server.dialect)
        query = f"SELECT n FROM t WHERE {written}"
        outcome.tried += 1
        try:
            expected = Counter(server.run(query))
        except Exception:
            outcome.refused_by_server += 1
            continue
        analysis = analyse(query, "k", server.dialect)
        if analysis.reason is not None or analysis.notes:
            reason = analysis.reason or analysis.notes[0]
            outcome.left_out[reason.split(": ")[-1]] += 1
            continue
        canonical = max(analysis.fragments, key=lambda one: len(one.conjuncts)).conjuncts
        text = f"SELECT t1.n FROM t AS t1 WHERE {' AND '.join(canonical)}"
        try:
            found = Counter(server.run(text))
        except Exception as error:
            # A division by zero that the query's order of conditions happens to avoid; such a fragment has no entry.
            if "zero" not in str(error):
                raise WrongRows(f"{server.dialect}: {error}\n{query}\n{text}") from error
            outcome.left_out["division by zero"] += 1
            continue
        if found != expected:
            raise WrongRows(f"{server.dialect}, seed {seed}: other rows\n{query}\n{text}")
        outcome.compared += 1
    return outcome
