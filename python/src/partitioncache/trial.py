"""Is it for me? One's own queries on one's own data, with and without, and nothing is left behind.

Everything happens in one transaction that is rolled back: PartitionCache is installed in it if it is not there, a cache
of its own is filled, the queries are asked, and then it never was. Tables are taken not to change meanwhile, so that no
trigger is made. Nobody else sees any of it, and nothing remains if the trial is interrupted.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlglot import TokenType
from sqlglot.errors import SqlglotError
from typing_extensions import LiteralString

from partitioncache import statements
from partitioncache.analysis.dialects import rules
from partitioncache.analysis.reasons import Unsure
from partitioncache.config import checked_partition_key
from partitioncache.errors import ConfigurationError, QueryError
from partitioncache.setup.install import apply_plan, installed, plan
from partitioncache.statements import Typed

CACHE: Final = "pcache_trial"
_TWICE_BELOW: Final = 3_000.0  # ms; what takes longer is not asked twice
_OPEN: Final = re.compile(r"\b(?:limit|fetch\s+(?:first|next)|tablesample|distinct\s+on)\b", re.IGNORECASE)

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One query of a trial.

    Attributes:
        query: its text.
        rows: how many it returns; None if it could not run.
        partitions: how many there are.
        remaining: how many are searched; None if it is left as it is.
        before_ms: milliseconds as it is.
        after_ms: milliseconds by way of the cache, with asking.
        same: whether the rows were the same; None where the query itself leaves open which rows it returns.
        reason: why it is left as it is, or could not run.
    """

    query: str
    rows: int | None = None
    partitions: int | None = None
    remaining: int | None = None
    before_ms: float | None = None
    after_ms: float | None = None
    same: bool | None = None
    reason: str | None = None

    @property
    def faster(self) -> float | None:
        """How many times as fast it was; None if it did not run."""
        return self.before_ms / self.after_ms if self.before_ms and self.after_ms else None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial has found.

    Attributes:
        outcomes: the queries, in their order.
        filling_ms: milliseconds that filling the cache took.
        entries: how many entries that made.
        size: bytes that they take.
        filled: whether there was time for all that was to be learned.
    """

    outcomes: tuple[Outcome, ...]
    filling_ms: float
    entries: int
    size: int
    filled: bool

    @property
    def before_ms(self) -> float:
        """Milliseconds of all queries that ran, as they are."""
        return sum(each.before_ms for each in self.outcomes if each.before_ms and each.after_ms)

    @property
    def after_ms(self) -> float:
        """Milliseconds of the same by way of the cache."""
        return sum(each.after_ms for each in self.outcomes if each.before_ms and each.after_ms)


def split(script: str) -> list[str]:
    """The statements of an SQL file, without the semicolons.

    Raises:
        QueryError: it cannot be read.

    >>> split("select ';' as a; -- one\\n select 2")
    ["select ';' as a", '-- one\\n select 2']
    """
    try:
        tokens = rules("postgres").tokens(script)
    except (SqlglotError, Unsure) as error:
        raise QueryError(f"The file cannot be read as SQL: {' '.join(str(error).split())}") from None
    ends = [token.start for token in tokens if token.token_type == TokenType.SEMICOLON]
    has_more = [*ends, len(script)]
    found = [script[start:end] for start, end in zip([0, *(end + 1 for end in ends)], has_more, strict=True)]
    return [text.strip() for text in found if re.sub(r"--[^\n]*|/\*.*?\*/|\s", "", text, flags=re.DOTALL)]


def run(
    connection: Connection,
    queries: Sequence[str],
    partition_key: str,
    *,
    datatype: str | None = None,
    placements: Mapping[str, str] | None = None,
    filling_seconds: float = 300,
    query_seconds: float = 60,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Trial:
    """Tries queries with and without a cache of its own, and rolls everything back.

    Args:
        connection: to the database, not in autocommit mode and with no transaction open.
        queries: reading statements.
        partition_key: the column that splits the data.
        datatype: its data type; None: that of the column.
        placements: for tables, the columns or expressions in which it stands, if not in the column of its name; needs
            datatype.
        filling_seconds: how long filling the cache may take.
        query_seconds: how long a query may take; a slower one is left out.
        progress: is told what is done, how much of it, and of how many.

    Raises:
        ConfigurationError: the connection is in autocommit mode, or the name of the trial's cache is taken.
        InstallError: PartitionCache is not there, and this role cannot install it.
    """
    checked_partition_key(partition_key)
    if connection.autocommit:
        raise ConfigurationError("A trial needs a connection that is not in autocommit mode.")
    try:
        registration = (partition_key, datatype, placements or {})
        return _run(connection, queries, registration, filling_seconds, query_seconds, progress)
    finally:
        if not connection.closed:
            connection.rollback()


def _run(
    connection: Connection,
    queries: Sequence[str],
    registration: tuple[str, str | None, Mapping[str, str]],
    filling_seconds: float,
    query_seconds: float,
    progress: Callable[[str, int, int], None],
) -> Trial:
    connection.execute("set local client_min_messages = error")
    before = []
    for number, query in enumerate(queries):
        progress("asking without", number, len(queries))
        before.append(_asked(connection, lambda query=query: query, query_seconds))  # type: ignore[misc]
    partition_key, datatype, placements = registration
    _prepare(connection)
    if datatype is not None:
        _called(connection, "partitioncache_register", partition_key, datatype, cache=CACHE)
    for table, column in placements.items():
        place = sql.Identifier(column).as_string()
        relation = Typed("pg_catalog.regclass", table)
        _called(connection, "partitioncache_place", relation, place, partition_key, CACHE)
    began = time.monotonic()
    reasons = list(_pushed(connection, queries, partition_key, before))
    filled = _filled(connection, began + filling_seconds, progress)
    filling_ms = (time.monotonic() - began) * 1e3
    entries, size = _called(
        connection, "partitioncache_partition_keys", CACHE, columns="coalesce(sum(entries), 0), coalesce(sum(bytes), 0)"
    )  # fmt: skip
    outcomes = []
    for number, (query, without, reason) in enumerate(zip(queries, before, reasons, strict=True)):
        progress("asking with", number, len(queries))
        if isinstance(without, str):
            outcomes.append(Outcome(query, reason=without))
        else:
            outcomes.append(_compared(connection, query, partition_key, without, reason, query_seconds))
    progress("asking with", len(queries), len(queries))
    return Trial(tuple(outcomes), filling_ms, int(entries), int(size), filled)


@dataclass(frozen=True, slots=True)
class _Answer:
    rows: Counter[str]
    ms: float


def _asked(connection: Connection, text: Callable[[], str], seconds: float) -> _Answer | str:
    """The answer to a query, the quicker of two; or why there is none. Its text is made within the time."""
    try:
        first = _asked_once(connection, text, seconds)
        if first.ms > _TWICE_BELOW:
            return first
        return min(first, _asked_once(connection, text, seconds), key=lambda answer: answer.ms)
    except psycopg.errors.QueryCanceled:
        return f"it takes longer than {seconds:g} s"
    except psycopg.Error as error:
        return f"it fails: {error.diag.message_primary or error}"


def _asked_once(connection: Connection, text: Callable[[], str], seconds: float) -> _Answer:
    began = time.perf_counter()
    query = text()
    spent = time.perf_counter() - began
    with connection.transaction(force_rollback=True):
        connection.execute(
            sql.SQL("set local statement_timeout = {}; set local transaction_read_only = on").format(
                sql.Literal(f"{seconds * 1e3:.0f}ms")
            )
        )
        began = time.perf_counter()
        cursor = connection.execute(query.encode())
        rows = cursor.fetchall() if cursor.description else []
        spent += time.perf_counter() - began
    return _Answer(Counter(map(repr, rows)), spent * 1e3)


def install(connection: Connection) -> None:
    """Installs PartitionCache in the open transaction if it is not there: a schema that nobody will see.

    Raises:
        ConfigurationError: the name of its schema is taken.
        InstallError: this role cannot install it.
    """
    if installed(connection) is None:
        row = connection.execute("select nspname from pg_catalog.pg_namespace where nspname = %s", [CACHE])
        if row.fetchone() is not None:
            raise ConfigurationError(f"There is a schema {CACHE} already.", hint="Drop it, or rename it.")
        # Installing changes the path, to the end of the transaction.
        (path,) = connection.execute("select pg_catalog.current_setting('search_path')").fetchone() or ("",)
        apply_plan(connection, plan(connection, schema=CACHE, way="connection"))
        connection.execute("select pg_catalog.set_config('search_path', %s, true)", [path])


def _prepare(connection: Connection) -> None:
    install(connection)
    (caches,) = _called(connection, "partitioncache_caches", columns="array_agg(cache)")
    if CACHE in (caches or ()):
        raise ConfigurationError(f"There is a cache {CACHE} already.")
    _called(connection, "partitioncache_update_processor_config", CACHE, untracked="static")


def _pushed(
    connection: Connection, queries: Sequence[str], partition_key: str, before: Sequence[_Answer | str]
) -> Iterator[str | None]:
    """Pushes the queries; for each why it was refused, or None."""
    for query, answer in zip(queries, before, strict=True):
        if isinstance(answer, str):
            yield answer
            continue
        try:
            with connection.transaction():
                _called(connection, "partitioncache_push", query, partition_key, CACHE)
            yield None
        except psycopg.Error as error:
            yield error.diag.message_primary or str(error)


def _filled(connection: Connection, ends: float, progress: Callable[[str, int, int], None]) -> bool:
    """Whether all was done in time."""
    done = 0
    while time.monotonic() < ends:
        # What is begun ends with the call: a query that takes seconds could not be raced in less.
        call_seconds = max(2.0, (ends - time.monotonic()) / 2)
        (finished,) = _called(connection, "partitioncache_process_queue", CACHE, max_seconds=call_seconds)
        incoming, outgoing = _called(connection, "partitioncache_queue_lengths", CACHE)
        done += finished
        progress("filling the cache", done, done + incoming + outgoing)
        if not finished or not incoming + outgoing:
            return not incoming + outgoing
    return False


def _compared(
    connection: Connection,
    query: str,
    partition_key: str,
    before: _Answer,
    reason: str | None,
    seconds: float,
) -> Outcome:
    applied, why, keys, partitions = _called(
        connection, "partitioncache_explain", query, partition_key, CACHE, columns="applied, reason, keys, partitions"
    )  # fmt: skip

    def asked() -> str:
        return str(_called(connection, "partitioncache_apply", query, partition_key, CACHE)[0])

    after = _asked(connection, asked, seconds)
    found = Outcome(
        query,
        rows=before.rows.total(),
        partitions=partitions,
        remaining=keys if applied else None,
        before_ms=before.ms,
        reason=None if applied else reason or why or "nothing is known of it",
    )
    if isinstance(after, str):
        return replace(found, reason=after)
    same = after.rows == before.rows
    return replace(found, after_ms=after.ms, same=None if not same and _OPEN.search(query) else same)


def _called(
    connection: Connection,
    function: str,
    *arguments: object,
    columns: LiteralString = "*",
    **named: object,
) -> tuple[Any, ...]:
    """The first row of a call, on a connection that may just have got the extension."""
    statement, values = statements.call(function, arguments, named, columns)
    row = connection.execute(statement, values).fetchone()
    assert row is not None
    return tuple(row)
