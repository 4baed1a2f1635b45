"""More than 2,000 random queries with fixed seeds: each answers the same when it is answered from the cache.

Two runs at a time, since there is a server process for each. On two idle cores they take about three minutes; how long
they take elsewhere is no failure.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from differential.fuzz import arena, hunt
from differential.report import Report
from support.cluster import Cluster
from support.installation import MAJORS

SEEDS = (20240229, 20240230)
QUERIES = 1050
BATCH = 36
# Queries that are never pushed, but say more or less than one that was: two chains in each world.
IMPLIED = 288


@pytest.fixture(scope="module")
def outcome(cluster: Cluster) -> tuple[Report, list[str]]:
    """The report of the runs, and a script for each that failed."""
    report, scripts = Report(), []

    def run(seed: int) -> tuple[Report, str]:
        with arena(cluster.database().conninfo(), seed) as made:
            script = hunt(made, float("inf"), QUERIES, BATCH, None) or hunt(
                made, float("inf"), IMPLIED, 24, None, implied=True
            )
            return made.report, script

    with ThreadPoolExecutor(len(SEEDS)) as pool:
        for part, script in pool.map(run, SEEDS):
            report.merge(part)
            scripts += [script] if script else []
    return report, scripts


@pytest.mark.timeout(2400)
def test_rewritten_queries_return_the_rows_of_the_original(outcome: tuple[Report, list[str]]) -> None:
    report, scripts = outcome
    print(report.table())
    assert not scripts, "\n\n".join(scripts)


def test_enough_queries_were_tried(outcome: tuple[Report, list[str]]) -> None:
    report, _ = outcome
    assert report.queries >= 2000
    assert sum(report.errors.values()) < report.queries / 20, report.errors
    assert report.classes["all"].rows > report.queries / 3


def test_queries_use_the_entries_that_they_contain(outcome: tuple[Report, list[str]]) -> None:
    report, _ = outcome
    print(report.containment())
    assert report.classes["contained"].tried > report.classes["implied"].tried / 20, report.containment()


def test_every_class_was_generated(outcome: tuple[Report, list[str]]) -> None:
    report, _ = outcome
    assert report.missing() == []


def test_what_can_be_rewritten_mostly_is(outcome: tuple[Report, list[str]]) -> None:
    report, _ = outcome
    assert report.seldom() == []


@pytest.mark.parametrize("major", MAJORS[1:])
def test_a_share_of_them_on_the_other_versions(cluster_of: Callable[[int], Cluster], major: int) -> None:
    with arena(cluster_of(major).database().conninfo(), SEEDS[0] + major) as made:
        script = hunt(made, float("inf"), 4 * BATCH, BATCH, None) or hunt(
            made, float("inf"), 48, 24, None, implied=True
        )
        assert not script, script
        assert made.report.queries >= 150
