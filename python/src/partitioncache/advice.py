"""Which column would make a partition key: `partitioncache_advise` says it, and the best candidates are tried.

The extension is asked where it is, and installed in a transaction that is rolled back where it is not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg

from partitioncache import statements, trial
from partitioncache.errors import ConfigurationError, PartitionCacheError

Connection = psycopg.Connection[Any]

LITTLE: Final = 0.05  # of the time: what saves less is not worth a cache

_TRIED: Final = 6  # queries, those that save most
_PLACE: Final = re.compile(r'(.+)\.("(?:[^"]|"")+"|[^."]+)')
_TRIAL: Final = re.compile(rf"^(select|call) {trial.CACHE}\.")  # a schema that nobody will see


@dataclass(frozen=True, slots=True)
class Candidate:
    """A partition key that would do.

    Attributes:
        partition_key: its name.
        datatype: its data type.
        stands_in: where it stands: tables with their columns, quoted where need be.
        partitions: how many values it has, by the statistics.
        saves: which part of the time of all queries it saves, as far as it was tried, else is expected to save; None if
            no queries are known.
        queries: those that it would restrict, with values.
        shares: of each of these, which part of the time of all queries it takes, and which part of that is saved.
        statements: what to run to have it.
        tried: what a trial with these queries has found; None if there was no time.
    """

    partition_key: str
    datatype: str
    stands_in: tuple[str, ...]
    partitions: int
    saves: float | None
    queries: tuple[str, ...]
    shares: tuple[tuple[float, float], ...]
    statements: tuple[str, ...]
    tried: trial.Trial | None = None

    @property
    def placements(self) -> dict[str, str]:
        """The columns that are not called like the key, by their tables."""
        found = {}
        for place in self.stands_in:
            match = _PLACE.fullmatch(place)
            assert match is not None
            table, column = match.groups()
            name = column[1:-1].replace('""', '"') if column.startswith('"') else column
            if name != self.partition_key:
                found[table] = name
        return found

    @property
    def restricted(self) -> list[str]:
        """The queries that were restricted in the trial."""
        return [
            each.query for each in (self.tried.outcomes if self.tried else ()) if each.remaining is not None
        ]

    @property
    def saved_ms(self) -> float:
        """Milliseconds saved in the trial, of restricted queries that were faster: an adapter leaves others alone."""
        return sum(
            max(0.0, each.before_ms - each.after_ms)
            for each in (self.tried.outcomes if self.tried else ())
            if each.remaining is not None and each.before_ms and each.after_ms
        )


@dataclass(frozen=True, slots=True)
class Advice:
    """What was found.

    Attributes:
        candidates: the columns that would make a partition key, the best first.
        remark: what was not found or not looked at, as sentences; None if there was nothing.
    """

    candidates: tuple[Candidate, ...]
    remark: str | None


def advise(
    connection: Connection,
    queries: Sequence[str] | None = None,
    *,
    most: int = 20,
    tries: int = 3,
    seconds: float = 120,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Advice:
    """The columns that would make a partition key, the best first.

    Args:
        connection: to the database, not in autocommit mode and with no transaction open.
        queries: what the application asks; None: what has taken most time by pg_stat_statements, of this role.
        most: how many queries of pg_stat_statements are looked at.
        tries: how many candidates are tried, in transactions that are rolled back; 0: none.
        seconds: how long sampling and trying may take in all.
        progress: as for `trial.run`.

    Raises:
        PartitionCacheError: PartitionCache is not there, and this role cannot install it.
    """
    ends = time.monotonic() + seconds
    progress("looking at queries and statistics", 0, 1)
    rows = _asked(connection, queries, seconds / 4 if tries else seconds, most)
    remark = next((row[-1] for row in rows if row[-1]), None)
    tried: list[Candidate] = []
    for candidate in _candidates(rows):
        left = (ends - time.monotonic()) / max(1, tries - len(tried))
        if len(tried) < tries and left > 1 and candidate.queries:
            candidate = _tried(connection, candidate, left, progress)
        tried.append(candidate)
    # What was only expected counts half of what was found. Stable: of equals, the one that was expected to save more.
    tried.sort(key=lambda each: -(each.saves or 0.0) * (1 if each.tried else 0.5))
    return Advice(tuple(tried), remark)


def candidate(
    connection: Connection,
    partition_key: str,
    *,
    most: int = 20,
    seconds: float = 30,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> Candidate:
    """One partition key with the queries of this role that it would restrict, by pg_stat_statements.

    Args:
        connection: as for `advise`.
        partition_key: its name.
        most: how many queries of pg_stat_statements are looked at.
        seconds: how long sampling may take.
        progress: as for `trial.run`.

    Raises:
        ConfigurationError: there is no such query.
        PartitionCacheError: PartitionCache is not there, and this role cannot install it.
    """
    progress("looking at queries and statistics", 0, 1)
    rows = _asked(connection, None, seconds, most)
    found = [each for each in _candidates(rows) if each.partition_key == partition_key and each.queries]
    if not found:
        remark = next((row[-1] for row in rows if row[-1]), None)
        raise ConfigurationError(
            f"pg_stat_statements has no query of this role that {partition_key} would restrict.",
            hint=" ".join(filter(None, [remark, "Give a file of queries with --queries."])),
        )
    return found[0]


def _candidates(rows: Sequence[tuple[Any, ...]]) -> Iterator[Candidate]:
    for key, datatype, stands_in, partitions, saves, restricted, shares, tried, _ in rows:
        if key is not None:
            yield Candidate(
                key, datatype, tuple(stands_in), partitions, saves, tuple(restricted),
                tuple((of_time, part) for of_time, part in shares),
                tuple(_TRIAL.sub(r"\1 ", statement) for statement in tried),
            )  # fmt: skip


def _asked(
    connection: Connection, queries: Sequence[str] | None, seconds: float, most: int
) -> list[tuple[Any, ...]]:
    connection.rollback()
    try:
        trial.install(connection)
        statement = statements.written(statements.ADVISE)
        texts = None if queries is None else list(queries)
        return connection.execute(statement, [texts, seconds, most]).fetchall()
    finally:
        if not connection.closed:
            connection.rollback()


def _tried(
    connection: Connection,
    candidate: Candidate,
    seconds: float,
    progress: Callable[[str, int, int], None],
) -> Candidate:
    queries = candidate.queries[:_TRIED]
    try:
        found = trial.run(
            connection,
            queries,
            candidate.partition_key,
            datatype=candidate.datatype,
            placements=candidate.placements,
            filling_seconds=seconds / 2,
            # What takes long is what matters: most queries take less.
            query_seconds=max(1, seconds / 6),
            progress=lambda what, done, of: progress(f"{candidate.partition_key}: {what}", done, of),
        )
    except (PartitionCacheError, psycopg.errors.InsufficientPrivilege):
        raise
    except psycopg.Error:
        return candidate
    outcomes = dict(zip(queries, found.outcomes, strict=True))
    saves = sum(
        of_time * _saved(outcomes.get(query), found.filled, expected)
        for query, (of_time, expected) in zip(candidate.queries, candidate.shares, strict=True)
    )
    return replace(candidate, tried=found, saves=saves)


def _saved(outcome: trial.Outcome | None, filled: bool, expected: float) -> float:
    """Which part of its time a query saves: as found, or as expected where the trial had no time for it."""
    if outcome is None or not outcome.before_ms or not outcome.after_ms:
        return expected
    if outcome.remaining is None:
        return 0.0 if filled else expected
    return max(0.0, 1 - outcome.after_ms / outcome.before_ms)
