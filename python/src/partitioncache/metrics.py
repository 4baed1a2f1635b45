"""How a database's caches stand, as metrics for Prometheus. Needs the extra ``metrics``."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import LiteralString

from partitioncache import __version__, statements
from partitioncache.errors import PartitionCacheError, RightsError
from partitioncache.postgresql import Server

logger = logging.getLogger("partitioncache.metrics")

Row = dict[str, Any]

_STATES: Final = ("fresh", "changed", "static", "aside", "asserted")
_PAUSED: Final = ("failed", "timeout")

GAUGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "up": ("1 if the database answered, else 0: then nothing else is told.", ()),
    "info": ("Always 1; the labels tell the versions.", ("version", "extension")),
    "entries": ("Key sets, by how they stand.", ("cache", "state")),
    "key_sets": ("Key sets of a partition key.", ("cache", "partition_key")),
    "bytes": ("Bytes on disk that the key sets of a partition key take, with indexes.", ("cache", "partition_key")),
    "saved_seconds": ("What restricted queries have saved, as far as it was measured.", ("cache",)),
    "tracked_tables": ("Tables whose writes are logged.", ("cache",)),
    "broken_tables": ("Tracked tables of which writes may go unnoticed; their entries are aside.", ("cache",)),
    "change_log_rows": ("Rows that the change log holds.", ("cache", "partition_key")),
    "queue_items": ("Queued items: ready, running, paused (to be tried again) or dead.", ("cache", "queue", "state")),
    "queue_oldest_seconds": ("For how long the item that waits longest could have been begun with.", ("cache",)),
    "log_items": ("Items in the processor's log, by what became of them.", ("cache", "queue", "status")),
    "evaluation_seconds": ("How long fragments in the log took: avg, p95, max.", ("cache", "of")),
    "processor_enabled": ("1 if pg_cron is to work on the queues.", ("cache",)),
    "processor_workers": ("Sessions of pg_cron's jobs.", ("cache",)),
    "problem": ("1 if partitioncache_status names a problem.", ("cache",)),
    "last_activity_timestamp_seconds": ("When an item was last worked on, as Unix time.", ("cache",)),
}  # fmt: skip
"""The gauges without their prefix: what each tells, and its labels."""

COUNTERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "hits": ("Queries that were restricted.", ("cache",)),
    "misses": ("Queries that were left as they were.", ("cache",)),
}
"""The counters without prefix and ``_total``."""


def names() -> set[str]:
    """The names of all metrics, as Prometheus has them."""
    return {f"partitioncache_{name}" for name in GAUGES} | {
        f"partitioncache_{name}_total" for name in COUNTERS
    }


class ServerCollector(Collector):
    """Asks a database how all of its caches stand, each time it is collected. Reads only, and no text of a query.

    Args:
        server: the database; its role needs the level monitor in the caches that it is to see.
        patient: whether a database that is away is told as ``up 0``, instead of raising the error.

    Example::

        registry = CollectorRegistry()
        registry.register(ServerCollector(Server(dbname="shop"), patient=True))
        start_http_server(9187, "127.0.0.1", registry)
    """

    def __init__(self, server: Server, *, patient: bool = False) -> None:
        self._server = server
        self._patient = patient

    def describe(self) -> Iterable[Metric]:
        """All metrics, without asking the database."""
        return _Families().all()

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now.

        Raises:
            PartitionCacheError: the database does not answer, unless this is patient.
        """
        found = _Families()
        try:
            self._fill(found)
        except PartitionCacheError as error:
            if not self._patient:
                raise
            logger.warning("the caches cannot be looked at: %s", error)
            found = _Families()
            found.set("up", 0)
        yield from (family for family in found.all() if family.samples)

    def _fill(self, found: _Families) -> None:
        with self._server.connection() as connection, connection.transaction():
            connection.execute("set transaction read only")

            def rows(function: str, *arguments: object) -> list[Row]:
                return self._server.records_on(connection, function, *arguments)

            def asked(text: LiteralString, *parameters: object) -> list[Row]:
                return self._server.ask_on(connection, text, parameters)

            found.set("up", 1)
            found.set("info", 1, __version__, rows("partitioncache_version")[0]["partitioncache_version"])
            caches = [row["cache"] for row in asked(statements.MONITORED_CACHES)]
            if not caches and rows("partitioncache_caches"):
                raise RightsError(
                    "This role may monitor no cache.",
                    hint="Let an administrator grant it the level: pcache grant ROLE --level monitor.",
                )
            for cache in caches:
                _of_status(found, cache, rows("partitioncache_status", cache)[0])
                for key in rows("partitioncache_partition_keys", cache):
                    found.set("key_sets", key["entries"], cache, key["partition_key"])
                    found.set("bytes", key["bytes"], cache, key["partition_key"])
                _of_tables(found, cache, rows("partitioncache_tracked_tables", cache))
            _of_queue(found, asked(statements.QUEUE_COUNTS, caches))
            for row in asked(statements.LOG_COUNTS, caches):
                found.set("log_items", row["items"], row["cache"], row["queue"], row["status"])


