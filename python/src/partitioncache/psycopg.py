"""psycopg 3: connections whose queries are restricted to the partitions that can have a match.

>>> import partitioncache.psycopg
>>> connection = partitioncache.psycopg.connect("dbname=shop", partition_key="city_id")  # doctest: +SKIP
>>> connection.execute("select * from poi where kind = %s", [7]).fetchall()  # doctest: +SKIP

A pool takes the cursors alone:

>>> pool = psycopg_pool.ConnectionPool(  # doctest: +SKIP
...     "dbname=shop", kwargs={"cursor_factory": partitioncache.psycopg.cursor_factory(partition_key="city_id")}
... )

What goes through ``execute`` of a client-side cursor is restricted; ``executemany``, ``stream``, ``copy``, named
cursors, ``prepare=True`` and pipelines are left alone.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import psycopg
from psycopg import generators, sql
from psycopg.abc import AdaptContext, Params, PQGen
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus
from psycopg.rows import TupleRow

from partitioncache.adapters import OPTIONS, Acceleration, Statistics, Turn, off, shared
from partitioncache.adapters import asking as statements
from partitioncache.binding import bind
from partitioncache.errors import ConfigurationError, PartitionCacheError

__all__ = [
    "AsyncRestricting",
    "Restricting",
    "Statistics",
    "async_cursor_factory",
    "connect",
    "connect_async",
    "cursor_factory",
    "off",
    "statistics",
]

Cursor = TypeVar("Cursor", bound="type[psycopg.Cursor[Any]]")
AsyncCursor = TypeVar("AsyncCursor", bound="type[psycopg.AsyncCursor[Any]]")
_Connection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]

_USABLE = (TransactionStatus.IDLE, TransactionStatus.INTRANS)


class Restricting(psycopg.Cursor[Any]):
    """A cursor that asks the cache first. Its class knows how: see `cursor_factory`."""

    acceleration: Acceleration

    def execute(
        self,
        query: Any,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Any:
        connection = self._conn
        turn = None if prepare else begun(self.acceleration, connection, query)
        if turn is None:
            return super().execute(query, params, prepare=prepare, binary=binary)
        ask(connection, self.acceleration, turn, query, params, self)
        if turn.rewritten is not None:
            before = connection.info.transaction_status
            try:
                super().execute(encoded(connection, turn.rewritten), prepare=prepare, binary=binary)
                turn.ran()
                return self
            except psycopg.Error as error:
                if not runs_again(turn, error, connection, before):
                    raise
            if connection.info.transaction_status == TransactionStatus.INERROR:
                connection.rollback()  # of a transaction that began with this query
        super().execute(query, params, prepare=prepare, binary=binary)
        turn.ran()
        return self


class AsyncRestricting(psycopg.AsyncCursor[Any]):
    """`Restricting` for asynchronous connections."""

    acceleration: Acceleration

    async def execute(
        self,
        query: Any,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Any:
        connection = self._conn
        turn = None if prepare else begun(self.acceleration, connection, query)
        if turn is None:
            return await super().execute(query, params, prepare=prepare, binary=binary)
        await ask_async(connection, self.acceleration, turn, query, params, self)
        if turn.rewritten is not None:
            before = connection.info.transaction_status
            try:
                await super().execute(encoded(connection, turn.rewritten), prepare=prepare, binary=binary)
                turn.ran()
                return self
            except psycopg.Error as error:
                if not runs_again(turn, error, connection, before):
                    raise
            if connection.info.transaction_status == TransactionStatus.INERROR:
                await connection.rollback()  # of a transaction that began with this query
        await super().execute(query, params, prepare=prepare, binary=binary)
        turn.ran()
        return self


def begun(acceleration: Acceleration, connection: _Connection, query: object) -> Turn | None:
    """The turn of a query, None where it is left alone."""
    if isinstance(query, bytes):
        try:
            query = query.decode(connection.info.encoding)
        except UnicodeError:
            return None
    elif isinstance(query, sql.Composable):
        query = query.as_string(connection)
    if not isinstance(query, str):
        return None
    return acceleration.turn(query) if usable(connection) else None


def usable(connection: _Connection) -> bool:
    """Whether a connection can be asked now: its transaction has not failed, and nothing else is under way."""
    pgconn = connection.pgconn
    return pgconn.transaction_status in _USABLE and pgconn.pipeline_status == PipelineStatus.OFF


def asking(
    connection: _Connection,
    acceleration: Acceleration,
    turn: Turn,
    query: object,
    params: Any,
    cursor: AdaptContext | None,
) -> PQGen[None]:
    """Asks, as steps of the driver's own; the turn is told the answer.

    Values are written by the rules of the cursor, which may have some of its own, or of the connection.

    Raises:
        psycopg.Error: it has failed, and the transaction is as it was.
    """
    encoding = connection.info.encoding
    try:
        text = query.decode(encoding) if isinstance(query, bytes) else query
        text = text.as_string(connection) if isinstance(text, sql.Composable) else cast(str, text)
        bound = bind(text, params, "postgres", connection if cursor is None else cursor)
        inside = connection.pgconn.transaction_status == TransactionStatus.INTRANS
        literals = [
            sql.Literal(value).as_string(connection)
            for value in (bound, acceleration.partition_key, acceleration.cache, acceleration.method)
        ]
        message = statements.script(inside, acceleration.limit_ms, *literals).encode(encoding)
    except (PartitionCacheError, UnicodeError, psycopg.Error) as error:
        turn.refused(error, statements.OF_THE_QUERY)
        return
    pgconn = connection.pgconn
    pgconn.send_query(message)
    results = yield from generators.execute(pgconn)
    failed = next((result for result in results if result.status == ExecStatus.FATAL_ERROR), None)
    if failed is not None:
        if inside and pgconn.transaction_status == TransactionStatus.INERROR:
            pgconn.send_query(statements.UNDO.encode())
            yield from generators.execute(pgconn)
        raise psycopg.errors.error_from_result(failed, encoding)
    values = (results[statements.ANSWER].get_value(0, column) for column in (0, 1, 2))
    rewritten, path, role = (None if value is None else value.decode(encoding) for value in values)
    turn.answered(bound, rewritten, path, role)
    if acceleration.learner.wants_conninfo and path is not None:
        acceleration.learner.conninfo = make_conninfo(
            connection.info.dsn, password=connection.info.password or None
        )


def ask(
    connection: psycopg.Connection[Any],
    acceleration: Acceleration,
    turn: Turn,
    query: object,
    params: Any,
    cursor: AdaptContext | None = None,
) -> None:
    """Asks about a query if its turn says so. Whatever happens, the connection is as before."""
    if turn.asks:
        try:
            with connection.lock:
                connection.wait(asking(connection, acceleration, turn, query, params, cursor))
        except Exception as error:
            turn.refused(
                error, error.sqlstate if isinstance(error, psycopg.Error) else statements.OF_THE_QUERY
            )


async def ask_async(
    connection: psycopg.AsyncConnection[Any],
    acceleration: Acceleration,
    turn: Turn,
    query: object,
    params: Any,
    cursor: AdaptContext | None = None,
) -> None:
    """`ask` on an asynchronous connection."""
    if turn.asks:
        try:
            async with connection.lock:
                await connection.wait(asking(connection, acceleration, turn, query, params, cursor))
        except Exception as error:
            turn.refused(
                error, error.sqlstate if isinstance(error, psycopg.Error) else statements.OF_THE_QUERY
            )


def encoded(connection: _Connection, text: str) -> bytes:
    """A text as the connection sends it."""
    return text.encode(connection.info.encoding)


def runs_again(turn: Turn, error: psycopg.Error, connection: _Connection, before: TransactionStatus) -> bool:
    """Whether the original can run after the restricted query has failed: not if a transaction was open before it."""
    turn.broke(error)
    return (
        before == TransactionStatus.IDLE
        and not connection.closed
        and statements.may_run_again(error.sqlstate)
    )


def cursor_factory(base: Cursor | None = None, *, partition_key: str, **options: Any) -> Cursor:
    """Cursors that ask the cache first, for ``cursor_factory=`` of a connection or pool.

    Args:
        base: the cursors of psycopg to build on; ``psycopg.Cursor`` by default.
        partition_key: the column that splits the data.
        options: further ones of `partitioncache.adapters.Acceleration`.

    Raises:
        ConfigurationError: an option is wrong.
    """
    return cast(Cursor, _factory(Restricting, base or psycopg.Cursor, Acceleration(partition_key, **options)))


def async_cursor_factory(
    base: AsyncCursor | None = None, *, partition_key: str, **options: Any
) -> AsyncCursor:
    """`cursor_factory` for asynchronous connections and pools."""
    return cast(
        AsyncCursor,
        _factory(AsyncRestricting, base or psycopg.AsyncCursor, Acceleration(partition_key, **options)),
    )


def connect(conninfo: str = "", *, partition_key: str, **others: Any) -> psycopg.Connection[TupleRow]:
    """``psycopg.connect``, with cursors that ask the cache first.

    Args:
        conninfo: as psycopg's.
        partition_key: the column that splits the data.
        others: as psycopg's, and options of `partitioncache.adapters.Acceleration`.

    Raises:
        ConfigurationError: an option is wrong.
        psycopg.Error: as psycopg's.
    """
    acceleration = _of_place(conninfo, others, partition_key)
    base = others.pop("cursor_factory", psycopg.Cursor)
    return psycopg.connect(conninfo, cursor_factory=_factory(Restricting, base, acceleration), **others)


async def connect_async(
    conninfo: str = "", *, partition_key: str, **others: Any
) -> psycopg.AsyncConnection[TupleRow]:
    """``psycopg.AsyncConnection.connect``, with cursors that ask the cache first; arguments as of `connect`."""
    acceleration = _of_place(conninfo, others, partition_key)
    factory = _factory(AsyncRestricting, others.pop("cursor_factory", psycopg.AsyncCursor), acceleration)
    return await psycopg.AsyncConnection.connect(conninfo, cursor_factory=factory, **others)


def statistics(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> Statistics:
    """What has been done in this process for connections like this one, and what it brought.

    Raises:
        ConfigurationError: its cursors do not ask the cache.
    """
    acceleration = getattr(connection.cursor_factory, "acceleration", None)
    if acceleration is None:
        raise ConfigurationError(
            "The cursors of this connection do not ask the cache.",
            hint="Open it with partitioncache.psycopg.connect, or give it cursor_factory=.",
        )
    return cast(Acceleration, acceleration).statistics()


def _factory(mixin: type, base: type, acceleration: Acceleration) -> Any:
    bases = (mixin,) if issubclass(mixin, base) else (mixin, base)
    return type(
        f"{mixin.__name__}{base.__name__}", bases, {"acceleration": acceleration, "__doc__": mixin.__doc__}
    )


def _of_place(conninfo: str, others: dict[str, Any], partition_key: str) -> Acceleration:
    """What connections to one place share; its options are taken out of the others."""
    options = {name: others.pop(name) for name in OPTIONS if name in others}
    place = tuple((name, str(others.get(name))) for name in ("host", "port", "dbname", "user", "options"))
    return shared((conninfo, place), {"partition_key": partition_key, **options})
