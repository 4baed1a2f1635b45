"""The package asks the extension by documented functions, and its SQL texts stand in one module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cluster import Database
from support.installation import CHECKOUT

PACKAGE = CHECKOUT / "python" / "src" / "partitioncache"
STATEMENTS = PACKAGE / "statements.py"
MODULES = sorted(PACKAGE.rglob("*.py"))

SQL = re.compile(r"\s*(?:select|with|insert|update|delete|call|values)\b.*\bpartitioncache_\w", re.I | re.S)
NAMED = re.compile(r"(?:^|[{.])(partitioncache_(?!internal)[a-z_]+)(?=$|[}(])")
NOT_OURS = {("partitioncache_off", "adapters/control.py")}  # a variable of the context
INNER = re.compile(r"\bpc_[a-z]")


def texts(module: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module that are no docstrings, and in which line each begins; those with gaps as one."""
    tree = ast.parse(module.read_text())
    told = {
        id(each.value)
        for each in ast.walk(tree)
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
    }
    for each in ast.walk(tree):
        if isinstance(each, ast.JoinedStr):
            told |= {id(part) for part in each.values}
            yield (
                each.lineno,
                "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in each.values),
            )
        elif isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in told:
            yield each.lineno, each.value


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_no_inner_function_is_named(module: Path) -> None:
    found = [(line, text) for line, text in texts(module) if INNER.search(text)]
    assert not found, f"in {module.name}: call a function that is documented, partitioncache_…"


def test_sql_for_the_extension_stands_in_one_module() -> None:
    found = [
        (str(module.relative_to(PACKAGE)), line, text)
        for module in MODULES
        if module != STATEMENTS and module.parent != PACKAGE / "setup"
        for line, text in texts(module)
        if SQL.match(text)
    ]
    assert not found, "call a function by server.call(), or put the text into statements.py"
    assert any(SQL.match(text) for _, text in texts(STATEMENTS)), "it would have been found"


def test_what_is_named_is_there(database: Database) -> None:
    with database.connect() as connection:
        there = {
            name
            for (name,) in connection.execute(
                "select p.proname from pg_proc p where p.pronamespace = 'partitioncache_internal'::regnamespace"
                " union select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace"
            )
        }
    named = {
        (name, str(module.relative_to(PACKAGE)))
        for module in MODULES
        for _, text in texts(module)
        for name in NAMED.findall(text)
    }
    assert len({name for name, _ in named}) > 40, "most functions are called"
    assert not {each for each in named if each[0] not in there} - NOT_OURS
