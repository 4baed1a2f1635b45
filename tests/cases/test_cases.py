"""Each case of this folder, on each version of PostgreSQL: original and rewritten rows are the same, nothing fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cases import run_case
from support.cluster import Cluster

CASES = sorted(Path(__file__).parent.glob("[0-9]*.sql"))


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_case(any_cluster: Cluster, path: Path) -> None:
    if "pg18" in path.stem and any_cluster.major < 18:
        return
    outcome = run_case(any_cluster, path)
    assert outcome.good, f"{outcome.verdict}: {outcome.text}"
