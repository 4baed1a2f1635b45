"""Where settings come from: arguments first, then the environment, then the defaults of the client libraries.

The environment is read together with a file named ``.env`` in the working directory or above it; what is really
set in the environment wins. For PostgreSQL, libpq's own variables (``PGHOST``, ``PGSERVICE``, …) fill in whatever is
still open, because connections are made by libpq.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from dotenv import dotenv_values, find_dotenv

from partitioncache.errors import ConfigurationError
from partitioncache.key_columns import with_placements

DEFAULT_CACHE: Final = "partitioncache"
DEFAULT_BACKEND: Final = "postgresql_array"

_PREFIX_VARIABLES: Final = {
    "postgresql_array": "PG_ARRAY_CACHE_TABLE_PREFIX",
    "postgresql_bit": "PG_BIT_CACHE_TABLE_PREFIX",
}
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off", ""})


def environment(env_file: str | os.PathLike[str] | None = None) -> dict[str, str]:
    """The settings of the environment, completed by a ``.env`` file.

    Args:
        env_file: the file to read; without it, the next ``.env`` in the working directory or above it.

    Raises:
        ConfigurationError: the named file does not exist.
    """
    if env_file is not None and not Path(env_file).is_file():
        raise ConfigurationError(
            f"There is no file {os.fspath(env_file)!r}.", hint="Check the path of the .env file."
        )
    path = os.fspath(env_file) if env_file is not None else ".env"
    try:
        path = path if env_file is not None else find_dotenv(usecwd=True)
        found = dotenv_values(path) if path else {}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(
            f"The settings in {path} cannot be read: {why}.", hint="Mend the file, or its rights."
        ) from None
    return {**{key: value for key, value in found.items() if value is not None}, **os.environ}


def placed(
    schema: Mapping[str, Mapping[str, str | None]], env: Mapping[str, str] | None = None
) -> Mapping[str, Mapping[str, str | None]]:
    """A schema with what ``PARTITION_KEY_COLUMNS`` says: in which columns partition keys stand, outside PostgreSQL.

    >>> placed({"orders": {"buyer": "int"}}, {"PARTITION_KEY_COLUMNS": '{"customer": {"orders": "buyer"}}'})
    {'orders': {'buyer': 'int partition key customer'}}

    Raises:
        ConfigurationError: the setting is no such JSON, or there is no such table or column.
    """
    text = (environment() if env is None else env).get("PARTITION_KEY_COLUMNS") or "{}"
    try:
        placements = json.loads(text)
        checked = {
            str(key): {str(table): str(column) for table, column in places.items()}
            for key, places in placements.items()
        }
        return with_placements(schema, checked)
    except (ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"PARTITION_KEY_COLUMNS cannot be used: {error}.",
            hint='Write where each partition key stands: {"customer": {"customer": "id", "orders": "customer_id"}}.',
        ) from None


def cache_backend_from_env(env: Mapping[str, str] | None = None) -> str:
    """The backend named by ``CACHE_BACKEND``; ``postgresql_array`` if it is not set.

    >>> cache_backend_from_env({"CACHE_BACKEND": "redis_bit"}), cache_backend_from_env({})
    ('redis_bit', 'postgresql_array')
    """
    env = environment() if env is None else env
    return env.get("CACHE_BACKEND") or DEFAULT_BACKEND


def cache_name(backend: str, env: Mapping[str, str] | None = None) -> str:
    """The name of the cache (the *table prefix*) that a backend uses unless it is given one.

    >>> cache_name("postgresql_bit", {"PG_BIT_CACHE_TABLE_PREFIX": "myapp_bit_cache"})
    'myapp_bit_cache'
    >>> cache_name("redis_set", {})
    'partitioncache'
    """
    env = environment() if env is None else env
    variable = _PREFIX_VARIABLES.get(backend)
    return checked_cache_name((env.get(variable) if variable else None) or DEFAULT_CACHE)


def get_table_prefix_from_env() -> str:
    """The prefix of the cache's tables, from ``CACHE_BACKEND`` and the prefix variable that belongs to it.

    Returns:
        The name of the cache followed by an underscore, ``partitioncache_`` by default.
    """
    env = environment()
    return f"{cache_name(cache_backend_from_env(env), env)}_"


def checked_cache_name(name: str) -> str:
    """The name of a cache, if it can be one: in PostgreSQL it begins the names of tables.

    >>> checked_cache_name("myapp_cache")
    'myapp_cache'
    >>> checked_cache_name("my cache")
    Traceback (most recent call last):
        ...
    partitioncache.errors.ConfigurationError: 'my cache' cannot name a cache. Use letters, digits and underscores, 32 at most, beginning with a letter.
    """  # noqa: E501
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,31}", name):
        raise ConfigurationError(
            f"{name!r} cannot name a cache.",
            hint="Use letters, digits and underscores, 32 at most, beginning with a letter.",
        )
    return name


def checked_partition_key(name: str) -> str:
    """The name of a partition key, if it can be one: it is the name of a column.

    >>> checked_partition_key("city_id")
    'city_id'
    """
    if not isinstance(name, str) or not name or "\0" in name or len(name.encode("utf-8", "replace")) > 63:
        raise ConfigurationError(
            f"{name!r} cannot be a partition key.", hint="Give the name of a column, at most 63 bytes long."
        )
    return name


def checked_hash(name: str) -> str:
    """The name that an entry is stored under, if it can be one.

    >>> checked_hash("restaurants near parks: 500 m")
    'restaurants near parks: 500 m'
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise ConfigurationError(f"{name!r} cannot name an entry.", hint="Give a text that is not empty.")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(
            f"{name!r} cannot name an entry.", hint="It is no valid Unicode text."
        ) from None
    return name


