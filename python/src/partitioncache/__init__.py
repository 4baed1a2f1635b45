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

from partitioncache.cache import Cache, create_cache
from partitioncache.config import get_table_prefix_from_env
from partitioncache.datatypes import Key, KeySet
from partitioncache.errors import PartitionCacheError
from partitioncache.registry import list_cache_types, recommend

__version__ = "0.1.0"

__all__ = [
    "Cache", "Key", "KeySet", "PartitionCacheError", "create_cache", "get_table_prefix_from_env", "list_cache_types",
    "recommend",
]  # fmt: skip
