"""Installing and upgrading the SQL of PartitionCache in a database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from partitioncache.errors import PartitionCacheError
from partitioncache.setup.scripts import Scripts, released
from partitioncache.statements import INNER_SCHEMA

Way = Literal["extension", "connection"]

OUTER_SCHEMA: Final = "partitioncache"
"""The schema for the functions that people call, unless another is wanted."""

OLDEST_SERVER: Final = 15
"""The oldest version of PostgreSQL that the SQL runs on."""

OLDEST_SQL: Final = (0, 2)
"""The oldest version of the SQL that this package can work with."""

Connection = psycopg.Connection[Any]


class InstallError(PartitionCacheError):
    """The SQL could not be installed; nothing was changed."""


@dataclass(frozen=True)
class Installed:
    """What a database has.

    Attributes:
        way: ``extension`` (CREATE EXTENSION) or ``connection`` (the same SQL, sent by us).
        version: its version.
        schema: the schema it is in.
    """

    way: Way
    version: str
    schema: str


@dataclass(frozen=True)
class Plan:
    """What is to be done so that a database has a version.

    Attributes:
        way: how the SQL gets there.
        start: the version that is there, None for none.
        version: the version that will be there.
        schema: the schema.
        statements: what will be run, as a person would write it.
    """

    way: Way
    start: str | None
    version: str
    schema: str
    statements: tuple[str, ...]

    @property
    def nothing_to_do(self) -> bool:
        """Whether the version is there already."""
        return self.start == self.version


def installed(connection: Connection) -> Installed | None:
    """What the database of a connection has, None if nothing."""
    row = connection.execute(
        """
        select 'extension', e.extversion, n.nspname::text
        from pg_catalog.pg_extension as e
        join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
        where e.extname = 'partitioncache'
        """
    ).fetchone()
    if row is None:
        row = _installed_over_connection(connection)
    return Installed(*row) if row else None


def _installed_over_connection(connection: Connection) -> tuple[str, str, str] | None:
    """What was installed over a connection: inner functions, and in another schema of the same owner's their names.

    Nothing is called to find out: somebody else may have made what is only called like ours.
    """
    row = connection.execute(
        """
        select pg_catalog.pg_get_functiondef(f.oid), (
            select n.nspname::text
            from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
            where p.proname = 'partitioncache_version' and p.pronargs = 0 and p.proowner = s.nspowner
              and n.oid <> s.oid
            order by n.nspname <> pg_catalog.current_schema(), n.nspname limit 1
        )
        from pg_catalog.pg_namespace as s
        join pg_catalog.pg_proc as f
            on f.pronamespace = s.oid and f.proname = 'partitioncache_version' and f.pronargs = 0
           and f.proowner = s.nspowner
        where s.nspname = 'partitioncache_internal'
        """
    ).fetchone()
    if row is None:
        row = connection.execute(  # as version 0.1.0 was, by this role or by a superuser
            """
            select pg_catalog.pg_get_functiondef(p.oid), n.nspname::text
            from pg_catalog.pg_proc as p
            join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
            join pg_catalog.pg_roles as r on r.oid = p.proowner
            where p.proname = 'partitioncache_version' and p.pronargs = 0
              and (r.rolsuper or r.rolname = current_user)
            order by n.nspname <> pg_catalog.current_schema(), n.nspname limit 1
            """
        ).fetchone()
    versions = re.findall(r"'([0-9][0-9a-z.]*)'::", row[0]) if row else []
    return ("connection", versions[-1], str(row[1] or INNER_SCHEMA)) if row and versions else None


def behind_pooler(connection: Connection) -> bool:
    """Whether a pooler such as PgBouncer stands between a connection and the server.

    The server names its process when a connection begins; a pooler names a number of its own.
    """
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:  # whatever the connection makes of rows
        row = cursor.execute("select pg_catalog.pg_backend_pid()", prepare=False).fetchone()
    return row is not None and row[0] != connection.info.backend_pid


def hint_of_rights(role: str) -> str:
    """What helps a role that lacks rights in a cache."""
    levels = "read, push, fill, administer or monitor"
    return f"Let an administrator grant it a level that may ({levels}): pcache grant {role} --level LEVEL."


def refuse_without_rights(connection: Connection) -> None:
    """Raises InstallError for a role that was granted nothing at all."""
    row = connection.execute(
        """
        select current_user::text, pg_catalog.pg_get_userbyid(nspowner)
        from pg_catalog.pg_namespace
        where nspname = 'partitioncache_internal' and not pg_catalog.has_schema_privilege(oid, 'usage')
        """
    ).fetchone()
    if row is not None:
        raise InstallError(
            f"Role {row[0]} has no rights in the PartitionCache of this database, which {row[1]} installed.",
            hint=hint_of_rights(row[0]),
        )


def refuse_lesser_installer(connection: Connection) -> None:
    """Raises InstallError for a superuser where a lesser role installed PartitionCache.

    That role can alter its functions, and whoever calls them lends it his rights.
    """
    row = connection.execute(
        """
        select r.rolname::text from pg_catalog.pg_namespace as n join pg_catalog.pg_roles as r on r.oid = n.nspowner
        where n.nspname = 'partitioncache_internal' and not r.rolsuper
          and (select u.rolsuper from pg_catalog.pg_roles as u where u.rolname = current_user)
        """
    ).fetchone()
    if row is not None:
        raise InstallError(
            f"Role {row[0]} installed PartitionCache here, and its functions would run with a superuser's rights.",
            hint=f"Connect as {row[0]}, or as a role that was granted rights in a cache.",
        )


def plan(
    connection: Connection,
    *,
    version: str | None = None,
    schema: str | None = None,
    way: Way | None = None,
    scripts: Scripts | None = None,
) -> Plan:
    """What has to be done, without doing it.

    Args:
        connection: to the database.
        version: the version wanted; without it, the newest that the chosen way offers.
        schema: the schema wanted; without it, where it is already, or ``partitioncache``.
        way: how to install it; without it, as an extension where the server offers it, else over the connection.
        scripts: the released SQL; without it, what came with this package.

    Raises:
        InstallError: it is there in another way or in another schema, or newer.
    """
    refuse_old_server(connection)
    there = installed(connection)
    scripts = scripts or released()
    offered = _offered(connection)
    _refuse_name(schema)
    if there is not None:
        _refuse_other(there, way, schema)
        refuse_lesser_installer(connection)
        way, schema = there.way, there.schema
    elif way is None:
        way = "extension" if offered else "connection"
    if way == "extension" and not offered:
        raise InstallError(
            "This server does not offer the extension partitioncache.",
            hint="Install it on the server with `make install`, or take the other way: --over-connection.",
        )
    newest = offered[0] if way == "extension" else scripts.newest
    wanted = version or newest
    start = there.version if there else None
    if start is None:
        _refuse_inner_schema(connection)
        _refuse_shared_schema(connection, way, schema or OUTER_SCHEMA)
    schema = schema or OUTER_SCHEMA
    return Plan(way, start, wanted, schema, _statements(way, start, wanted, schema, scripts))


def refuse_old_server(connection: Connection) -> None:
    """Raises InstallError on a server that is older than the SQL needs."""
    if connection.info.server_version < OLDEST_SERVER * 10000:
        text = ".".join(str(part) for part in divmod(connection.info.server_version, 10000))
        raise InstallError(
            f"PartitionCache needs PostgreSQL {OLDEST_SERVER} or newer; this server is {text}.",
            hint="Upgrade the server first; nothing was changed.",
        )


def _refuse_name(schema: str | None) -> None:
    """Raises InstallError for a schema that no extension may be in: its scripts hold the name as it is."""
    if schema and (wrong := [each for each in "\"'$\\" if each in schema]):
        raise InstallError(
            f"The schema of PartitionCache may not have a {wrong[0]} in its name.",
            hint=f"Leave --schema out to have it in schema {OUTER_SCHEMA}, or name another.",
        )


def _refuse_inner_schema(connection: Connection) -> None:
    """Raises InstallError where the name of our own schema is taken."""
    row = connection.execute(
        """
        select pg_catalog.pg_get_userbyid(nspowner) from pg_catalog.pg_namespace
        where nspname = 'partitioncache_internal'
        """
    ).fetchone()
    if row is not None:
        raise InstallError(
            f"There is a schema {INNER_SCHEMA} already, of role {row[0]}, and no PartitionCache in it.",
            hint=f"See what is in it, and if nothing is needed: drop schema {INNER_SCHEMA} cascade;",
        )


def _refuse_shared_schema(connection: Connection, way: Way, schema: str) -> None:
    """Raises InstallError for a schema in which others may create objects: they could put one beside ours.

    A function of theirs that fits a call better than ours would run with the rights of whoever calls. As any
    extension, this one may be put into a shared schema by somebody who names it.
    """
    if way == "extension" and schema != OUTER_SCHEMA:
        return
    row = connection.execute(
        """
        select r.rolname::text,
               r.rolname = current_user
               or r.rolname = 'pg_database_owner' and pg_catalog.pg_get_userbyid(d.datdba) = current_user,
               (select pg_catalog.string_agg(case when a.grantee = 0 then 'everybody'
                                                  else 'role ' || pg_catalog.pg_get_userbyid(a.grantee) end, ', ')
                from pg_catalog.aclexplode(n.nspacl) as a
                where a.privilege_type = 'CREATE'
                  and a.grantee not in (n.nspowner, pg_catalog.quote_ident(current_user)::pg_catalog.regrole::oid))
        from pg_catalog.pg_namespace as n
        join pg_catalog.pg_roles as r on r.oid = n.nspowner
        join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database()
        where n.nspname = %s
        """,
        [schema],
    ).fetchone()
    if row is None:
        return
    owner, ours, others = row
    if not ours or others:
        why = f"{others} may create objects in it" if others else f"role {owner} owns it"
        raise InstallError(
            f"Schema {schema} is no place for PartitionCache: {why}.",
            hint=f"Let it have a schema of its own: --schema {OUTER_SCHEMA if schema != OUTER_SCHEMA else 'cache'}.",
        )


def _refuse_other(there: Installed, way: Way | None, schema: str | None) -> None:
    if schema is not None and schema != there.schema:
        raise InstallError(
            f"PartitionCache is installed in schema {there.schema}, not in {schema}.",
            hint=f"Leave the schema out, or say --schema {there.schema}.",
        )
    if way is not None and way != there.way:
        ways = {"extension": "as an extension", "connection": "over a connection"}
        raise InstallError(
            f"PartitionCache is installed {ways[there.way]} already.",
            hint="Upgrade it in the same way: leave the option out.",
        )


def _offered(connection: Connection) -> list[str]:
    """The versions of the extension that the server's files offer, the default first."""
    rows = connection.execute(
        """
        select v.version
        from pg_catalog.pg_available_extension_versions as v
        join pg_catalog.pg_available_extensions as e on e.name = v.name
        where v.name = 'partitioncache'
        order by v.version <> e.default_version, v.version
        """
    ).fetchall()
    return [str(row[0]) for row in rows]


