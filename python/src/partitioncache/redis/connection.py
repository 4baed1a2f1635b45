"""Connections to Redis, and its errors as ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from partitioncache.errors import BackendError, ConfigurationError, UnavailableError, missing_extra

if TYPE_CHECKING:
    import redis
    from redis.cluster import RedisCluster

    Client: TypeAlias = redis.Redis | RedisCluster
else:
    Client = Any


def connect(user: str, parameters: Mapping[str, object]) -> Client:
    """A client whose server has answered.

    Args:
        user: what it is for, in messages, such as ``redis_set``.
        parameters: keywords of redis-py, and ``url`` and ``cluster``, as ``config.redis_parameters`` gives them.

    Raises:
        UnavailableError: the server cannot be reached, or refuses the password.
        ConfigurationError: redis-py does not take these parameters.
        MissingExtraError: redis-py is not installed.
    """
    try:
        import redis
        from redis.cluster import RedisCluster
    except ImportError:
        raise missing_extra("redis", "redis", user) from None
    options: dict[str, Any] = {
        key: value for key, value in parameters.items() if key not in ("url", "cluster")
    }
    options["decode_responses"] = False
    url = parameters.get("url")
    if url:
        options.pop("ssl", None)  # the URL says it: rediss://
    cluster = bool(parameters.get("cluster"))
    maker: Any = RedisCluster if cluster else redis.Redis
    if cluster:
        options.pop("db", None)
    if cluster and not url:
        options.setdefault("host", "localhost")
    try:
        with explained(place(parameters), cluster):
            client: Client = maker.from_url(str(url), **options) if url else maker(**options)
            client.ping()
    except (TypeError, ValueError) as error:  # redis-py looks at some of its arguments only when it connects
        raise ConfigurationError(
            f"{user} cannot be connected with these settings: {_short(error)}.",
            hint="Give url, or host, port, username, password, db, socket, tls; all others are those of redis-py.",
        ) from None
    return client


def place(parameters: Mapping[str, object]) -> str:
    """The server in words, without a password.

    >>> place({"url": "redis://:secret@cache.example.org"}), place({"port": 7000})
    ('cache.example.org:6379', 'localhost:7000')
    """
    if parameters.get("url"):
        parts = urlsplit(str(parameters["url"]))
        return f"{parts.hostname or ''}:{parts.port or 6379}" if parts.hostname else parts.path
    if parameters.get("unix_socket_path"):
        return str(parameters["unix_socket_path"])
    return f"{parameters.get('host', 'localhost')}:{parameters.get('port', 6379)}"


@contextmanager
def explained(where: str, cluster: bool = False) -> Iterator[None]:
    """Turns the client library's errors into ours.

    Args:
        where: the server in words.
        cluster: whether it should be a Redis Cluster.
    """
    import redis.exceptions as library

    name = f"Redis Cluster at {where}" if cluster else f"Redis at {where}"
    try:
        yield
    except (library.AuthenticationError, library.NoPermissionError) as error:
        raise UnavailableError(
            f"{name} refuses this user: {_short(error)}.",
            hint="Set REDIS_PASSWORD (and REDIS_USERNAME), or pass password=.",
        ) from None
    except (library.ConnectionError, library.TimeoutError, library.RedisClusterException) as error:
        raise UnavailableError(
            f"{name} cannot be reached: {_short(error)}.",
            hint="Is it a cluster, and running? Name one of its nodes with host= and port=."
            if cluster
            else "Is the server running? Set REDIS_HOST and REDIS_PORT, or pass host= and port=.",
        ) from None
    except library.OutOfMemoryError:
        raise BackendError(
            f"{name} has no memory left; nothing was stored.",
            hint="Raise its maxmemory, or clear a partition key.",
        ) from None
    except library.RedisError as error:
        raise BackendError(f"{name} answers: {_short(error)}.") from None


def _short(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
