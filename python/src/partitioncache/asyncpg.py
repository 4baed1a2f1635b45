"""asyncpg: connections whose queries are restricted to the partitions that can have a match.

>>> import partitioncache.asyncpg
>>> pool = await partitioncache.asyncpg.create_pool("postgresql:///shop", partition_key="city_id")  # doctest: +SKIP
>>> await pool.fetch("select * from poi where kind = $1", 7)  # doctest: +SKIP

What goes through ``fetch``, ``fetchrow`` and ``fetchval`` is restricted; prepared statements, cursors, ``execute``,
``executemany`` and ``COPY`` are left alone. The server finds the types of the parameters, as it does for asyncpg.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID
from weakref import WeakSet

from psycopg.adapt import PyFormat, Transformer
from psycopg.conninfo import make_conninfo

from partitioncache.adapters import OPTIONS, Acceleration, Statistics, Turn, off, shared
from partitioncache.adapters import asking as statements
from partitioncache.errors import ConfigurationError, QueryError, missing_extra

try:
    import asyncpg
    from asyncpg.protocol import BUILTIN_TYPE_NAME_MAP
except ImportError:
    raise missing_extra("asyncpg", "asyncpg", "partitioncache.asyncpg") from None

__all__ = ["Restricting", "Statistics", "connect", "connection_class", "create_pool", "off", "statistics"]

_PLAIN: Final = (int, str, bool, Decimal, UUID)
_ENCODE_OTHERWISE: Final[WeakSet[Any]] = WeakSet()  # connections with codecs of the application
_TEXT: Final = 25
_UTC: Final = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "UCT")


class Restricting(asyncpg.Connection):  # type: ignore[misc]  # asyncpg states no types
    """A connection that asks the cache first. Its class knows how: see `connection_class`."""

    __slots__ = ()
    acceleration: Acceleration

    async def set_type_codec(self, *args: Any, **others: Any) -> Any:
        _ENCODE_OTHERWISE.add(self)
        return await super().set_type_codec(*args, **others)

    async def set_builtin_type_codec(self, *args: Any, **others: Any) -> Any:
        _ENCODE_OTHERWISE.add(self)
        return await super().set_builtin_type_codec(*args, **others)

    async def fetch(self, query: str, *args: Any, **others: Any) -> Any:
        return await self._restricted(super().fetch, query, args, others)

    async def fetchrow(self, query: str, *args: Any, **others: Any) -> Any:
        return await self._restricted(super().fetchrow, query, args, others)

    async def fetchval(self, query: str, *args: Any, **others: Any) -> Any:
        return await self._restricted(super().fetchval, query, args, others)

    async def _restricted(
        self, run: Callable[..., Awaitable[Any]], query: str, args: Sequence[Any], others: dict[str, Any]
    ) -> Any:
        turn = self.acceleration.turn(query) if isinstance(query, str) else None
        if turn is None:
            return await run(query, *args, **others)
        if turn.asks:
            await ask(self, self.acceleration, turn, query, args)
        if turn.rewritten is not None:
            alone = not self.is_in_transaction()
            try:
                found = await run(turn.rewritten, **others)
                turn.ran()
                return found
            except asyncpg.PostgresError as error:
                turn.broke(error)
                if not alone or self.is_closed() or not statements.may_run_again(error.sqlstate):
                    raise
        found = await run(query, *args, **others)
        turn.ran()
        return found


async def ask(
    connection: Any, acceleration: Acceleration, turn: Turn, query: str, args: Sequence[Any]
) -> None:
    """Asks about a query. Whatever happens, the connection is as before."""
    try:
        values = _texts(connection, args)
        answer, path, role = await _answer(connection, acceleration, query, values)
    except Exception as error:
        state = error.sqlstate if isinstance(error, asyncpg.PostgresError) else statements.OF_THE_QUERY
        turn.refused(error, state)
        return
    # A query that is left as it is comes back with its values in the places of its parameters.
    applied = answer is not None and not (answer == query or _is_bound(answer, query))
    turn.answered(query, answer if applied else None, path, role, values)
    if acceleration.learner.wants_conninfo:
        acceleration.learner.conninfo = _conninfo(connection)


async def _answer(
    connection: Any, acceleration: Acceleration, query: str, values: list[str | None] | None
) -> tuple[str | None, str | None, str]:
    """What the cache answers, the path and the role of the session. The transaction is as before, whatever happens."""
    execute = asyncpg.Connection.execute
    of = acceleration
    inside = connection.is_in_transaction()
    if not _is_plain(connection, _TEXT):
        raise QueryError("The application has registered a codec for texts.")
    try:
        await execute(connection, statements.begin(inside, of.limit_ms))
        if values and (connection in _ENCODE_OTHERWISE or not isinstance(connection, Restricting)):
            await _require_plain(connection, query)
        row = await asyncpg.Connection.fetchrow(
            connection, statements.ASK_WITH_PARAMETERS, query, of.partition_key, of.cache, of.method, values
        )
        await execute(connection, statements.end(inside))
    except BaseException:
        if not connection.is_closed():
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError):
                await execute(connection, statements.undo(inside))
        raise
    return cast("tuple[str | None, str | None, str]", tuple(row))


def connection_class(*, partition_key: str, **options: Any) -> type[Restricting]:
    """Connections that ask the cache first, for ``connection_class=`` of a pool.

    Args:
        partition_key: the column that splits the data.
        options: further ones of `partitioncache.adapters.Acceleration`.

    Raises:
        ConfigurationError: an option is wrong.
    """
    return _class(Acceleration(partition_key, **options))


async def connect(dsn: str | None = None, *, partition_key: str, **others: Any) -> Restricting:
    """``asyncpg.connect``, to a connection that asks the cache first.

    Args:
        dsn: as asyncpg's.
        partition_key: the column that splits the data.
        others: as asyncpg's, and options of `partitioncache.adapters.Acceleration`.

    Raises:
        ConfigurationError: an option is wrong.
    """
    kind = _class(_of_place(dsn, others, partition_key))
    return cast(Restricting, await asyncpg.connect(dsn, connection_class=kind, **others))


def create_pool(dsn: str | None = None, *, partition_key: str, **others: Any) -> Any:
    """``asyncpg.create_pool``, of connections that ask the cache first; arguments as of `connect`."""
    kind = _class(_of_place(dsn, others, partition_key))
    return asyncpg.create_pool(dsn, connection_class=kind, **others)


def statistics(connection: Any) -> Statistics:
    """What has been done in this process for connections like this one, and what it brought.

    Raises:
        ConfigurationError: it does not ask the cache.
    """
    acceleration = getattr(connection, "acceleration", None)
    if not isinstance(acceleration, Acceleration):
        raise ConfigurationError(
            "This connection does not ask the cache.", hint="Open it with partitioncache.asyncpg.connect."
        )
    return acceleration.statistics()


def _class(acceleration: Acceleration) -> type[Restricting]:
    return type("Restricting", (Restricting,), {"acceleration": acceleration, "__slots__": ()})


def _of_place(dsn: str | None, others: dict[str, Any], partition_key: str) -> Acceleration:
    options = {name: others.pop(name) for name in OPTIONS if name in others}
    place = tuple((name, str(others.get(name))) for name in ("host", "port", "database", "user"))
    return shared(("asyncpg", dsn, place), {"partition_key": partition_key, **options})


def _conninfo(connection: Any) -> str | None:
    """How libpq reaches the same database as the same user; None if that cannot be told."""
    address, params = getattr(connection, "_addr", None), getattr(connection, "_params", None)
    if params is None or not address:
        return None
    if isinstance(address, str):
        folder, _, port = address.rpartition("/.s.PGSQL.")
        address = (folder, port)
    password = params.password if isinstance(params.password, str) else None
    return make_conninfo(
        "", host=address[0], port=address[1], user=params.user, password=password, dbname=params.database
    )


# -- values as the server reads them: what asyncpg would have sent, for whatever type the server finds --


def _texts(connection: Any, args: Sequence[Any]) -> list[str | None] | None:
    """The values as texts.

    Raises:
        QueryError: one of them may mean something else as a text.
    """
    if not args:
        return None
    zone = connection.get_settings().TimeZone
    utc = zone in _UTC and time.timezone == 0 and not time.daylight
    transformer = Transformer()
    return [_text(_exact(value, utc), transformer) for value in args]


async def _require_plain(connection: Any, query: str) -> None:
    """That no value of a query is written by a codec of the application.

    Raises:
        QueryError: one is, or may be.
    """
    prepared = await asyncpg.Connection.prepare(connection, query, name="")
    for each in prepared.get_parameters():
        name = each.name.removesuffix("[]") if each.schema == "pg_catalog" else ""
        oid = each.oid if each.kind == "scalar" else BUILTIN_TYPE_NAME_MAP.get(name)
        if oid is None or not _is_plain(connection, oid):
            raise QueryError(f"The application may have registered a codec for values of type {each.name}.")


def _is_plain(connection: Any, oid: int) -> bool:
    """Whether values of a type are written by asyncpg's own rules."""
    settings = connection._protocol.get_settings()
    return settings.get_data_codec(oid) is settings.get_data_codec(oid, ignore_custom_codec=True)


