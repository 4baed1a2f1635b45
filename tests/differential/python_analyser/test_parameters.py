"""The contract with parameters: what the driver finds with a query and its values, the rewritten text finds without."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from differential.python_analyser.check import rows_of
from differential.python_analyser.test_python_analyser import Open, opened
from differential.python_analyser.worlds import NAMES, World, make
from partitioncache.analysis import METHODS, analyse
from partitioncache.binding import bind
from partitioncache.errors import QueryError

__all__ = ["opened"]

NUMBERS = [
    "{a}.kind = @", "{a}.kind > 3-@", "{a}.stars < @ AND {a}.kind <> @", "{a}.kind BETWEEN @ AND @", "-@ < {a}.kind",
    "{a}.kind * @ > {a}.stars - @", "@ <= {a}.kind", "({a}.kind = @ OR {a}.stars = @)", "{a}.kind IN (@, 3, @)",
    "NOT {a}.stars > @", "abs({a}.kind-@) < 2", "CASE WHEN {a}.kind > @ THEN {a}.stars ELSE @ END = 2",
]  # fmt: skip
TEXTS = [
    "{a}.name = @", "{a}.name LIKE @", "{a}.name IN (@, @)", "coalesce({a}.name, @) = @", "{a}.name <> @",
    "{a}.name > @",
    "EXISTS (SELECT 1 FROM street s WHERE s.city_id = {a}.city_id AND s.name = @)", "length({a}.name) < length(@)",
]  # fmt: skip
VALUES: dict[str, list[Any]] = {
    "number": [0, 1, 2, 3, 5, -1, -5, 2.5, -0.5, 10**12, True],
    "text": [*NAMES, "x\nOR 1 = 1 --", "%s", "?", "'; --", "\\'", "back\\", "ba%", "%a%", "_ar"],
    "any": [
        b"bar",
        date(2024, 1, 31),
        datetime(2024, 1, 31, 1, 2, tzinfo=timezone.utc),
        None,
        "1",
        Decimal("2.5"),
    ],
}
QUERIES = [
    "SELECT p.id FROM poi p WHERE {p}",
    "SELECT p.id, e.id FROM poi p JOIN event e ON e.city_id = p.city_id AND e.day > @ WHERE {p}",
    "SELECT p.kind, count(*) FROM poi p WHERE {p} GROUP BY p.kind",
    "SELECT p.id, @ FROM poi p WHERE {p} AND {p2}",
]


class Maker:
    """Random queries with placeholders of every kind that the dialect has, and values for them."""

    def __init__(self, rng: random.Random, dialect: str) -> None:
        self.rng = rng
        self.dialect = dialect

    def query(self) -> tuple[str, Any]:
        pieces = [self.rng.choice(NUMBERS + TEXTS) for _ in range(2)]
        frame = self.rng.choice(QUERIES)
        # Where a number belongs, a number stands, so that the servers take the query.
        text = frame.replace("{p}", pieces[0]).replace("{p2}", pieces[1]).replace("{a}", "p")
        numeric = [not any(word in piece for word in ("name",)) for piece in pieces]
        values: list[Any] = []
        before_where = frame.split("{p}")[0].count("@")
        counts = [before_where, pieces[0].count("@")] + ([pieces[1].count("@")] if "{p2}" in frame else [])
        for count, number in zip(counts, [True, *numeric], strict=False):
            values += [self.value(number) for _ in range(count)]
        return self.styled(text, values)

    def value(self, number: bool) -> Any:
        if self.dialect == "sqlite" and self.rng.random() < 0.15:
            return self.rng.choice([value for value in VALUES["any"] if not isinstance(value, Decimal)])
        return self.rng.choice(VALUES["number" if number else "text"])

    def styled(self, text: str, values: list[Any]) -> tuple[str, Any]:
        styles = {
            "sqlite": ["?", "?{n}", ":v{n}", "@v{n}", "$v{n}"],
            "mysql": ["%s", "%(v{n})s"],
            "postgres": ["%s", "%(v{n})s"],
        }
        style = self.rng.choice(styles[self.dialect])
        parts = text.split("@")
        if self.dialect != "sqlite":
            parts = [part.replace("%", "%%") for part in parts]
        text = parts[0] + "".join(style.format(n=n) + part for n, part in enumerate(parts[1:], 1))
        named = "v" in style
        return text, {f"v{n}": value for n, value in enumerate(values, 1)} if named else values


def compare(
    world: World, execute: Callable[[str, Any], list[tuple[Any, ...]]], seed: int, tries: int
) -> Counter[str]:
    rng = random.Random(seed)
    maker, done = Maker(rng, world.dialect), Counter[str]()
    for _ in range(tries):
        query, params = maker.query()
        try:
            original = rows_of(execute(query, params), False)
        except Exception:
            done["refused by the server"] += 1
            continue
        try:
            bound = bind(query, params, world.dialect)
        except QueryError:
            done["not bound"] += 1
            continue
        story = f"{query!r} {params!r}\n{bound}"
        assert rows_of(world.server.run(bound), False) == original, story
        analysis = analyse(bound, "city_id", world.dialect, world.schema)
        known: dict[str, frozenset[Any]] = {}
        for fragment in analysis.fragments:
            keys = frozenset(row[0] for row in world.server.run(fragment.sql))
            known[fragment.family] = known.get(fragment.family, keys) & keys
        rewritten = analysis.rewrite(known, rng.choice([m for m in METHODS if not m.startswith("TMP")]))
        assert rows_of(world.server.run(rewritten), False) == original, f"{story}\n{rewritten}\n{known}"
        done["restricted" if rewritten != bound else "unchanged"] += 1
    return done


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgres"])
def test_with_parameters(opened: Open, dialect: str) -> None:
    server: Any = opened(dialect)

    def execute(query: str, params: Any) -> list[tuple[Any, ...]]:
        if dialect == "mysql":
            with server._connection.cursor() as cursor:
                cursor.execute(query, params)
                return list(cursor.fetchall())
        return list(server._connection.execute(query, params).fetchall())

    total = Counter[str]()
    for seed in range(3):
        world = make(server, "integer", seed)
        total += compare(world, execute, seed, 200)
    print(dialect, dict(total))
    assert total["restricted"] > sum(total.values()) / 4, total
