"""What the server offers and what is missing, each with the statement that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from partitioncache.setup.install import OLDEST_SERVER, OLDEST_SQL, Connection, behind_pooler, installed
from partitioncache.setup.scripts import released, version_order

#: pg_cron schedules in seconds from this version on; before it, a job of one minute loops.
_CRON_WITH_SECONDS = (1, 5)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what it is about.
        ok: whether it is as it should be; None if it is worth knowing, but nothing is wrong.
        detail: what was found.
        fix: the statement or command that mends it, empty if there is nothing to mend.
        place: where, as whom or when to run the fix.
        blocks: whether nothing works until it is mended; otherwise what is missing only hinders.
    """

    name: str
    ok: bool | None
    detail: str
    fix: str = ""
    place: str = "in this database"
    blocks: bool = False


def one(connection: Connection, query: str, *parameters: object) -> Any:
    """The first value of a query's first row; None if it has none."""
    row = connection.execute(query.encode(), parameters or None).fetchone()
    return row[0] if row else None


def identifier(name: str) -> str:
    """A name as it stands in a statement, in quotes."""
    return sql.Identifier(name).as_string()


def check_installation(connection: Connection) -> list[Check]:
    """Whether the SQL is, or can be, in the database of a connection."""
    return [*_server(connection), *_sql(connection)]


def _server(connection: Connection) -> Iterator[Check]:
    version = connection.info.server_version // 10000
    database = connection.info.dbname
    text = f"PostgreSQL {version}, database {database}"
    if version < OLDEST_SERVER:
        fix = f"-- upgrade to PostgreSQL {OLDEST_SERVER} or later"
        yield Check("server", False, text, fix, "on the server", blocks=True)
        return
    standby = bool(one(connection, "select pg_catalog.pg_is_in_recovery()"))
    if standby:
        text += ", a standby: it restricts queries that are known, and all else is done on the primary server"
        yield Check("server", False, text, "-- connect to the primary server", "elsewhere")
        return
    yield Check("server", True, text)


def _sql(connection: Connection) -> Iterator[Check]:
    there = installed(connection)
    newest = released().newest
    if there is not None:
        how = "as an extension" if there.way == "extension" else "over a connection"
        text = f"version {there.version}, installed {how}, in schema {there.schema}"
        if version_order(there.version) < version_order(newest):
            # The package calls what its own version has, so an older one that it still knows is no trouble.
            older = version_order(there.version) < OLDEST_SQL
            mend = f"in a shell to get version {newest}"
            yield Check(
                "partitioncache", False if older else None, text, "pcache-manage setup", mend, blocks=older
            )
        else:
            yield Check("partitioncache", True, text)
        return
    offered = one(
        connection,
        "select default_version from pg_catalog.pg_available_extensions where name = 'partitioncache'",
    )
    offer = f"offers the extension, version {offered}" if offered else "does not offer the extension"
    text = f"not installed; the server {offer}"
    may_install = bool(
        one(connection, "select pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create')")
    )
    user, database = connection.info.user, connection.info.dbname
    if not may_install:
        yield Check(
            "right to install",
            False,
            f"role {user} may not create extensions or schemas in database {database}",
            f"grant create on database {identifier(database)} to {identifier(user)};",
            "as the owner of the database",
            blocks=True,
        )
    yield Check("partitioncache", False, text, "pcache-manage setup", "in a shell", blocks=True)


def check_pooler(connection: Connection, another: Connection) -> list[Check]:
    """Whether a pooler such as PgBouncer stands between, and whether it gives a session to each transaction anew.

    Args:
        connection: to the database.
        another: a second one, opened in the same way.
    """
    if not behind_pooler(connection):
        return []
    session = "select pg_catalog.pg_backend_pid()"
    # A session that stays with its client while it is connected never serves another one.
    shared = any(one(connection, session) == one(another, session) for _ in range(5))
    text = "one such as PgBouncer stands between"
    kind = ", in transaction mode: sessions are shared, and nothing is prepared" if shared else ""
    return [Check("connection pooler", None, text + kind)]


def check_processor(connection: Connection) -> list[Check]:
    """Whether pg_cron can run the processor for the database of a connection."""
    home = cron_database(connection)
    if home is None:
        known = _sees_all_settings(connection) or not one(
            connection, "select 1 from pg_catalog.pg_available_extensions where name = 'pg_cron'"
        )
        return [_not_loaded(connection) if known else _not_to_be_seen(connection)]
    here = home == connection.info.dbname
    checks = [
        Check(
            "pg_cron loaded",
            True,
            f"it lives in database {home}" + (", this one" if here else f", not in {connection.info.dbname}"),
        )
    ]
    return [*checks, *(_cron_here(connection) if here else _cron_elsewhere(home))]