def call_by_name(connection: Connection, schema: str) -> str | None:
    """The statement that lets the functions be called without their schema in later sessions; None if none is needed.

    It adds to what holds for the database. For this role alone it does so where the role has a search_path of its own,
    or does not own the database.

    Args:
        connection: to the database.
        schema: the one that the functions are in.
    """
    row = connection.execute(
        """
        select pg_catalog.format(
            case when kept.role or not pg_catalog.pg_has_role(d.datdba, 'usage')
                 then 'alter role %%1$I in database %%2$I' else 'alter database %%2$I' end
            || ' set search_path = %%3$s, %%4$I',
            current_user, d.datname,
            coalesce(kept.path, nullif(case s.source when 'client' then '' else s.reset_val end, ''), s.boot_val),
            %(schema)s::text)
        from pg_catalog.pg_settings as s
        join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database()
        left join lateral (
            select pg_catalog.substr(c, pg_catalog.length('search_path=') + 1) as path, r.setrole <> 0 as role
            from pg_catalog.pg_db_role_setting as r, pg_catalog.unnest(r.setconfig) as c
            where r.setdatabase in (0, d.oid)
              and r.setrole in (0, pg_catalog.quote_ident(current_user)::pg_catalog.regrole::oid)
              and pg_catalog.starts_with(c, 'search_path=')
            order by r.setrole <> 0 desc, r.setdatabase <> 0 desc limit 1
        ) as kept on true
        where s.name = 'search_path' and %(schema)s::name <> all (pg_catalog.current_schemas(false))
        """,
        {"schema": schema},
    ).fetchone()
    return str(row[0]) if row else None


