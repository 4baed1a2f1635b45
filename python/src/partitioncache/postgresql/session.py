"""The application's own session: PartitionCache asked on a connection that somebody else holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.pq import PipelineStatus, TransactionStatus

from partitioncache.errors import ConfigurationError, UnavailableError
from partitioncache.postgresql.server import Server, explained
from partitioncache.setup.install import behind_pooler

_POOLED: WeakKeyDictionary[psycopg.Connection[Any], bool] = WeakKeyDictionary()
"""Which connections were found to lead through a pooler: each is asked once."""


class Session(Server):
    """A `Server` whose calls run on one connection of the application's, and leave it as it was.

    In an open transaction they run behind a savepoint, so that an error of theirs does not abort it; nothing of the
    application's is committed or rolled back. Names are resolved by the session's ``search_path``, rights are those
    of its role, and what its transaction has written is seen.

    Args:
        server: where PartitionCache was found.
        connection: of psycopg, to the same database.

    Raises:
        ConfigurationError: this is no such connection.
    """

    def __init__(self, server: Server, connection: psycopg.Connection[Any]) -> None:
        if not isinstance(connection, psycopg.Connection):
            raise ConfigurationError(
                f"connection= takes a psycopg.Connection, not {_named(type(connection))}.",
                hint="Give the connection that will run the query; without one, a connection of the cache's is used.",
            )
        self._schema = server.schema
        self._conninfo = server.conninfo
        self._database = (
            f"{connection.info.dbname}, in a session of the application's" if not connection.closed else ""
        )
        self._given = connection
        self._pooled = server.pooled

    @property
    def pooled(self) -> bool:
        """Whether a pooler stands between the application and the server, too."""
        found = _POOLED.get(self._given)
        if found is None:
            with self.connection() as connection:
                found = _POOLED[self._given] = behind_pooler(connection)
        return found

    @property
    def loses_session(self) -> bool:
        """Whether the next statement may run in another session: behind a pooler, where no transaction is open."""
        try:
            return self._given.info.transaction_status == TransactionStatus.IDLE and self.pooled
        except UnavailableError:  # as the next call will say
            return False

    @property
    def _prepare(self) -> bool | None:
        # The application may prepare nothing, and then not know that its pooler could not take it.
        return False if self._given.prepare_threshold is not None and self.pooled else None

    @property
    def holds_session(self) -> bool:
        """True: it is the application's."""
        return True

    @property
    def closed(self) -> bool:
        """Whether the application has closed its connection."""
        return self._given.closed

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """The application's connection.

        Raises:
            UnavailableError: it cannot be used now: it is closed, busy, or its transaction has failed.
        """
        connection = self._given
        if connection.closed:
            raise UnavailableError("The application's connection is closed.")
        status = connection.info.transaction_status
        if status == TransactionStatus.INERROR:
            raise UnavailableError(
                "The transaction of the application's connection has failed.", hint="Roll it back."
            )
        if status not in (TransactionStatus.IDLE, TransactionStatus.INTRANS) or (
            connection.pgconn.pipeline_status != PipelineStatus.OFF
        ):
            raise UnavailableError("The application's connection is busy with a statement.")
        with explained():
            if status == TransactionStatus.IDLE and connection.autocommit:
                yield connection
            else:
                # Where no transaction is open, this is one of our own, which ends here: the next one is not begun for
                # the application. Where one is open, it is a savepoint.
                with connection.transaction():
                    yield connection

    def close(self) -> None:
        """Does nothing: the connection is the application's."""


def _named(kind: type) -> str:
    """A type in words: others call theirs a Connection, too."""
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{'an' if name[:1] in 'aeiouAEIO' else 'a'} {name}"
