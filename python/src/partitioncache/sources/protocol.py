"""What a data source offers: run one fragment, read-only, with a time limit, and describe its tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

from partitioncache.errors import PartitionCacheError, UnavailableError


class SourceError(PartitionCacheError):
    """The data source refused a statement."""


class SourceUnavailable(SourceError, UnavailableError):
    """The data source cannot be reached."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message, hint="Check --db-host, --db-port, --db-user and --db-name, or the DB_… variables."
        )


class FragmentTimeout(SourceError):
    """A fragment ran into its time limit and was stopped."""


class TooManyKeys(SourceError):
    """A fragment has more partition keys than the result limit allows."""


@runtime_checkable
class Source(Protocol):
    """A database that holds the data. One object is one connection: one thread at a time.

    ``interrupt`` alone may be called from another thread.
    """

    dialect: str

    def keys(self, query: str, timeout: float | None = None, limit: int | None = None) -> set[Any]:
        """Run a query and return its first column, NULL as None.

        Args:
            query: one read-only statement; anything that writes is refused by the database.
            timeout: seconds after which the database stops it.
            limit: most keys to accept.

        Raises:
            FragmentTimeout: the time limit was reached.
            TooManyKeys: there are more keys than the limit; none are returned, since a part of a key
                set is a wrong key set.
            SourceError: the database refused the query.
        """

    def columns(self) -> Mapping[str, Mapping[str, str | None]]:
        """The visible tables: {table: {column: datatype}}, the datatype None if no cache could hold it."""

    def declared(self) -> Mapping[str, Mapping[str, str | None]]:
        """The same tables, with what the columns are declared as: the schema that `analyse` takes; None is unknown."""

    def check(self, query: str) -> None:
        """Raise SourceError if the database would not accept the query. Executes nothing."""

    def interrupt(self) -> None:
        """Stop what is running, from another thread, for good: whatever follows ends with SourceError."""

    def close(self) -> None:
        """Give up the connection."""

    def __enter__(self) -> Source: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
