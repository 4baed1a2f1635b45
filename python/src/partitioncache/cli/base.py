"""What all commands share: their options, and how they fail."""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import psycopg
from rich.markup import escape

from partitioncache import config
from partitioncache.cli import output
from partitioncache.datatypes import datatype_name
from partitioncache.errors import PartitionCacheError, UnavailableError
from partitioncache.queues import PROVIDERS, queue_provider
from partitioncache.registry import CACHE_TYPES
from partitioncache.sources import SOURCES

#: What a command exits with.
FOUND_NOTHING = 1
FAILED = 1
WRONG_USE = 2
NO_SERVER = 3
INTERRUPTED = 130
BROKEN_PIPE = 141

#: What everybody is told who fills a cache that cannot follow writes.
FILLING_ASSERTS = (
    "Outside PostgreSQL nothing follows writes: to fill this cache is to assert that the data does not change "
    "(within CACHE_MAX_AGE seconds, if that is set)."
)

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])

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
        said: the options that say so, as they stand on a command line.
    """

    db: dict[str, str] = field(default_factory=dict)
    db_backend: str = "postgresql"
    cache_backend: str = config.DEFAULT_BACKEND
    cache: dict[str, str] = field(default_factory=dict)
    cache_name: str = config.DEFAULT_CACHE
    queue_provider: str = "postgresql"
    queue_name: str = config.DEFAULT_CACHE
    said: str = ""

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

    @property
    def cache_is_beside_data(self) -> bool:
        """Whether the cache is in the very PostgreSQL database that holds the data."""
        if not (self.cache_is_postgresql and self.db_backend == "postgresql"):
            return False
        return self._place(self.cache_connection, "DB_") == self._place(self.db, "DB_")

    @property
    def queue_is_beside_cache(self) -> bool:
        """Whether the queues are those of the cache, in the same PostgreSQL database."""
        if not (self.cache_is_postgresql and self.queue_provider == "postgresql"):
            return False
        if self.queue_name != self.cache_name:
            return False
        return self._place(self.cache_connection, "DB_") == self._place(self.queue_connection, "PG_QUEUE_")

    def _place(self, given: dict[str, str], prefix: str) -> dict[str, str]:
        found = config.postgresql_parameters(given, prefix=prefix)
        return {name: value for name, value in found.items() if name != "password"}

    def postgresql_parameters(self) -> dict[str, str]:
        """Keywords of libpq for the database of a PostgreSQL cache."""
        return config.postgresql_parameters(self.cache_connection)


class _Sections(click.Command):
    """Help in which the options of where things are stand apart from those of what to do."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        where: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            entry = parameter.get_help_record(ctx)
            if entry is not None:
                (where if parameter.name in (*_CONNECTION_OPTIONS, "env_file") else own).append(entry)
        for title, entries in (("Options", own), ("Data, cache and queues", where)):
            if entries:
                with formatter.section(title):
                    formatter.write_dl(entries)


class Command(_Sections):
    """A command of ours."""


class Group(_Sections, click.Group):
    """A command with subcommands."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What can be said after the command."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


class _Datatype(click.ParamType[str]):
    name = "datatype"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return datatype_name(value)
        except PartitionCacheError as error:
            self.fail(str(error), param, ctx)


DATATYPE = _Datatype()


class _Address(click.ParamType[tuple[str, int]]):
    name = "host:port"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """HOST:PORT, where an IPv6 address stands in brackets.

        >>> _Address().convert("[::1]:9187", None, None)
        ('::1', 9187)
        """
        match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]\s]+)):([0-9]{1,5})", str(value))
        if match is None or int(match[3]) > 65535:
            self.fail(f"{value!r} is no HOST:PORT, such as 127.0.0.1:9187.", param, ctx)
        return match[1] or match[2], int(match[3])


ADDRESS = _Address()


def address(host: str, port: int) -> str:
    """Where a server listens, as browsers take it.

    >>> address("::1", 80), address("localhost", 80)
    ('http://[::1]:80', 'http://localhost:80')
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _options(*options: Callable[[Any], Any]) -> Callable[[AnyCommand], AnyCommand]:
    def add(command: AnyCommand) -> AnyCommand:
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


