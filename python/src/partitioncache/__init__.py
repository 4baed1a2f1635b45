"""PartitionCache remembers in which partitions a condition matches, and lets later queries search only those.

>>> import partitioncache, tempfile
>>> cache = partitioncache.create_cache("rocksdict", "city_id", "integer", path=tempfile.mkdtemp())
>>> cache.set_set("near the sea", {1, 2, 3})
>>> cache.set_set("has an airport", {2, 3, 4})
>>> keys, hits = cache.get_intersected(["near the sea", "has an airport"])
>>> sorted(keys), hits
([2, 3], 2)
>>> cache.close()
"""

from partitioncache.adapters import Acceleration, off
from partitioncache.analysis import extend_query_with_partition_keys
from partitioncache.api import apply_cache, get_partition_keys, get_queue_lengths, push_fragment, push_query
from partitioncache.backends.readings import FormPart, QueryForm
from partitioncache.cache import Cache, create_cache
from partitioncache.config import get_table_prefix_from_env
from partitioncache.datatypes import Key, KeySet
from partitioncache.errors import PartitionCacheError
from partitioncache.migrate import Migration, migrate_cache_backend
from partitioncache.placements import Placement, Suggestion, place, placements, suggest_placements, unplace
from partitioncache.questions import Explanation, explain_query, query_form
from partitioncache.registry import list_cache_types, recommend
from partitioncache.tracking import (
    TrackedTable,
    assert_static,
    retract_static,
    track,
    tracked_tables,
    untrack,
)

__version__ = "0.2.0"

__all__ = [
    "Acceleration",
    "Cache",
    "Explanation",
    "FormPart",
    "Key",
    "KeySet",
    "Migration",
    "PartitionCacheError",
    "Placement",
    "QueryForm",
    "Suggestion",
    "TrackedTable",
    "apply_cache",
    "assert_static",
    "create_cache",
    "explain_query",
    "extend_query_with_partition_keys",
    "get_partition_keys",
    "get_queue_lengths",
    "get_table_prefix_from_env",
    "list_cache_types",
    "migrate_cache_backend",
    "off",
    "place",
    "placements",
    "push_fragment",
    "push_query",
    "query_form",
    "recommend",
    "retract_static",
    "suggest_placements",
    "track",
    "tracked_tables",
    "unplace",
    "untrack",
]
