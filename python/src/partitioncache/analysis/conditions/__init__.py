"""Conditions in canonical form: which of them a fragment may hold, and the one text each of them has.

Only what has a renderer here can enter a fragment; everything else raises ``Unsure`` and is left out. The text is
rebuilt with explicit parentheses. Where the three dialects, or sqlglot, might bind operators differently
(``a = b IS NULL``, ``a || b + c``), a condition is only taken if the query itself wrote the parentheses.
"""

from partitioncache.analysis.conditions.canonical import Condition, canonical
from partitioncache.analysis.conditions.names import sole_owner
from partitioncache.analysis.conditions.saying import Constant, Kind, Said, Sure, date_of
from partitioncache.analysis.conditions.values import string

__all__ = ["Condition", "Constant", "Kind", "Said", "Sure", "canonical", "date_of", "sole_owner", "string"]