def query_options(what: str = "The query.") -> Callable[[AnyCommand], AnyCommand]:
    """The options that `read_query` takes: --query, of which `what` says what it is for, and --query-file."""
    return _options(
        click.option("--query", help=what),
        click.option(
            "--query-file",
            type=click.Path(exists=True, dir_okay=False, allow_dash=True),
            help='A file that holds the query; "-" is standard input.',
        ),
    )


_ENVIRONMENT = _options(
    click.option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False),
        expose_value=False,
        is_eager=True,
        callback=lambda ctx, _param, value: _load(ctx, value),
        help="Read settings from this file. [default: the next .env]",
    ),
)

db_options = _options(
    click.option(
        "--db-backend",
        type=click.Choice(SOURCES),
        envvar="DB_BACKEND",
        help="The kind of database that holds the data.",
    ),
    click.option("--db-host", help="Its host, or the folder of its socket. [DB_HOST]"),
    click.option("--db-port", type=click.IntRange(1, 65535), help="Its port. [DB_PORT]"),
    click.option("--db-user", help="The user. The password comes from DB_PASSWORD, PGPASSWORD or ~/.pgpass."),
    click.option("--db-name", help="The database; for sqlite, the file. [DB_NAME]"),
)

cache_options = _options(
    click.option(
        "--cache-backend",
        type=click.Choice(list(CACHE_TYPES)),
        help="The kind of cache. [CACHE_BACKEND, postgresql_array]",
    ),
    click.option(
        "--cache-name",
        "--cache",
        "cache_name",
        help="The name of the cache (its table prefix). [PG_…_CACHE_TABLE_PREFIX, partitioncache]",
    ),
    click.option("--cache-host", help="The cache's host, if it is not the database's. [REDIS_HOST, DB_HOST]"),
    click.option("--cache-port", type=click.IntRange(1, 65535), help="The cache's port."),
    click.option("--cache-user", help="The cache's user."),
    click.option("--cache-db", help="The cache's database: a name, or a number for Redis."),
    click.option("--cache-path", type=click.Path(), help="The folder of a RocksDB cache. [ROCKSDB_PATH]"),
)

queue_options = _options(
    click.option(
        "--queue-provider",
        type=click.Choice(PROVIDERS),
        help="Where the queues are. [QUERY_QUEUE_PROVIDER, postgresql]",
    ),
    click.option("--queue-name", help="The name of the queues. [PG_QUEUE_TABLE_PREFIX, the cache's name]"),
)


_DB = {"db_host": "host", "db_port": "port", "db_user": "user", "db_name": "dbname"}
_CACHE = {"cache_host": "host", "cache_port": "port", "cache_user": "user", "cache_path": "path"}
_OTHERS = ("db_backend", "cache_backend", "cache_name", "cache_db", "queue_provider", "queue_name")
_CONNECTION_OPTIONS = (*_DB, *_CACHE, *_OTHERS)


