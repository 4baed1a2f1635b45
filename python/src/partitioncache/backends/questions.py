"""A query asked of a cache, and what the cache answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from partitioncache.binding import open_placeholder

Schema: TypeAlias = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and how it is to be restricted.

    Attributes:
        query: the text, with the values of its parameters.
        partition_key: the partition key.
        dialect: the SQL of the query.
        bound: whether it came with parameters.
        search_path: the path that was asked for, None for the session's own.
        method: how the keys are to be written.
        schema: the columns of the tables, for analysis outside PostgreSQL.
        partition_local: the user's assertion that no match crosses partitions, for analysis outside PostgreSQL.
    """

    query: str
    partition_key: str
    dialect: str = "postgres"
    bound: bool = False
    search_path: str | None = None
    method: str = "auto"
    schema: Schema | None = None
    partition_local: bool = False

    @property
    def path(self) -> dict[str, object]:
        """The search path as an argument by name, if one was asked for."""
        return {} if self.search_path is None else {"session_path": self.search_path}

    def about_placeholders(self) -> str | None:
        """What to do where the query still has a placeholder; None if it has none."""
        placeholder = None if self.bound else open_placeholder(self.query, self.dialect)
        return (
            None
            if placeholder is None
            else f"{placeholder} looks like a parameter: give its value in params."
        )

    def left_alone(self, reason: str | None, fragments: int, hits: int) -> str:
        """Why the query stays as it is."""
        reason = reason or _nothing_known(fragments, hits)
        placeholder = self.about_placeholders()
        return reason if placeholder is None else f"{reason.rstrip('. ')}. {placeholder}"


def _nothing_known(fragments: int, hits: int) -> str:
    if not fragments:
        return "it has no fragment that can be cached"
    if not hits:
        return (
            f"none of its {fragments} fragments is in the cache yet"
            if fragments > 1
            else "its fragment is not in the cache yet"
        )
    return "what is known does not restrict it"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `apply_cache` does with a query, and why: of a PostgreSQL cache the row of ``partitioncache_explain``.

    Attributes:
        applied: whether the query is restricted.
        reason: why not; None if it is.
        method_used: how the keys are written; None if they are not.
        fragments: how many entries were looked for: the query's own fragments; outside PostgreSQL also those that the
            cache has and the query contains.
        hits: how many of them the cache holds.
        keys: how many partitions remain; None if nothing is known.
        partitions: of how many; None if that is not known, as outside PostgreSQL.
        entries: each entry that the query contains: ``hash``, ``state``, ``implied`` (for each of its conditions the
            one of the query from which it follows, as in ``poi.area > 1000 implies poi.area > 900``; in PostgreSQL of
            the role's own entries, and for administrators), and what else the cache says of it; outside PostgreSQL
            ``says``: its tables and its conditions.
        learning: of a PostgreSQL cache, each fragment that it does not hold and why: ``hash``, ``state`` (queued,
            deferred, unselective, forced, forbidden), ``cost`` and ``credit`` in the planner's units, ``kept``.
        notes: conditions that no fragment holds, each with the reason; outside PostgreSQL.
        rewritten: the text to run.
    """

    applied: bool
    reason: str | None
    method_used: str | None
    fragments: int
    hits: int
    keys: int | None
    partitions: int | None
    rewritten: str
    entries: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = field(default=(), repr=False)
    learning: tuple[Mapping[str, Any], ...] = ()

    def __str__(self) -> str:
        found = f" {self.hits} of {self.fragments} fragments are in the cache." if self.fragments else ""
        if not self.applied:
            return f"Left as it is: {(self.reason or '').rstrip('. ')}.{found}"
        of = f" of {self.partitions:,}" if self.partitions is not None else ""
        return f"Restricted to {self.keys:,}{of} partitions by {self.method_used}.{found}"
