"""Who may do what with a cache: ``grant`` and ``revoke``."""

from __future__ import annotations

import click
from psycopg import sql

from partitioncache.cli import base, output, services
from partitioncache.postgresql import Typed

LEVELS = ("read", "push", "fill", "administer", "monitor")

_role = click.argument("role")


def _regrole(role: str) -> Typed:
    """A role by its very name, capitals and all."""
    return Typed("pg_catalog.regrole", sql.Identifier(role).as_string())


@click.command(
    "grant",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache grant app --level push",
        "pcache grant loader --level fill --cache reports",
        "pcache grant pg_monitor --level monitor",
    ),
)
@_role
@click.option("--level", type=click.Choice(LEVELS), required=True, help="What the ROLE may do.")
@base.connected
def grant(where: base.Connections, role: str, level: str) -> int:
    """Let a ROLE use a cache of PostgreSQL.

    \b
    read        apply and explain
    push        also queue queries and track its own tables; what is evaluated as that role serves that role alone
    fill        trusted: its key sets serve everybody
    administer  also register, configure, grant and clear
    monitor     see counts and states of all, no texts and no keys; beside the others
    """
    with services.postgresql(where, "A right", new=True) as cache:
        cache.server.call("partitioncache_grant", _regrole(role), level, cache.cache)
    output.note(f"Role {role} has the level {level} in cache {where.cache_name}.")
    return 0


@click.command(
    "revoke",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples("pcache revoke app", "pcache revoke app --level monitor --cache reports"),
)
@_role
@click.option("--level", type=click.Choice(LEVELS), help="Only this level. [default: all that it has]")
@base.connected
def revoke(where: base.Connections, role: str, level: str | None) -> int:
    """Take from a ROLE what grant gave it in a cache. The exit code is 1 if there was nothing to take."""
    with services.postgresql(where, "A right") as cache:
        ((taken,),) = cache.server.call("partitioncache_revoke", _regrole(role), cache.cache, level)
    name = where.cache_name
    output.note(
        f"Role {role} has no rights in cache {name} any more."
        if taken and level is None
        else f"Role {role} has the level {level} in cache {name} no more."
        if taken
        else f"Role {role} had been granted nothing of that in cache {name}."
    )
    return 0 if taken else base.FOUND_NOTHING


COMMANDS = (grant, revoke)
