"""Caches in PostgreSQL: `PostgresqlArray` and `PostgresqlBit`, two storages of the same SQL functions.

Nothing is computed here: sets are stored, fetched and intersected by the extension, which also puts entries aside
that no longer hold. One cache has one storage for each partition key, whichever of the two classes looks at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import copy
from typing import Any, Final, cast

import psycopg
from typing_extensions import Self

from partitioncache.analysis import METHODS, Analysis
from partitioncache.analysis.forms import Form
from partitioncache.backends.protocol import Backend, State
from partitioncache.backends.questions import Explanation, Question
from partitioncache.backends.readings import FormPart, QueryForm
from partitioncache.closing import Closing
from partitioncache.config import cache_name, checked_cache_name, checked_hash, checked_partition_key
from partitioncache.datatypes import INT4, NATIVE, Key, KeySet, checked, collected, infer
from partitioncache.errors import (
    ConfigurationError,
    PartitionCacheError,
    RegistrationConflictError,
    logger,
    not_registered,
)
from partitioncache.postgresql import Server, Typed
from partitioncache.postgresql.arrays import binary_array
from partitioncache.postgresql.session import Session
from partitioncache.registry import CACHE_TYPES, check_datatype

_TOLD: Final = (State.ASSERTED, State.ASIDE, State.STATIC)
"""States that the server tells as they are; its others say how an evaluated entry stands."""

METHODS_OF_SERVER: Final = ("current", "subquery", *METHODS)
"""The ways in which the server can write keys into a query."""

_WITHOUT_TABLE: Final = {"TMP_TABLE_IN": "IN", "TMP_TABLE_JOIN": "VALUES"}
"""What puts the same keys into the query's text."""


