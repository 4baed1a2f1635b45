"""Data sources: the databases whose tables are searched, when they are not the cache's own.

See :class:`~partitioncache.sources.protocol.Source` for what each of them offers.
"""

from partitioncache.sources.protocol import FragmentTimeout, Source, SourceError, TooManyKeys

#: What ``--db-backend`` may say.
SOURCES = ("postgresql", "mysql", "sqlite")

__all__ = ["SOURCES", "FragmentTimeout", "Source", "SourceError", "TooManyKeys"]
