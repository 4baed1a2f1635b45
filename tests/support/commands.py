"""Commands as people run them, in the process of the tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from partitioncache.cli import (
    add,
    base,
    main,
    manage,
    monitor_cache_queue,
    read,
    setup_postgresql_queue_processor,
)
from support.cluster import Database

COMMANDS = {
    "pcache": main.command,
    "pcache-add": add.command,
    "pcache-read": read.command,
    "pcache-manage": manage.command,
    "pcache-monitor": monitor_cache_queue.command,
    "pcache-processor": setup_postgresql_queue_processor.command,
}


@dataclass(frozen=True)
class Result:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command as its program would, in this process."""

    def call(program: str, *arguments: str) -> Result:
        before = sys.argv
        sys.argv = [program, *arguments]
        try:
            with pytest.raises(SystemExit) as ended:
                base.run(COMMANDS[program], program)
        finally:
            sys.argv = before
        captured = capfd.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        assert "Traceback" not in captured.err
        return Result(code, captured.out, captured.err)

    return call


def lead_to(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_HOST", database.host or database.cluster.socket_folder)
    monkeypatch.setenv("DB_PORT", str(database.port or database.cluster.port))
    monkeypatch.setenv("DB_USER", "postgres")
    monkeypatch.setenv("DB_PASSWORD", "secret tulip")
    monkeypatch.setenv("DB_NAME", database.name)
