"""Talking to PartitionCache inside PostgreSQL: connections, calls of its SQL functions, and their errors.

>>> from partitioncache.postgresql import Server
>>> help(Server.call)  # doctest: +ELLIPSIS
Help on function call in module partitioncache.postgresql.server:
...
"""

from partitioncache.postgresql.server import Server, explained

__all__ = ["Server", "explained"]
