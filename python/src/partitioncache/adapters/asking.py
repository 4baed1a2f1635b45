"""The statements by which a session is asked to restrict a query, in one message, and what ends them after an error.

They run inside the session that will run the query: with its search_path, its role, its rights and what its transaction
has written. In an open transaction they stand behind a savepoint; otherwise they are a transaction of their own, which
begins and ends with the message, so that nothing is left open whatever happens. The time that asking may take is a
statement_timeout, never longer than the session's own. A serializable transaction is not asked: what it reads counts.
"""

from __future__ import annotations

from typing import Final

from partitioncache.statements import ASK

_LIMIT: Final = (
    "pg_catalog.set_config('statement_timeout', (extract(epoch from least("
    "nullif(pg_catalog.current_setting('statement_timeout')::pg_catalog.interval, '0'), '{limit} ms'))"
    " * 1000)::pg_catalog.int4::pg_catalog.text, true)"
)
_KEEP: Final = (
    "pg_catalog.set_config('partitioncache.kept', pg_catalog.current_setting('statement_timeout'), true)"
)
_KEPT: Final = "pg_catalog.current_setting('partitioncache.kept')"
_RESTORE: Final = f"select pg_catalog.set_config('statement_timeout', {_KEPT}, true)"
_BEGIN: Final = "set transaction isolation level read committed"
_SAVEPOINT: Final = "savepoint partitioncache_asks"
_RELEASE: Final = "release savepoint partitioncache_asks"
UNDO: Final = f"rollback to savepoint partitioncache_asks; {_RELEASE}"
"""In an open transaction, after an error: it is as before."""
ASK_WITH_PARAMETERS: Final = ASK.format(
    query="$1", key="$2", cache="$3", method="$4", params=", params => $5"
)
"""For drivers that bind: query, partition key, cache, method, and the query's own values as texts."""
ANSWER: Final = 2
"""Which of the results, from 0, holds the answer: the text, the path if the role is the session's, that role."""

CANCELLED: Final = "57014"
"""The error of a statement that took too long."""
OF_THE_QUERY: Final = "22000"
"""For a query whose values cannot be written."""
_IN_FAILED_TRANSACTION: Final = "25P02"


def script(inside: bool, limit_ms: int, query: str, key: str, cache: str, method: str) -> str:
    """The statements that ask; all but the first two arguments are SQL literals.

    >>> script(False, 50, "'select 1'", "'k'", "'c'", "'auto'").count(";")
    2
    """
    ask = ASK.format(query=query, key=key, cache=cache, method=method, params="")
    limit = _LIMIT.format(limit=limit_ms)
    if inside:
        return f"{_SAVEPOINT}; select {_KEEP}, {limit}; {ask}; {_RESTORE}; {_RELEASE}"
    return f"{_BEGIN}; select {limit}; {ask}"


def begin(inside: bool, limit_ms: int) -> str:
    """What stands before the question, for drivers that send it by itself."""
    before = _SAVEPOINT if inside else f"begin; {_BEGIN}"
    return f"{before}; select {_KEEP}, {_LIMIT.format(limit=limit_ms)}"


def end(inside: bool) -> str:
    """What stands behind the answer of `begin`."""
    return f"{_RESTORE}; {_RELEASE}" if inside else "commit"


def undo(inside: bool) -> str:
    """What stands behind an error after `begin`."""
    return UNDO if inside else "rollback"


def of_the_query(sqlstate: str | None) -> bool:
    """Whether an error says something of this query or transaction alone: the cache can still be used here."""
    if sqlstate == _IN_FAILED_TRANSACTION:
        return True
    return sqlstate is not None and not sqlstate.startswith(("3F", "42", "08", "PC", "XX", "25"))


def may_run_again(sqlstate: str | None) -> bool:
    """Whether the original may succeed where the restricted query has failed with this error."""
    return sqlstate is not None and not sqlstate.startswith(("57", "08", "40", "53", "55"))
