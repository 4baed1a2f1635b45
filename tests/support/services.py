"""Redis, MariaDB and PgBouncer servers of their own, in a temporary folder, gone when the tests are over."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pymysql
import redis

from support.cluster import Database

_SECONDS_TO_START = 60


@dataclass(frozen=True)
class RedisServer:
    """A Redis server on loopback, without password or persistence; 16 databases, from 0. `socket` is a file."""

    host: str
    port: int
    socket: str


@dataclass(frozen=True)
class MariaDBServer:
    """A MariaDB server on loopback. `user` may do everything and has `password`; `database` exists and is empty."""

    host: str
    port: int
    user: str
    password: str
    database: str


def free_port() -> int:
    """A TCP port on loopback that nothing listens on at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Starts Redis; yields where it is."""
    with _folder() as folder:
        server = RedisServer("127.0.0.1", free_port(), str(folder / "redis.sock"))
        command = [
            _program("redis-server"),
            *("--port", str(server.port), "--bind", server.host, "--unixsocket", server.socket),
            *("--save", "", "--appendonly", "no", "--dir", str(folder)),
        ]

        def answers() -> bool:
            with closing(redis.Redis(host=server.host, port=server.port)) as client:
                return bool(client.ping())

        with _running(command, folder, answers):
            yield server


@contextmanager
def mariadb_server() -> Iterator[MariaDBServer]:
    """Lays out a data folder, starts MariaDB on it, makes one user and one database; yields where it is."""
    server = MariaDBServer("127.0.0.1", free_port(), "tester", "tester's secret", "source")
    with _folder() as folder:
        data = folder / "data"
        subprocess.run(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
        )
        start = folder / "start.sql"
        password = server.password.replace("'", "''")
        start.write_text(
            f"create database {server.database} character set utf8mb4;\n"
            f"create user {server.user}@'%' identified by '{password}';\n"
            f"grant all on *.* to {server.user}@'%' with grant option;\n"
        )
        command = [
            _program("mariadbd"),
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            f"--bind-address={server.host}",
            f"--port={server.port}",
            f"--init-file={start}",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=16M",
        ]

        def answers() -> bool:
            with closing(
                pymysql.connect(
                    host=server.host,
                    port=server.port,
                    user=server.user,
                    password=server.password,
                    database=server.database,
                )
            ):
                return True

        with _running(command, folder, answers):
            yield server


@contextmanager
def pgbouncer(database: Database, *users: str, mode: str = "transaction") -> Iterator[Database]:
    """Starts PgBouncer before a server; yields the database as it is reached through it.

    users: who may connect besides the superuser.
    mode: pool_mode. No role has more than two sessions, so that they are really shared.
    """
    with _folder() as folder:
        port = free_port()
        names = "".join(f'"{name}" ""\n' for name in (database.user, *users))
        (folder / "users").write_text(names)
        (folder / "pgbouncer.ini").write_text(
            f"""
            [databases]
            * = host={database.cluster.socket_folder} port={database.cluster.port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {folder}/users
            pool_mode = {mode}
            default_pool_size = 2
            max_client_conn = 200
            """
        )

        def answers() -> bool:
            pooled.execute("select 1")
            return True

        pooled = replace(database, host="127.0.0.1", port=port)
        with _running([_program("pgbouncer"), str(folder / "pgbouncer.ini")], folder, answers):
            yield pooled


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin")
    if found is None:
        raise RuntimeError(f"There is no {name} here: run scripts/install-test-requirements.")
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(command: list[str], folder: Path, answers: Callable[[], bool]) -> Iterator[None]:
    """Runs a server until the end of the block, which begins when `answers` returns true without an error."""
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        deadline = time.monotonic() + _SECONDS_TO_START
        while True:
            try:
                if answers():
                    break
            except (redis.ConnectionError, pymysql.OperationalError, psycopg.OperationalError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
