"""Talking to PartitionCache inside PostgreSQL: connections, calls of its SQL functions, and their errors."""

from partitioncache.postgresql.server import Server, explained
from partitioncache.statements import Typed

__all__ = ["Server", "Typed", "explained"]
