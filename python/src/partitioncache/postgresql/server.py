"""A pool of connections to a database with PartitionCache, and its SQL functions as calls.

Every value travels as a parameter and every identifier is quoted by psycopg: no text of a caller becomes a part of
a statement. The connections keep the session settings of their role, because queries are parsed under them.
"""

from __future__ import annotations

import logging
import re
import select
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg import conninfo, errors
from psycopg.rows import dict_row, tuple_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests
from typing_extensions import LiteralString

from partitioncache import statements
from partitioncache.closing import Closing
from partitioncache.config import checked_prepare_threshold, postgresql_parameters
from partitioncache.errors import (
    ConfigurationError,
    DatatypeError,
    NotRegisteredError,
    PartitionCacheError,
    QueryError,
    QueueError,
    RegistrationConflictError,
    RightsError,
    TrackingError,
    UnavailableError,
)
from partitioncache.setup.install import (
    OLDEST_SQL,
    behind_pooler,
    hint_of_rights,
    installed,
    refuse_lesser_installer,
    refuse_without_rights,
)
from partitioncache.setup.scripts import version_order
from partitioncache.statements import INNER_SCHEMA

_OURS: Final[Mapping[str, type[PartitionCacheError]]] = {
    "PC001": ConfigurationError,
    "PC002": NotRegisteredError,
    "PC003": RegistrationConflictError,
    "PC004": DatatypeError,
    "PC005": QueryError,
    "PC007": RightsError,
    "PC008": TrackingError,
    "PC009": QueueError,
}


Row = TypeVar("Row")

logger = logging.getLogger("partitioncache.postgresql")


