"""The package as a whole: its examples run, its types are checked, its optional parts are optional."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import partitioncache
from partitioncache.errors import DatatypeError, PartitionCacheError
from partitioncache.registry import CACHE_TYPES, recommend

OURS = (
    "adapters",
    "advice",
    "analysis",
    "api",
    "backends",
    "binding",
    "cache",
    "config",
    "dashboard",
    "datatypes",
    "errors",
    "metrics",
    "migrate",
    "postgresql",
    "registry",
    "report",
    "trial",
    "web",
)
MODULES = ["partitioncache"] + [
    module.name
    for module in pkgutil.walk_packages(partitioncache.__path__, "partitioncache.")
    if module.name.split(".")[1] in OURS
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_every_public_name_is_documented() -> None:
    for name in partitioncache.__all__:
        thing = getattr(partitioncache, name)
        if callable(thing):
            assert thing.__doc__, name
    assert Path(partitioncache.__file__).with_name("py.typed").exists()


@pytest.mark.parametrize(
    ("cache_type", "missing", "extra"),
    [("redis_set", "redis", "redis"), ("redis_bit", "redis", "redis"), ("rocksdict", "rocksdict", "rocksdb")],
)
def test_a_missing_extra_is_named(cache_type: str, missing: str, extra: str, tmp_path: Path) -> None:
    program = f"""
import sys
sys.modules[{missing!r}] = None
import partitioncache
try:
    partitioncache.create_cache({cache_type!r}, "k", "integer")
except partitioncache.PartitionCacheError as error:
    print(error)
"""
    environment = {
        "PYTHONPATH": str(Path(partitioncache.__file__).parents[1]),
        "HOME": str(tmp_path),
        "PATH": "",
    }
    output = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == (
        f"{cache_type} needs the package {missing}, which is not installed. Run: pip install 'partitioncache[{extra}]'"
    )


def test_suggestions() -> None:
    with pytest.raises(PartitionCacheError, match="Did you mean redis_set"):
        partitioncache.create_cache("redis_sett", "k", "integer")
    with pytest.raises(PartitionCacheError, match="Use one of: postgresql_array"):
        partitioncache.create_cache("zzz", "k", "integer")
    with pytest.raises(
        DatatypeError,
        match=r"postgresql_bit holds integers, not text. For text use postgresql_array, redis_set",
    ):
        partitioncache.create_cache("postgresql_bit", "k", "text")


@pytest.mark.parametrize(
    ("use_case", "datatype", "wanted"),
    [
        ("high-volume", None, "postgresql_bit"),
        ("High volume", "integer", "postgresql_bit"),
        ("mixed", "text", "postgresql_array"),
        ("distributed", "text", "redis_set"),
        ("distributed", "timestamp", "postgresql_array"),
        ("development", "timestamp", "rocksdict"),
        ("time_series", None, "postgresql_array"),
        (None, "uuid", "postgresql_array"),
    ],
)
def test_recommendations(use_case: str | None, datatype: str | None, wanted: str) -> None:
    found = recommend(use_case, datatype)
    assert found.cache_type == wanted
    assert found.cache_type in CACHE_TYPES
    assert found.reason


def test_recommendations_that_cannot_be_made() -> None:
    with pytest.raises(PartitionCacheError, match="No backend fits"):
        recommend("high-volume", "text")
    with pytest.raises(PartitionCacheError, match="Did you mean development"):
        recommend("developement")
