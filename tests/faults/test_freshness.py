"""Answers stay right while tables are written to, and only because of the change log.

PARTITIONCACHE_FRESHNESS_SECONDS (default 30) says how long the workers work, PARTITIONCACHE_FRESHNESS_SEED how.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import pytest

from faults.freshness import Trial
from support.cluster import Cluster, Database

SECONDS = float(os.environ.get("PARTITIONCACHE_FRESHNESS_SECONDS", "30"))
SEED = int(os.environ.get("PARTITIONCACHE_FRESHNESS_SEED", "1"))

NOTHING_IS_LOGGED = """
create or replace function partitioncache_internal.partitioncache_log_city_id() returns trigger language plpgsql
as 'begin return null; end'
"""

ENTRIES_CLAIM_TOO_MUCH = """
create or replace function partitioncache_internal.pc_snapshot() returns pg_snapshot language sql volatile as $$
    select format('%s:%s:', x, x)::pg_snapshot
    from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000 as x) n
$$
"""


@pytest.fixture
def busy_database(make_cluster: Callable[[Mapping[str, str] | None], Cluster]) -> Database:
    """A database of a server of its own, which allows prepared transactions."""
    return make_cluster({"max_prepared_transactions": "10"}).create_database()


@pytest.mark.timeout(SECONDS + 300)
def test_no_answer_ever_differs(busy_database: Database) -> None:
    report = Trial(busy_database, SEED).run(SECONDS)
    print(report)
    assert not report.differences, str(report)
    assert not report.failures, str(report)
    # Enough was tried, in every kind of reading: answers came from restricted queries, while tables were written to and
    # entries refreshed. Which share it is depends on how fast this machine refreshes what is put aside.
    assert sum(report.restricted.values()) > 5 * SECONDS
    assert all(report.restricted[reading] > 0 for reading in report.compared), str(report)
    assert report.refreshed["evaluated"] > SECONDS
    assert sum(report.written.values()) > 5 * SECONDS


@pytest.mark.parametrize("sabotage", [NOTHING_IS_LOGGED, ENTRIES_CLAIM_TOO_MUCH])
def test_without_its_rules_answers_differ(busy_database: Database, sabotage: str) -> None:
    trial = Trial(busy_database, SEED)
    busy_database.execute(sabotage)
    report = trial.run(60, until_different=True)
    assert report.differences, str(report)
