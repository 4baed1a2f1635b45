"""``pcache doctor``: looks at everything that PartitionCache needs, and says what to mend, in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing

import click

from partitioncache.cli import base, checks, services
from partitioncache.cli.output import Format
from partitioncache.errors import PartitionCacheError
from partitioncache.queues import QUEUES, ItemState
from partitioncache.setup import (
    Check,
    Connection,
    check_cache,
    check_pooler,
)

#: What the doctor exits with, as monitoring programs expect it.
ALL_IS_WELL, HINDERED, NOTHING_WORKS = 0, 1, 2


@click.command(
    "doctor",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache doctor --db-name shop",
        "pcache doctor --db-user app --without-cron",
        "pcache doctor --format json",
    ),
)
@click.option("--without-cron", is_flag=True, help="Do not look for pg_cron: a monitor works on the queues.")
@base.format_option
@base.connected
def doctor(where: base.Connections, without_cron: bool, format: Format) -> int:
    """Look at all that PartitionCache needs, and say what to mend, in which order, with what to run.

    Server, connection pooler, installation, rights of the role, pg_cron, processor, settings, queue, tracked tables,
    and entries that are not used; for other backends their packages and servers. Nothing is changed.

    The exit code is 0 if all is well, 1 if something hinders, 2 if nothing works until it is mended, 3 if the server
    cannot be reached.
    """
    found: list[Check] = []
    if where.cache_is_postgresql:
        with closing(services.connect(where)) as connection, closing(services.connect(where)) as another:
            found += _in_postgresql(connection, another, where.cache_name, without_cron)
    found += _elsewhere(where)
    checks.show(found, format, where.said)
    missing = [each for each in found if each.ok is False]
    return max((NOTHING_WORKS if each.blocks else HINDERED for each in missing), default=ALL_IS_WELL)


def _in_postgresql(
    connection: Connection, another: Connection, cache: str, without_cron: bool
) -> Iterator[Check]:
    """What there is to say of a cache in PostgreSQL, and of what stands between."""
    yield from check_pooler(connection, another)
    # There it could do nothing.
    without_cron = without_cron or _is_standby(connection)
    yield from check_cache(connection, cache, with_cron=not without_cron)


def _is_standby(connection: Connection) -> bool:
    row = connection.execute("select pg_catalog.pg_is_in_recovery()").fetchone()
    return row is not None and bool(row[0])


def _elsewhere(where: base.Connections) -> Iterator[Check]:
    """Caches, queues and data outside PostgreSQL: whether their packages are there, and their servers answer."""
    if not where.cache_is_postgresql:
        yield _tried(where.cache_backend, lambda: _cache(where))
    if where.queue_provider != "postgresql":
        yield _tried(f"queues in {where.queue_provider}", lambda: _queues(where))
    if where.db_backend != "postgresql":
        yield _tried(f"data in {where.db_backend}", lambda: _data(where))


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except PartitionCacheError as error:
        fix = error.hint or ""
        install = re.search(r"pip install \S+", f"{error.message} {fix}")
        mend = install[0] if install else f"-- {fix}" if fix else ""
        return Check(name, False, error.message, mend, "in a shell", blocks=True)


def _cache(where: base.Connections) -> str:
    with services.open_cache(where) as cache:
        names = cache.get_partition_keys()
    return f"cache {where.cache_name} answers, with {len(names)} partition keys"


def _queues(where: base.Connections) -> str:
    with services.open_queues(where) as queues:
        dead = sum(queues.counts(name)[ItemState.DEAD] for name in QUEUES)
    return f"queues {where.queue_name} answer; {dead} items are dead"


def _data(where: base.Connections) -> str:
    with services.open_data(where) as source:
        return f"{len(source.columns())} tables"