def postgresql_parameters(
    arguments: Mapping[str, object], env: Mapping[str, str] | None = None, prefix: str = "DB_"
) -> dict[str, str]:
    """What to connect to PostgreSQL with, as keywords of libpq.

    Args:
        arguments: what the caller gave: host, port, user, password, dbname (or database, db_name, db), any other
            keyword of libpq, or conninfo (or dsn, url) with a connection string or postgresql:// URL.
        env: the environment; by default the real one with its .env file.
        prefix: ``DB_`` or ``PG_QUEUE_``; each variable of the latter falls back to the former.

    >>> postgresql_parameters({"port": 5433}, {"DB_HOST": "db.example.com", "DB_PORT": "5432", "DB_NAME": "app"})
    {'host': 'db.example.com', 'port': '5433', 'dbname': 'app'}
    """
    env = environment() if env is None else env
    given = {_PG_NAMES.get(key, key): str(value) for key, value in arguments.items() if value is not None}
    if given.get("conninfo"):
        return given
    result: dict[str, str] = {}
    for keyword, names in _PG_VARIABLES.items():
        candidates = [f"{before}{name}" for before in dict.fromkeys((prefix, "DB_")) for name in names]
        value = next((env[name] for name in candidates if env.get(name)), None)
        if value is not None:
            result[keyword] = value
    for keyword, name in _LIBPQ_VARIABLES.items():  # a .env file may hold them, and libpq does not read it
        if env.get(name) and keyword not in result and not os.environ.get(name):
            result[keyword] = env[name]
    result.update(given)
    port = result.get("port")
    if port is not None:
        checked_port(*port.split(","))
    return result


def checked_port(*ports: str, name: str = "") -> None:
    """Refuses what is no port; an empty one is the default.

    >>> checked_port("5432", "99999")
    Traceback (most recent call last):
        ...
    partitioncache.errors.ConfigurationError: '99999' is no port. Set it to a number between 1 and 65535, such as 5432.
    """
    for port in ports:
        if port and not (re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= 65535):
            raise ConfigurationError(
                f"{name} is {port!r}, which is no port." if name else f"{port!r} is no port.",
                hint="Set it to a number between 1 and 65535, such as 5432."
            )


