"""What all commands share: their options, and how they fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import psycopg
from rich.markup import escape

from partitioncache import config
from partitioncache.cli import output
from partitioncache.datatypes import datatype_name
from partitioncache.errors import PartitionCacheError, UnavailableError
from partitioncache.queues import PROVIDERS
from partitioncache.registry import CACHE_TYPES
from partitioncache.sources import SOURCES

#: What a command exits with.
FOUND_NOTHING = 1
FAILED = 1
WRONG_USE = 2
NO_SERVER = 3
INTERRUPTED = 130
BROKEN_PIPE = 141

Command = TypeVar("Command", bound=Callable[..., Any])

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@dataclass
class Connections:
    """Where the data, the cache and the queues are, as the options and the environment say.

    Attributes:
        db: the options --db-host and so on that were given.
        db_backend: what kind of database holds the data.
        cache_backend: the kind of cache.
        cache: the options --cache-… that were given.
        cache_name: the name of the cache.
        queue_provider: postgresql or redis.
        queue_name: the name of the queues.
    """

    db: dict[str, str] = field(default_factory=dict)
    db_backend: str = "postgresql"
    cache_backend: str = config.DEFAULT_BACKEND
    cache: dict[str, str] = field(default_factory=dict)
    cache_name: str = config.DEFAULT_CACHE
    queue_provider: str = "postgresql"
    queue_name: str = config.DEFAULT_CACHE

    @property
    def cache_is_postgresql(self) -> bool:
        """Whether the cache is one of PostgreSQL's."""
        return self.cache_backend.startswith("postgresql")

    @property
    def cache_connection(self) -> dict[str, str]:
        """What the cache is opened with: its own options, then for PostgreSQL those of the database."""
        if not self.cache_is_postgresql:
            return dict(self.cache)
        own = {name: value for name, value in self.cache.items() if name != "path"}
        return {**(self.db if self.db_backend == "postgresql" else {}), **own}

    @property
    def queue_connection(self) -> dict[str, str]:
        """What the queues are opened with, besides the variables of their own."""
        if self.queue_provider == "redis":
            return dict(self.cache) if self.cache_backend.startswith("redis") else {}
        return dict(self.db) if self.db_backend == "postgresql" else {}

    def postgresql_parameters(self) -> dict[str, str]:
        """Keywords of libpq for the database of a PostgreSQL cache."""
        return config.postgresql_parameters(self.cache_connection)


class _Datatype(click.ParamType[str]):
    name = "datatype"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return datatype_name(value)
        except PartitionCacheError as error:
            self.fail(str(error), param, ctx)


DATATYPE = _Datatype()


def _options(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


format_option = click.option(
    "--format",
    type=click.Choice(output.FORMATS),
    default="table",
    show_default=True,
    help="How to print the result.",
)

yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")

_ENVIRONMENT = _options(
    click.option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False),
        expose_value=False,
        is_eager=True,
        callback=lambda _ctx, _param, value: _load(value),
        help="Read settings from this file. [default: the next .env]",
    ),
)

db_options = _options(
    click.option("--db-backend", type=click.Choice(SOURCES), envvar="DB_BACKEND", help="The kind of database that holds the data."),
    click.option("--db-host", help="Its host, or the folder of its socket. [DB_HOST]"),
    click.option("--db-port", type=click.IntRange(1, 65535), help="Its port. [DB_PORT]"),
    click.option("--db-user", help="The user. The password comes from DB_PASSWORD, PGPASSWORD or ~/.pgpass."),
    click.option("--db-name", help="The database; for sqlite, the file. [DB_NAME]"),
)

cache_options = _options(
    click.option("--cache-backend", type=click.Choice(list(CACHE_TYPES)), help="The kind of cache. [CACHE_BACKEND, postgresql_array]"),
    click.option("--cache-name", help="The name of the cache (its table prefix). [PG_…_CACHE_TABLE_PREFIX, partitioncache]"),
    click.option("--cache-host", help="The cache's host, if it is not the database's. [REDIS_HOST, DB_HOST]"),
    click.option("--cache-port", type=click.IntRange(1, 65535), help="The cache's port."),
    click.option("--cache-user", help="The cache's user."),
    click.option("--cache-db", help="The cache's database: a name, or a number for Redis."),
    click.option("--cache-path", type=click.Path(), help="The folder of a RocksDB cache. [ROCKSDB_PATH]"),
)

queue_options = _options(
    click.option("--queue-provider", type=click.Choice(PROVIDERS), help="Where the queues are. [QUERY_QUEUE_PROVIDER, postgresql]"),
    click.option("--queue-name", help="The name of the queues. [PG_QUEUE_TABLE_PREFIX, the cache's name]"),
)


