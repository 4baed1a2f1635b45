"""The monitor: works on the queues from outside of the database.

``evaluate`` knows how one fragment is evaluated, ``apart`` how a query is taken apart, ``monitor`` keeps a pool busy
with that, ``server`` lets a PostgreSQL server do the work where the cache is beside the data.
"""

from partitioncache.monitor.apart import NotCacheable
from partitioncache.monitor.evaluate import Evaluated, Evaluator, SourceEvaluator, Worker
from partitioncache.monitor.events import Events
from partitioncache.monitor.monitor import Limits, Monitor
from partitioncache.monitor.server import ServerEvaluator, ServerMonitor

__all__ = [
    "Evaluated",
    "Evaluator",
    "Events",
    "Limits",
    "Monitor",
    "NotCacheable",
    "ServerEvaluator",
    "ServerMonitor",
    "SourceEvaluator",
    "Worker",
]
