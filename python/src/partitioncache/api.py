"""What an application calls: look a query up, speed it up, queue it.

With a PostgreSQL cache the server does everything, in one call. With the others, queries are taken apart by
`partitioncache.analysis`, by the same rules; hashes of the two are not the same, so what was cached through one way is
looked up through the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from psycopg import sql

from partitioncache.analysis import Analysis, analyse
from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.backends.protocol import Backend
from partitioncache.binding import bind
from partitioncache.cache import Cache
from partitioncache.config import (
    cache_backend_from_env,
    cache_name,
    checked_partition_key,
    environment,
    postgresql_parameters,
)
from partitioncache.datatypes import KeySet
from partitioncache.errors import ConfigurationError
from partitioncache.queues import Item, Queue, open_queue, queue_name, queue_provider
from partitioncache.registry import cache_type, open_backend

Params: TypeAlias = Sequence[object] | Mapping[str, object]
Schema: TypeAlias = Mapping[str, Collection[str]]
Families: TypeAlias = Mapping[str, set[str]]
"""The hashes of the fragments that restrict the same columns: the key sets of one family may be intersected."""


def get_partition_keys(
    query: str,
    cache_handler: Backend | Cache,
    partition_key: str,
    *,
    dialect: str = "postgres",
    schema: Schema | None = None,
    partition_local: bool = False,
) -> tuple[KeySet | None, int, int]:
    """The partition keys to which a query can be restricted, by what the cache knows.

    Args:
        query: the SQL text.
        cache_handler: the cache, or its `underlying_handler`.
        partition_key: the column that splits the data.
        dialect: postgres, mysql or sqlite; with a PostgreSQL cache it is always the server's.
        schema: the columns of the query's tables, for analysis outside PostgreSQL: which tables have the partition
            key. Without it, every table is taken to have it when the query says so.
        partition_local: your assertion that no match of the query crosses partitions.

    Returns:
        The keys; how many fragments were looked up; how many were found. The keys are None where nothing is known,
        and where the query does not equate the partition columns of its tables, so that no one set is right for all
        of them (`apply_cache` restricts each).

    >>> import tempfile, partitioncache
    >>> cache = partitioncache.create_cache("rocksdict", "city_id", "integer", path=tempfile.mkdtemp())
    >>> partitioncache.get_partition_keys("SELECT * FROM poi WHERE kind = 7", cache, "city_id")[0] is None
    True
    >>> cache.close()
    """
    handler = _handler(cache_handler)
    checked_partition_key(partition_key)
    if isinstance(handler, PostgresqlArray):
        families = _families_by_server(query, handler, partition_key)
        found = _looked_up(handler, families, partition_key)
        # A query without conditions on the key has one family; with several, no one set is right for all.
        keys = next(iter(found.values()))[0] if len(families) == 1 else None
    else:
        analysis = analyse(query, partition_key, dialect, schema, partition_local)
        families = _families(analysis)
        found = _looked_up(handler, families, partition_key)
        merged = analysis.merged(_known(found))
        keys = None if merged is None else set(merged)
    return keys, len(set().union(*families.values())), sum(hits for _, hits in found.values())


def apply_cache(
    query: str,
    cache: Backend | Cache,
    partition_key: str | None = None,
    params: Params | None = None,
    *,
    method: str = "auto",
    dialect: str = "postgres",
    schema: Schema | None = None,
    partition_local: bool = False,
) -> str:
    """The query, restricted to the partitions that the cache knows to be enough; its rows are the same.

    Args:
        query: the SQL text.
        cache: the cache, or its `underlying_handler`.
        partition_key: the column that splits the data; by default the cache's own.
        params: values for the query's placeholders, which come back as literals in the text. None: there are none.
        method: auto, literal, subquery, IN, VALUES, TMP_TABLE_IN or TMP_TABLE_JOIN; subquery in PostgreSQL only.
        dialect: postgres, mysql or sqlite; with a PostgreSQL cache it is always the server's.
        schema: as for `get_partition_keys`.
        partition_local: as for `get_partition_keys`; with a PostgreSQL cache it is a part of the registration.

    Returns:
        The rewritten query; the query itself where nothing is known, or where it cannot be restricted safely.

    Raises:
        QueryError: the parameters do not fit the query.
        ConfigurationError: there is no such method.
    """
    handler = _handler(cache)
    if partition_key is None and isinstance(cache, Cache):
        partition_key = cache.partition_key
    name = checked_partition_key(partition_key) if partition_key is not None else checked_partition_key("")
    if isinstance(handler, PostgresqlArray):
        server = handler.server
        ((rewritten,),) = server.call(
            "partitioncache_apply", bind(query, params), name, handler.cache, method
        )
        return str(rewritten)
    query = bind(query, params, dialect)
    analysis = analyse(query, name, dialect=dialect, schema=schema, partition_local=partition_local)
    if analysis.reason is not None:
        return query
    found = {
        family: handler.get_intersected(hashes, name)[0] for family, hashes in _families(analysis).items()
    }
    known = {family: keys for family, keys in found.items() if keys is not None}
    return analysis.rewrite(known, method) if known else query


def push_query(
    query: str,
    partition_key: str,
    datatype: str | None = None,
    *,
    cache: Backend | Cache | None = None,
    priority: int = 1,
    queue: Queue | None = None,
    **connection: Any,
) -> None:
    """Puts a query into the incoming queue, to be taken apart and cached.

    Where cache and queue are the same PostgreSQL database, the server checks the query, and its own processor works on
    it. In every other case a monitor does, which may read its data from anywhere.

    Args:
        query: the SQL text.
        partition_key: the column that splits the data.
        datatype: its data type, where it is not registered and cannot be told from the column.
        cache: the PostgreSQL cache to fill; without it, that of the environment (``CACHE_BACKEND`` and so on).
        priority: the higher, the sooner; pushing the same query again raises it.
        queue: an open queue (`partitioncache.queues.open_queue`), which saves connecting for each query.
        connection: as for `open_queue`.

    Raises:
        QueryError: the server does not accept the query.
    """
    item = Item(query, checked_partition_key(partition_key), datatype, priority=priority)
    if cache is not None:
        handler = _handler(cache)
        if not isinstance(handler, PostgresqlArray):
            raise ConfigurationError(
                f"{handler.backend} has no queue of its own.", hint="Push without cache=; a monitor fills it."
            )
        if datatype is not None:
            handler.register(partition_key, datatype)
        handler.server.call("partitioncache_push", query, partition_key, handler.cache, priority)
    elif queue is None and not connection and _queue_is_beside_cache():
        with open_backend(cache_backend_from_env()) as own:
            push_query(query, partition_key, datatype, cache=own, priority=priority)
    else:
        _push("incoming", item, queue, connection)


def push_fragment(
    query: str,
    partition_key: str,
    hash: str,
    datatype: str | None = None,
    *,
    priority: int = 1,
    queue: Queue | None = None,
    **connection: Any,
) -> None:
    """Puts a fragment into the outgoing queue: its keys will be stored under the hash.

    Args:
        query: ``SELECT DISTINCT <partition key> …``
        partition_key: the column that splits the data.
        hash: the name of the entry.
        datatype: as for `push_query`.
        priority: as for `push_query`.
        queue: as for `push_query`.
        connection: as for `open_queue`.
    """
    item = Item(query, checked_partition_key(partition_key), datatype, hash, priority=priority)
    _push("outgoing", item, queue, connection)


def get_queue_lengths(queue: Queue | None = None, **connection: Any) -> tuple[int, int]:
    """How many items are still to be done in the incoming and in the outgoing queue.

    Args:
        queue: an open queue; without it, the one of ``QUERY_QUEUE_PROVIDER`` is asked.
        connection: as for `open_queue`.
    """
    if queue is not None:
        return queue.lengths()
    with open_queue(**connection) as opened:
        return opened.lengths()


def _queue_is_beside_cache() -> bool:
    """Whether the environment names one PostgreSQL database for both."""
    env = environment()
    backend = cache_backend_from_env(env)
    return (
        cache_type(backend).server == "PostgreSQL"
        and queue_provider(env) == "postgresql"
        and queue_name(env) == cache_name(backend, env)
        and postgresql_parameters({}, env) == postgresql_parameters({}, env, "PG_QUEUE_")
    )


def _push(name: Any, item: Item, queue: Queue | None, connection: Mapping[str, Any]) -> None:
    if queue is not None:
        queue.push(name, [item])
        return
    with open_queue(**connection) as opened:
        opened.push(name, [item])


def _handler(cache: Backend | Cache) -> Backend:
    return cache.underlying_handler if isinstance(cache, Cache) else cache


def _families(analysis: Analysis) -> Families:
    families: dict[str, set[str]] = {}
    for fragment in analysis.fragments:
        families.setdefault(fragment.family, set()).add(fragment.hash)
    return families


def _looked_up(
    handler: Backend, families: Families, partition_key: str
) -> dict[str, tuple[KeySet | None, int]]:
    return {family: handler.get_intersected(hashes, partition_key) for family, hashes in families.items()}


def _known(found: Mapping[str, tuple[KeySet | None, int]]) -> dict[str, KeySet]:
    return {family: keys for family, (keys, _) in found.items() if keys is not None}


def _families_by_server(query: str, handler: PostgresqlArray, partition_key: str) -> Families:
    if handler.datatype(partition_key) is None:
        return {}
    statement = sql.SQL(
        "select f.family, f.hashes "
        "from unnest(({}(%s, {}(%s, %s), {}(pg_catalog.current_setting('search_path')))).families) f"
    ).format(*map(handler.server.function, ("pc_analyse", "pc_registration", "pc_session")))
    with handler.server.connection() as connection:
        rows = connection.execute(statement, [query, handler.cache, partition_key]).fetchall()
    return {str(family): set(hashes) for family, hashes in rows if hashes}
