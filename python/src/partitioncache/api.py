"""What an application calls: look a query up, speed it up, queue it.

With a PostgreSQL cache the server does everything, in one call. With the others, queries are taken apart by
`partitioncache.analysis`, by the same rules; hashes of the two are not the same, so what was cached through one way is
looked up through the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from partitioncache.backends.protocol import Backend
from partitioncache.binding import Params, bind
from partitioncache.cache import Cache
from partitioncache.config import (
    cache_backend_from_env,
    cache_name,
    checked_partition_key,
    environment,
    postgresql_parameters,
)
from partitioncache.datatypes import KeySet
from partitioncache.errors import (
    ConfigurationError,
    NotRegisteredError,
    PartitionCacheError,
    QueryError,
)
from partitioncache.questions import Connection, Schema, checked_query, question, refuse_misspelt
from partitioncache.queues import Item, Queue, open_queue, queue_name, queue_provider
from partitioncache.registry import cache_type, open_backend, unknown_partition_key

logger = logging.getLogger("partitioncache.api")


def get_partition_keys(
    query: str,
    cache_handler: Backend | Cache,
    partition_key: str,
    *,
    params: Params | None = None,
    dialect: str = "postgres",
    schema: Schema | None = None,
    partition_local: bool = False,
    connection: Connection | None = None,
    search_path: str | None = None,
) -> tuple[KeySet | None, int, int]:
    """The partition keys to which a query can be restricted, by what the cache knows.

    Args:
        query: the SQL text.
        cache_handler: the cache, or its `underlying_handler`.
        partition_key: the column that splits the data.
        params: values for the query's placeholders, as for `apply_cache`.
        dialect: postgres, mysql or sqlite; with a PostgreSQL cache it is always the server's.
        schema: the columns of the query's tables, for analysis outside PostgreSQL: which tables have the partition
            key. Without it, every table is taken to have it when the query says so.
        partition_local: you promise that no match of the query crosses partitions, for analysis outside
            PostgreSQL; with a PostgreSQL cache it is a part of the registration.
        connection: as for `apply_cache`.
        search_path: as for `apply_cache`.

    Returns:
        The keys; how many fragments were looked up (in PostgreSQL: how many entries the query contains); how many
        were found. The keys are None where nothing is known, and where the query does not equate the partition columns
        of its tables, so that no one set is right for all of them (`apply_cache` restricts each). `explain_query` says
        which.

    Raises:
        NotRegisteredError: the cache knows no such partition key, but one whose name is nearly the same.
        QueryError: the parameters do not fit the query.
        UnavailableError: the cache cannot be reached, or the connection cannot be used.

    >>> import tempfile, partitioncache
    >>> cache = partitioncache.create_cache("rocksdict", "city_id", "integer", path=tempfile.mkdtemp())
    >>> partitioncache.get_partition_keys("SELECT * FROM poi WHERE kind = 7", cache, "city_id")[0] is None
    True
    >>> cache.close()
    """
    handler, asked = question(
        query, cache_handler, partition_key, params, dialect, connection, search_path,
        schema=schema, partition_local=partition_local,
    )  # fmt: skip
    keys, wanted, hits = handler.known(asked)
    if not hits:
        refuse_misspelt(handler, asked.partition_key)
    return keys, wanted, hits


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
    connection: Connection | None = None,
    search_path: str | None = None,
) -> str:
    """The query, restricted to the partitions that the cache knows to be enough; its rows are the same.

    With a PostgreSQL cache, give the ``connection`` that will run the query. Then names mean what they mean in that
    session (its search_path, its temporary tables), its rights and its uncommitted writes count, and the result is
    for that session. Without it, a connection of the cache's own is asked: names are resolved by *its* search_path
    (that of its role, database or connection string; or the ``search_path`` given here), and the tables so found
    stand in the rewritten text with their schema, so that it reads them whatever session runs it. A query that comes
    back as it is means what it means to the session that runs it.

    Args:
        query: the SQL text.
        cache: the cache, or its `underlying_handler`.
        partition_key: the column that splits the data; by default the cache's own.
        params: values for the query's placeholders, which come back as literals in the text, as the driver would
            have sent them (`partitioncache.binding`). None: there are none.
        method: auto, literal, current, subquery, IN, VALUES, TMP_TABLE_IN or TMP_TABLE_JOIN; current and subquery in
            PostgreSQL only. With a PostgreSQL cache, the TMP forms make a temporary table in the session of
            ``connection``.
        dialect: postgres, mysql or sqlite; with a PostgreSQL cache it is always the server's.
        schema: as for `get_partition_keys`.
        partition_local: as for `get_partition_keys`.
        connection: of psycopg, to the database of a PostgreSQL cache. Nothing of its transaction is committed or
            rolled back, and an error in it does not abort the transaction: the query comes back.
        search_path: the schemas in which the query's tables are looked for, as in ``SET search_path``: for a
            PostgreSQL cache that is asked without ``connection``, or for another path than the session's.

    Returns:
        The rewritten query; the query itself (with its parameters) where nothing is known, where it cannot be
        restricted safely, and where the cache cannot be reached. `explain_query` says why.

    Raises:
        QueryError: the query is no text, or the parameters do not fit it.
        ConfigurationError: there is no such method, or what was given for the cache or connection is none.
        NotRegisteredError: the cache knows no such partition key, but one whose name is nearly the same.
    """
    handler, asked = question(
        query, cache, partition_key, params, dialect, connection, search_path, method, schema, partition_local
    )
    try:
        rewritten = handler.apply(asked)
        if rewritten == asked.query:
            refuse_misspelt(handler, asked.partition_key)
        return rewritten
    except NotRegisteredError:
        refuse_misspelt(handler, asked.partition_key)
        raise
    except PartitionCacheError as error:
        if not handler.fails_open(error):
            raise
        logger.warning("query left as it is: %s", error)
        return asked.query


def push_query(
    query: str,
    partition_key: str,
    datatype: str | None = None,
    *,
    params: Params | None = None,
    dialect: str = "postgres",
    cache: Backend | Cache | None = None,
    priority: int = 1,
    queue: Queue | None = None,
    connection: Connection | None = None,
    search_path: str | None = None,
    **queue_connection: Any,
) -> None:
    """Puts a query into the incoming queue, to be taken apart and cached.

    Where cache and queue are the same PostgreSQL database, the server checks the query, and its own processor works on
    it. In every other case a monitor does, which may read its data from anywhere.

    Args:
        query: the SQL text.
        partition_key: the column that splits the data.
        datatype: its data type, where it is not registered and cannot be told from the column.
        params: values for the query's placeholders, as for `apply_cache`.
        dialect: the SQL of the query, for its parameters: postgres, mysql or sqlite.
        cache: the PostgreSQL cache to fill; without it, that of the environment (``CACHE_BACKEND`` and so on).
        priority: the higher, the sooner; pushing the same query again raises it.
        queue: an open queue (`partitioncache.queues.open_queue`), which saves connecting for each query.
        connection: with ``cache``: push in this session, with its search_path and as its role; the item is there
            when its transaction has been committed. An error does not abort the transaction.
        search_path: with ``cache``: as for `apply_cache`.
        queue_connection: as for `open_queue`.

    Raises:
        QueryError: the server does not accept the query, or the parameters do not fit it.
        NotRegisteredError: the partition key is not registered, and no table of the query has it.
    """
    if cache is None and queue is None and not queue_connection and _queue_is_beside_cache():
        with open_backend(cache_backend_from_env()) as own:
            push_query(
                query, partition_key, datatype, params=params, cache=own, priority=priority,
                connection=connection, search_path=search_path,
            )  # fmt: skip
        return
    if cache is None:
        if connection is not None or search_path is not None:
            raise ConfigurationError(
                "connection= and search_path= belong to a PostgreSQL cache.", hint="Give the cache: cache=."
            )
        text = bind(checked_query(query), params, dialect)
        item = Item(text, checked_partition_key(partition_key), datatype, priority=priority)
        _push("incoming", item, queue, queue_connection)
        return
    handler, asked = question(query, cache, partition_key, params, "postgres", connection, search_path)
    if datatype is not None and handler.dialect is not None:
        handler.register(asked.partition_key, datatype)
    try:
        handler.push(asked, priority)
    except NotRegisteredError as error:
        close = unknown_partition_key(handler, asked.partition_key, error.hint or "")
        raise NotRegisteredError(error.message, close.hint) from None
    except QueryError as error:
        raise QueryError(error.message, asked.about_placeholders() or error.hint) from None


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
    item = Item(checked_query(query), checked_partition_key(partition_key), datatype, hash, priority=priority)
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
