"""The app: it watches for connections."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from partitioncache.django.wrapper import check_setting, wrapper_for


class PartitionCacheConfig(AppConfig):  # type: ignore[misc]  # Django states no types
    """Gives each new connection of an accelerated database a wrapper around ``execute``."""

    name = "partitioncache.django"
    label = "partitioncache"
    verbose_name = "PartitionCache"

    def ready(self) -> None:
        """Called by Django once all apps are there.

        Raises:
            ConfigurationError: the setting ``PARTITIONCACHE`` is wrong.
        """
        check_setting()
        connection_created.connect(_install, dispatch_uid="partitioncache")


def _install(*, connection: Any, **others: Any) -> None:
    wrapper = wrapper_for(connection.alias)
    if wrapper is not None and wrapper not in connection.execute_wrappers:
        connection.execute_wrappers.append(wrapper)
