"""Partition keys in columns of other names, outside PostgreSQL: the schema says where, and the rows are the same."""

# SQL stands in one line a statement.
# ruff: noqa: E501

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from partitioncache import config, create_cache, get_partition_keys
from partitioncache.analysis import analyse, with_placements
from partitioncache.analysis.forms import believed, form_of_entry, read_form, written
from partitioncache.analysis.matching import Catalogue, Known
from partitioncache.analysis.restriction import METHODS
from partitioncache.errors import ConfigurationError

DECLARED: Mapping[str, Mapping[str, str | None]] = {
    "customer": {"id": "integer", "segment": "integer", "customer": "integer", "name": "text"},
    "orders": {"id": "integer", "buyer": "integer", "total": "integer", "customer": "integer"},
    "visit": {"customer": "integer", "minutes": "integer", "id": "integer"},
}
PLACED = with_placements(DECLARED, {"customer": {"customer": "id", "orders": "buyer"}})
OTHERWISE = with_placements(DECLARED, {"customer": {"customer": "id", "orders": "id"}})
CONDITIONS = {
    "customer": ["{0}.segment = {n}", "{0}.segment > {m}", "{0}.name = 'n{n}'", "{0}.id < {m}", "{0}.customer = {n}"],
    "orders": ["{0}.total = {n}", "{0}.total > {m}", "{0}.id % 7 = {n}", "{0}.customer > {m}", "{0}.buyer is not null"],
    "visit": ["{0}.minutes = {n}", "{0}.minutes < {n}", "{0}.id > {m}", "{0}.customer < {m}"],
}  # fmt: skip
JOINS = [
    "{0}.id = {1}.buyer", "{0}.buyer = {1}.id", "{0}.buyer = {1}.buyer", "{0}.customer = {1}.id", "{0}.id = {1}.customer", "{0}.customer = {1}.customer",
    "{0}.id = {1}.id", "{0}.buyer = {1}.customer", "{0}.total = {1}.minutes", "{0}.minutes < {1}.segment",
]  # fmt: skip


@pytest.fixture
def data() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    pick = Random(1)
    for table, columns in DECLARED.items():
        connection.execute(f"create table {table} ({', '.join(f'{name} {type_}' for name, type_ in columns.items())})")  # fmt: skip
        for _ in range(90):
            row = [f"n{pick.randrange(9)}" if type_ == "text" else pick.choice((None, *range(30))) for type_ in columns.values()]  # fmt: skip
            connection.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)
    return connection


def query(pick: Random) -> str:
    tables = [pick.choice(sorted(DECLARED)) for _ in range(pick.choice((1, 2, 2, 3)))]
    aliases = "abc"[: len(tables)]
    wheres = []
    for place, (table, alias) in enumerate(zip(tables, aliases, strict=True)):
        wheres += pick.sample(CONDITIONS[table], pick.choice((0, 1, 2)))
        wheres = [each.replace("{0}", alias) for each in wheres]
        if place:
            other = pick.randrange(place)
            possible = [join for join in JOINS
                        if all(part.partition(".")[2] in DECLARED[name] for part, name in zip(_sides(join), (tables[other], table), strict=True))]  # fmt: skip
            if possible:
                wheres.append(pick.choice(possible).replace("{0}", aliases[other]).replace("{1}", alias))
    text = " and ".join(wheres).replace("{n}", str(pick.randrange(9))).replace("{m}", str(pick.randrange(9, 25)))
    froms = ", ".join(f"{table} {alias}" for table, alias in zip(tables, aliases, strict=True))
    return f"select {', '.join(f'{alias}.id' for alias in aliases)} from {froms}" + (f" where {text}" if text else "")


def _sides(join: str) -> list[str]:
    return [side for side in join.split() if "." in side]


def rows(connection: sqlite3.Connection, text: str) -> list[str]:
    *before, last = text.split(";\n")
    for statement in before:
        connection.execute(statement)
    return sorted(map(str, connection.execute(last)))