def connection_options(command: Command) -> Command:
    """Add the options of data, cache and queues, and hand the command one `connections` instead of them."""
    return _ENVIRONMENT(db_options(cache_options(queue_options(command))))


_DB = {"db_host": "host", "db_port": "port", "db_user": "user", "db_name": "dbname"}
_CACHE = {"cache_host": "host", "cache_port": "port", "cache_user": "user", "cache_path": "path"}


def connections(options: dict[str, Any]) -> Connections:
    """Take the options of `connection_options` out of a command's arguments."""
    env = config.environment()

    def take(names: dict[str, str]) -> dict[str, str]:
        found = {keyword: options.pop(option, None) for option, keyword in names.items()}
        return {keyword: str(value) for keyword, value in found.items() if value is not None}

    db, cache, cache_db = take(_DB), take(_CACHE), options.pop("cache_db", None)
    backend = options.pop("cache_backend", None) or config.cache_backend_from_env(env)
    name = options.pop("cache_name", None)
    if cache_db is not None:
        cache["dbname" if backend.startswith("postgresql") else "db"] = cache_db
    cache_name = config.checked_cache_name(name) if name else config.cache_name(backend, env)
    queue_name = options.pop("queue_name", None) or env.get("PG_QUEUE_TABLE_PREFIX") or cache_name
    return Connections(
        db=db,
        db_backend=options.pop("db_backend", None) or env.get("DB_BACKEND") or "postgresql",
        cache_backend=backend,
        cache=cache,
        cache_name=cache_name,
        queue_provider=options.pop("queue_provider", None) or env.get("QUERY_QUEUE_PROVIDER") or "postgresql",
        queue_name=config.checked_cache_name(queue_name),
    )


def _load(path: str | None) -> None:
    if path is not None:
        os.environ.update({name: value for name, value in config.environment(path).items() if name not in os.environ})


def confirm(question: str, yes: bool) -> None:
    """Ask before something is destroyed, unless --yes was given.

    Raises:
        click.Abort: the answer is no, or nobody is there to answer.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Say --yes to go on without being asked.")
    click.confirm(question, abort=True, err=True)


def run(command: click.Command, name: str) -> NoReturn:
    """Run a command as a program: every error is a sentence, and an exit code.

    Args:
        command: the command.
        name: the program's name in its messages.
    """
    try:
        result = command.main(prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        result = ended.exit_code
    except click.Abort:
        output.note("Stopped: nothing more was done.")
        result = INTERRUPTED
    except click.ClickException as error:
        error.show()
        result = error.exit_code
    except KeyboardInterrupt:
        result = INTERRUPTED
    except BrokenPipeError:
        result = _broken_pipe()
    except (PartitionCacheError, psycopg.Error, OSError) as error:
        if os.environ.get("PCACHE_DEBUG"):
            raise
        result = _complain(error)
    except Exception as error:
        if os.environ.get("PCACHE_DEBUG") or not _is_redis(error):
            raise
        result = _complain(error)
    sys.exit(result if isinstance(result, int) else 0)


def _broken_pipe() -> int:
    """Whoever read our output has enough; nor may the interpreter try to flush the rest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _is_redis(error: Exception) -> bool:
    return any(kind.__module__.partition(".")[0] == "redis" for kind in type(error).__mro__)


def _complain(error: BaseException) -> int:
    message, hint = str(error).strip() or type(error).__name__, None
    if isinstance(error, PartitionCacheError):
        message, hint = error.message, error.hint
    elif isinstance(error, psycopg.Error):
        message, hint = error.diag.message_primary or message, error.diag.message_hint
        if error.diag.message_detail:
            message = f"{message} ({error.diag.message_detail})"
    elif isinstance(error, OSError) and error.strerror:
        message = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    console = output.stderr()
    console.print(f"[bold red]Error:[/] {escape(' '.join(message.split()))}", soft_wrap=True)
    if hint:
        console.print(f"[bold]Hint:[/] {escape(' '.join(hint.split()))}", soft_wrap=True)
    unavailable = isinstance(error, (UnavailableError, psycopg.OperationalError))
    return NO_SERVER if unavailable else FAILED


def read_query(query: str | None, file: str | None) -> str:
    """The query of --query or --query-file ("-" is standard input)."""
    if (query is None) == (file is None):
        raise click.UsageError("Give the query with --query, or with --query-file.")
    if file is not None:
        query = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    text = (query or "").strip().rstrip(";").rstrip()
    if not text:
        raise click.UsageError("The query is empty.")
    return text