def checked_max_age(value: timedelta | float | None, env: Mapping[str, str] | None = None) -> float | None:
    """How old the data of an entry may be for the entry to be used, in seconds; None: any age.

    Args:
        value: what the caller gave; None: what ``CACHE_MAX_AGE`` says, in seconds.
        env: the environment; by default the real one with its .env file.

    >>> checked_max_age(timedelta(hours=1)), checked_max_age(None, {"CACHE_MAX_AGE": "90"}), checked_max_age(None, {})
    (3600.0, 90.0, None)
    """
    given = value
    if value is None:
        given = (environment() if env is None else env).get("CACHE_MAX_AGE") or None  # type: ignore[assignment]
    if given is None:
        return None
    try:
        seconds = given.total_seconds() if isinstance(given, timedelta) else float(given)
    except (TypeError, ValueError):
        seconds = math.nan
    if isinstance(given, bool) or not 0 < seconds < math.inf:
        raise ConfigurationError(
            f"{given!r} is no age of entries.", hint="Give seconds, more than 0, or a timedelta."
        )
    return seconds


def checked_apply_limit(env: Mapping[str, str] | None = None) -> float:
    """How many milliseconds it may take to take a query apart that is asked, outside PostgreSQL; infinity: any number.

    Args:
        env: the environment, whose ``APPLY_LIMIT_MS`` says it, else 100; by default the real one with its .env file.

    >>> checked_apply_limit({}), checked_apply_limit({"APPLY_LIMIT_MS": "0"})
    (100.0, inf)
    """
    given = (environment() if env is None else env).get("APPLY_LIMIT_MS") or "100"
    try:
        limit = float(given)
    except ValueError:
        limit = math.nan
    if not 0 <= limit < math.inf:
        raise ConfigurationError(
            f"APPLY_LIMIT_MS is {given!r}, which is no limit.",
            hint="Set it to milliseconds, such as 100, or to 0 for no limit.",
        )
    return limit or math.inf


def checked_prepare_threshold(
    value: int | str | None, env: Mapping[str, str] | None = None, default: int | None = 5
) -> int | None:
    """After how many runs psycopg prepares a statement; None: never.

    Args:
        value: what the caller gave; an empty text is nothing, and then ``PG_PREPARE_THRESHOLD`` says it,
            else `default`.
        env: the environment; by default the real one with its .env file.
        default: what it is where nobody has said anything.

    >>> checked_prepare_threshold("", {"PG_PREPARE_THRESHOLD": "none"}), checked_prepare_threshold("", {})
    (None, 5)
    """
    if value == "":
        said = (environment() if env is None else env).get("PG_PREPARE_THRESHOLD")
        if not said:
            return default
        value = said
    if value is None or str(value).lower() in ("none", "off", "never"):
        return None
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)):
        raise ConfigurationError(
            f"{value!r} is no number of runs after which statements are prepared.",
            hint="Write a number, or none for a server behind PgBouncer in transaction mode.",
        )
    return int(value)


_PG_NAMES: Final = {
    "database": "dbname", "db_name": "dbname", "db": "dbname", "name": "dbname", "username": "user",
    "dsn": "conninfo", "url": "conninfo",
}  # fmt: skip
_PG_VARIABLES: Final = {
    "host": ("HOST",), "port": ("PORT",), "user": ("USER",), "password": ("PASSWORD",), "dbname": ("NAME", "DB"),
}  # fmt: skip
_LIBPQ_VARIABLES: Final = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
    "service": "PGSERVICE", "passfile": "PGPASSFILE", "sslmode": "PGSSLMODE", "options": "PGOPTIONS",
}  # fmt: skip