def _of_status(found: _Families, cache: str, status: Row) -> None:
    for state in _STATES:
        found.set("entries", status[state], cache, state)
    found.set("saved_seconds", status["saved_ms"] / 1e3, cache)
    found.set("tracked_tables", status["tracked_tables"], cache)
    found.set("hits", status["hits"], cache)
    found.set("misses", status["misses"], cache)
    for of in ("avg", "p95", "max"):
        if status[f"{of}_time_ms"] is not None:
            found.set("evaluation_seconds", float(status[f"{of}_time_ms"]) / 1000, cache, of)
    found.set("processor_enabled", bool(status["enabled"]), cache)
    found.set("processor_workers", status["workers"], cache)
    found.set("problem", status["problem"] is not None, cache)
    if status["last_activity"] is not None:
        found.set("last_activity_timestamp_seconds", status["last_activity"].timestamp(), cache)


def _of_tables(found: _Families, cache: str, tables: list[Row]) -> None:
    found.set("broken_tables", sum(each["state"] != "tracking" for each in tables), cache)
    changes: dict[str, int] = {}
    for each in tables:
        changes[each["partition_key"]] = changes.get(each["partition_key"], 0) + each["changes"]
    for partition_key, amount in changes.items():
        found.set("change_log_rows", amount, cache, partition_key)


def _of_queue(found: _Families, rows: list[Row]) -> None:
    amounts: dict[tuple[str, str, str], int] = {}
    oldest: dict[str, float] = {}
    for row in rows:
        state = "paused" if row["status"] in _PAUSED else row["status"]
        place = (row["cache"], row["queue"], state)
        amounts[place] = amounts.get(place, 0) + row["items"]
        oldest[row["cache"]] = max(oldest.get(row["cache"], 0.0), row["oldest"] or 0.0)
    for place, amount in amounts.items():
        found.set("queue_items", amount, *place)
    for cache, seconds in oldest.items():
        found.set("queue_oldest_seconds", seconds, cache)


class _Families:
    """The metrics of one collection."""

    def __init__(self) -> None:
        self._gauges = {
            name: GaugeMetricFamily(f"partitioncache_{name}", about, labels=labels)
            for name, (about, labels) in GAUGES.items()
        }
        self._counters = {
            name: CounterMetricFamily(f"partitioncache_{name}", about, labels=labels)
            for name, (about, labels) in COUNTERS.items()
        }

    def set(self, name: str, value: float, *labels: str) -> None:
        """The value of a metric under its labels, in their order."""
        family = self._gauges.get(name) or self._counters[name]
        family.add_metric(labels, float(value))

    def all(self) -> list[Metric]:
        """All families, also those without a value."""
        return [*self._gauges.values(), *self._counters.values()]


def registry_of(server: Server, *, patient: bool = False) -> CollectorRegistry:
    """A registry that holds the metrics of one database and nothing else; arguments as for `ServerCollector`."""
    registry = CollectorRegistry()
    registry.register(ServerCollector(server, patient=patient))
    return registry
