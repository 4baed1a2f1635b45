"""What is too large to be asked for is left alone at once, outside PostgreSQL as in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import partitioncache
from partitioncache.analysis import analyse
from partitioncache.errors import ConfigurationError

OpenCache = Callable[..., partitioncache.Cache]

BRANCHES = "SELECT * FROM poi WHERE kind = 7 AND (" + " OR ".join(f"stars = {n}" for n in range(300)) + ")"


@pytest.mark.parametrize(
    "query",
    [
        BRANCHES,
        "SELECT * FROM poi WHERE kind = 7 AND stars IN (" + ", ".join(map(str, range(100_000))) + ")",
        "SELECT * FROM poi WHERE kind = 7 AND name <> '" + "x" * 10_000_000 + "'",
        " UNION ALL ".join(["SELECT * FROM poi WHERE kind = 7"] * 1000),
    ],
    ids=["conditions", "list", "literal", "branches"],
)
def test_a_text_that_is_too_large(open_cache: OpenCache, query: str) -> None:
    cache = open_cache("rocksdict")
    assert partitioncache.apply_cache(query, cache) == query
    reason = partitioncache.explain_query(query, cache).reason
    assert reason is not None
    assert reason.startswith("to ask for so large a query is expected to take ")
    assert reason.endswith(" ms, more than 100 (APPLY_LIMIT_MS)")


def test_the_limit_is_a_setting(open_cache: OpenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPLY_LIMIT_MS", "0")
    cache = open_cache("rocksdict")
    for fragment in analyse(BRANCHES, "city_id").fragments:
        cache.set_set(fragment.hash, {1, 2})
    assert partitioncache.apply_cache(BRANCHES, cache) != BRANCHES
    monkeypatch.setenv("APPLY_LIMIT_MS", "fast")
    with pytest.raises(ConfigurationError, match="APPLY_LIMIT_MS is 'fast', which is no limit"):
        open_cache("rocksdict")
