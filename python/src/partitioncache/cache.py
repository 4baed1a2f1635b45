"""`create_cache` and what it returns: a cache with a partition key of its own.

>>> import tempfile
>>> with create_cache("rocksdict", "city_id", "integer", path=tempfile.mkdtemp()) as cache:
...     cache.set_set("near the sea", {1, 5, 10})
...     cache.set_set("in summer", {"2024-06", "2024-07"}, partition_key="month")
...     sorted(cache.get("near the sea")), cache.get("unknown"), cache.get_partition_keys()
([1, 5, 10], None, [('city_id', 'integer'), ('month', 'text')])
"""

from __future__ import annotations

from collections.abc import Iterable

from partitioncache.backends.postgresql import PostgresqlArray, in_postgresql
from partitioncache.backends.protocol import Backend
from partitioncache.closing import Closing
from partitioncache.config import cache_backend_from_env, checked_partition_key
from partitioncache.datatypes import Key, KeySet
from partitioncache.errors import ConfigurationError
from partitioncache.registry import check_datatype, nearest_cache, open_backend, unknown_partition_key


def create_cache(
    cache_type: str, partition_key: str, datatype: str | None = None, **connection: object
) -> Cache:
    """Opens a cache and makes its partition key known.

    Args:
        cache_type: one of `list_cache_types()`, or ``auto`` for what ``CACHE_BACKEND`` says (without it,
            ``postgresql_array``).
        partition_key: the column that splits the data; the default of every call on the cache.
        datatype: the data type of the partition key: integer, bigint, float, numeric, text, uuid, date, timestamp
            or timestamptz. None: the one that the partition key is registered with.
        connection: what to connect with; the environment and its .env file fill in the rest.
            PostgreSQL: host, port, user, password, dbname or any keyword of libpq, or conninfo (a connection string
            or URL); cache (the name of the cache, also called table_prefix); max_connections, timeout (seconds to
            wait for one of them); prepare_threshold (after how many runs a statement is prepared; by default 5, and
            never behind a pooler such as PgBouncer; also the variable ``PG_PREPARE_THRESHOLD``).
            Redis: url, or host, port, username, password, db, socket, tls and redis-py's ``ssl_…``; cluster=True for
            Redis Cluster; cache.
            RocksDB: path (a directory), read_only; cache.
            Redis and RocksDB: max_age (seconds, or a timedelta), after which the data of an entry is too old for it to
            be used, since nothing follows writes there; by default what ``CACHE_MAX_AGE`` says, else any age.

    Raises:
        ConfigurationError: no such backend, or an argument that it does not take.
        DatatypeError: the backend does not hold the data type; the hint names backends that do.
        MissingExtraError: the backend's client library is not installed.
        NotRegisteredError: no data type was given, and the partition key is not registered.
        RegistrationConflictError: the partition key is registered with another data type.
        UnavailableError: the server cannot be reached, the file cannot be opened.
    """
    checked_partition_key(partition_key)
    if cache_type == "auto":
        cache_type = cache_backend_from_env()
    if datatype is not None:
        datatype = check_datatype(cache_type, datatype)
    handler = open_backend(cache_type, **connection)
    try:
        if datatype is not None:
            handler.register(partition_key, datatype)
        elif handler.datatype(partition_key) is None:
            give_type = f'Give its data type: create_cache("{cache_type}", "{partition_key}", "integer").'
            raise unknown_partition_key(handler, partition_key, nearest_cache(handler) or give_type)
        return Cache(handler, partition_key)
    except BaseException:
        handler.close()
        raise


