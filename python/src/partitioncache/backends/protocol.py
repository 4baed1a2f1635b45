"""What every cache backend offers, so that everything above it is written once.

An *entry* is a key set stored under (partition key, hash). An entry without any key is still an entry: "this
fragment matches nowhere" is knowledge, and differs from "nothing is known". A query text can be remembered
beside an entry, or alone.

Every write is atomic: a reader sees the entry as it was before or as it is after. What a backend cannot hold is
refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from types import TracebackType
from typing import Any, Protocol, runtime_checkable

from typing_extensions import Self

from partitioncache.analysis import Analysis
from partitioncache.analysis.forms import Form
from partitioncache.backends.questions import Explanation, Question
from partitioncache.backends.readings import QueryForm
from partitioncache.datatypes import Key, KeySet
from partitioncache.errors import PartitionCacheError

__all__ = ["Backend", "Key", "KeySet", "State"]


class State(str, Enum):
    """Why an entry is believed, the least strict first.

    Its keys were stored by hand, and whoever did asserts them; or it is put aside, and not used; or they were
    evaluated, on tables that are asserted not to change, or that nothing is known of; or they follow writes.

    >>> State.ASIDE == "aside", str(State.ASIDE), State.ASIDE in {"aside"}
    (True, 'aside', True)
    """

    ASSERTED = "asserted"
    ASIDE = "aside"
    STATIC = "static"
    EVALUATED = "evaluated"
    TRACKED = "tracked"

    __str__ = str.__str__
    __hash__ = str.__hash__


@runtime_checkable
class Backend(Protocol):
    """A cache in one store. All hashes and partition keys are given explicitly; `Cache` adds defaults.

    Attributes:
        backend: the name under which `create_cache` knows it, such as ``redis_set``.
        cache: the name of the cache.
        datatypes: the data types of partition keys that it holds.
    """

    @property
    def backend(self) -> str: ...

    @property
    def cache(self) -> str: ...

    @property
    def datatypes(self) -> frozenset[str]: ...

    @property
    def dialect(self) -> str | None:
        """The SQL of the server that restricts queries itself; None: they are analysed here, in any dialect."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The ways in which keys can be written, beside ``auto``."""

    def on(self, connection: Any, search_path: Any) -> Self:
        """The same cache, asked on a connection of the application's, if one is given.

        Raises:
            ConfigurationError: it takes no such connection or path.
        """

    def usable_method(self, method: str) -> str:
        """The method that is used where another one is asked for.

        Raises:
            ConfigurationError: it needs more than was given.
        """

    def apply(self, question: Question) -> str:
        """The query, restricted by what is known; else as it is.

        Raises:
            PartitionCacheError: the cache cannot be asked.
        """

    def explain(self, question: Question) -> Explanation:
        """What `apply` does with the query, and why."""

    def form(self, question: Question) -> QueryForm:
        """How the query is understood.

        Raises:
            QueryError: the server does not accept it.
            NotRegisteredError: the server does not know the partition key.
        """

    def known(self, question: Question) -> tuple[KeySet | None, int, int]:
        """The keys that restrict a query, how many entries were looked for, how many were found."""

    def push(self, question: Question, priority: int = 1) -> None:
        """Puts the query into the cache's own incoming queue.

        Raises:
            ConfigurationError: it has none.
            QueryError: the server does not accept the query.
        """

    def fails_open(self, error: PartitionCacheError) -> bool:
        """Whether an error is none of the query's: the query then runs as it is."""

    def follows_writes(self, partition_key: str) -> bool:
        """Whether the writes to any table are logged for a partition key."""

    def server_fragments(self, query: str, partition_key: str) -> list[tuple[str, str]] | None:
        """The hashes and texts of the fragments that the server makes of a query; None if `analysis` makes them."""

    def register(self, partition_key: str, datatype: str) -> None:
        """Makes a partition key known with its data type. Doing so again changes nothing.

        Raises:
            RegistrationConflictError: it is known with another data type.
            DatatypeError: the backend does not hold the data type.
        """

    def set_set(
        self, hash: str, keys: Iterable[Key | None], partition_key: str, as_of: float | None = None
    ) -> None:
        """Stores a key set, in place of what was stored under the hash; a remembered query stays.

        A partition key that is not registered yet is registered with the data type of the keys. `as_of` is the time
        of the data that the keys were found in, in seconds since 1970: without it, now.
        """

    def as_of(self, hashes: Iterable[str], partition_key: str) -> float | None:
        """The earliest `as_of` of the entries under these hashes; None if there is none, or if it is not kept."""

    def get(self, hash: str, partition_key: str) -> KeySet | None:
        """The key set, None if there is none."""

    def exists(self, hash: str, partition_key: str) -> bool:
        """Whether a key set is stored under the hash."""

    def existing(self, hashes: Collection[str], partition_key: str, datatype: str | None = None) -> set[str]:
        """Those of the hashes under which a key set is stored; datatype: what the partition key is registered as, if
        that was asked a moment ago."""

    def delete(self, hash: str, partition_key: str) -> bool:
        """Removes the entry and its remembered query. False if there was neither."""

    def get_all_keys(self, partition_key: str) -> set[str]:
        """The hashes of all entries that have a key set."""

    def states(self, partition_key: str) -> dict[str, State]:
        """The entries that have a key set, and why each is believed."""

    def set_query(self, hash: str, query: str, partition_key: str, form: str | None = None) -> None:
        """Remembers the text of the query that an entry belongs to.

        If the entry is a fragment's, its form is kept as well, so that queries find it that contain it. `form` is what
        `get_form` told of it elsewhere, or was written with more knowledge of types than the text has; it is believed
        only where it is the text's.
        """

    def keep(
        self,
        hash: str,
        keys: Iterable[Key | None],
        query: str,
        partition_key: str,
        datatype: str | None = None,
        as_of: float | None = None,
        form: Form | None = None,
    ) -> None:
        """Stores a key set together with its query, as `set_set` and `set_query` do one after the other.

        Args:
            hash: the entry's name.
            keys: the keys.
            query: the text of the query.
            partition_key: the partition key.
            datatype: what the partition key is registered as, if that was asked a moment ago.
            as_of: as for `set_set`.
            form: the form of the query, as it was read from this very text.
        """

    def get_query(self, hash: str, partition_key: str) -> str | None:
        """The remembered query text, None if there is none."""

    def get_form(self, hash: str, partition_key: str) -> str | None:
        """The form of an entry as text (`analysis.forms`); None if it has none, or if the server keeps it to itself."""

    def contained(self, analysis: Analysis, partition_key: str) -> dict[str, list[str]]:
        """The entries that a query contains, by family, the smallest first; none where a server looks itself."""

    def get_intersected(self, hashes: Iterable[str], partition_key: str) -> tuple[KeySet | None, int]:
        """The keys that are in all of the entries that exist, and how many of the entries exist.

        (None, 0) if none exists. Hashes that occur twice count once.
        """

    def get_partition_keys(self) -> list[tuple[str, str]]:
        """All registered partition keys with their data types, in the order of their names."""

    def datatype(self, partition_key: str) -> str | None:
        """The data type of a partition key, None if it is not registered."""

    def count(self, partition_key: str) -> int:
        """The number of entries that have a key set."""

    def clear(self, partition_key: str | None = None) -> int:
        """Removes all entries of one partition key, or of all; registrations stay. Returns how many there were."""

    def caches(self) -> list[str]:
        """The names of all caches that are where this one is."""

    def same_as(self, other: object) -> bool:
        """Whether another backend reads and writes the very same entries."""

    def close(self) -> None:
        """Gives connections and files back. Closing twice is harmless."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
