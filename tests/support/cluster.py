"""A PostgreSQL server with pg_cron, and databases in it that have the extension.

testing.postgresql makes and drives the server: initdb, a free port on loopback, a socket in the same folder, the end.
What it does not do is added here: our own installation, pg_cron's settings, and a template from which each test gets
a fresh database in a tenth of a second.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import testing.postgresql
from psycopg import sql
from psycopg.rows import TupleRow

from support.installation import Installation

TEMPLATE = "with_extension"
CRON_DATABASE = "test"  # testing.postgresql makes a database of this name

_TEMPLATE_SQL = """
create extension partitioncache;
select 'create extension plpgsql_check' from pg_available_extensions where name = 'plpgsql_check' \\gexec
create schema tap;
create extension pgtap schema tap;
"""


@dataclass(frozen=True)
class Database:
    """One database of a cluster. `user` is a superuser; connections may name another role.

    host, port: where it is reached, if not at the server itself.
    """

    cluster: Cluster
    name: str
    user: str = "postgres"
    host: str = ""
    port: int = 0

    def conninfo(self, **others: object) -> str:
        """A libpq connection string; keyword arguments (user, dbname, options, …) change or add to it."""
        values: dict[str, Any] = {
            "host": self.host or self.cluster.socket_folder,
            "port": self.port or self.cluster.port,
            "user": self.user,
            "dbname": self.name,
        }
        return psycopg.conninfo.make_conninfo("", **(values | others))

    def connect(self, *, autocommit: bool = True, **others: Any) -> psycopg.Connection[TupleRow]:
        """A new psycopg connection; the caller closes it (or uses it as a context manager)."""
        return psycopg.connect(self.conninfo(**others), autocommit=autocommit)

    def environment(self, **others: str) -> dict[str, str]:
        """The variables under which libpq's programs reach this database, added to those of this process."""
        return os.environ | {
            "PGHOST": self.host or self.cluster.socket_folder,
            "PGPORT": str(self.port or self.cluster.port),
            "PGUSER": self.user,
            "PGDATABASE": self.name,
            **others,
        }

    def execute(self, query: str, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Runs one statement in a session of its own and returns its rows (none where it has none)."""
        with self.connect() as connection:
            cursor = connection.execute(query.encode(), params)
            return cursor.fetchall() if cursor.description else []

    def psql(
        self, script: str, *, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Feeds `script` to psql (unaligned, tuples only, stops at the first error)."""
        return self._psql([], script, check=check, environment=environment)

    def psql_file(self, path: Path) -> subprocess.CompletedProcess[str]:
        """Runs a file in psql, from the folder it is in; a failure is for the caller to see in the result."""
        return self._psql(["-f", path.name], None, check=False, environment={}, folder=path.parent)

    def _psql(
        self,
        options: list[str],
        script: str | None,
        *,
        check: bool,
        environment: Mapping[str, str],
        folder: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        run = subprocess.run(
            [self.cluster.installation.program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", *options],
            input=script,
            cwd=folder,
            env=self.environment(**environment),
            check=False,
            capture_output=True,
            text=True,
        )
        assert not check or run.returncode == 0, run.stderr
        return run


@dataclass
class Cluster:
    """A running server. `socket_folder` and `port` say where; `log` is the file it writes its messages to."""

    installation: Installation
    server: testing.postgresql.Postgresql
    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def port(self) -> int:
        return int(self.server.dsn()["port"])

    @property
    def major(self) -> int:
        """The version of PostgreSQL that it is, for example 15."""
        ((number,),) = self.database().execute("select current_setting('server_version_num')::integer / 10000")
        return int(number)

    @property
    def socket_folder(self) -> str:
        return str(self.folder / "tmp")

    @property
    def log(self) -> Path:
        return self.folder / "Postgresql.log"

    def database(self, name: str = "postgres") -> Database:
        """A database that exists."""
        return Database(self, name)

    def create_database(self, template: str = TEMPLATE, *, settings: bool = True) -> Database:
        """A new database, made from the template that has the extension, pgTAP (schema tap) and perhaps plpgsql_check.

        settings: whether its search_path leads to pgTAP and to the extension's own schema.
        """
        name = f"test_{next(self._numbers)}"
        with self.database().connect() as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            if not settings:
                return Database(self, name)
            # What is set for a database does not come along with its template.
            connection.execute(
                sql.SQL("alter database {} set search_path = '$user', public, tap, partitioncache_internal").format(
                    sql.Identifier(name)
                )
            )
        return Database(self, name)

    def drop_database(self, database: Database) -> None:
        """Drops a database, ending whatever is still connected to it."""
        with self.database().connect() as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database.name))
            )

    def create_template(self) -> None:
        """Makes the template of `create_database` from the extension as it is installed now."""
        with self.database().connect() as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
        self.database(TEMPLATE).psql(_TEMPLATE_SQL)

    def reset_cron_database(self) -> Database:
        """Empties the database in which pg_cron lives and puts pg_cron and the extension into it.

        pg_cron reads the name of its database when the server starts and stays connected to it, so this database
        is emptied between tests where all others are dropped.
        """
        database = self.database(CRON_DATABASE)
        with database.connect() as connection:
            connection.execute("drop extension if exists pg_cron cascade")
            connection.execute(
                """select pg_terminate_backend(pid, 5000) from pg_stat_activity
                   where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"""
            )
            connection.execute("drop extension if exists partitioncache cascade")
            schemas = connection.execute(
                """select nspname from pg_namespace
                   where nspname !~ '^pg_' and nspname <> 'information_schema'"""
            ).fetchall()
            for (schema,) in schemas:
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
            connection.execute("create schema public")
            connection.execute("grant usage on schema public to public")
            connection.execute("set search_path = public")
            connection.execute("create extension pg_cron")
        database.psql(_TEMPLATE_SQL)
        database.execute(
            f"alter database {CRON_DATABASE} set search_path = '$user', public, tap, partitioncache_internal"
        )
        return database


