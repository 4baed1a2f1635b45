"""Which queries the adapters leave alone because somebody says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_OFF: ContextVar[bool] = ContextVar("partitioncache_off", default=False)

_OURS: Final = re.compile(r"partitioncache(?:\s*:\s*off\b|_)", re.IGNORECASE)
_READS: Final = re.compile(
    r"(?:[\s(]|--[^\n]*(?:\n|$)|/\*(?:(?!/\*|\*/).)*\*/)*(?:select|with)\b", re.IGNORECASE | re.DOTALL
)


@contextmanager
def off() -> Iterator[None]:
    """Within it, queries of this thread or task run as they are.

    >>> with off():
    ...     is_off()
    True
    >>> is_off()
    False
    """
    token = _OFF.set(True)
    try:
        yield
    finally:
        _OFF.reset(token)


def is_off() -> bool:
    """Whether this thread or task is within `off`."""
    return _OFF.get()


def is_candidate(text: str) -> bool:
    """Whether a text may be a query that can be restricted; a look at its beginning, the server knows more.

    >>> is_candidate("/* a */ (select 1)"), is_candidate("select 1 -- partitioncache: off")
    (True, False)
    """
    return _READS.match(text) is not None and _OURS.search(text) is None
