"""Django's queries with the cache: the same objects, in every mode in which Django uses psycopg, in 4.2 and 5."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.adapters import OPTIONS
from support.cluster import Database
from support.shop import open_shop


@pytest.fixture
def shop(database: Database) -> Database:
    return open_shop(database)


@pytest.fixture(params=["4.2", "5.2"])
def version(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which Django the project is run by: the one of this environment, or the one in its folder "older"."""
    if request.param == "4.2":
        monkeypatch.setenv("PYTHONPATH", f"{Path(sys.prefix) / 'older'}{os.pathsep}{os.environ['PYTHONPATH']}")
    return str(request.param)


def project(shop: Database, check: bool = True, **given: Any) -> Any:
    """What the project prints; its errors if it is not to be checked."""
    given = {"partitioncache": None, "options": {}, "atomic": False, **given}
    command = [sys.executable, "-W", "ignore", "-m", "support.django_project", json.dumps(given)]
    run = subprocess.run(command, env=shop.environment(), capture_output=True, text=True, check=False)
    if not check:
        return run.stderr
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_the_same_objects(shop: Database, version: str) -> None:
    expected = project(shop)
    assert expected["version"].startswith(version), expected["version"]
    assert all(found not in ("[]", "None") for found in expected["found"].values())
    for atomic in (False, True):
        for options in ({}, {"server_side_binding": True}):
            given = {"partitioncache": OPTIONS, "options": options, "atomic": atomic}
            result = project(shop, **given)
            assert result["found"] == expected["found"]
            assert result["failed"] == 0, result["problem"]
            # Of each query but few, one of the two runs at least is restricted.
            assert result["restricted"] >= 40


def test_a_cache_that_is_gone(shop: Database, version: str) -> None:
    for atomic in (False, True):
        assert project(shop, partitioncache=OPTIONS, atomic=atomic, drop=True)["dropped"]
        shop.execute("create extension if not exists partitioncache")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({}, "The setting PARTITIONCACHE names no partition_key."),
        ({"elsewhere": {"partition_key": "city_id"}}, "The setting PARTITIONCACHE names no partition_key."),
        ({"partition_key": "city_id", "fast": 1}, "PARTITIONCACHE has no option fast."),
        ({"default": {"cache": "shop"}}, "PARTITIONCACHE lacks a partition_key."),
        ({"partition_key": "city_id", "share": 2}, "share=2 is no number from 0 to 1."),
        (7, "The setting PARTITIONCACHE is missing."),
    ],
)
def test_settings_are_checked(database: Database, version: str, setting: Any, message: str) -> None:
    assert message in project(database, check=False, partitioncache=setting)