def redis_parameters(
    arguments: Mapping[str, object], env: Mapping[str, str] | None = None
) -> dict[str, object]:
    """What to connect to Redis with, as keywords of redis-py, and ``url`` and ``cluster``.

    Args:
        arguments: what the caller gave; it wins over the environment. ``socket`` and ``tls`` are other names of
            ``unix_socket_path`` and ``ssl``.
        env: the environment; by default the real one with its .env file. Read are ``REDIS_URL``, ``REDIS_HOST``,
            ``REDIS_PORT``, ``REDIS_USERNAME``, ``REDIS_PASSWORD``, ``REDIS_DB``, ``REDIS_SOCKET``, ``REDIS_TLS``,
            ``REDIS_TLS_CA`` and ``REDIS_CLUSTER``.

    >>> redis_parameters({"port": 6380}, {"REDIS_HOST": "cache.example.com", "REDIS_TLS": "yes"})
    {'host': 'cache.example.com', 'ssl': True, 'port': 6380}
    """
    env = environment() if env is None else env
    given = {_REDIS_NAMES.get(key, key): value for key, value in arguments.items() if value is not None}
    if "port" in given:
        checked_port(str(given["port"]))
        given["port"] = int(str(given["port"]))
    if "url" in given or given.keys() & {"host", "unix_socket_path"}:
        env = {key: value for key, value in env.items() if key not in ("REDIS_URL", "REDIS_SOCKET")}
    result: dict[str, object] = {}
    for keyword, variable in _REDIS_VARIABLES.items():
        value = env.get(variable)
        if not value or ("url" in given and keyword in ("host", "port", "db")):
            continue
        if keyword == "port":
            checked_port(value, name=variable)
        if keyword in ("port", "db"):
            result[keyword] = _number(variable, value)
        elif keyword in ("ssl", "cluster"):
            result[keyword] = flag(variable, value)
        else:
            result[keyword] = value
    return {key: given.get(key, result.get(key)) for key in {**result, **given}}


_REDIS_NAMES: Final = {"socket": "unix_socket_path", "tls": "ssl", "database": "db", "user": "username"}
_REDIS_VARIABLES: Final = {
    "url": "REDIS_URL", "host": "REDIS_HOST", "port": "REDIS_PORT", "username": "REDIS_USERNAME",
    "password": "REDIS_PASSWORD", "db": "REDIS_DB", "unix_socket_path": "REDIS_SOCKET", "ssl": "REDIS_TLS",
    "ssl_ca_certs": "REDIS_TLS_CA", "cluster": "REDIS_CLUSTER",
}  # fmt: skip


def rocksdb_path(backend: str, path: object | None, env: Mapping[str, str] | None = None) -> Path:
    """The directory of a RocksDB cache.

    Args:
        backend: ``rocksdb_set``, ``rocksdb_bit`` or ``rocksdict``; each has a directory of its own.
        path: what the caller gave, used as it is.
        env: the environment: ``ROCKSDB_PATH`` names the directory above; without it, the user's cache directory.

    >>> rocksdb_path("rocksdict", None, {"ROCKSDB_PATH": "/var/lib/app"}).as_posix()
    '/var/lib/app/rocksdict'
    """
    if path is not None:
        return Path(str(path)).expanduser()
    env = environment() if env is None else env
    if env.get("ROCKSDB_PATH"):
        return Path(env["ROCKSDB_PATH"]).expanduser() / backend
    base = env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "partitioncache" / backend


def flag(name: str, value: str) -> bool:
    """A setting that is on or off.

    >>> flag("REDIS_TLS", "yes"), flag("REDIS_TLS", "0")
    (True, False)
    """
    lower = value.strip().lower()
    if lower in _TRUE or lower in _FALSE:
        return lower in _TRUE
    raise ConfigurationError(f"{name} is {value!r}, which is neither on nor off.", hint="Write 1 or 0.")


def _number(name: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ConfigurationError(
            f"{name} is {value!r}, which is no number.", hint="Write digits only."
        ) from None
