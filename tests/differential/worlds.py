"""Worlds: one schema with tables, views, functions and data for each data type of partition key.

A world has everything that a query can meet: tables with the partition key, dimensions without it, an empty table,
a table whose keys nobody else has, partitioned and inherited tables, views of several shapes, a materialised view,
domains, enums, quoted names, names that are keywords or look like aliases. Beside each world stands a decoy schema
with the same names and other data: what an unqualified name means depends on the session's search_path.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

WORDS = {"select", "from", "where", "group", "order", "key", "table", "user", "limit", "union", "all", "end"}


def ident(name: str) -> str:
    """Quote a name where SQL needs it: ``ident("order")`` is ``"order"`` with its quotes."""
    plain = (
        name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    )
    return name if plain and name not in WORDS else '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Quote a text as a literal that means the same under every setting."""
    quoted = value.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in value else f"'{quoted}'"


@dataclass(frozen=True)
class Column:
    """A column: ``kind`` chooses the conditions that can be made on it, ``pool`` their literals."""

    name: str
    type: str
    kind: str
    pool: tuple[str, ...]
    options: str = ""


@dataclass
class Relation:
    """A table or view of a world. ``ddl`` are statements with ``{s}`` for the schema."""

    name: str
    columns: list[Column]
    unique: str
    labels: frozenset[str] = frozenset()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    ddl: list[str] = field(default_factory=list)
    needs: tuple[str, ...] = ()
    lockable: bool = True

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def has(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)


@dataclass(frozen=True)
class KeyKind:
    """A data type of partition key, with values that are hard on whoever stores, prints or compares them."""

    world: str
    key: str
    type: str
    datatype: str
    storage: str
    values: tuple[str, ...]
    strange: tuple[str, ...]
    alternatives: tuple[str, ...]
    nulls: float = 0.08
    native: str = "list"
    max_fragments: int = 6


def numbers(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(value) for value in range(first, last))


TEXTS = tuple(
    literal(text)
    for text in (
        "",
        " ",
        "a",
        "A",
        "a ",
        "it's",
        "''",
        'say "hi"',
        "back\\slash",
        "\\",
        "{a,b}",
        "a,b",
        "NULL",
        "null",
        "ünï",
        "日本",
        "%",
        "_",
        "tab\there",
        "new\nline",
        "$$",
        "$q$ x $q$",
        "1",
        "t1.region",
        "x FROM y WHERE z",
        "--",
        "/*",
    )
)