@contextmanager
def standby(database: Database) -> Iterator[Database]:
    """Starts a hot standby of a database's server; yields the database as it is reached there."""
    installation = database.cluster.installation
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = f"-F -h 127.0.0.1 -p {port} -c unix_socket_directories={folder} -c shared_preload_libraries="
    control = [installation.program("pg_ctl"), "-w", "-s", "-D", str(folder / "data"), "-l", str(folder / "log")]
    try:
        subprocess.run(
            [installation.program("pg_basebackup"), "-R", "-c", "fast", "-D", folder / "data"],
            env=database.environment(), check=True, capture_output=True,
        )  # fmt: skip
        subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL)
        try:
            yield replace(database, host=str(folder), port=port)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_cluster(
    installation: Installation, settings: Mapping[str, str] | None = None, *, template: bool = True
) -> Iterator[Cluster]:
    """A cluster of its own in a temporary folder, stopped and removed at the end.

    settings: further server settings; neither names nor values may hold blanks (testing.postgresql splits there).
    template: whether to make the template database for `create_database`.
    """
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    defaults = {
        "logging_collector": "off",
        "full_page_writes": "off",
        "shared_buffers": "64MB",
        "max_connections": "60",
        "shared_preload_libraries": "pg_cron",
        "cron.database_name": CRON_DATABASE,
        "cron.host": str(folder / "tmp"),
        "cron.use_background_workers": "off",
        "cron.launch_active_jobs": "on",
    }
    arguments = " ".join(f"-c {name}={value}" for name, value in (defaults | dict(settings or {})).items())
    server = None
    try:
        server = testing.postgresql.Postgresql(
            base_dir=str(folder),
            initdb=installation.program("initdb"),
            postgres=installation.program("postgres"),
            initdb_args="-U postgres -A trust --no-sync --encoding=UTF8 --locale=C.UTF-8",
            postgres_args=f"-h 127.0.0.1 -F {arguments}",
            boot_timeout=60.0,
        )
        cluster = Cluster(installation, server, folder)
        if template:
            cluster.create_template()
        yield cluster
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
