"""The analyser for caches that have no PostgreSQL server beside them.

On sqlglot's trees, it does what the extension does with the server's own parser, by the same rules
(`docs/soundness.md`):
dropping a condition is always sound, inventing one never is, and what no rule covers stays as it is.
Read in this order: ``statement`` (parsing), ``conditions`` (what may enter a fragment), ``classes`` (which tables
share their partition), ``fragments`` (what is cached), ``keys`` and ``restriction`` (what is done with it).
"""

from partitioncache.analysis.analysis import Analysis, analyse, extend_query_with_partition_keys
from partitioncache.analysis.fragments import Fragment
from partitioncache.analysis.restriction import METHODS, method_named
from partitioncache.key_columns import with_placements

__all__ = [
    "METHODS", "Analysis", "Fragment", "analyse", "extend_query_with_partition_keys", "method_named", "with_placements",
]  # fmt: skip