KINDS: tuple[KeyKind, ...] = (
    KeyKind(
        "w_integer",
        "city_id",
        "integer",
        "integer",
        "array",
        ("0", "-5", "2147483647", "-2147483648", *numbers(1, 21)),
        ("777", "778"),
        ("bigint", "smallint", "numeric"),
        max_fragments=64,
    ),
    KeyKind(
        "W Bits",
        "City",
        "integer",
        "integer",
        "bit",
        ("0", "-7", "1000", *numbers(1, 22)),
        ("-300", "301"),
        ("bigint", "int_domain"),
    ),
    KeyKind(
        "w_bigint",
        "p",
        "bigint",
        "bigint",
        "array",
        ("0", "9007199254740993", "-9223372036854775808", "9223372036854775807", *numbers(1, 19)),
        ("55", "-55"),
        ("integer", "numeric", "float8"),
        native="range",
    ),
    KeyKind(
        "w_bigbits",
        "t1",
        "bigint",
        "bigint",
        "bit",
        tuple(str(10**15 + n) for n in range(-3, 19)),
        ("5000000",),
        ("integer",),
        native="hash",
    ),
    KeyKind(
        "w_float",
        "measure",
        "float8",
        "float",
        "array",
        (
            "0",
            "'-0'",
            "'NaN'",
            "'Infinity'",
            "'-Infinity'",
            "1e-300",
            "0.1",
            "1.0000000000000002",
            "0.30000000000000004",
            *numbers(1, 14),
        ),
        ("7.5",),
        ("real", "numeric", "integer"),
        native="hash",
    ),
    KeyKind(
        "w_numeric",
        "group",
        "numeric",
        "numeric",
        "array",
        (
            "0",
            "1.0",
            "1.00",
            "'NaN'",
            "-5",
            "1e30",
            "0.1",
            "123456789012345678901234567890.123",
            *numbers(1, 15),
        ),
        ("0.10000001",),
        ("integer", "numeric(12,3)", "bigint"),
        native="range",
    ),
    KeyKind(
        "w_text",
        "region",
        "text",
        "text",
        "array",
        TEXTS,
        ("'nobody'", "'it''s not'"),
        ("varchar(30)", "citext", "text collate w_text.blind", "char(12)", "name"),
    ),
    KeyKind(
        "w_varchar",
        "Select",
        "varchar(40)",
        "text",
        "array",
        TEXTS[:20],
        ("'nobody'",),
        ("text", "text_domain"),
        native="hash",
    ),
    KeyKind(
        "w_uuid",
        "owner id",
        "uuid",
        "uuid",
        "array",
        tuple(f"'00000000-0000-4000-8000-0000000000{n:02x}'" for n in range(20)),
        ("'ffffffff-ffff-4fff-bfff-ffffffffffff'",),
        ("uuid_domain",),
    ),
    KeyKind(
        "w_date",
        "day",
        "date",
        "date",
        "array",
        (
            "'infinity'",
            "'-infinity'",
            "'0044-03-15 BC'",
            *(f"'2024-{n:02}-03'" for n in range(1, 13)),
            *(f"'2024-02-{n:02}'" for n in range(1, 10)),
        ),
        ("'1999-09-09'",),
        ("timestamp", "timestamptz"),
        native="range",
    ),
    KeyKind(
        "w_timestamp",
        "k'e\"y) AND (1",
        "timestamp",
        "timestamp",
        "array",
        (
            "'infinity'",
            "'-infinity'",
            "'0044-03-15 10:00:00 BC'",
            *(f"'2024-{n:02}-03 00:00:00'" for n in range(1, 13)),
            *(f"'2024-02-03 04:05:06.{n:06}'" for n in range(1, 8)),
        ),
        ("'1999-09-09 09:09:09'",),
        ("date", "timestamptz"),
    ),
    KeyKind(
        "w_timestamptz",
        "from",
        "timestamptz",
        "timestamptz",
        "array",
        (
            "'infinity'",
            "'-infinity'",
            *(f"'2024-{n:02}-03 00:00:00+00'" for n in range(1, 13)),
            *(f"'2024-03-31 0{n}:30:00.{n:06}+00'" for n in range(1, 8)),
        ),
        ("'1999-09-09 09:09:09+00'",),
        ("timestamp", "date"),
        native="hash",
    ),
)

NAMES = (
    "alpha",
    "Beta",
    "gamma",
    "it's",
    "a FROM b",
    "x WHERE y",
    "p.x = 1",
    "back\\slash",
    "100%",
    "under_score",
    "",
    "ünïcode",
    "日本",
    "a  =  b",
    "a=b",
    "a = b",
    "$$",
    "t1.name",
    "-- no",
    "/* no */",
    'q"q',
    "`tick`",
    ";",
    "ORDER BY 1",
)
NAME_POOL = tuple(literal(name) for name in NAMES)
SMALL = numbers(-3, 12)
LARGE = tuple(str(n * 7) for n in range(20))
HALVES = tuple(str(n / 2) for n in range(-4, 16))
DATES = (*tuple(f"'2024-{month:02}-{day:02}'" for month in range(1, 13) for day in (2, 11)), "'infinity'")
STAMPS = tuple(f"'2024-{month:02}-11 {month:02}:30:00'" for month in range(1, 13))
ZONED = tuple(f"'2024-{month:02}-11 {hour:02}:30:00+00'" for month in range(1, 13) for hour in (1, 23))
CLASSES = ("'shop'", "'park'", "'bar'", "'mu''seum'")
LETTERS = ("''", "'a'", "'a '", "'A'", "'b'", "'B'", "'NULL'", "'ab'", "'c'", "E'a\\x03'", "''''")
FLOATS = (
    *("'-Infinity'", "-1", "'-0'", "0", "0.1", "0.10", "0.10000000149011612", "1.1", "1.10"),
    *("1.25", "1.3", "2", "16777217", "1e15", "'Infinity'", "'NaN'"),
)
PAIRS = ("row(1, 'a')", "row(1, null)", "row(null, null)", "row(2, 'b')", "row(3, 'a')", "null")
TAGS = ("'{}'", "'{red}'", "'{red,blue}'", "'{\"it''s\",NULL}'", "'{a,b,c}'")
JSONS = ("'{}'", "'{\"k\": 1}'", '\'{"k": "FROM", "n": 2}\'', "'{\"n\": [1, 2]}'", "'null'")