class Cache(Closing):
    """A backend with a default partition key.

    Every method takes ``partition_key`` as a keyword or in its place; without it the cache's own is meant. A
    partition key that the cache does not know yet is registered with the data type of the first set stored.

    Args:
        handler: the backend.
        partition_key: the default partition key.
    """

    def __init__(self, handler: Backend, partition_key: str) -> None:
        self._handler = handler
        self._partition_key = checked_partition_key(partition_key)

    @property
    def underlying_handler(self) -> Backend:
        """The backend, for functions that want a handler, such as `get_partition_keys`."""
        return self._handler

    @property
    def partition_key(self) -> str:
        """The default partition key."""
        return self._partition_key

    @property
    def backend(self) -> str:
        """The name of the backend."""
        return self._handler.backend

    @property
    def datatypes(self) -> frozenset[str]:
        """The data types that the backend holds."""
        return self._handler.datatypes

    def register(self, partition_key: str, datatype: str) -> None:
        """Makes another partition key known with its data type. Doing so again changes nothing.

        Raises:
            RegistrationConflictError: it is known with another data type.
            DatatypeError: the backend does not hold the data type.
        """
        self._handler.register(checked_partition_key(partition_key), check_datatype(self.backend, datatype))

    def set_set(
        self,
        hash: str,
        keys: Iterable[Key | None],
        partition_key: str | None = None,
        *,
        query: str | None = None,
    ) -> None:
        """Stores a key set, in place of what was stored under the hash.

        Args:
            hash: the name of the entry.
            keys: the partition keys. None among them: rows without a partition key match too. An empty set is an
                entry as well: it says that nothing matches.
            partition_key: the partition key, by default the cache's own.
            query: the text of the query that the keys belong to, remembered beside them.

        Raises:
            DatatypeError: a key does not fit the partition key. Nothing was written.
            ReadOnlyError: another process holds the files for writing.
        """
        name = self._name(partition_key)
        self._handler.set_set(hash, keys, name)
        if query is not None:
            self.set_query(hash, query, name)

    def get(self, hash: str, partition_key: str | None = None) -> KeySet | None:
        """The key set stored under a hash, None if there is none."""
        return self._handler.get(hash, self._name(partition_key))

    def exists(self, hash: str, partition_key: str | None = None) -> bool:
        """Whether a key set is stored under the hash."""
        return self._handler.exists(hash, self._name(partition_key))

    def delete(self, hash: str, partition_key: str | None = None) -> bool:
        """Removes an entry and its remembered query. False if there was neither."""
        return self._handler.delete(hash, self._name(partition_key))

    def get_all_keys(self, partition_key: str | None = None) -> set[str]:
        """The hashes of all entries that have a key set."""
        return self._handler.get_all_keys(self._name(partition_key))

    def set_query(self, hash: str, query: str, partition_key: str | None = None) -> None:
        """Remembers the text of the query that an entry belongs to.

        A fragment that was copied from a backend with another analyser is stored under this one's hash as well, so
        that queries find it here.
        """
        from partitioncache.migrate import store_under_other_names

        name = self._name(partition_key)
        self._handler.set_query(hash, query, name)
        store_under_other_names(self._handler, hash, query, name)

    def get_query(self, hash: str, partition_key: str | None = None) -> str | None:
        """The remembered query text, None if there is none."""
        return self._handler.get_query(hash, self._name(partition_key))

    def get_intersected(
        self, hashes: Iterable[str], partition_key: str | None = None
    ) -> tuple[KeySet | None, int]:
        """The keys that are in all of the entries that exist, and how many of the entries exist.

        Returns:
            (None, 0) if none of them exists. Hashes that occur twice count once.
        """
        return self._handler.get_intersected(hashes, self._name(partition_key))

    def get_partition_keys(self) -> list[tuple[str, str]]:
        """All registered partition keys with their data types, in the order of their names."""
        return self._handler.get_partition_keys()

    def datatype(self, partition_key: str | None = None) -> str | None:
        """The data type of a partition key, None if it is not registered."""
        return self._handler.datatype(self._name(partition_key))

    def count(self, partition_key: str | None = None) -> int:
        """The number of entries that have a key set."""
        return self._handler.count(self._name(partition_key))

    def clear(self, partition_key: str | None = None) -> int:
        """Removes all entries of one partition key (by default the cache's own). Returns how many there were.

        All partition keys at once: ``cache.underlying_handler.clear()``.
        """
        return self._handler.clear(self._name(partition_key))

    def close(self) -> None:
        """Gives connections and files back. Closing twice is harmless."""
        self._handler.close()

    def __repr__(self) -> str:
        return f"<Cache {self.backend}, partition key {self._partition_key}>"

    def _name(self, partition_key: str | None) -> str:
        return self._partition_key if partition_key is None else partition_key


def beside_tables(
    cache: Cache | Backend, partition_key: str | None, *, lacks: str, instead: str, example: str
) -> tuple[PostgresqlArray, str]:
    """The handler of a cache that lives beside its tables, in PostgreSQL, and the partition key that is meant.

    Args:
        cache: a cache, or a handler of one.
        partition_key: its name; None for the cache's own, empty for none.
        lacks: why another cache will not do, after "A cache of type ...".
        instead: what to do where it is not in PostgreSQL.
        example: a call that names the partition key.

    Raises:
        ConfigurationError: it is not in PostgreSQL, or a handler was given without a partition key.
    """
    backend = cache.underlying_handler if isinstance(cache, Cache) else cache
    if (handler := in_postgresql(backend)) is None:
        raise ConfigurationError(
            f"A cache of type {backend.backend} {lacks}.",
            hint=f"Use postgresql_array or postgresql_bit, or {instead}.",
        )
    if partition_key is None:
        if not isinstance(cache, Cache):
            raise ConfigurationError(
                "A handler has no partition key of its own.", hint=f"Name it, as in {example}."
            )
        partition_key = cache.partition_key
    return handler, partition_key and checked_partition_key(partition_key)
