"""2,000 and more random queries with a fixed seed: each answers the same when it is answered from the cache."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from differential.fuzz import arena, hunt
from differential.report import Report
from support.cluster import Cluster

SEED = 20240229
QUERIES = 2400
SECONDS = 280.0


@pytest.fixture(scope="module")
def outcome(cluster: Cluster) -> Iterator[tuple[Report, str]]:
    """The report of the run, and the script of the first failure."""
    with arena(cluster.database().conninfo(), SEED) as made:
        script = hunt(made, time.monotonic() + SECONDS, QUERIES, 40, None)
        yield made.report, script


@pytest.mark.timeout(500)
def test_rewritten_queries_return_the_rows_of_the_original(outcome: tuple[Report, str]) -> None:
    report, script = outcome
    print(report.table())
    assert not script, script


def test_enough_queries_were_tried(outcome: tuple[Report, str]) -> None:
    report, _ = outcome
    assert report.queries >= 2000
    assert sum(report.errors.values()) < report.queries / 20, report.errors
    assert report.classes["all"].rows > report.queries / 3


def test_every_class_was_generated(outcome: tuple[Report, str]) -> None:
    report, _ = outcome
    assert report.missing() == []


def test_what_can_be_rewritten_mostly_is(outcome: tuple[Report, str]) -> None:
    report, _ = outcome
    assert report.seldom() == []