def _text(value: Any, transformer: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    dumped = transformer.get_dumper(value, PyFormat.TEXT).dump(value)
    return None if dumped is None else bytes(dumped).decode()


def _exact(value: Any, utc: bool) -> Any:
    """The value, or one that has the same meaning for every type that it may be sent as."""
    kind = type(value)
    if value is None or kind in _PLAIN:
        return value
    if kind is float:
        # asyncpg sends all digits to numeric.
        return Decimal(value)
    if kind is bytes:
        # psycopg would write it for a string in which backslashes are doubled.
        return f"\\x{value.hex()}"
    if kind is timedelta:
        # Each field with its sign: IntervalStyle says what a field without one means.
        return f"{value.days:+d} day {value.seconds:+d} second {value.microseconds:+d} microsecond"
    if kind is list and all(each is not None for each in value):
        # Whether NULL in the text of a list is one depends on array_nulls.
        return [_exact(each, utc) for each in value]
    if kind in (date, datetime, time_of_day) and (utc or getattr(value, "tzinfo", None) is not None):
        # Without an offset it would be taken in the client's time zone by asyncpg, in the session's by the server.
        return value
    raise QueryError(f"A value of type {kind.__name__} may mean something else as a text.")


_PARAMETER: Final = re.compile(r"\$[0-9]+")


def _is_bound(answer: str, query: str) -> bool:
    """Whether an answer is the query with something in the places of its parameters.

    >>> _is_bound("select * from poi where kind = 7", "select * from poi where kind = $1")
    True
    >>> _is_bound("SELECT id FROM poi WHERE kind = 7", "select * from poi where kind = $1")
    False
    """
    place = 0
    for piece in _PARAMETER.split(query):
        place = answer.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True
