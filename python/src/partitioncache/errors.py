"""The errors of PartitionCache: each one a sentence, and what to do about it.

Every error that a user can cause is a `PartitionCacheError`. Its text is complete in one line; the advice
stands apart in `hint`, so that a command can print it in another colour and a program can ignore it.
"""

from __future__ import annotations

import logging

logger = logging.getLogger("partitioncache")


class PartitionCacheError(Exception):
    """What all errors of this package have in common.

    Args:
        message: what is wrong, in one sentence.
        hint: what to do about it, in one sentence; None if there is nothing to advise.

    >>> error = PartitionCacheError("The cache is full.", hint="Clear a partition key.")
    >>> str(error)
    'The cache is full. Clear a partition key.'
    >>> error.message, error.hint
    ('The cache is full.', 'Clear a partition key.')
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class ConfigurationError(PartitionCacheError, ValueError):
    """An argument, environment variable or name that cannot be used."""


class MissingExtraError(PartitionCacheError, ImportError):
    """An optional part of the package is not installed; the hint names the extra."""


class DatatypeError(PartitionCacheError, ValueError):
    """A value or data type that a partition key or backend cannot hold. Nothing was written."""


class NotRegisteredError(PartitionCacheError, LookupError):
    """A partition key that the cache does not know and whose data type cannot be inferred."""


class RegistrationConflictError(PartitionCacheError):
    """A partition key that the cache knows with another data type or storage."""


class BackendError(PartitionCacheError):
    """A cache, or its server or files, that cannot do now what was asked: nothing is wrong with the question.

    Whoever can do without the cache may go on without it, as `apply_cache` does.
    """


class UnavailableError(BackendError, ConnectionError):
    """A server or file that cannot be reached or opened."""


class ReadOnlyError(BackendError):
    """A write to a cache that another process holds for writing, or that was opened for reading."""


class RightsError(PartitionCacheError):
    """The role was not granted what this needs."""


class QueryError(PartitionCacheError, ValueError):
    """A query that cannot be parsed, pushed or cached."""


class QueueError(PartitionCacheError):
    """A queue that cannot do what was asked."""


class TrackingError(PartitionCacheError, ValueError):
    """A table whose writes cannot be tracked."""


def not_registered(partition_key: str, cache: str) -> NotRegisteredError:
    """The error for a partition key that a cache does not know.

    >>> print(not_registered("city_id", "shop"))
    The partition key city_id is not registered in shop. Store a set of its keys, or call register(...).
    """
    return NotRegisteredError(
        f"The partition key {partition_key} is not registered in {cache}.",
        hint="Store a set of its keys, or call register(partition_key, datatype).",
    )


def missing_extra(package: str, extra: str, what: str) -> MissingExtraError:
    """The error for an optional import that failed.

    Args:
        package: the distribution that is missing, such as ``redis``.
        extra: the extra of this package that brings it.
        what: what the caller wanted to use, as the subject of the sentence.

    >>> print(missing_extra("redis", "redis", "redis_set"))
    redis_set needs the package redis, which is not installed. Run: pip install 'partitioncache[redis]'
    """
    return MissingExtraError(
        f"{what} needs the package {package}, which is not installed.",
        hint=f"Run: pip install 'partitioncache[{extra}]'",
    )
