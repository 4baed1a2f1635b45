"""What the adapters for drivers and frameworks share: which queries are asked about, how, and what it brought.

The adapters themselves are `partitioncache.psycopg`, `partitioncache.sqlalchemy`, `partitioncache.django` and
`partitioncache.asyncpg`.
"""

from partitioncache.adapters.acceleration import OPTIONS, Acceleration, Turn, shared
from partitioncache.adapters.control import off
from partitioncache.adapters.statistics import ShapeStatistics, Statistics

__all__ = ["OPTIONS", "Acceleration", "ShapeStatistics", "Statistics", "Turn", "off", "shared"]
