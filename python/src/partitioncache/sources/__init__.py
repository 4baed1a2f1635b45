"""Data sources: the databases whose tables are searched, when they are not the cache's own.

See :class:`~partitioncache.sources.protocol.Source` for what each of them offers.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Final

from partitioncache import config
from partitioncache.errors import ConfigurationError
from partitioncache.sources.protocol import (
    FragmentTimeout,
    Source,
    SourceError,
    SourceUnavailable,
    TooManyKeys,
)

#: What ``DB_BACKEND`` and ``--db-backend`` may say.
SOURCES: Final = ("postgresql", "mysql", "sqlite")

#: The analyser's name for the SQL that each of them speaks.
DIALECTS: Final = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}

__all__ = [
    "DIALECTS",
    "SOURCES",
    "FragmentTimeout",
    "Source",
    "SourceError",
    "SourceUnavailable",
    "TooManyKeys",
    "open_source",
]


def open_source(kind: str, **connection: object) -> Source:
    """Connect to a database that holds the data.

    Args:
        kind: ``postgresql``, ``mysql`` or ``sqlite``.
        connection: host, port, user, password and dbname; what is missing comes from the ``DB_…`` variables
            (and for PostgreSQL from libpq's own). For SQLite, dbname is the path of the file; for MySQL, a
            host that begins with a slash is the path of the server's socket.

    Raises:
        ConfigurationError: there is no such kind of source, or no database is named.
        SourceError: it cannot be reached.
    """
    env = config.environment()
    if kind == "postgresql":
        from psycopg.conninfo import make_conninfo

        from partitioncache.sources.postgresql import PostgreSQLSource

        parameters = config.postgresql_parameters(connection, env)
        return PostgreSQLSource(make_conninfo(parameters.pop("conninfo", ""), **parameters))
    if kind not in SOURCES:
        close = difflib.get_close_matches(kind, SOURCES, n=1)
        raise ConfigurationError(
            f"There is no data source {kind!r}.",
            hint=f"Did you mean {close[0]}?" if close else f"Use one of: {', '.join(SOURCES)}.",
        )
    given = {key: str(value) for key, value in connection.items() if value is not None}
    names = ("host", "port", "user", "password", "dbname")
    chosen = {name: given.get(name) or env.get(_VARIABLES[name]) for name in names}
    if not chosen["dbname"]:
        raise ConfigurationError(
            f"No {kind} database is named.", hint="Name it with --db-name, or in the variable DB_NAME."
        )
    if kind == "sqlite":
        from partitioncache.sources.sqlite import SQLiteSource

        return SQLiteSource(chosen["dbname"])
    return _open_mysql(chosen)


def _open_mysql(chosen: Mapping[str, str | None]) -> Source:
    from partitioncache.sources.mysql import MySQLSource

    host, port = chosen["host"] or "localhost", chosen["port"] or "3306"
    if not port.isdecimal():
        raise ConfigurationError(f"{port!r} is no port.", hint="Set the port to a number, such as 3306.")
    return MySQLSource(
        host="localhost" if host.startswith("/") else host,
        port=int(port),
        user=chosen["user"],
        password=chosen["password"] or "",
        database=chosen["dbname"],
        unix_socket=host if host.startswith("/") else None,
    )


_VARIABLES: Final = {
    "host": "DB_HOST",
    "port": "DB_PORT",
    "user": "DB_USER",
    "password": "DB_PASSWORD",
    "dbname": "DB_NAME",
}
