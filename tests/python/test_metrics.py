"""``pcache metrics``: what it prints and serves, as a role that only looks; dashboard and alerts use its names."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client.parser import text_string_to_metric_families

from partitioncache.metrics import names
from support.cluster import Cluster, Database, standby
from support.commands import Run, lead_to
from support.installation import CHECKOUT
from support.processing import until
from support.services import free_port, pgbouncer

WORLD = """
create table poi as select n % 50 as city_id, n % 7 as kind from generate_series(1, 500) n;
select partitioncache_push('select * from poi where kind = 3', 'city_id');
select partitioncache_process_queue();
select partitioncache_push('select * from poi where kind = 5', 'city_id');
select partitioncache_apply('select * from poi where kind = 3', 'city_id', method => 'literal');
select partitioncache_apply('select * from poi where kind = 6', 'city_id');
select partitioncache_register('day', 'date', cache => 'secret');
create role metrics_watcher login;
select partitioncache_grant('metrics_watcher', 'monitor');
"""


@pytest.fixture
def watched(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database that the variables lead a role to which only looks."""
    database.psql(WORLD)
    lead_to(database, monkeypatch)
    monkeypatch.setenv("DB_USER", "metrics_watcher")
    yield database
    database.psql("drop owned by metrics_watcher cascade; drop role metrics_watcher")


def read(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """The values of each metric, by the values of its labels."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_what_is_printed(run: Run, watched: Database) -> None:
    done = run("pcache", "metrics")
    assert done.code == 0, done.err
    found = read(done.out)
    assert found.keys() == names()
    assert "poi" not in done.out
    cache = "partitioncache"
    assert {labels[0] for labels in found["partitioncache_problem"]} == {cache}  # the role may not look at the other
    assert found["partitioncache_up"] == {(): 1}
    assert found["partitioncache_entries"][cache, "fresh"] == 1
    assert found["partitioncache_key_sets"] == {(cache, "city_id"): 1}
    assert found["partitioncache_bytes"][cache, "city_id"] > 0
    assert found["partitioncache_hits_total"] == {(cache,): 1}
    assert found["partitioncache_misses_total"] == {(cache,): 1}
    assert found["partitioncache_queue_items"][cache, "incoming", "ready"] == 1
    assert found["partitioncache_log_items"][cache, "outgoing", "success"] == 1
    assert found["partitioncache_tracked_tables"] == {(cache,): 1}
    assert found["partitioncache_saved_seconds"] == {(cache,): 0}


def test_states_that_alert(run: Run, watched: Database) -> None:
    watched.psql(
        """update partitioncache_internal.partitioncache_queue set due_at = now() - interval '1 hour';
           alter table poi disable trigger user;
           select partitioncache_push('select * from poi where kind = 1', 'city_id') > 0;
           update partitioncache_internal.partitioncache_queue q set status = 'dead', died_at = now()
           where id = (select max(m.id) from partitioncache_internal.partitioncache_queue m)"""
    )
    found = read(run("pcache", "metrics").out)
    cache = "partitioncache"
    assert found["partitioncache_queue_oldest_seconds"][cache,] > 3500
    assert found["partitioncache_queue_items"][cache, "incoming", "dead"] == 1
    assert found["partitioncache_broken_tables"] == {(cache,): 1}
    assert found["partitioncache_entries"][cache, "aside"] == 1
    assert found["partitioncache_problem"] == {(cache,): 1}


def test_a_role_that_may_not_look(run: Run, watched: Database) -> None:
    watched.psql(
        """select partitioncache_grant('metrics_watcher', 'push');
           select partitioncache_revoke('metrics_watcher', level => 'monitor')"""
    )
    done = run("pcache", "metrics")
    assert done.code == 1
    assert "may monitor no cache" in done.err


def test_on_a_standby_and_through_pgbouncer(
    run: Run, watched: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for way in (standby(watched), pgbouncer(watched, "metrics_watcher")):
        with way as reached:
            lead_to(reached, monkeypatch)
            monkeypatch.setenv("DB_USER", "metrics_watcher")
            done = run("pcache", "metrics")
            assert done.code == 0, done.err
            assert read(done.out)["partitioncache_entries"]["partitioncache", "fresh"] == 1


@contextmanager
def served(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The program, serving; the address of its metrics."""
    port = free_port()
    command = [sys.executable, "-m", "partitioncache.cli.main", "metrics", "--listen", f"127.0.0.1:{port}"]
    address = f"http://127.0.0.1:{port}/metrics"
    with subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, env=os.environ) as program:
        try:
            assert program.stderr is not None
            assert address in program.stderr.readline().decode()
            yield address, program
        finally:
            program.kill()


def fetch(address: str) -> dict[str, dict[tuple[str, ...], float]]:
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        return read(answer.read().decode())


def test_serving(watched: Database) -> None:
    with served() as (address, program):
        assert fetch(address)["partitioncache_hits_total"]["partitioncache",] == 1
        watched.execute(
            "select partitioncache_apply('select * from poi where kind = 3', 'city_id', method => 'literal')"
        )
        assert fetch(address)["partitioncache_hits_total"]["partitioncache",] == 2
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0


def test_a_server_that_goes_away_and_returns(
    make_cluster: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = make_cluster(None)  # type: ignore[operator]
    assert isinstance(cluster, Cluster)
    lead_to(cluster.database("with_extension"), monkeypatch)
    control = [cluster.installation.program("pg_ctl"), "-s", "-w", "-D", str(cluster.folder / "data")]
    with served() as (address, _program):
        assert fetch(address)["partitioncache_up"] == {(): 1}
        cluster.server.stop()
        assert fetch(address) == {"partitioncache_up": {(): 0}}
        options = f"-F -p {cluster.port} -k {cluster.socket_folder}"
        subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL)
        try:
            until(lambda: fetch(address)["partitioncache_up"] == {(): 1})
        finally:
            subprocess.run([*control, "-m", "fast", "stop"], check=True)


@pytest.mark.parametrize("address", ["9187", "localhost", "localhost:99999", "a b:1", "203.0.113.7:80"])
def test_an_address_that_is_none(run: Run, watched: Database, address: str) -> None:
    assert run("pcache", "metrics", "--listen", address).code == 2


NAME = re.compile(r"\bpartitioncache_[a-z0-9_]+\b(?!\()")


@pytest.mark.parametrize(
    ("file", "all_of_them"),
    [("monitoring/grafana.json", True), ("monitoring/alerts.yml", False), ("docs/monitoring.md", True)],
)
def test_names_are_those_of_the_metrics(file: str, all_of_them: bool) -> None:
    text = (CHECKOUT / file).read_text()
    if file.endswith(".json"):
        panels = json.loads(text)["panels"]
        text = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    used = set(NAME.findall(text)) - {"partitioncache_status", "partitioncache_uninstall"}
    assert used <= names()
    assert not all_of_them or used == names()


def test_the_alerts_are_listed_on_their_page() -> None:
    alerts = re.findall(r"alert: (\w+)", (CHECKOUT / "monitoring" / "alerts.yml").read_text())
    listed = re.findall(r"^\| (PartitionCache\w+)", (CHECKOUT / "docs" / "monitoring.md").read_text(), re.M)
    assert alerts == listed
