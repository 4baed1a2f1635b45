"""Talking to PartitionCache inside PostgreSQL: connections, calls of its SQL functions, and their errors."""

from partitioncache.postgresql.server import Server, Typed, explained

__all__ = ["Server", "Typed", "explained"]
