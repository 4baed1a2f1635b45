"""SQLite files as a data source."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from partitioncache.closing import Closing
from partitioncache.sources.protocol import FragmentTimeout, SourceError, TooManyKeys

#: Virtual machine instructions between two looks at the clock (well below a millisecond).
_STEPS = 20_000

_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}

# SQLite's columns take any value; what they are declared as is the best there is. First match wins.
# It has no dates, UUIDs or decimals: those declarations hold text, or numbers whose kind only the user knows.
_DECLARED = (
    (r"date|time|uuid|guid", "text"),
    (r"int", "bigint"),
    (r"char|clob|text", "text"),
    (r"real|floa|doub", "float"),
)


class SQLiteSource(Closing):
    """One SQLite file, opened read-only.

    Args:
        path: the file; it must exist.

    Example::

        with SQLiteSource("shop.db") as source:
            source.keys("SELECT DISTINCT city_id FROM shops WHERE kind = 'bakery'", timeout=5)
    """

    dialect = "sqlite"

    def __init__(self, path: str | Path) -> None:
        file = Path(path)
        if not file.is_file():
            raise SourceError(
                f"There is no SQLite file {str(file)!r}.", hint="Name an existing one with --db-name."
            )
        self._path = file
        self._deadline: float | None = None
        self._declared: dict[str, dict[str, str | None]] = {}
        self._stop = threading.Event()
        try:
            self._connection = sqlite3.connect(
                f"{file.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=30.0
            )
            self._connection.execute("PRAGMA query_only = on")
            self._tables = self._read_columns()
        except sqlite3.Error as error:
            raise SourceError(f"Cannot read {str(file)!r} as a SQLite database: {error}.") from error
        self._connection.set_progress_handler(self._must_stop, _STEPS)

    def _must_stop(self) -> bool:
        return self._stop.is_set() or (self._deadline is not None and time.monotonic() > self._deadline)

    def _read_columns(self) -> dict[str, dict[str, str | None]]:
        rows = self._connection.execute(
            "SELECT m.name, c.name, c.type, m.type FROM sqlite_master m JOIN pragma_table_info(m.name) c "
            "WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY 1, c.cid"
        )
        tables: dict[str, dict[str, str | None]] = {}
        for table, column, declared, kind in rows:
            tables.setdefault(table, {})[column] = _datatype(declared)
            # Where a view is a UNION, its columns may compare as those of any branch.
            self._declared.setdefault(table, {})[column] = declared if kind == "table" else None
        return tables

    def _run(self, query: str, timeout: float | None, limit: int | None) -> set[Any]:
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._connection.set_authorizer(_only_reading)
        keys: set[Any] = set()
        try:
            cursor = self._connection.execute(query)
            if cursor.description is None:
                raise SourceError("SQLite refused the query: it is empty.")
            for row in cursor:
                keys.add(row[0])
                if limit is not None and len(keys) > limit:
                    raise TooManyKeys(f"The fragment has more than {limit} partition keys.")
        except (sqlite3.Error, sqlite3.Warning) as error:
            if self._deadline is not None and time.monotonic() > self._deadline:
                raise FragmentTimeout(f"Stopped after {timeout:g} s, its time limit.") from error
            raise SourceError(f"SQLite refused the query: {error}.") from error
        finally:
            self._deadline = None
            self._connection.set_authorizer(None)
        return keys

    def keys(self, query: str, timeout: float | None = None, limit: int | None = None) -> set[Any]:
        """Run a query and return its first column, NULL as None. See :class:`Source`."""
        return self._run(query, timeout, limit)

    def columns(self) -> dict[str, dict[str, str | None]]:
        """The tables and views: {table: {column: datatype}}, from the declared column types."""
        return self._tables

    def declared(self) -> dict[str, dict[str, str | None]]:
        """The same, with the declared column types themselves; None for those of views."""
        return self._declared

    def check(self, query: str) -> None:
        """Raise SourceError if SQLite would not accept the query. Executes nothing."""
        self._run(f"EXPLAIN {query}", None, None)

    def interrupt(self) -> None:
        """Stop what is running, from another thread, for good: whatever follows ends with SourceError."""
        self._stop.set()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _only_reading(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _datatype(declared: str | None) -> str | None:
    """Our datatype for a declared column type.

    >>> _datatype("VARCHAR(40)"), _datatype("BIGINT"), _datatype("BLOB")
    ('text', 'bigint', None)
    """
    return next((name for pattern, name in _DECLARED if re.search(pattern, (declared or "").lower())), None)
