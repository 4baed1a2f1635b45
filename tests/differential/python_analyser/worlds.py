"""Small random databases, made to hold what breaks caches: NULL keys, key 0 and '', keys that a collation confuses."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

TABLES: dict[str, dict[str, str]] = {
    "poi": {
        "id": "int",
        "city_id": "key",
        "kind": "int",
        "name": "text",
        "stars": "int",
        "cuisine_id": "int",
    },
    "street": {"id": "int", "city_id": "key", "name": "text", "length": "int", "kind": "int"},
    "event": {"id": "int", "city_id": "key", "poi_id": "int", "day": "int", "name": "text"},
    "cuisine": {"id": "int", "name": "text", "spicy": "int"},
    "city": {"id": "key", "region": "text", "size": "int"},
    "tag": {"city_id": "key", "tag": "text", "weight": "int"},
    "order": {"id": "int", "city_id": "key", "group": "int", "Mixed Case": "text"},
}
#: Which tables have the partition column.
KEYED = ("poi", "street", "event", "order")

NAMES = [
    "bar", "Bar", "cafe", "café", "", "a b", "a  b", "O'Hara", 'say "hi"', "back\\slash", "50%", "x_y", " FROM poi ",
    " WHERE 1=1 ", "p.city_id", "city_id", "-- no", "/* no */", "$$", "ß", "日本", "a;b", "t1.kind", None,
]  # fmt: skip

INTEGER_KEYS = [0, 1, 2, 3, 5, 8, -5, -1, 13, 21, 34, 2**31 - 1]
TEXT_KEYS = [
    "",
    "Berlin",
    "berlin",
    "BERLIN",
    "Paris",
    "O'Hara",
    "a\\b",
    "100%",
    "É",
    "é",
    "x, y",
    '"q"',
    "05",
    "5",
    "5 ",
]
KEY_KINDS: dict[str, list[Any]] = {
    "integer": INTEGER_KEYS,
    "bigint": [*INTEGER_KEYS[:8], 2**63 - 1, -(2**63), 2**53 + 1],
    "text": TEXT_KEYS,
    "text_any_case": [
        "Berlin",
        "berlin",
        "BERLIN",
        "berliN",
        "Paris",
        "PARIS",
        "É",
        "é",
        "",
        "O'Hara",
        "o'hara",
        "5 ",
        "5",
    ],
    "float": [0.0, 0.1, 2.5, -1e-7, 1e22, 16777216.0, 16777217.0, 3.14159265358979, 1 / 3],
    "real": [0.0, 0.1, 2.5, -1e-7, 16777216.0, 1 / 3, 0.333333],
    "numeric": [Decimal("0"), Decimal("1.10"), Decimal("1.1"), Decimal("-5"), Decimal("7"), Decimal("0.001")],
    "uuid": [UUID(int=number * 7919) for number in range(8)],
    "date": [date(2024, 1, 1) + timedelta(days=number) for number in range(9)],
    "timestamp": [datetime(2024, 1, 1, 12, 0, 0) + timedelta(hours=7 * number) for number in range(9)],
    "untyped": [0, 1, 2, 5, -5, "1", "5", "", "berlin", "Berlin", 2.5, 1.0],
}

_TYPES = {
    "postgres": {
        "integer": "integer", "bigint": "bigint", "text": "text", "float": "double precision", "real": "real",
        "numeric": "numeric(8,3)", "uuid": "uuid", "date": "date", "timestamp": "timestamp", "text_any_case": "citext",
    },
    "mysql": {
        "integer": "int", "bigint": "bigint", "text_any_case": "varchar(40)", "text": "varchar(40) COLLATE utf8mb4_bin",
        "float": "double", "real": "float", "numeric": "decimal(8,3)", "date": "date", "timestamp": "datetime",
    },
    "sqlite": {
        "integer": "INTEGER", "bigint": "BIGINT", "text": "TEXT", "text_any_case": "TEXT COLLATE NOCASE",
        "float": "REAL",
        "untyped": "",
    },
}  # fmt: skip


class Server(Protocol):
    """A database to run statements on; results are lists of tuples."""

    dialect: str

    def run(self, statement: str) -> list[tuple[Any, ...]]: ...

    def fill(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None: ...


class SQLite:
    """SQLite in this process."""

    dialect = "sqlite"

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        # A runaway join costs one query, not the run.
        self._steps = 0
        self._connection.set_progress_handler(self._tick, 100_000)

    def _tick(self) -> bool:
        self._steps += 1
        return self._steps > 300

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        self._steps = 0
        return self._connection.execute(statement).fetchall()

    def fill(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._connection.executemany(statement.replace("%s", "?"), rows)


class PostgreSQL:
    """A PostgreSQL server; everything happens in one connection."""

    dialect = "postgres"

    def __init__(self, conninfo: str) -> None:
        import psycopg

        self._connection = psycopg.connect(conninfo, autocommit=True)
        self._connection.execute("set statement_timeout = '5s'")
        self._connection.execute("create extension if not exists citext")

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(statement)
        return cursor.fetchall() if cursor.description else []

    def fill(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._connection.cursor().executemany(statement, rows)

    def close(self) -> None:
        self._connection.close()


class MySQL:
    """A MariaDB or MySQL server; everything happens in one connection."""

    dialect = "mysql"

    def __init__(self, **connection: Any) -> None:
        import pymysql

        self._connection = pymysql.connect(charset="utf8mb4", autocommit=True, **connection)
        self.run("SET max_statement_time = 5")

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def fill(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(statement, rows)

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class World:
    """A filled database: which kind of keys it has, and the keys."""

    server: Server
    kind: str
    keys: list[Any]

    @property
    def dialect(self) -> str:
        return self.server.dialect

    @property
    def schema(self) -> dict[str, list[str]]:
        return {table: list(columns) for table, columns in TABLES.items()}

    @property
    def declared(self) -> dict[str, dict[str, str]]:
        """The schema with the types of the columns."""
        types = _declared(self.dialect, self.kind)
        return {
            table: {column: types[of] for column, of in columns.items()} for table, columns in TABLES.items()
        }


def _declared(dialect: str, kind: str) -> dict[str, str]:
    types = {"int": "integer" if dialect != "mysql" else "int", "key": _TYPES[dialect][kind]}
    types["text"] = {"mysql": "varchar(60)", "postgres": "text", "sqlite": "TEXT"}[dialect]
    return types


def kinds(dialect: str) -> list[str]:
    """The kinds of keys that the dialect has."""
    return list(_TYPES[dialect])


def quote(name: str, dialect: str) -> str:
    """A name in the dialect's quotes, if it needs them."""
    if name.islower() and name not in ("order", "group"):
        return name
    return f"`{name}`" if dialect == "mysql" else f'"{name}"'