def _statements(way: Way, start: str | None, version: str, schema: str, scripts: Scripts) -> tuple[str, ...]:
    name = sql.Identifier(schema).as_string()
    create_schema = f"create schema if not exists {name}"
    if start == version:
        return ()
    if way == "connection":
        runs = tuple(f"\\i {script.name}" for script in scripts.path(start, version))
        return runs if start else (create_schema, *runs)
    if start is not None:
        return (f"alter extension partitioncache update to '{version}'",)
    return (create_schema, f"create extension partitioncache schema {name} version '{version}'")


def apply_plan(connection: Connection, todo: Plan, scripts: Scripts | None = None) -> None:
    """Do what a plan says, in one transaction: all of it, or nothing.

    Raises:
        InstallError: the server refused; nothing was changed.
    """
    if todo.nothing_to_do:
        return
    scripts = scripts or released()
    schema = sql.Identifier(todo.schema)
    try:
        with connection.transaction():
            if todo.start is None:
                if _schema_exists(connection, todo.schema):  # perhaps only since the plan was made
                    _refuse_shared_schema(connection, todo.way, todo.schema)
                else:
                    connection.execute(sql.SQL("create schema {}").format(schema))
            if todo.way == "extension":
                _run_as_extension(connection, todo, schema)
            else:
                _run_over_connection(connection, todo, scripts)
    except psycopg.Error as error:
        # Of two set-ups at once, the second waits for the first, fails, and finds the work done.
        there = None if connection.broken else installed(connection)
        if there is not None and there.version == todo.version:
            return
        raise InstallError(
            f"The server refused: {(error.diag.message_primary or str(error)).rstrip('.')}.",
            hint=error.diag.message_hint or "Nothing was changed. Mend the cause and run the set-up again.",
        ) from error


