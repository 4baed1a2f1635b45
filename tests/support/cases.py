"""Cases: scripts that ask a query and its rewritten form, each in a fresh database, and compare what comes back.

A case in .sql prints `original…` and `rewritten_rows…`, as many of one as of the other and the same values. A server's
ERROR fails it, unless a line `-- error: TEXT` says that there is one with that text. A case in .sh or .py fails by its
exit status, or if it prints `original N rewritten M` with two numbers that differ, or `same rows: False`.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from support import services
from support.cluster import Cluster
from support.installation import CHECKOUT

Verdict = Literal["same", "said", "DIFFERS", "ERROR"]

_EXPECTED = re.compile(r"^-- error: (.+)$", re.M)
_COMMANDS = {
    "pcache": "main",
    "pcache-add": "add",
    "pcache-read": "read",
    "pcache-manage": "manage",
    "pcache-monitor": "monitor_cache_queue",
    "pcache-processor": "setup_postgresql_queue_processor",
}


@dataclass(frozen=True)
class Outcome:
    """What came of a case: `verdict` in a word, `text` with the values or the last words of what ran."""

    verdict: Verdict
    text: str

    @property
    def good(self) -> bool:
        return self.verdict in ("same", "said")


def run_case(cluster: Cluster, path: Path, prelude: Path | None = None, seconds: int = 300) -> Outcome:
    """Runs one case in a database of its own, after the prelude, and removes the database and any role it made.

    seconds: after which it counts as failed.
    """
    with _database(cluster, path.stem, prelude) as environment:
        command: list[str | Path]
        if path.suffix == ".sql":
            command = [
                "psql",
                "-X",
                "--csv",
                "-v",
                f"DBNAME={environment['PGDATABASE']}",
                "-v",
                "secs=3",
                "-f",
                path,
            ]
        else:
            command = [sys.executable if path.suffix == ".py" else "bash", path]
        try:
            done = subprocess.run(
                command, env=environment, cwd=environment["HOME"], capture_output=True, text=True, errors="replace",
                timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Outcome("ERROR", f"not done after {seconds} s")
    if path.suffix != ".sql":
        return _said(done)
    return _compared(done, _EXPECTED.findall(path.read_text()))


def _said(done: subprocess.CompletedProcess[str]) -> Outcome:
    pairs = re.findall(r"original (\d+) rewritten (\d+)", done.stdout)
    wrong = done.returncode != 0 or any(a != b for a, b in pairs) or "same rows: False" in done.stdout
    return Outcome("DIFFERS" if wrong else "said", (done.stdout + done.stderr).strip())


def _compared(done: subprocess.CompletedProcess[str], expected: list[str]) -> Outcome:
    rows = list(csv.reader(io.StringIO(done.stdout)))
    values: dict[str, list[str]] = {"original": [], "rewritten_rows": []}
    for above, below in itertools.pairwise(rows):
        for kind, found in values.items():
            if above and below and above[0].startswith(kind):
                found.append(below[0])
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line or "FATAL" in line]
    missing = [text for text in expected if not any(text in error for error in errors)]
    surplus = [error for error in errors if not any(text in error for text in expected)]
    text = f"{values['original']} -> {values['rewritten_rows']}"
    if values["original"] != values["rewritten_rows"]:
        return Outcome("DIFFERS", text)
    if surplus or missing:
        return Outcome("ERROR", "; ".join([*surplus[:3], *(f"no error has {each!r}" for each in missing)]))
    return Outcome("same", text)


@contextmanager
def _database(cluster: Cluster, name: str, prelude: Path | None) -> Iterator[dict[str, str]]:
    """A fresh database and the environment of what runs in it; everything that it leaves in the server goes."""
    home = Path(tempfile.mkdtemp(prefix="pc-case-"))
    roles = _roles(cluster)
    databases = _databases(cluster)
    database = cluster.create_database("template0", settings=False)
    try:
        environment = database.environment(
            HOME=str(home),
            PATH=f"{_commands(home)}:{cluster.installation.bindir}:{os.environ['PATH']}",
            PYTHONPATH=f"{CHECKOUT / 'python' / 'src'}",
        )
        if prelude is not None:
            database.psql(prelude.read_text())
            database.execute(f"alter database {database.name} set search_path = public, pcx")
        yield environment
    finally:
        for left in _databases(cluster) - databases:
            cluster.drop_database(cluster.database(left))
        for role in _roles(cluster) - roles:
            cluster.database().psql(f'drop owned by "{role}"; drop role "{role}"', check=False)
        shutil.rmtree(home, ignore_errors=True)


def _roles(cluster: Cluster) -> set[str]:
    return {row[0] for row in cluster.database().execute("select rolname::text from pg_roles")}


def _databases(cluster: Cluster) -> set[str]:
    return {row[0] for row in cluster.database().execute("select datname::text from pg_database")}


def _commands(folder: Path) -> Path:
    """The package's commands as programs, in a folder that goes into PATH; `python3` is the one that runs this."""
    (folder / "bin").mkdir()
    for command, module in _COMMANDS.items():
        program = folder / "bin" / command
        program.write_text(
            f"#!/bin/sh\nexec {sys.executable} -c 'from partitioncache.cli.{module} import main; main()' \"$@\"\n"
        )
        program.chmod(0o755)
    (folder / "bin" / "python3").symlink_to(sys.executable)
    return folder / "bin"


@contextmanager
def redis_socket() -> Iterator[None]:
    """A Redis server for the cases that want one: REDIS_SOCKET names its socket."""
    with services.redis_server() as server:
        os.environ["REDIS_SOCKET"] = server.socket
        try:
            yield
        finally:
            del os.environ["REDIS_SOCKET"]
