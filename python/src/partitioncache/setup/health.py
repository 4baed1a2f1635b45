"""How a cache in PostgreSQL stands: what the server says of it, between what it offers and what a role may do."""

from __future__ import annotations

from dataclasses import replace

from psycopg import sql

from partitioncache.setup.checks import Check, check_installation, check_processor, identifier
from partitioncache.setup.install import (
    OLDEST_SQL,
    Connection,
    Installed,
    InstallError,
    installed,
    refuse_lesser_installer,
    refuse_without_rights,
)
from partitioncache.setup.scripts import version_order

_RIGHTS = "rights of this role"


def check_cache(connection: Connection, cache: str, *, with_cron: bool = True) -> list[Check]:
    """All that there is to say of a cache: installation, rights, pg_cron, and what ``partitioncache_doctor`` finds.

    Args:
        connection: to the database.
        cache: its name.
        with_cron: whether pg_cron is to work on the queues.
    """
    found, there = check_installation(connection), installed(connection)
    cron = check_processor(connection) if with_cron else []
    if there is None or version_order(there.version) < OLDEST_SQL or any(each.blocks for each in found):
        return [*found, *cron]
    rights, *others = _refused(connection, there, cache) or _said(connection, cache, with_cron)
    if any(each.name == "processor" and each.ok for each in others):  # then there is nothing left to enable
        cron = [replace(each, fix="") if "pcache-processor" in each.fix else each for each in cron]
    if any(each.ok is False for each in cron):  # first things first: it would fail
        later = "when the steps above are done"
        others = [
            replace(each, place=f"{each.place}, {later}") if each.name == "processor" and each.fix else each
            for each in others
        ]
    return [*found, rights, *cron, *others]


def _refused(connection: Connection, there: Installed, cache: str) -> list[Check]:
    """Why this role cannot even ask: what ``partitioncache_doctor`` would find is not for it."""
    try:
        refuse_lesser_installer(connection)
    except InstallError as error:
        return [Check(_RIGHTS, False, error.message, f"-- {error.hint}", "elsewhere", blocks=True)]
    try:
        refuse_without_rights(connection)
    except InstallError as error:
        user, name = (
            sql.Literal(each).as_string() for each in (identifier(connection.info.user), cache)
        )
        fix = f"select {identifier(there.schema)}.partitioncache_grant({user}, 'push', {name});"
        place = "as the role that installed PartitionCache, or an administrator of the cache"
        return [Check(_RIGHTS, False, error.message, fix, place, blocks=True)]
    return []


def _said(connection: Connection, cache: str, with_cron: bool) -> list[Check]:
    statement = "select * from partitioncache_internal.partitioncache_doctor(%s, %s)"
    return [
        Check(name, ok, detail, fix or "", place or "", blocks=name == _RIGHTS and ok is False)
        for name, ok, detail, fix, place in connection.execute(statement, [cache, with_cron])
    ]