def _schema_exists(connection: Connection, schema: str) -> bool:
    found = connection.execute("select from pg_catalog.pg_namespace where nspname = %s", [schema]).fetchone()
    return found is not None


def _run_as_extension(connection: Connection, todo: Plan, schema: sql.Identifier) -> None:
    if todo.start is None:
        statement = sql.SQL("create extension partitioncache schema {} version {}").format(
            schema, todo.version
        )
    else:
        statement = sql.SQL("alter extension partitioncache update to {}").format(todo.version)
    connection.execute(statement)


def _run_over_connection(connection: Connection, todo: Plan, scripts: Scripts) -> None:
    """Run the scripts under the settings under which CREATE EXTENSION runs them."""
    for setting, value in (
        ("client_min_messages", "warning"),
        ("check_function_bodies", "off"),
        ("search_path", f"{_quoted(connection, todo.schema)}, pg_temp"),
    ):
        connection.execute("select pg_catalog.set_config(%s, %s, true)", [setting, value])
    for script in scripts.path(todo.start, todo.version):
        text = runnable(script.read_text(encoding="utf-8"), _quoted(connection, todo.schema))
        connection.execute(text.encode())


def _quoted(connection: Connection, name: str) -> str:
    """A name as CREATE EXTENSION writes it: in quotes only where it must be."""
    row = connection.execute("select pg_catalog.quote_ident(%s)", [name]).fetchone()
    return str(row[0]) if row else name


def runnable(script: str, schema: str) -> str:
    """A script of the extension as one text that a server takes over a connection.

    Args:
        script: the file's text; lines that begin with a backslash speak to psql only.
        schema: the schema's name, quoted where it must be.

    >>> runnable('\\\\echo Use "CREATE EXTENSION"\\nselect @extschema@.f()', '"My"')
    '\\nselect "My".f()'
    """
    lines = ("" if line.startswith("\\") else line for line in script.split("\n"))
    return "\n".join(lines).replace("@extschema@", schema)