class World:
    """A schema with its relations and rows; the same seed makes the same world."""

    def __init__(self, kind: KeyKind, seed: int, schema: str | None = None, size: float = 1.0) -> None:
        self.kind = kind
        self.schema = schema or kind.world
        self.key = kind.key
        self.cache = "partitioncache" if kind.world == "w_integer" else kind.world.lower().replace(" ", "_")
        self.random = Random(f"{seed}/{self.schema}")
        self.size = size
        self.partition_local = False
        self.relations: dict[str, Relation] = {}
        self._tables()
        self._views()

    def asserted_local(self) -> World:
        """The same world, for a cache in which tables that a condition connects are asserted to share a partition."""
        other = copy.copy(self)
        other.cache, other.partition_local = f"{self.cache}_local", True
        return other

    # -- columns and rows ------------------------------------------------------------------------------------------

    def key_column(self, type_: str | None = None, options: str = "") -> Column:
        return Column(self.key, type_ or self.kind.type, "key", self.kind.values, options)

    def _add(
        self,
        name: str,
        columns: list[Column],
        rows: int,
        labels: str = "",
        options: str = "",
        keys: tuple[str, ...] | None = None,
        ddl: list[str] | None = None,
        nulls: float | None = None,
    ) -> Relation:
        """Add a table whose first column is its unique number; values come from the columns' pools."""
        relation = Relation(name, columns, columns[0].name, frozenset(labels.split()))
        parts = ", ".join(f"{ident(c.name)} {c.type} {c.options}".rstrip() for c in columns)
        relation.ddl = ddl or [f"create table {{s}}.{ident(name)} ({parts}){options}"]
        for number in range(1, int(rows * self.size) + 1):
            relation.rows.append(tuple(self._value(c, number, keys, nulls) for c in columns))
        self.relations[name] = relation
        return relation

    def _value(self, column: Column, number: int, keys: tuple[str, ...] | None, nulls: float | None) -> str:
        if column.kind == "id":
            return str(number)
        if column.kind == "key":
            share = self.kind.nulls if nulls is None else nulls
            # A few keys hold many rows and many hold few, as data does.
            values = keys or column.pool
            place = min(int(self.random.expovariate(3.0) * len(values)), len(values) - 1)
            return (
                "null" if "not null" not in column.options and self.random.random() < share else values[place]
            )
        if "not null" not in column.options and self.random.random() < 0.12:
            return "null"
        return self.random.choice(column.pool)

    def _tables(self) -> None:
        key = self.key_column
        names = lambda name, type_="text": Column(name, type_, "text", NAME_POOL)  # noqa: E731
        small = lambda name: Column(name, "integer", "int", SMALL)  # noqa: E731
        poi = Column("poi_id", "integer", "int", numbers(1, 41))
        street = Column("street_id", "integer", "int", numbers(1, 31))
        kind = Column("kind_id", "integer", "int", numbers(0, 7))
        self._add(
            "pois",
            [
                Column("poi_id", "integer", "id", numbers(1, 41), "primary key"),
                key(),
                kind,
                names("name"),
                names("note"),
                Column("area", "numeric", "num", HALVES),
                small("rating"),
                Column("class", "{s}.poi_class", "enum", CLASSES),
                Column("opened", "date", "date", DATES),
                Column("seen", "timestamptz", "tstz", ZONED),
                Column("tags", "text[]", "array", TAGS),
                Column("data", "jsonb", "json", JSONS),
                Column("active", "boolean", "bool", ("true", "true", "false")),
                Column("x", "integer", "int", LARGE, "not null"),
                Column("y", "integer", "int", LARGE, "not null"),
            ],
            44,
        )
        self._add(
            "streets",
            [
                Column("street_id", "integer", "id", numbers(1, 31), "primary key"),
                key(),
                poi,
                names("label"),
                Column("length", "float8", "num", HALVES),
                Column("width", "smallint", "int", SMALL),
                Column("surface", "{s}.surface_domain", "text", NAME_POOL),
                Column("built", "timestamp", "ts", STAMPS),
                Column("lit", "boolean", "bool", ("true", "false")),
            ],
            32,
        )
        self._add(
            "events",
            [
                Column("event_id", "bigint", "id", numbers(1, 37), "primary key"),
                key(options="not null"),
                poi,
                street,
                names("title", "varchar(40)"),
                Column("cost", "numeric(10,2)", "num", HALVES),
                Column("at", "timestamptz", "tstz", ZONED),
                Column("guests", "bigint", "int", SMALL),
                Column("x", "integer", "int", LARGE, "not null"),
            ],
            36,
        )
        self._add(
            "Order",
            [
                Column("Id", "integer", "id", numbers(1, 25), "primary key"),
                key(),
                names("from where"),
                names("order"),
                small("limit"),
                small("t1x"),
                poi,
                Column('Ünï "q"', "text", "text", NAME_POOL),
            ],
            24,
            "quoted",
        )
        self._add(
            "t2",
            [
                Column("id", "integer", "id", numbers(1, 21), "primary key"),
                key(),
                names("t3"),
                small("q"),
                kind,
            ],
            20,
            "alias_like",
        )
        self._add(
            "empties",
            [
                Column("empty_id", "integer", "id", ("1", "2"), "primary key"),
                key(),
                poi,
                names("word"),
            ],
            0,
            "empty_table",
        )
        self._add(
            "strangers",
            [
                Column("stranger_id", "integer", "id", numbers(1, 9), "primary key"),
                key(),
                poi,
                small("n"),
            ],
            8,
            "no_matches",
            keys=self.kind.strange,
        )
        self._add(
            "kinds",
            [
                Column("kind_id", "integer", "id", numbers(0, 7), "primary key"),
                names("kind_label"),
                small("weight"),
            ],
            6,
            "dimension",
        )
        self._add(
            "colours",
            [
                Column("colour_id", "integer", "id", numbers(1, 9), "primary key"),
                kind,
                names("hex"),
            ],
            8,
            "dimension",
        )
        cities = self._add(
            "cities",
            [
                Column("city_no", "integer", "id", numbers(1, 30), "primary key"),
                Column("id", self.kind.type, "key", self.kind.values),
                names("region_name"),
                Column("population", "integer", "int", LARGE),
            ],
            0,
            "dimension other_key_name",
        )
        for number, value in enumerate(self.kind.values, 1):
            rest = [self._value(column, number, None, None) for column in cities.columns[2:]]
            cities.rows.append((str(number), value, *rest))
        self._add(
            "others",
            [
                Column("other_id", "integer", "id", numbers(1, 19), "primary key"),
                key(self._alternative()),
                poi,
                small("n"),
                names("word"),
            ],
            18,
            "other_key_type",
            keys=self._fitting(),
        )
        self._add(
            "doms",
            [
                Column("dom_id", "integer", "id", numbers(1, 19), "primary key"),
                key("{s}.key_domain"),
                small("n"),
                Column("mood", "{s}.poi_class", "enum", CLASSES),
            ],
            18,
            "domain",
        )
        self._partitioned(poi, small("n"))
        self._add(
            "things",
            [
                Column("thing_id", "integer", "id", numbers(1, 17), "primary key"),
                key(),
                poi,
                small("size"),
            ],
            12,
            "inherited",
        )
        heirs = self._add(
            "things_old",
            self.relations["things"].columns,
            6,
            "inherited",
            ddl=["create table {s}.things_old (check (thing_id > 100)) inherits ({s}.things)"],
        )
        heirs.rows = [(str(100 + int(row[0])), *row[1:]) for row in heirs.rows]
        heirs.needs = ("things",)

        self._add(
            "odds",
            [
                Column("odd_id", "integer", "id", numbers(1, 31), "primary key"),
                key(),
                poi,
                Column("c", "char(5)", "text", LETTERS),
                Column("v", "varchar(8)", "text", LETTERS),
                Column("ci", "text collate {s}.blind", "blind", LETTERS),
                Column("u", "citext", "blind", LETTERS),
                Column("r", "real", "real", FLOATS),
                Column("f", "float8", "real", FLOATS),
                Column("n", "numeric", "real", FLOATS),
                Column("on_day", "date", "date", (*DATES, "'-infinity'", "'0044-03-15 BC'")),
                Column(
                    "at", "timestamp", "ts", (*STAMPS, *DATES, "'2024-05-11 00:00:00.000001'", "'-infinity'")
                ),
                Column("pair", "{s}.pair", "comp", PAIRS),
                Column(
                    "numbers",
                    "integer[]",
                    "array",
                    ("'{}'", "'{1}'", "'{1,2}'", "'{NULL}'", "'{{1,2},{3,4}}'"),
                ),
            ],
            36,
        )

    def _alternative(self) -> str:
        """Another type that the key's values fit in: chosen by the world's own dice."""
        choice = self.random.choice(self.kind.alternatives)
        return "{s}.key_domain" if choice.endswith("_domain") else choice.replace("w_text.", "{s}.")

    def _fitting(self) -> tuple[str, ...]:
        values = self.kind.values
        if self.kind.datatype in ("integer", "bigint", "float", "numeric"):
            return tuple(v for v in values if v.lstrip("-").isdigit() and abs(int(v)) < 30000) or numbers(
                1, 9
            )
        if self.kind.datatype in ("date", "timestamp", "timestamptz"):
            return tuple(v for v in values if "BC" not in v)
        if self.kind.datatype == "text":
            return tuple(v for v in values if len(v) < 12)
        return values

    def _partitioned(self, poi: Column, n: Column) -> None:
        """A natively partitioned table, by the partition key itself."""
        columns = [
            Column("visit_id", "integer", "id", numbers(1, 31)),
            self.key_column(),
            poi,
            n,
            Column("on_day", "date", "date", DATES),
        ]
        parts = ", ".join(f"{ident(c.name)} {c.type}" for c in columns)
        how, key = self.kind.native, ident(self.key)
        ddl = [f"create table {{s}}.visits ({parts}) partition by {how} ({key})"]
        values = self.kind.values
        if how == "hash":
            for part in range(3):
                ddl.append(
                    f"create table {{s}}.visits_{part} partition of {{s}}.visits "
                    f"for values with (modulus 3, remainder {part})"
                )
        else:
            if how == "list":
                some = [", ".join(values[start : start + 6]) for start in (4, 10)]
                bounds = [f"for values in ({part})" for part in some]
            else:
                low, high = values[-7], values[-1]
                bounds = [f"for values from ({low}) to ({high})"]
            for part, bound in enumerate(bounds):
                ddl.append(f"create table {{s}}.visits_{part} partition of {{s}}.visits {bound}")
            ddl.append("create table {s}.visits_rest partition of {s}.visits default")
        self._add("visits", columns, 30, "partitioned", ddl=ddl)
        child = Relation("visits_0", columns, "visit_id", frozenset({"partition"}), needs=("visits",))
        self.relations["visits_0"] = child

    # -- views -----------------------------------------------------------------------------------------------------

    def _view(
        self,
        name: str,
        body: str,
        columns: list[Column],
        unique: str,
        labels: str,
        needs: str,
        verb: str = "create view",
        lockable: bool = True,
    ) -> None:
        self.relations[name] = Relation(
            name,
            columns,
            unique,
            frozenset(labels.split()),
            ddl=[f"{verb} {{s}}.{ident(name)} as {body}"],
            needs=tuple(needs.split()),
            lockable=lockable,
        )

    def _views(self) -> None:
        key = ident(self.key)
        pois, streets, events = (self.relations[name].columns for name in ("pois", "streets", "events"))
        some = [pois[i] for i in (0, 1, 2, 3, 6, 13)]
        listed = ", ".join(ident(c.name) for c in some)
        self._view("v_pois", f"select {listed} from {{s}}.pois where active", some, "poi_id", "view", "pois")
        self._view(
            "v_near",
            f"select s.street_id, p.{key}, p.name, s.width, p.poi_id from {{s}}.pois p "
            f"join {{s}}.streets s on s.{key} = p.{key} and s.poi_id = p.poi_id",
            [streets[0], pois[1], pois[3], streets[5], pois[0]],
            "street_id",
            "view",
            "pois streets",
            lockable=False,
        )
        self._view(
            "v_left",
            f"select p.poi_id, p.{key}, e.event_id, e.cost, e.title, p.x from {{s}}.pois p "
            f"left join {{s}}.events e on e.{key} = p.{key} and e.x = p.x",
            [
                pois[0],
                pois[1],
                Column("event_id", "bigint", "int", numbers(1, 37)),
                events[5],
                events[4],
                pois[13],
            ],
            "poi_id, event_id",
            "view",
            "pois events",
            lockable=False,
        )
        self._view(
            "v_sums",
            f"select {key}, count(*) as n, max(x) as x from {{s}}.pois group by {key}",
            [pois[1], Column("n", "bigint", "int", SMALL), Column("x", "integer", "int", LARGE)],
            self.key,
            "view",
            "pois",
            lockable=False,
        )
        self._view(
            "v_some",
            f"select {key}, name, x, poi_id from {{s}}.pois order by x, poi_id limit 20",
            [pois[1], pois[3], pois[13], pois[0]],
            "poi_id",
            "view",
            "pois",
            lockable=False,
        )
        self._view(
            "V Guarded",
            f"select {listed} from {{s}}.pois where rating is distinct from 3",
            some,
            "poi_id",
            "view quoted",
            "pois",
            verb="create view",
            lockable=True,
        )
        self.relations["V Guarded"].ddl = [
            statement.replace('"V Guarded" as', '"V Guarded" with (security_barrier) as')
            for statement in self.relations["V Guarded"].ddl
        ]
        self._view(
            "v_mine",
            f"select {listed} from {{s}}.pois where name is distinct from current_user and opened < current_date",
            some,
            "poi_id",
            "view stable_view",
            "pois",
        )
        self._view(
            "m_pois",
            f"select {listed} from {{s}}.pois where x > 20",
            some,
            "poi_id",
            "materialized_view",
            "pois",
            verb="create materialized view",
            lockable=False,
        )

    # -- statements ------------------------------------------------------------------------------------------------

    def prelude(self) -> Iterator[str]:
        """Statements before the tables: schema, types, functions, operators."""
        s = ident(self.schema)
        alternative = self.kind.type
        yield f"create schema {s}"
        yield f"create collation {s}.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        yield f"create type {s}.poi_class as enum ('shop', 'park', 'bar', 'mu''seum')"
        yield f"create domain {s}.surface_domain as text check (value <> 'forbidden')"
        yield f"create domain {s}.key_domain as {alternative}"
        yield f"create type {s}.pair as (a integer, b text)"
        for name, volatility in (("half", "immutable"), ("settled", "stable"), ("noise", "volatile")):
            yield (
                f"create function {s}.{name}(n integer) returns integer language plpgsql {volatility} parallel safe "
                f"as $$ begin return n / 2; end $$"
            )
        yield (
            f"create function {s}.upto(n integer) returns setof integer language sql immutable "
            f"as $$ select generate_series(1, n) $$"
        )
        yield (
            f"create function {s}.drifts(a integer, b integer) returns boolean language plpgsql stable "
            f"as $$ begin return a < b; end $$"
        )
        yield f"create operator {s}.<~ (leftarg = integer, rightarg = integer, function = {s}.drifts)"

    def statements(
        self, only: set[str] | None = None, rows: dict[str, list[tuple[str, ...]]] | None = None
    ) -> Iterator[str]:
        """All statements that make the world, or the part of it that the relations in ``only`` need.

        ``rows`` replaces the data of tables; used to shrink a failure.
        """
        yield from self.prelude()
        wanted = set(self.relations) if only is None else self.closure(only)
        s = ident(self.schema)
        chosen = [relation for name, relation in self.relations.items() if name in wanted]
        for relation in chosen:
            for statement in relation.ddl:
                if "materialized" not in statement:
                    yield statement.replace("{s}", s)
        for relation in chosen:
            data = relation.rows if rows is None else rows.get(relation.name, [])
            if data:
                yield self.insert(relation, data)
        for relation in chosen:
            for statement in relation.ddl:
                if "materialized" in statement:
                    yield statement.replace("{s}", s)

    def insert(self, relation: Relation, rows: list[tuple[str, ...]]) -> str:
        values = ",\n    ".join("(" + ", ".join(row) + ")" for row in rows)
        return f"insert into {ident(self.schema)}.{ident(relation.name)} values\n    {values}"

    def closure(self, names: set[str]) -> set[str]:
        """The relations and those that their definitions need."""
        found = {name for name in names if name in self.relations}
        while more := {need for name in found for need in self.relations[name].needs} - found:
            found |= more
        if "things" in found:
            found.add("things_old")
        return found

    def null_keys(self, name: str) -> bool:
        """Whether a table has rows without a partition key."""
        relation = self.relations.get(name)
        if relation is None or not relation.has(self.key):
            return False
        place = [column.name for column in relation.columns].index(self.key)
        return any(row[place] == "null" for row in relation.rows)


def worlds(seed: int, size: float = 1.0) -> list[tuple[World, World]]:
    """Every world with its decoy."""
    return [
        (World(kind, seed, size=size), World(kind, seed + 1, schema=kind.world + "_decoy", size=0.5))
        for kind in KINDS
    ]
