"""Reads a regression case: a script for psql that is also a test.

A case is pasted into psql as it stands. As a test, its statements run in order, and at each

    select $query$ … $query$ as query \\gset
    -- expect: rewritten            (or unchanged; may be left out)
    select partitioncache_apply(:'query', 'city_id') as rewritten \\gset

the query and what every method makes of it are run in one snapshot and compared. The lines that show the answers in
psql (``:query``, ``:rewritten``, ``\\echo``) are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from differential.arena import METHODS
from differential.compare import Session, difference

FOLDER = Path(__file__).parent / "regressions"
_TAG = re.compile(r"\$[a-z_0-9]*\$")
_QUERY = re.compile(r"select (\$\w+\$)(?P<query>.*)\1 as query\s*\\gset", re.DOTALL)
_APPLY = re.compile(
    r"select partitioncache_apply\(:'query', '(?P<key>(?:[^']|'')+)'(?:, (?:cache => )?'(?P<cache>[^']+)')?"
)


@dataclass(frozen=True)
class Step:
    """A statement, or (with ``query``) a comparison."""

    text: str
    query: str = ""
    key: str = ""
    cache: str = "partitioncache"
    expect: str = ""


def statements(script: str) -> Iterator[str]:
    """The statements of a psql script, each up to the ``;`` or ``\\gset`` that ends a line outside of dollar quotes."""
    lines: list[str] = []
    tag = ""
    for line in script.splitlines():
        if not lines and not tag and (not line.strip() or line.startswith(("\\", ":", ";"))):
            continue
        lines.append(line)
        for found in _TAG.findall(line):
            if not tag:
                tag = found
            elif found == tag:
                tag = ""
        if not tag and line.rstrip().endswith((";", "\\gset")) and not line.startswith("--"):
            yield "\n".join(lines)
            lines = []


def steps(script: str) -> Iterator[Step]:
    query = ""
    for statement in statements(script):
        lines = [line for line in statement.splitlines() if not line.startswith("--")]
        body = "\n".join(lines)
        if found := _QUERY.match(body):
            query = found["query"]
        elif (applied := _APPLY.match(body)) and query:
            expect = re.search(r"^-- expect: (\w+)", statement, re.MULTILINE)
            key = applied["key"].replace("''", "'")
            yield Step(body, query, key, applied["cache"] or "partitioncache", expect[1] if expect else "")
        else:
            yield Step(body)


def run(script: str, session: Session) -> list[str]:
    """Run a case; the differences found, in words."""
    found: list[str] = []
    for step in steps(script):
        if step.query:
            found += compare(step, session)
        else:
            session.must(step.text)
    return found


def compare(step: Step, session: Session) -> list[str]:
    """Compare a query with what every method makes of it; nobody else writes meanwhile."""
    found: list[str] = []
    # A role that may not: whoever prepared the case has compared something already.
    session.must(
        "do $$ begin update partitioncache_internal.partitioncache_settings set least_cost = 0 where least_cost > 0;"
        " exception when insufficient_privilege then null; end $$"
    )
    session.must("begin")
    for method in METHODS:
        session.must("savepoint s")
        applied = session.call(
            "select partitioncache_apply($1, $2, $3, $4)", step.query, step.key, step.cache, method
        )
        if applied.error:
            found.append(f"{method}: partitioncache_apply raises {applied.error}")
            session.must("rollback to s")
            continue
        rewritten = (applied.rows[0][0] or b"").decode()
        session.must("savepoint applied")
        original = session.run(step.query)
        session.must("rollback to applied")
        if step.expect == "unchanged" and rewritten != step.query:
            found.append(f"{method}: rewritten, although it must not be:\n{rewritten}")
        if step.expect == "rewritten" and method != "auto" and rewritten == step.query:
            found.append(f"{method}: not rewritten: {reason(step, session)}")
        if original.error:
            found.append(f"the query fails: {original.error}")
        elif rewritten != step.query and (
            what := difference(original, session.run(rewritten), "order by" in step.query)
        ):
            found.append(f"{method}: {what}\n{rewritten}")
        session.must("rollback to s")
    session.must("rollback")
    return found


def reason(step: Step, session: Session) -> str:
    answer = session.call(
        "select reason from partitioncache_explain($1, $2, $3)", step.query, step.key, step.cache
    )
    return answer.error or (answer.rows[0][0] or b"no reason").decode()
