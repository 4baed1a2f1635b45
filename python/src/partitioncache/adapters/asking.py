"""The statements by which a session is asked to restrict a query, in one message, and what ends them after an error.

They run inside the session that will run the query: with its search_path, its role, its rights and what its transaction
has written. In an open transaction they stand behind a savepoint; otherwise they are a transaction of their own, which
begins and ends with the message, so that nothing is left open whatever happens. The time that asking may take is a
statement_timeout, never longer than the session's own. A serializable transaction is not asked: what it reads counts.
"""

from __future__ import annotations

from typing import Final

_LIMIT: Final = (
    "pg_catalog.set_config('statement_timeout', (extract(epoch from least("
    "nullif(pg_catalog.current_setting('statement_timeout')::pg_catalog.interval, '0'), '{limit} ms'))"
    " * 1000)::pg_catalog.int4::pg_catalog.text, true)"
)
_ASK: Final = (
    "select case when pg_catalog.current_setting('transaction_isolation') <> 'serializable' then "
    "partitioncache_internal.partitioncache_apply({query}, {key}, {cache}, {method}) end, "
    "case when current_user = session_user then pg_catalog.current_setting('search_path') end"
)
ALONE: Final = f"set transaction isolation level read committed; select {_LIMIT}; {_ASK}"
"""Where no transaction is open."""
INSIDE: Final = (
    "savepoint partitioncache_asks; "
    "select pg_catalog.set_config('partitioncache.kept', pg_catalog.current_setting('statement_timeout'), true), "
    f"{_LIMIT}; "
    f"{_ASK}; "
    "select pg_catalog.set_config('statement_timeout', pg_catalog.current_setting('partitioncache.kept'), true); "
    "release savepoint partitioncache_asks"
)
"""In an open transaction."""
UNDO: Final = "rollback to savepoint partitioncache_asks; release savepoint partitioncache_asks"
"""In an open transaction, after an error: it is as before."""
ANSWER: Final = 2
"""Which of the results, from 0, holds the answer: the text, and the search_path if the role is the session's."""

CANCELLED: Final = "57014"


def script(inside: bool, limit_ms: int, query: str, key: str, cache: str, method: str) -> str:
    """The statements that ask; all but the first two arguments are SQL literals.

    >>> script(False, 50, "'select 1'", "'k'", "'c'", "'auto'").count(";")
    2
    """
    template = INSIDE if inside else ALONE
    return template.format(limit=limit_ms, query=query, key=key, cache=cache, method=method)


def of_the_query(sqlstate: str | None) -> bool:
    """Whether an error says something of this query alone, and not that the cache cannot be used here."""
    return sqlstate is not None and not sqlstate.startswith(("3F", "42", "08", "PC", "XX", "25"))


def may_run_again(sqlstate: str | None) -> bool:
    """Whether the original may succeed where the restricted query has failed with this error."""
    return sqlstate is not None and not sqlstate.startswith(("57", "08", "40", "53", "55"))
