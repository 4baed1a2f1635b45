"""Caches of every backend on the servers of this run."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import partitioncache
from partitioncache.registry import CACHE_TYPES
from support.commands import run as run  # a fixture

OpenCache = Callable[..., partitioncache.Cache]


@pytest.fixture
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], dict[str, object]]:
    """A function from the name of a backend to what `create_cache` connects with; the server starts if need be."""
    name = f"t_{uuid.uuid4().hex[:12]}"

    def of(cache_type: str) -> dict[str, object]:
        server = CACHE_TYPES[cache_type].server
        if server == "PostgreSQL":
            return {"conninfo": request.getfixturevalue("database").conninfo()}
        if server == "Redis":
            redis = request.getfixturevalue("redis_server")
            return {"host": redis.host, "port": redis.port, "cache": name}
        return {"path": tmp_path / cache_type}

    return of


@pytest.fixture
def open_cache(connection: Callable[[str], dict[str, object]]) -> Iterator[OpenCache]:
    """`create_cache` on a server of this run; closed at the end of the test."""
    with ExitStack() as stack:

        def opened(
            cache_type: str,
            partition_key: str = "city_id",
            datatype: str | None = "integer",
            **others: object,
        ) -> partitioncache.Cache:
            arguments = {**connection(cache_type), **others}
            return stack.enter_context(
                partitioncache.create_cache(cache_type, partition_key, datatype, **arguments)
            )

        yield opened
