"""The two queues, incoming and outgoing, in PostgreSQL or in Redis.

See :mod:`partitioncache.queues.protocol` for what a queue does.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Final

from partitioncache import config
from partitioncache.errors import ConfigurationError
from partitioncache.queues.protocol import (
    FOLLOWS,
    MAX_ATTEMPTS,
    QUEUES,
    Claim,
    DeadItem,
    Item,
    ItemState,
    Outcome,
    Queue,
    QueueName,
    check_queue,
)

#: What ``QUERY_QUEUE_PROVIDER`` and ``--queue-provider`` may say.
PROVIDERS: Final = ("postgresql", "redis")

__all__ = [
    "FOLLOWS",
    "MAX_ATTEMPTS",
    "PROVIDERS",
    "QUEUES",
    "Claim",
    "DeadItem",
    "Item",
    "ItemState",
    "Outcome",
    "Queue",
    "QueueName",
    "check_queue",
    "open_queue",
    "queue_name",
    "queue_provider",
]


def queue_provider(env: Mapping[str, str] | None = None) -> str:
    """The provider named by ``QUERY_QUEUE_PROVIDER``; ``postgresql`` if it is not set.

    >>> queue_provider({"QUERY_QUEUE_PROVIDER": "redis"}), queue_provider({})
    ('redis', 'postgresql')
    """
    env = config.environment() if env is None else env
    return _checked_provider(env.get("QUERY_QUEUE_PROVIDER") or "postgresql")


def queue_name(env: Mapping[str, str] | None = None) -> str:
    """The name of the queues: ``PG_QUEUE_TABLE_PREFIX``, else the name of the cache of ``CACHE_BACKEND``.

    >>> queue_name({"PG_QUEUE_TABLE_PREFIX": "myapp_queue"}), queue_name({})
    ('myapp_queue', 'partitioncache')
    """
    env = config.environment() if env is None else env
    return config.checked_cache_name(
        env.get("PG_QUEUE_TABLE_PREFIX") or config.cache_name(config.cache_backend_from_env(env), env)
    )


def open_queue(provider: str | None = None, name: str | None = None, **connection: object) -> Queue:
    """Connect to the queues.

    Args:
        provider: ``postgresql`` or ``redis``; without it, what ``QUERY_QUEUE_PROVIDER`` says.
        name: queues of different names are independent; without it, see :func:`queue_name`.
        connection: host, port, user, password, dbname and the like; what is missing comes from the
            ``PG_QUEUE_…`` and ``DB_…``, or the ``REDIS_…`` variables.

    Raises:
        ConfigurationError: there is no such provider, or the database has no PartitionCache.
        UnavailableError: the server cannot be reached.
        MissingExtraError: the Redis client is not installed.
    """
    env = config.environment()
    provider = queue_provider(env) if provider is None else _checked_provider(provider)
    name = queue_name(env) if name is None else config.checked_cache_name(name)
    if provider == "redis":
        from partitioncache.queues.redis import RedisQueue
        from partitioncache.redis import connect

        return RedisQueue(connect("The Redis queue", config.redis_parameters(connection, env)), name)
    from partitioncache.queues.postgresql import PostgreSQLQueue

    threshold = connection.pop("prepare_threshold", "")
    parameters = config.postgresql_parameters(connection, env, "PG_QUEUE_")
    return PostgreSQLQueue(name, {**parameters, "prepare_threshold": threshold})


def _checked_provider(provider: str) -> str:
    if provider in PROVIDERS:
        return provider
    close = difflib.get_close_matches(provider, PROVIDERS, n=1)
    raise ConfigurationError(
        f"There is no queue provider {provider!r}.",
        hint=f"Did you mean {close[0]}?" if close else f"Use one of: {', '.join(PROVIDERS)}.",
    )