class Server(Closing):
    """A PostgreSQL database that has PartitionCache.

    Args:
        max_connections: connections at most at the same time; they are opened when they are needed.
        timeout: seconds to wait for a connection at most.
        prepare_threshold: after how many runs psycopg prepares a statement; None: never. By default what
            ``PG_PREPARE_THRESHOLD`` says, else psycopg's own 5, and behind a pooler such as PgBouncer never.
        connection: as for `config.postgresql_parameters`.

    Raises:
        UnavailableError: the server cannot be reached.
        ConfigurationError: the database has no PartitionCache, or an argument is none of libpq's.
    """

    def __init__(
        self,
        *,
        max_connections: int = 8,
        timeout: float = 10,
        prepare_threshold: int | str | None = "",
        **connection: object,
    ) -> None:
        parameters = postgresql_parameters(connection)
        checked_prepare_threshold(prepare_threshold)
        try:
            self._conninfo = conninfo.make_conninfo(
                parameters.pop("conninfo", ""), **{"application_name": "partitioncache", **parameters}
            )
        except psycopg.ProgrammingError as error:
            raise ConfigurationError(
                f"PostgreSQL cannot be connected with these settings: {_sentence(str(error))}",
                hint="Give host, port, user, password, dbname, any other keyword of libpq, or conninfo.",
            ) from None
        with (
            explained(),
            psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None) as first,
        ):
            self._pooled = behind_pooler(first)
            there = installed(first)
            self._database = f"{first.info.dbname} on {first.info.host}:{first.info.port}"
            if there is not None:
                refuse_without_rights(first)
                refuse_lesser_installer(first)
        if there is None:
            raise ConfigurationError(
                f"There is no PartitionCache in the database {self._database}.",
                hint="Run there CREATE EXTENSION partitioncache, or, where the server lacks it, pcache-manage setup.",
            )
        if version_order(there.version) < OLDEST_SQL:
            raise ConfigurationError(
                f"The database {self._database} has PartitionCache {there.version}, and this program needs 0.2.0.",
                hint="Upgrade it: pcache-manage setup.",
            )
        self._schema = there.schema
        # Behind a pooler the next statement may run in another session, where nothing is prepared.
        self._threshold = checked_prepare_threshold(prepare_threshold, default=None if self._pooled else 5)
        self._pool = ConnectionPool(
            self._conninfo,
            min_size=0,
            max_size=max_connections,
            kwargs={"autocommit": True, "prepare_threshold": self._threshold},
            configure=_tells,
            # What a pooler has lost, only a statement tells.
            check=ConnectionPool.check_connection if self._pooled else _is_there,
            timeout=timeout,
            max_idle=60,
            open=True,
            name="partitioncache",
        )

    @property
    def schema(self) -> str:
        """The schema in which PartitionCache is installed."""
        return self._schema

    @property
    def holds_session(self) -> bool:
        """Whether all calls run in one session, which the caller has too."""
        return False

    @property
    def pooled(self) -> bool:
        """Whether a pooler such as PgBouncer stands between: then a session may be another one after a transaction."""
        return self._pooled

    def connect(self, application_name: str) -> psycopg.Connection[Any]:
        """A connection beside those of the pool, in autocommit mode; the caller closes it.

        Raises:
            psycopg.OperationalError: the server cannot be reached.
        """
        return psycopg.connect(
            self._conninfo,
            autocommit=True,
            prepare_threshold=self._threshold,
            application_name=application_name,
        )

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._pool.closed

    @property
    def conninfo(self) -> str:
        """The connection string, with the password if there is one: not for messages."""
        return self._conninfo

    def same_database_as(self, other: Server) -> bool:
        """Whether two lead to one database, whatever way each takes; a standby's is that of its primary."""
        (ours, we_started, our_copy), (theirs, they_started, their_copy) = self._identity(), other._identity()
        return ours == theirs and (we_started == they_started or our_copy or their_copy)

    def _identity(self) -> tuple[object, object, bool]:
        """The numbers of server and database; when this server started; whether it is a standby."""
        statement = (
            "select ({}, d.oid), pg_catalog.pg_postmaster_start_time(), pg_catalog.pg_is_in_recovery() "
            "from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()"
        )
        with self.connection() as connection:
            try:
                number = "(select system_identifier from pg_catalog.pg_control_system())"
                row = connection.execute(statement.format(number).encode()).fetchone()
            except errors.InsufficientPrivilege:
                row = connection.execute(statement.format("0").encode()).fetchone()
        assert row is not None
        return row[0], row[1], bool(row[2])

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of the pool, in autocommit mode; errors inside are turned into ours."""
        with explained(), ExitStack() as stack:
            try:
                connection = stack.enter_context(self._pool.connection())
            except PoolTimeout:
                # The pool does not say why; a connection of our own does, if the server is away.
                psycopg.connect(self._conninfo, connect_timeout=5).close()
                raise
            yield connection

    def call(self, function: str, *arguments: object, **named: object) -> list[tuple[Any, ...]]:
        """Calls one of the extension's functions and returns its rows.

        Args:
            function: its name, such as ``partitioncache_count``.
            arguments: its arguments in their order, as `Typed` where their type is not plain to see.
            named: arguments by name, for the ones that have defaults.

        Raises:
            PartitionCacheError: what the function raised, with its hint.
        """
        with self.connection() as connection:
            return self.call_on(connection, function, *arguments, **named)

    def records(self, function: str, *arguments: object, **named: object) -> list[dict[str, Any]]:
        """`call`, with the names of the columns."""
        with self.connection() as connection, psycopg.Cursor(connection, row_factory=dict_row) as cursor:
            return self._called(cursor, function, arguments, named).fetchall()

    def call_on(
        self, connection: psycopg.Connection[Any], function: str, *arguments: object, **named: object
    ) -> list[tuple[Any, ...]]:
        """`call` on a connection that the caller holds, to do several things in one transaction."""
        with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
            return self._called(cursor, function, arguments, named).fetchall()

    def records_on(
        self,
        connection: psycopg.Connection[Any],
        function: str,
        *arguments: object,
        columns: LiteralString = "*",
    ) -> list[dict[str, Any]]:
        """`records` on a connection that the caller holds, and of some columns, or what is computed of them."""
        with psycopg.Cursor(connection, row_factory=dict_row) as cursor:
            return self._called(cursor, function, arguments, {}, columns).fetchall()

    def _called(
        self,
        cursor: psycopg.Cursor[Row],
        function: str,
        arguments: Sequence[object],
        named: Mapping[str, object],
        columns: LiteralString = "*",
    ) -> psycopg.Cursor[Row]:
        statement, values = statements.call(function, arguments, named, columns)
        return cursor.execute(statement, values, prepare=self._prepare)

    def ask_on(
        self,
        connection: psycopg.Connection[Any],
        text: LiteralString,
        parameters: Sequence[object] | Mapping[str, object] = (),
    ) -> list[dict[str, Any]]:
        """The rows of one of the texts in `partitioncache.statements`."""
        with psycopg.Cursor(connection, row_factory=dict_row) as cursor:
            written = statements.written(text, self._schema)
            return cursor.execute(written, parameters, prepare=self._prepare).fetchall()

    @property
    def _prepare(self) -> bool | None:
        """Whether a statement is prepared; None: after as many runs as the connection says."""
        return None

    def close(self) -> None:
        """Closes the connections. Closing twice is harmless."""
        self._pool.close()

    def __repr__(self) -> str:
        return f"<PartitionCache in {self._database}, schema {self._schema}>"


def _is_there(connection: psycopg.Connection[Any]) -> None:
    """Asks the server, if there is reason to: on a connection that nobody uses it says nothing, unless it ends it."""
    try:
        spoken = bool(select.select([connection.fileno()], [], [], 0)[0])
    except (ValueError, OSError):  # more files are open than this can look at
        spoken = True
    if spoken:
        ConnectionPool.check_connection(connection)


def _tells(connection: psycopg.Connection[Any]) -> None:
    """Lets what the server says beside an answer be heard: which tables it tracks from now on, and the like."""
    connection.add_notice_handler(
        lambda notice: logger.warning("%s", _sentence(notice.message_primary or ""))
    )


@contextmanager
def explained() -> Iterator[None]:
    """Turns PostgreSQL's errors into ours: the server's own sentence, detail and hint."""
    try:
        yield
    except PoolClosed:
        raise UnavailableError("This cache is closed.", hint="Open it again with create_cache.") from None
    except (PoolTimeout, TooManyRequests):
        raise UnavailableError(
            "All connections of this cache are busy.",
            hint="Open fewer at a time, or more at once: create_cache takes max_connections= and timeout=.",
        ) from None
    except psycopg.Error as error:
        raise translated(error) from None


def translated(error: psycopg.Error) -> PartitionCacheError:
    """Our error for one of PostgreSQL's."""
    state = error.sqlstate
    message = error.diag.message_primary
    if message is None or state is None:
        if isinstance(error, psycopg.OperationalError):
            return _not_connected(str(error))
        return PartitionCacheError(_sentence(str(error)))
    text = _sentence(message)
    if error.diag.message_detail:
        text += f" {_sentence(error.diag.message_detail)}"
    hint = error.diag.message_hint
    if state in _OURS:
        return _OURS[state](text, hint)
    if state.startswith(("08", "57P", "28", "3D")):
        return UnavailableError(text, hint or "Check host, port, database, user and password.")
    if isinstance(error, errors.InsufficientPrivilege):
        function = re.search(r"\b(partitioncache_\w+)", message)
        if function is not None:
            what = "use PartitionCache" if function[1] == INNER_SCHEMA else f"call {function[1]}"
            text = f"This role may not {what}."
            hint = hint or hint_of_rights("ROLE")
        return RightsError(text, hint)
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return PartitionCacheError(
            "This session is read-only, as on a standby.",
            hint="Queue, fill and configure on the primary server.",
        )
    if state.startswith("42"):
        return QueryError(text, hint)
    return PartitionCacheError(text, hint)