class PostgresqlArray(Closing):
    """Keys of all data types in arrays; and what both storages have in common.

    Args:
        cache: the name of the cache; by default from ``PG_ARRAY_CACHE_TABLE_PREFIX`` or
            ``PG_BIT_CACHE_TABLE_PREFIX``, else ``partitioncache``.
        table_prefix: another name of `cache`.
        max_connections: connections at most at the same time.
        timeout: seconds to wait for a connection at most.
        connection: as in `create_cache`; also prepare_threshold.
    """

    backend: str = "postgresql_array"
    storage: str = "array"

    def __init__(
        self,
        *,
        cache: str | None = None,
        table_prefix: str | None = None,
        max_connections: int = 8,
        timeout: float = 10,
        max_age: object = None,
        **connection: Any,
    ) -> None:
        if max_age is not None:
            raise ConfigurationError(
                f"{self.backend} takes no max_age: it follows the writes to the tables that are tracked.",
                hint="Leave it out; track(cache, table) tracks one.",
            )
        name = cache or table_prefix
        self._cache = cache_name(self.backend) if name is None else checked_cache_name(name)
        self._known: dict[str, tuple[str, str]] = {}
        self._server = Server(max_connections=max_connections, timeout=timeout, **connection)

    @property
    def datatypes(self) -> frozenset[str]:
        return CACHE_TYPES[self.backend].datatypes

    @property
    def cache(self) -> str:
        """The name of the cache, as the SQL functions take it."""
        return self._cache

    @property
    def server(self) -> Server:
        """The database, for calls of further SQL functions."""
        return self._server

    # Asking: the server does it.

    @property
    def dialect(self) -> str:
        return "postgres"

    @property
    def methods(self) -> tuple[str, ...]:
        return METHODS_OF_SERVER

    def on(self, connection: psycopg.Connection[Any] | None, search_path: object) -> Self:
        if search_path is not None and not isinstance(search_path, str):
            raise ConfigurationError(
                "search_path= is a text.", hint="Write it as in SET search_path: 'tenant, public'."
            )
        if connection is None:
            return self
        other = copy(self)
        other._server = Session(self._server, connection)
        return other

    def usable_method(self, method: str) -> str:
        """Behind a pooler the query may run in another session than the temporary table is made in, unless both are
        in one transaction: then the keys go into the query's text.
        """
        if method in _WITHOUT_TABLE and not self._server.holds_session:
            raise ConfigurationError(
                f"{method} makes a temporary table in the session that runs the query.",
                hint="Give that session: connection=.",
            )
        if method in _WITHOUT_TABLE and isinstance(self._server, Session) and self._server.loses_session:
            other = _WITHOUT_TABLE[method]
            logger.warning("%s is used: behind a pooler, %s needs a transaction.", other, method)
            return other
        return method

    def apply(self, question: Question) -> str:
        ((rewritten,),) = self._server.call(
            "partitioncache_apply",
            question.query,
            question.partition_key,
            self._cache,
            question.method,
            **question.path,
        )
        return str(rewritten)

    def explain(self, question: Question) -> Explanation:
        (row,) = self._server.records(
            "partitioncache_explain",
            question.query,
            question.partition_key,
            self._cache,
            question.method,
            **question.path,
        )
        applied = bool(row["applied"])
        why = None if applied else question.left_alone(row["reason"], row["fragments"], row["hits"])
        told = {
            name: row[name]
            for name in ("method_used", "fragments", "hits", "keys", "partitions", "rewritten")
        }
        return Explanation(
            applied=applied,
            reason=why,
            entries=tuple(row["entries"] or ()),
            learning=tuple(row["learning"] or ()),
            **told,
        )

    def form(self, question: Question) -> QueryForm:
        rows = self._server.records(
            "partitioncache_form", question.query, question.partition_key, self._cache, **question.path
        )
        return QueryForm(
            tuple(
                FormPart(
                    **{**row, "constants": None if row["constants"] is None else tuple(row["constants"])}
                )
                for row in rows
            )
        )

    def known(self, question: Question) -> tuple[KeySet | None, int, int]:
        if self.datatype(question.partition_key) is None:
            return None, 0, 0
        groups: dict[int, set[str]] = {}
        for row in self._server.records(
            "partitioncache_contained", question.query, question.partition_key, self._cache, **question.path
        ):
            groups.setdefault(row["key_group"], set()).update({row["hash"]} - {None})
        found = [self.get_intersected(hashes, question.partition_key) for hashes in groups.values()]
        # With several key groups, no one set is right for all. Of one of which nothing is known, that much was asked.
        keys = found[0][0] if len(found) == 1 else None
        return keys, sum(len(hashes) or 1 for hashes in groups.values()), sum(hits for _, hits in found)

    def push(self, question: Question, priority: int = 1) -> None:
        self._server.call(
            "partitioncache_push",
            question.query,
            question.partition_key,
            self._cache,
            priority,
            **question.path,
        )

    def fails_open(self, error: PartitionCacheError) -> bool:
        """A mistake of the caller's is said: a cache that was closed, a name that does not exist."""
        return self._server.holds_session or not (
            self._server.closed or isinstance(error, ConfigurationError)
        )

    def server_fragments(self, query: str, partition_key: str) -> list[tuple[str, str]]:
        try:
            rows = self._server.call("partitioncache_fragments", query, partition_key, self._cache)
        except PartitionCacheError:
            return []
        return [(str(hash), str(text)) for hash, text, *_ in rows]

    def register(self, partition_key: str, datatype: str) -> None:
        checked_partition_key(partition_key)
        datatype = check_datatype(self.backend, datatype)
        known = self._registration(partition_key)
        if known is None:
            self._server.call("partitioncache_register", partition_key, datatype, self.storage, self._cache)
        elif known != (datatype, self.storage):
            raise RegistrationConflictError(
                f"{partition_key} is registered in {self._cache} as {known[0]} in postgresql_{known[1]}, "
                f"not as {datatype} in {self.backend}.",
                hint="Use what is registered, or a cache of another name: cache=, or the table prefix.",
            )

    def as_of(self, hashes: Iterable[str], partition_key: str) -> None:
        """The server keeps the moments of entries itself."""

    def set_set(
        self, hash: str, keys: Iterable[Key | None], partition_key: str, as_of: float | None = None
    ) -> None:
        checked_hash(hash)
        keys = collected(keys)
        if self._registration(partition_key) is None:
            self.register(partition_key, infer(keys))
        datatype = self._registered(partition_key)
        held = checked(keys, datatype, INT4)
        array = Typed(NATIVE[datatype][1], binary_array(held, datatype) or list(held))
        self._server.call("partitioncache_set", partition_key, hash, array, cache=self._cache)

    def get(self, hash: str, partition_key: str) -> KeySet | None:
        return self.get_intersected([hash], partition_key)[0]

    def exists(self, hash: str, partition_key: str) -> bool:
        return bool(self._value(False, "partitioncache_exists", partition_key, hash))

    def existing(self, hashes: Collection[str], partition_key: str, datatype: str | None = None) -> set[str]:
        return {hash for hash in hashes if self.exists(hash, partition_key)}

    def delete(self, hash: str, partition_key: str) -> bool:
        return bool(self._value(False, "partitioncache_delete", partition_key, hash))

    def get_all_keys(self, partition_key: str) -> set[str]:
        if self.datatype(partition_key) is None:
            return set()
        return {row[0] for row in self._server.call("partitioncache_keys", partition_key, cache=self._cache)}

    def states(self, partition_key: str) -> dict[str, State]:
        if self.datatype(partition_key) is None:
            return {}
        found: dict[str, State] = {}
        for hash, state, _, _, tracked, count, *_ in self._server.call(
            "partitioncache_entries", partition_key, self._cache
        ):
            if count is not None:
                known = State(state) if state in _TOLD else State.EVALUATED
                known = State.TRACKED if tracked and known is not State.ASIDE else known
                # Roles have entries of their own under one hash: the strictest counts.
                found[hash] = max(known, found.get(hash, State.ASSERTED), key=list(State).index)
        return found

    def follows_writes(self, partition_key: str) -> bool:
        tables = self._server.call("partitioncache_tracked_tables", self._cache)
        return any(row[0] == partition_key for row in tables)

    def set_query(self, hash: str, query: str, partition_key: str, form: str | None = None) -> None:
        checked_hash(hash)
        self._registered(partition_key)
        self._server.call("partitioncache_set_query", partition_key, hash, query, cache=self._cache)

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
        self.set_set(hash, keys, partition_key, as_of)
        self.set_query(hash, query, partition_key)

    def get_query(self, hash: str, partition_key: str) -> str | None:
        return cast("str | None", self._value(None, "partitioncache_query", partition_key, hash))

    def get_form(self, hash: str, partition_key: str) -> None:
        """The server reads the form from the text itself."""

    def contained(self, analysis: Analysis, partition_key: str) -> dict[str, list[str]]:
        return {}

    def get_intersected(self, hashes: Iterable[str], partition_key: str) -> tuple[KeySet | None, int]:
        datatype = self.datatype(partition_key)
        wanted = list(dict.fromkeys(hashes))
        if datatype is None or not wanted:
            return None, 0
        element = Typed(NATIVE[datatype][0], None)
        ((found, hits),) = self._server.call(
            "partitioncache_intersect", partition_key, wanted, element, cache=self._cache
        )
        if not hits:
            return None, 0
        return _key_set(found or [], datatype), hits

    def get_partition_keys(self) -> list[tuple[str, str]]:
        return sorted((name, datatype) for name, (datatype, _) in self._registrations().items())

    def datatype(self, partition_key: str) -> str | None:
        known = self._registration(partition_key)
        return None if known is None else known[0]

    def count(self, partition_key: str) -> int:
        return int(self._value(0, "partitioncache_count", partition_key))

    def clear(self, partition_key: str | None = None) -> int:
        if partition_key is not None and self.datatype(partition_key) is None:
            return 0
        with self._server.connection() as connection, connection.transaction():
            ((entries,),) = self._server.call_on(
                connection, "partitioncache_count", partition_key, self._cache
            )
            self._server.call_on(connection, "partitioncache_clear", partition_key, self._cache)
        return int(entries)

    def caches(self) -> list[str]:
        return [row[0] for row in self._server.call("partitioncache_caches")]

    def same_as(self, other: object) -> bool:
        """Whether both are one cache of one database, however it is connected to and whichever storage is meant."""
        if not isinstance(other, PostgresqlArray) or self._cache != other._cache:
            return False
        return self._server.same_database_as(other._server)

    def close(self) -> None:
        self._server.close()

    def __repr__(self) -> str:
        return f"<{self.backend} in {self._server!r}, cache {self._cache}>"

    def _registrations(self) -> dict[str, tuple[str, str]]:
        rows = self._server.call("partitioncache_partition_keys", self._cache)
        found = {row[0]: (row[1], row[2]) for row in rows}
        self._known.update(found)
        return found

    def _registration(self, partition_key: str) -> tuple[str, str] | None:
        """Data type and storage. A registration never changes, so it is asked for once."""
        checked_partition_key(partition_key)
        return self._known.get(partition_key) or self._registrations().get(partition_key)

    def _registered(self, partition_key: str) -> str:
        datatype = self.datatype(partition_key)
        if datatype is None:
            raise not_registered(partition_key, self._cache)
        return datatype

    def _value(self, without: object, function: str, partition_key: str, *arguments: object) -> Any:
        """What a function returns; `without` it for a partition key that is not registered."""
        if self.datatype(partition_key) is None:
            return without
        ((value,),) = self._server.call(function, partition_key, *arguments, cache=self._cache)
        return value


class PostgresqlBit(PostgresqlArray):
    """Integer keys in bitmaps."""

    backend = "postgresql_bit"
    storage = "bit"


def _key_set(keys: Collection[Any], datatype: str) -> KeySet:
    if datatype in ("float", "numeric", "timestamptz"):
        return checked(keys, datatype)
    return set(keys)


def in_postgresql(cache: Backend) -> PostgresqlArray | None:
    """The cache, if it is one in PostgreSQL, for what only its server can do; else None."""
    return cache if isinstance(cache, PostgresqlArray) else None
