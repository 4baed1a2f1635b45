"""Removing the SQL of PartitionCache, and everything that it keeps, from a database."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from partitioncache.setup.install import (
    OUTER_SCHEMA,
    Connection,
    Installed,
    InstallError,
    installed,
    refuse_lesser_installer,
)
from partitioncache.statements import INNER_SCHEMA


@dataclass(frozen=True)
class Removal:
    """What is to be done so that a database has nothing of PartitionCache any more.

    Attributes:
        there: what it has.
        statements: what will be run, in one transaction.
    """

    there: Installed
    statements: tuple[str, ...]


def removal(connection: Connection) -> Removal | None:
    """What has to be done, without doing it; None if there is nothing to remove.

    Raises:
        InstallError: the role is not the one that installed it.
    """
    there = installed(connection)
    if there is None:
        return None
    if there.way == "connection":
        refuse_lesser_installer(connection)
    _refuse_others(connection, there)
    if there.way == "extension":
        return Removal(there, ("drop extension partitioncache cascade",))
    return Removal(there, (f"select {INNER_SCHEMA}.partitioncache_uninstall(confirm => true)",))


def _refuse_others(connection: Connection, there: Installed) -> None:
    if there.version.startswith("0.1."):
        raise InstallError(
            "Version 0.1.0 is removed by hand.",
            hint="DROP EXTENSION partitioncache CASCADE; or drop what is called partitioncache_… and pc_….",
        )
    owner = (
        "select extowner from pg_catalog.pg_extension where extname = 'partitioncache'"
        if there.way == "extension"
        else f"select nspowner from pg_catalog.pg_namespace where nspname = '{INNER_SCHEMA}'"
    )
    row = connection.execute(
        f"select pg_catalog.pg_get_userbyid(o.o), pg_catalog.pg_has_role(o.o, 'usage') from ({owner}) as o(o)".encode()
    ).fetchone()
    if row is not None and not row[1]:
        raise InstallError(
            f"Role {row[0]} installed PartitionCache here, and only that role can remove it.",
            hint=f"Connect as {row[0]}, or as a superuser.",
        )


def _drop_empty_schema(connection: Connection) -> None:
    """Drops the schema that the set-up makes, unless it is somebody else's or holds something else."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL("drop schema {} restrict").format(sql.Identifier(OUTER_SCHEMA)))
    except (psycopg.errors.DependentObjectsStillExist, psycopg.errors.InsufficientPrivilege):
        pass


def apply_removal(connection: Connection, todo: Removal) -> None:
    """Do what a removal says, in one transaction: all of it, or nothing.

    Raises:
        InstallError: the server refused; nothing was changed.
    """
    try:
        with connection.transaction():
            connection.execute(
                "set local client_min_messages = warning"
            )  # nor a word on each object that goes
            for statement in todo.statements:
                connection.execute(sql.SQL(statement))
            if todo.there.schema == OUTER_SCHEMA:
                _drop_empty_schema(connection)
    except psycopg.Error as error:
        raise InstallError(
            f"The server refused: {(error.diag.message_primary or str(error)).rstrip('.')}.",
            hint=error.diag.message_hint or "Nothing was changed.",
        ) from error
