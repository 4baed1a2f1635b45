"""Talking to Redis, on one server or a Redis Cluster: connections and their errors."""

from partitioncache.redis.connection import Client, connect, explained, place

__all__ = ["Client", "connect", "explained", "place"]
