"""Django 4.2 and 5: an app that restricts a project's queries to the partitions that can have a match.

    INSTALLED_APPS = [..., "partitioncache.django"]
    PARTITIONCACHE = {"partition_key": "city_id"}

The setting holds the options of `partitioncache.adapters.Acceleration`, for each PostgreSQL database of ``DATABASES``;
or a dictionary of such options by the names of databases. What writes is left alone, and so are ``iterator()`` and
``executemany``.
"""

from __future__ import annotations

from partitioncache.adapters import Statistics, off
from partitioncache.errors import ConfigurationError, missing_extra

try:
    import django as _django  # noqa: F401
except ImportError:
    raise missing_extra("Django", "django", "partitioncache.django") from None

__all__ = ["off", "statistics"]


def statistics(using: str = "default") -> Statistics:
    """What has been done in this process for one of the project's databases, and what it brought.

    Args:
        using: its name in ``DATABASES``.

    Raises:
        ConfigurationError: the setting ``PARTITIONCACHE`` has nothing for it.
    """
    from partitioncache.django.wrapper import wrapper_for

    wrapper = wrapper_for(using)
    if wrapper is None:
        raise ConfigurationError(
            f"The database {using!r} is not accelerated.",
            hint="It must be one in PostgreSQL, and the setting PARTITIONCACHE must name its partition_key.",
        )
    return wrapper.acceleration.statistics()