@pytest.mark.parametrize("schema", [PLACED, OTHERWISE, DECLARED], ids=["placed", "otherwise", "by name"])
def test_rows_are_the_same(data: sqlite3.Connection, schema: Mapping[str, Mapping[str, str | None]]) -> None:
    pick = Random(7)
    catalogue, sets, restricted, served = Catalogue(), {}, 0, 0
    for _ in range(70):
        text = query(pick)
        wanted = rows(data, text)
        analysis = analyse(text, "customer", "sqlite", schema)
        if analysis.reason is not None:
            assert analysis.rewrite({}) == text
            continue
        found = {each.hash: frozenset(row[0] for row in data.execute(each.sql)) for each in analysis.fragments}
        known = {family: frozenset.intersection(*(found[each.hash] for each in analysis.fragments if each.family == family))
                 for family in {each.family for each in analysis.fragments}}  # fmt: skip
        for method in pick.sample(METHODS, 2):
            rewritten = analysis.rewrite(known, method)
            restricted += rewritten != text
            assert rows(data, rewritten) == wanted, (text, rewritten)
        # What other queries have left behind: entries of this placement and of others.
        held = {family: frozenset.intersection(*(sets[name] for name in names)) for family, names in analysis.contained(catalogue).items() if names}  # fmt: skip
        served += bool(held)
        assert rows(data, analysis.rewrite(held)) == wanted, (text, held, analysis.rewrite(held))
        for others in (schema, *pick.sample((PLACED, OTHERWISE, DECLARED), 1)):
            for each in analyse(text, "customer", "sqlite", others).fragments:
                form = form_of_entry(each.hash, each.sql, "customer", others)
                assert form is None or read_form(written(form)) == form
                if form is not None:
                    sets[each.hash] = frozenset(row[0] for row in data.execute(each.sql))
                    catalogue.put(each.hash, Known(form, len(sets[each.hash]), 0.0))
                    alone = believed(written(form), each.hash, each.sql, "customer")
                    assert alone is None or pick.random() < 0.5 or not catalogue.put(
                        each.hash, Known(read_form(alone) or form, len(sets[each.hash]), 0.0)
                    )
    assert restricted > 50
    assert served > 8


@pytest.mark.parametrize(("dialect", "quote"), [("postgres", '"'), ("mysql", "`"), ("sqlite", '"')])
def test_each_table_is_restricted_in_its_own_column(dialect: str, quote: str) -> None:
    schema = with_placements({"customer": {"id": "int", "segment": "int"}, "orders": {"Buyer": "int", "total": "int"}}, {"customer": {"customer": "id", "orders": "Buyer"}})  # fmt: skip
    buyer = f"{quote}Buyer{quote}" if dialect == "postgres" else "buyer"
    text = f"select c.id from customer c join orders o on o.{buyer} = c.id where c.segment = 3 and o.total > 5"
    analysis = analyse(text, "customer", dialect, schema)
    assert {each.family for each in analysis.fragments} == {"c", "o"}
    (orders,) = (each for each in analysis.fragments if each.tables == ("orders",))
    assert f"t1.{buyer}" in orders.sql
    rewritten = analysis.rewrite({"o": {1, 2}}, "IN")
    assert f"o.{buyer} IN (1, 2)" in rewritten
    assert "c.id IN (1, 2)" in rewritten
    form = form_of_entry(orders.hash, orders.sql, "customer")
    assert form is not None
    assert form.keys == (buyer,)
    assert str(form).splitlines()[1] == f"key of t0: {buyer}"


def test_questions_on_one_table_serve_a_join(tmp_path: Path, data: sqlite3.Connection) -> None:
    with create_cache("rocksdict", "customer", "integer", path=str(tmp_path / "cache")) as cache:
        for text in ("select * from customer where segment > 12", "select * from orders o where total < 20 and o.id > 3"):
            for each in analyse(text, "customer", "sqlite", PLACED).fragments:
                cache.set_set(each.hash, {row[0] for row in data.execute(each.sql)}, query=each.sql)
        join = "select c.id, o.id from customer c, orders o where o.buyer = c.id and c.segment > 12 and o.total < 20 and o.id > 3"
        keys, _, hits = get_partition_keys(join, cache, "customer", dialect="sqlite", schema=PLACED)
        assert hits > 1
        assert keys is not None
        assert {row[0] for row in data.execute(join)} <= keys
        # Where the key stands elsewhere, what is known of the column is not known of it.
        _, _, others = get_partition_keys(join, cache, "customer", dialect="sqlite", schema=OTHERWISE)
        assert others < hits


def test_the_environment_says_where_keys_stand() -> None:
    found = config.placed(DECLARED, {"PARTITION_KEY_COLUMNS": '{"customer": {"orders": "buyer"}}'})
    assert found["orders"]["buyer"] == "integer partition key customer"
    assert config.placed(DECLARED, {}) == DECLARED
    for wrong in ("[", "[1]", '{"customer": "id"}', '{"customer": {"nowhere": "id"}}', '{"customer": {"orders": "no"}}'):
        with pytest.raises(ConfigurationError, match="PARTITION_KEY_COLUMNS cannot be used"):
            config.placed(DECLARED, {"PARTITION_KEY_COLUMNS": wrong})