def cron_database(connection: Connection) -> str | None:
    """The database in which pg_cron lives; None if it is not loaded, or this role may not see where."""
    found = one(connection, "select setting from pg_catalog.pg_settings where name = 'cron.database_name'")
    if found is None and one(connection, "select 1 from pg_catalog.pg_extension where extname = 'pg_cron'"):
        return connection.info.dbname
    return None if found is None else str(found)


def _sees_all_settings(connection: Connection) -> bool:
    return bool(one(connection, "select pg_catalog.pg_has_role('pg_read_all_settings', 'usage')"))


def _not_to_be_seen(connection: Connection) -> Check:
    user = connection.info.user
    return Check(
        "pg_cron loaded",
        None,
        f"role {user} may not see whether it is",
        f"grant pg_read_all_settings to {identifier(user)};",
        "as a superuser",
    )


def _not_loaded(connection: Connection) -> Check:
    available = one(
        connection, "select default_version from pg_catalog.pg_available_extensions where name = 'pg_cron'"
    )
    if available is None:
        superuser = one(connection, "select rolsuper from pg_catalog.pg_roles where rolname = current_user")
        version = connection.info.server_version // 10000
        return Check(
            "pg_cron loaded",
            False,
            "pg_cron is not on this server, so nothing inside it can work on the queues",
            f"apt-get install postgresql-{version}-cron" if superuser else "pcache-monitor",
            "on the server, if its packages are Debian's or PGDG's; pcache-monitor on any machine does the same work"
            if superuser
            else "in a shell on any machine, which does the same work; or let whoever runs the server add pg_cron",
        )
    loaded = one(connection, "select pg_catalog.current_setting('shared_preload_libraries')")
    libraries = ", ".join([*(each for each in [loaded] if each), "pg_cron"])
    return Check(
        "pg_cron loaded",
        False,
        f"pg_cron {available} is on the server, but not loaded",
        f"alter system set shared_preload_libraries = {libraries}; "
        f"alter system set cron.database_name = '{connection.info.dbname}';",
        "as a superuser, then restart the server",
    )


def _cron_here(connection: Connection) -> Iterator[Check]:
    version = one(connection, "select extversion from pg_catalog.pg_extension where extname = 'pg_cron'")
    if version is None:
        yield Check(
            "pg_cron created",
            False,
            "not in this database yet",
            "create extension pg_cron;",
            "as a superuser",
        )
        return
    seconds = version_order(version) >= _CRON_WITH_SECONDS
    yield Check(
        "pg_cron created",
        True,
        f"version {version}, schedules in "
        + ("seconds" if seconds else "minutes: each job loops for a minute"),
    )
    user = connection.info.user
    allowed = one(
        connection,
        "select pg_catalog.has_schema_privilege('cron', 'usage')",
    )
    if allowed:
        yield Check("right to schedule", True, f"role {user} may use schema cron")
    else:
        yield Check(
            "right to schedule",
            False,
            f"role {user} may not use schema cron",
            f"grant usage on schema cron to {identifier(user)};",
            "as a superuser",
        )
    yield _cron_connects(connection)


def _cron_connects(connection: Connection) -> Check:
    workers = one(
        connection, "select setting from pg_catalog.pg_settings where name = 'cron.use_background_workers'"
    )
    if workers == "on":
        return Check(
            "pg_cron runs jobs",
            None,
            "in background workers; pg_cron 1.4 runs long ones one after the other there",
        )
    host = one(connection, "select setting from pg_catalog.pg_settings where name = 'cron.host'")
    return Check(
        "pg_cron runs jobs",
        None,
        f"over connections to {host or 'a host'}, which must let role {connection.info.user} in without a password",
    )


def _cron_elsewhere(home: str) -> Iterator[Check]:
    yield Check(
        "pg_cron in another database",
        None,
        f"jobs for this database are scheduled in {home}",
        "pcache-processor enable",
        "in a shell",
    )


def scheduled_jobs(connection: Connection) -> list[tuple[str, str]]:
    """Jobs of pg_cron that work on the queues of a database: where they are scheduled, and what removes them.

    Where pg_cron lives in another database, these are the jobs that may be scheduled there.
    """
    home = cron_database(connection)
    if home is None:
        return []
    removals = connection.execute(
        """
        select j.removal from partitioncache_internal.partitioncache_caches() as c
        cross join lateral partitioncache_internal.partitioncache_processor_jobs(c.cache) as j
        where j.scheduled is not null or (c.settings ->> 'enabled')::boolean
        """
    ).fetchall()
    return [(home, str(removal)) for (removal,) in removals]
