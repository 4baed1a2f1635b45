"""PostgreSQL as a data source, for caches that are not in the same database."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
from psycopg import sql

from partitioncache.closing import Closing
from partitioncache.sources.protocol import FragmentTimeout, SourceError, SourceUnavailable, TooManyKeys

#: Rows fetched at a time, so that a result over the limit is noticed before it is in memory.
_CHUNK = 5_000

_COLUMNS = """
    select case when pg_catalog.pg_table_is_visible(c.oid) then c.relname
                else n.nspname || '.' || c.relname end,
           a.attname,
           case when l.collisdeterministic is not false
                then pg_catalog.format_type(case when t.typtype = 'd' then t.typbasetype else t.oid end, null) end
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_collation as l on l.oid = a.attcollation
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
      and n.nspname !~ '^pg_(temp|toast_temp)_'
    order by 1, a.attnum
"""

# real is left out: a key read from it does not compare equal to the column it came from
_DATATYPES = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "bigint",
    "double precision": "float",
    "numeric": "numeric",
    "text": "text",
    "character varying": "text",
    "uuid": "uuid",
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


class PostgreSQLSource(Closing):
    """One connection to a PostgreSQL database; every statement runs read-only.

    Args:
        conninfo: a libpq connection string; what it leaves out comes from libpq's own environment.

    Example::

        with PostgreSQLSource("dbname=shop") as source:
            source.keys("SELECT DISTINCT city_id FROM shops WHERE kind = 'bakery'", timeout=5)
    """

    dialect = "postgres"

    def __init__(self, conninfo: str = "") -> None:
        self._stop = threading.Event()
        try:
            self._connection = psycopg.connect(
                conninfo,
                autocommit=True,
                connect_timeout=10,
                application_name="partitioncache source",
                prepare_threshold=None,  # no fragment is run often, and a pooler may stand between
            )
        except psycopg.Error as error:
            raise SourceUnavailable(
                f"Cannot connect to the PostgreSQL data source: {_words(error)}."
            ) from error

    def keys(self, query: str, timeout: float | None = None, limit: int | None = None) -> set[Any]:
        """Run a query and return its first column, NULL as None. See :class:`Source`."""
        keys: set[Any] = set()
        milliseconds = 0 if timeout is None else max(1, round(timeout * 1000))
        try:
            # the sub-select is what makes the server refuse anything but one query, in one parse
            statement = sql.SQL("select * from ({}\n) as fragment").format(sql.SQL(query))
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.execute("set transaction read only")
                cursor.execute(sql.SQL("set local statement_timeout = {}").format(milliseconds))
                self._refuse_if_stopped()
                for row in cursor.stream(statement, size=_CHUNK):
                    keys.add(row[0])
                    if limit is not None and len(keys) > limit:
                        raise TooManyKeys(f"The fragment has more than {limit} partition keys.")
        except psycopg.errors.QueryCanceled as error:
            if self._stop.is_set() or timeout is None:
                raise SourceError(f"The query was cancelled: {_words(error)}.") from error
            raise FragmentTimeout(f"Stopped after {timeout:g} s, its time limit.") from error
        except psycopg.Error as error:
            if self._connection.closed:
                raise SourceUnavailable(f"The connection to the data source broke: {_words(error)}.") from error
            raise SourceError(f"PostgreSQL refused the query: {_words(error)}.") from error
        return keys

    def columns(self) -> dict[str, dict[str, str | None]]:
        """The tables and views: {table: {column: datatype}}; tables off the search path as schema.table."""
        return {
            table: {column: _DATATYPES.get(native or "") for column, native in columns.items()}
            for table, columns in self.declared().items()
        }

    def declared(self) -> dict[str, dict[str, str | None]]:
        """The same tables and views, each column with its type, that of a domain what it stands for."""
        tables: dict[str, dict[str, str | None]] = {}
        try:
            for table, column, native in self._connection.execute(_COLUMNS):
                tables.setdefault(table, {})[column] = native
        except psycopg.Error as error:
            raise SourceError(f"Cannot read the tables of the data source: {_words(error)}.") from error
        return tables

    def check(self, query: str) -> None:
        """Raise SourceError if PostgreSQL would not accept the query. Executes nothing."""
        try:
            self._connection.execute(
                sql.SQL("explain select * from ({}\n) as fragment").format(sql.SQL(query))
            )
        except psycopg.Error as error:
            raise SourceError(f"PostgreSQL refused the query: {_words(error)}.") from error

    def _refuse_if_stopped(self) -> None:
        if self._stop.is_set():
            raise SourceError("The data source was told to stop.")

    def interrupt(self) -> None:
        """Stop what is running, from another thread, for good: whatever follows ends with SourceError."""
        self._stop.set()
        try:
            self._connection.cancel_safe(timeout=5.0)
        except psycopg.Error:
            return  # nothing left to cancel: the connection is gone, and with it the statement

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _words(error: psycopg.Error) -> str:
    primary = error.diag.message_primary
    return primary or str(error).strip().replace("\n", " ") or type(error).__name__