_CAUSES: Final = (
    (r"database .* does not exist", "Set DB_NAME, or PGDATABASE, to a database of that server."),
    (r"role .* does not exist", "Set DB_USER, or PGUSER, to a role of that server."),
    (r"password|authentication", "Set DB_USER and DB_PASSWORD, or PGPASSWORD, or write the password into ~/.pgpass."),
    (r"pg_hba\.conf", "Let the server's pg_hba.conf admit this user from here, or connect another way."),
    (r"unsupported startup parameter", "Leave out options and PGOPTIONS: PgBouncer takes none."),
    (r"too many clients|connection slots|starting up|shutting down|recovery mode", "Try again in a moment."),
    (r"Connection refused|No such file", "Is the server running there? Set DB_HOST and DB_PORT, or PGHOST and PGPORT."),
    (r"resolve host|translate host name", "Set DB_HOST, or PGHOST, to the name of the server."),
)  # fmt: skip
"""What helps, by what the client library or the server says of a connection that failed."""


def _not_connected(text: str) -> UnavailableError:
    """The error for a connection that failed; the client library's questions are left out, our hint answers them.

    >>> print(_not_connected('connection failed: connection to server at "db", port 5432 failed: FATAL:  '
    ...                      'database "nodb" does not exist'))
    PostgreSQL refuses: database "nodb" does not exist. Set DB_NAME, or PGDATABASE, to a database of that server.
    """
    cause = re.sub(r"\s*(Is the server running[^?]*\?|This probably means.*)", "", text, flags=re.DOTALL)
    cause = re.sub(r"^(?:connection (?:failed|is bad): )+", "", " ".join(cause.split()))
    hint = next((hint for pattern, hint in _CAUSES if re.search(pattern, cause)), None)
    _, refused, why = cause.partition("FATAL:  ".rstrip())
    said = f"PostgreSQL refuses: {why.strip()}" if refused else f"PostgreSQL cannot be reached: {cause}"
    return UnavailableError(_sentence(said), hint or "Check host, port, database, user and password.")


def _sentence(text: str) -> str:
    line = " ".join(text.split())
    line = line[:1].upper() + line[1:]
    return line if line.endswith((".", "?", "!")) else f"{line}."