def connected(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of data, cache and queues.

    The function gets one :class:`Connections` for all of them, as its first argument. Options before a
    subcommand hold for the subcommand, unless they are said again after it.
    """

    @click.pass_context
    @functools.wraps(function)
    def with_connections(ctx: click.Context, /, **options: Any) -> Any:
        before: dict[str, Any] = ctx.parent.meta.get(_META, {}) if ctx.parent else {}
        given = {name: options.pop(name) for name in _CONNECTION_OPTIONS}
        ctx.meta[_META] = {
            name: before.get(name) if value is None else value for name, value in given.items()
        }
        where = _connections(dict(ctx.meta[_META]))
        return function(replace(where, said=_said(ctx)), **options)

    return _ENVIRONMENT(db_options(cache_options(queue_options(with_connections))))


_META = "partitioncache.connections"
_FILE = "partitioncache.env_file"


def _connections(options: dict[str, Any]) -> Connections:
    env = config.environment()

    def take(names: dict[str, str]) -> dict[str, str]:
        found = {keyword: options[option] for option, keyword in names.items()}
        return {keyword: str(value) for keyword, value in found.items() if value is not None}

    db, cache = take(_DB), take(_CACHE)
    backend = options["cache_backend"] or config.cache_backend_from_env(env)
    if options["cache_db"] is not None:
        cache["dbname" if backend.startswith("postgresql") else "db"] = options["cache_db"]
    cache_name = (
        config.checked_cache_name(options["cache_name"])
        if options["cache_name"]
        else config.cache_name(backend, env)
    )
    queue_name = options["queue_name"] or env.get("PG_QUEUE_TABLE_PREFIX") or cache_name
    return Connections(
        db=db,
        db_backend=options["db_backend"] or env.get("DB_BACKEND") or "postgresql",
        cache_backend=backend,
        cache=cache,
        cache_name=cache_name,
        queue_provider=options["queue_provider"] or queue_provider(env),
        queue_name=config.checked_cache_name(queue_name),
    )


def _said(ctx: click.Context) -> str:
    said = {name: value for name, value in ctx.meta[_META].items() if (name, value) != ("db_backend", "postgresql")}
    options = {"env_file": ctx.meta.get(_FILE), **said}
    return shlex.join(
        each
        for name, value in options.items()
        if value is not None
        for each in (f"--{name.replace('_', '-')}", str(value))
    )


def _load(ctx: click.Context, path: str | None) -> None:
    if path is not None:
        ctx.meta[_FILE] = path
        os.environ.update(
            {name: value for name, value in config.environment(path).items() if name not in os.environ}
        )


class _NotConfirmed(click.ClickException):
    exit_code = WRONG_USE


def confirm(question: str, yes: bool) -> None:
    """Ask before something is destroyed, unless --yes was given.

    Raises:
        click.Abort: the answer is no.
        click.ClickException: nobody is there to answer.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise _NotConfirmed(f"{question} Nobody is there to answer: say --yes.")
    click.confirm(question, abort=True, err=True)


def run(command: click.Command, name: str) -> NoReturn:
    """Run a command as a program: every error is a sentence, and an exit code.

    Args:
        command: the command.
        name: the program's name in its messages.
    """
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what it would say, the errors say
    try:
        for argument in sys.argv[1:]:
            argument.encode()
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
    except Exception as error:
        if os.environ.get("PCACHE_DEBUG"):
            raise
        result = _complain(error)
    sys.exit(result if isinstance(result, int) else 0)


def _broken_pipe() -> int:
    """Whoever read our output has enough; nor may the interpreter try to flush the rest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


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
    elif isinstance(error, UnicodeError):
        message, hint = "An argument or variable is no valid UTF-8.", "Check the encoding of your terminal."
    elif not isinstance(error, OSError):
        message, hint = (
            f"{type(error).__name__}: {message}",
            "This should not happen; PCACHE_DEBUG=1 shows where it did.",
        )
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
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        try:
            query = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise click.UsageError(f"{file} is no text in UTF-8: byte {error.start + 1} is wrong.") from None
    text = (query or "").strip().rstrip(";").rstrip()
    if not text:
        raise click.UsageError("The query is empty.")
    if "\0" in text:
        raise click.UsageError("The query contains a NUL, which no SQL text can.")
    return text


_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)

param_option = click.option(
    "--param",
    "params",
    multiple=True,
    callback=lambda _ctx, _param, values: _params(values),
    help="A value for the next placeholder, or NAME=VALUE for a named one: 7, bakery, null, or '\"7\"' for a text.",
)


def _params(values: Sequence[str]) -> list[Any] | dict[str, Any] | None:
    """The parameters of a query.

    >>> _params(["7", "bakery", '"7"', "null", "-1.5", "[1, 2]"])
    [7, 'bakery', '7', None, Decimal('-1.5'), [1, 2]]
    >>> _params(["kind=7", "name=a=b"])
    {'kind': 7, 'name': 'a=b'}
    """
    if not values:
        return None
    named = [_NAMED.fullmatch(value) for value in values]
    if all(named):
        return {match[1]: _value(match[2]) for match in named if match}
    if any(named):
        raise click.BadParameter('Give all of them a name, or none; write a text that contains a = as "a=b".')
    return [_value(value) for value in values]


def _value(text: str) -> Any:
    """What a text stands for: JSON, where it is such; else itself."""
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(found, dict) else found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def examples(*lines: str) -> str:
    """What stands at the end of a command's help.

    >>> print(examples("pcache status"))
    \b
    Examples:
      pcache status
    """
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