def make(server: Server, kind: str, seed: int, rows: int = 24) -> World:
    """Fill the server with random tables of this kind of keys. Some tables are empty, some keys are NULL."""
    rng = random.Random(seed)
    types = _declared(server.dialect, kind)
    keys = KEY_KINDS[kind]
    some = rng.sample(keys, min(len(keys), rng.randint(3, 9)))
    for table, columns in TABLES.items():
        name = quote(table, server.dialect)
        server.run(f"DROP TABLE IF EXISTS {name}")
        defined = ", ".join(f"{quote(column, server.dialect)} {types[of]}" for column, of in columns.items())
        server.run(f"CREATE TABLE {name} ({defined})")
        count = 0 if rng.random() < 0.03 else rng.randint(rows // 2, rows)
        values = [_row(rng, columns, number, some, server.dialect) for number in range(count)]
        if values:
            marks = ", ".join(["%s"] * len(columns))
            server.fill(f"INSERT INTO {name} VALUES ({marks})", values)
    return World(server, kind, some)


def _row(
    rng: random.Random, columns: dict[str, str], number: int, keys: list[Any], dialect: str
) -> tuple[Any, ...]:
    out: list[Any] = []
    for column, of in columns.items():
        if of == "key":
            key = None if rng.random() < 0.08 else rng.choice(keys)
            out.append(str(key) if dialect == "sqlite" and isinstance(key, (Decimal, UUID, date)) else key)
        elif column == "id":
            out.append(number + 1)
        elif of == "int":
            out.append(None if rng.random() < 0.08 else rng.randint(0, 6))
        else:
            out.append(rng.choice(NAMES))
    return tuple(out)
