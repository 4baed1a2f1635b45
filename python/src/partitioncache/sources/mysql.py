"""MySQL and MariaDB as a data source, through PyMySQL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from partitioncache.closing import Closing
from partitioncache.errors import missing_extra
from partitioncache.sources.protocol import FragmentTimeout, SourceError, SourceUnavailable, TooManyKeys

if TYPE_CHECKING:
    import pymysql.cursors

# server error numbers for "stopped by its time limit": MariaDB, MySQL
_TIMEOUTS = {1969, 3024}

# FLOAT is left out: a key read from it does not compare equal to the column it came from
_DATATYPES = {
    "tinyint": "integer",
    "smallint": "integer",
    "mediumint": "integer",
    "int": "integer",
    "bigint": "bigint",
    "double": "float",
    "decimal": "numeric",
    "char": "text",
    "varchar": "text",
    "tinytext": "text",
    "text": "text",
    "mediumtext": "text",
    "longtext": "text",
    "enum": "text",
    "uuid": "uuid",
    "date": "date",
    "datetime": "timestamp",
}


class MySQLSource(Closing):
    """One connection to a MySQL or MariaDB database; every statement runs in a read-only transaction.

    Args:
        host, port, user, password, database, unix_socket: as PyMySQL takes them.

    Example::

        with MySQLSource(host="db.example.org", user="reader", database="shop") as source:
            source.keys("SELECT DISTINCT city_id FROM shops WHERE kind = 'bakery'", timeout=5)
    """

    dialect = "mysql"

    def __init__(
        self,
        host: str = "localhost",
        port: int = 3306,
        user: str | None = None,
        password: str = "",
        database: str | None = None,
        unix_socket: str | None = None,
    ) -> None:
        try:
            import pymysql
            import pymysql.cursors
        except ImportError as error:
            raise missing_extra("PyMySQL", "mysql", "A MySQL data source") from error
        self._errors = pymysql.MySQLError
        self._stop = threading.Event()
        self._arguments: dict[str, Any] = {
            "host": host,
            "port": port,
            "user": user,
            "password": password,
            "database": database,
            "unix_socket": unix_socket,
            "charset": "utf8mb4",
            "connect_timeout": 10,
            "autocommit": True,
            "cursorclass": pymysql.cursors.SSCursor,
        }
        self._connection = self._connect()
        self._padded: frozenset[str] = frozenset()
        self.columns()
        server: Any = self._connection
        self._is_mariadb = "mariadb" in server.get_server_info().lower()

    def _connect(self) -> pymysql.Connection[pymysql.cursors.SSCursor]:
        import pymysql

        try:
            connection = pymysql.connect(**self._arguments)
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
            return connection
        except self._errors as error:
            raise SourceUnavailable(f"Cannot connect to the MySQL data source: {_words(error)}.") from error

    def keys(self, query: str, timeout: float | None = None, limit: int | None = None) -> set[Any]:
        """Run a query and return its first column, NULL as None. See :class:`Source`."""
        if self._stop.is_set():
            raise SourceError("The data source was told to stop.")
        keys: set[Any] = set()
        try:
            self._limit_time(timeout)
            with self._connection.cursor() as cursor:
                # a sub-select cannot hold INTO OUTFILE, locking or a second statement
                cursor.execute(f"SELECT * FROM ({query}\n) AS fragment")
                name = cursor.description[0][0]
                for row in cursor:
                    keys.add(row[0])
                    if limit is not None and len(keys) > limit:
                        self._abandon(cursor)
                        raise TooManyKeys(f"The fragment has more than {limit} partition keys.")
        except self._errors as error:
            if error.args and error.args[0] in _TIMEOUTS:
                raise FragmentTimeout(f"Stopped after {timeout or 0:g} s, its time limit.") from error
            if not self._connection.open:
                raise SourceUnavailable(f"The connection to the data source broke: {_words(error)}.") from error
            raise SourceError(f"MySQL refused the query: {_words(error)}.") from error
        return keys if name not in self._padded else {_unpad(key) for key in keys}

    def _limit_time(self, timeout: float | None) -> None:
        """Set the server's own limit, in seconds on MariaDB and in milliseconds on MySQL; 0 is none."""
        with self._connection.cursor() as cursor:
            if self._is_mariadb:
                cursor.execute("SET SESSION max_statement_time = %s", (timeout or 0.0,))
            else:
                cursor.execute("SET SESSION max_execution_time = %s", (round((timeout or 0.0) * 1000),))

    def _abandon(self, cursor: pymysql.cursors.SSCursor) -> None:
        """Stop a result that is only half read, and read what is on its way, so that the connection lives on."""
        self._kill()
        try:
            while cursor.fetchmany(10_000):
                continue
        except self._errors:
            return  # "interrupted", as asked

    def _kill(self) -> None:
        victim: Any = self._connection
        with self._connect() as other, other.cursor() as cursor:
            cursor.execute("KILL QUERY %s", (victim.thread_id(),))

    def columns(self) -> dict[str, dict[str, str | None]]:
        """The tables and views of the connection's database: {table: {column: datatype}}."""
        tables: dict[str, dict[str, str | None]] = {}
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(
                    "SELECT table_name, column_name, data_type, collation_name FROM information_schema.columns "
                    "WHERE table_schema = database() ORDER BY table_name, ordinal_position"
                )
                padded: dict[str, set[bool]] = {}
                declared: dict[str, dict[str, str | None]] = {}
                for table, column, native, collation in cursor:
                    declared.setdefault(table, {})[column] = native
                    datatype = _datatype(native, collation)
                    tables.setdefault(table, {})[column] = datatype
                    if datatype == "text":
                        padded.setdefault(column, set()).add(_pads(collation))
        except self._errors as error:
            raise SourceError(f"Cannot read the tables of the data source: {_words(error)}.") from error
        for columns in tables.values():
            columns.update(
                {name: None for name, kinds in padded.items() if name in columns and len(kinds) > 1}
            )
        self._padded = frozenset(name for name, kinds in padded.items() if kinds == {True})
        self._declared = declared
        return tables

    def declared(self) -> dict[str, dict[str, str | None]]:
        """The same tables and views, each column with its type, as they were when `columns` was called last."""
        return self._declared

    def check(self, query: str) -> None:
        """Raise SourceError if MySQL would not accept the query. Executes nothing."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN SELECT * FROM ({query}\n) AS fragment")
                cursor.fetchall()
        except self._errors as error:
            raise SourceError(f"MySQL refused the query: {_words(error)}.") from error

    def interrupt(self) -> None:
        """Stop what is running, from another thread, for good: whatever follows ends with SourceError."""
        self._stop.set()
        try:
            self._kill()
        except (self._errors, SourceError):
            return  # nothing left to stop: the server, or the connection, is gone

    def close(self) -> None:
        """Close the connection."""
        if self._connection.open:
            self._connection.close()


def _datatype(native: str, collation: str | None) -> str | None:
    """Our datatype for a column type; None where equal values may differ in more than trailing spaces.

    None, too, for CHAR where trailing spaces count: there they come and go with the reader's sql_mode
    (PAD_CHAR_TO_FULL_LENGTH), so that a key read in one session equals no value in another.

    >>> _datatype("varchar", "utf8mb4_bin"), _datatype("varchar", "utf8mb4_general_ci"), _datatype("int", None)
    ('text', None, 'integer')
    >>> _datatype("char", "utf8mb4_bin"), _datatype("char", "utf8mb4_nopad_bin")
    ('text', None)
    """
    datatype = _DATATYPES.get(native.lower())
    if datatype != "text":
        return datatype
    exact = (collation or "").endswith("_bin") and (native.lower() != "char" or _pads(collation or ""))
    return "text" if exact else None


def _pads(collation: str) -> bool:
    """Whether a collation takes 'a' and 'a ' for equal."""
    return not ("nopad" in collation or "0900" in collation)


def _unpad(key: Any) -> Any:
    return key.rstrip(" ") if isinstance(key, str) else key


def _words(error: Exception) -> str:
    return str(error.args[1]) if len(error.args) > 1 else str(error) or type(error).__name__
