"""SQLAlchemy 2: an engine whose queries are restricted to the partitions that can have a match.

>>> import partitioncache.sqlalchemy
>>> engine = sqlalchemy.create_engine("postgresql+psycopg:///shop")  # doctest: +SKIP
>>> partitioncache.sqlalchemy.accelerate(engine, partition_key="city_id")  # doctest: +SKIP

Core and ORM, synchronous and asynchronous, with the drivers psycopg and asyncpg. What writes is not touched, and
neither are server-side cursors. ``execution_options(partitioncache=False)`` leaves a statement, a session or a
connection alone.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final, Protocol

import psycopg
from psycopg.pq import TransactionStatus

from partitioncache.adapters import Acceleration, Statistics, Turn, off
from partitioncache.errors import ConfigurationError, missing_extra
from partitioncache.psycopg import ask, ask_async, encoded, runs_again, usable

try:
    from sqlalchemy import Engine, event
    from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.util import await_only
except ImportError:
    raise missing_extra("SQLAlchemy", "sqlalchemy", "partitioncache.sqlalchemy") from None

__all__ = ["Acceleration", "Statistics", "accelerate", "off"]

_DRIVERS: Final = ("psycopg", "asyncpg")


class _Driver(Protocol):
    """How a driver's connection is asked, and what is done after a restricted query has failed."""

    def turn(self, acceleration: Acceleration, connection: Any, statement: str) -> Turn | None: ...
    def ask(
        self, acceleration: Acceleration, connection: Any, turn: Turn, statement: str, params: Any
    ) -> None: ...
    def run(self, connection: Any, turn: Turn, cursor: Any) -> bool: ...


class _Psycopg:
    """psycopg, whose cursors SQLAlchemy uses as they are."""

    def turn(self, acceleration: Acceleration, connection: Any, statement: str) -> Turn | None:
        return acceleration.turn(statement) if usable(connection) else None

    def ask(
        self, acceleration: Acceleration, connection: Any, turn: Turn, statement: str, params: Any
    ) -> None:
        ask(connection, acceleration, turn, statement, params)

    def run(self, connection: Any, turn: Turn, cursor: Any) -> bool:
        assert turn.rewritten is not None
        before = connection.info.transaction_status
        try:
            cursor.execute(encoded(connection, turn.rewritten))
            return True
        except psycopg.Error as error:
            if not runs_again(turn, error, connection, before):
                raise
        if connection.info.transaction_status == TransactionStatus.INERROR:
            self.rollback(connection)
        return False

    def rollback(self, connection: Any) -> None:
        """Ends a transaction that began with the query."""
        connection.rollback()


class _PsycopgAsync(_Psycopg):
    """psycopg's asynchronous connections, under SQLAlchemy's cursors."""

    def ask(
        self, acceleration: Acceleration, connection: Any, turn: Turn, statement: str, params: Any
    ) -> None:
        await_only(ask_async(connection, acceleration, turn, statement, params))

    def rollback(self, connection: Any) -> None:
        await_only(connection.rollback())


class _Asyncpg:
    """asyncpg, under SQLAlchemy's cursors, which prepare each statement."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def turn(self, acceleration: Acceleration, connection: Any, statement: str) -> Turn | None:
        return acceleration.turn(statement)

    def ask(
        self, acceleration: Acceleration, connection: Any, turn: Turn, statement: str, params: Any
    ) -> None:
        await_only(self._module.ask(connection, acceleration, turn, statement, params or ()))

    def run(self, connection: Any, turn: Turn, cursor: Any) -> bool:
        inside = connection.is_in_transaction()
        try:
            cursor.execute(turn.rewritten)
            return True
        except Exception as error:
            turn.broke(error)
            if inside or connection.is_in_transaction() or connection.is_closed():
                raise
        return False


def accelerate(engine: Engine | AsyncEngine, *, partition_key: str, **options: Any) -> Acceleration:
    """Lets an engine's queries be restricted from now on.

    Args:
        engine: to PostgreSQL, by psycopg or asyncpg.
        partition_key: the column that splits the data.
        options: further ones of `partitioncache.adapters.Acceleration`.

    Returns:
        What says how it goes: ``accelerate(…).statistics()``.

    Raises:
        ConfigurationError: the engine leads elsewhere or by another driver, or an option is wrong.
    """
    synchronous = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    if not isinstance(synchronous, Engine):
        raise ConfigurationError(
            f"{engine!r} is no engine.", hint="Give what create_engine or create_async_engine has returned."
        )
    dialect = synchronous.dialect
    if dialect.name != "postgresql" or dialect.driver not in _DRIVERS:
        raise ConfigurationError(
            f"An engine for {dialect.name}+{dialect.driver} cannot be accelerated.",
            hint="Use postgresql+psycopg or postgresql+asyncpg.",
        )
    acceleration = Acceleration(partition_key, **options)
    driver = _driver(dialect.driver, dialect.is_async)

    def without_parameters(
        cursor: DBAPICursor, statement: str, context: ExecutionContext | None
    ) -> bool | None:
        return restricted(cursor, statement, None, context)

    def restricted(
        cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext | None
    ) -> bool | None:
        if context is None or getattr(context, "_is_server_side", False):
            return None
        if not context.execution_options.get("partitioncache", True):
            return None
        connection = context.root_connection.connection.driver_connection
        turn = driver.turn(acceleration, connection, statement)
        if turn is None:
            return None
        if turn.asks:
            driver.ask(acceleration, connection, turn, statement, parameters)
        if turn.rewritten is None or not driver.run(connection, turn, cursor):
            if parameters is None:
                dialect.do_execute_no_params(cursor, statement, context)
            else:
                dialect.do_execute(cursor, statement, parameters, context)
        turn.ran()
        return True

    event.listen(synchronous, "do_execute", restricted)
    event.listen(synchronous, "do_execute_no_params", without_parameters)
    return acceleration


def _driver(name: str, is_async: bool) -> _Driver:
    if name == "psycopg":
        return _PsycopgAsync() if is_async else _Psycopg()
    import partitioncache.asyncpg

    return _Asyncpg(partitioncache.asyncpg)
