"""What stands around ``execute`` of Django's cursors."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error, connections
from psycopg.pq import TransactionStatus

from partitioncache.adapters import OPTIONS, Acceleration
from partitioncache.errors import ConfigurationError
from partitioncache.psycopg import ask, runs_again, usable

logger = logging.getLogger("partitioncache.django")

_WRAPPERS: dict[str, Wrapper | None] = {}
_LOCK = threading.Lock()


class Wrapper:
    """Restricts the queries of one of the project's databases; one for all of its connections."""

    def __init__(self, acceleration: Acceleration) -> None:
        self.acceleration = acceleration
        self._warned = False

    def __call__(
        self, execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: Mapping[str, Any]
    ) -> Any:
        cursor = context["cursor"].cursor
        connection = context["connection"].connection
        if many or getattr(cursor, "name", None) or not isinstance(statement, str):
            return execute(statement, params, many, context)
        if not isinstance(connection, psycopg.Connection):
            self._warn()
            return execute(statement, params, many, context)
        turn = self.acceleration.turn(statement) if usable(connection) else None
        if turn is None:
            return execute(statement, params, many, context)
        ask(connection, self.acceleration, turn, statement, params, cursor)
        if turn.rewritten is not None:
            before = connection.info.transaction_status
            try:
                found = execute(turn.rewritten, None, many, context)
                turn.ran()
                return found
            except Error as error:
                cause = error.__cause__
                if not isinstance(cause, psycopg.Error) or not runs_again(turn, cause, connection, before):
                    raise
            if connection.info.transaction_status == TransactionStatus.INERROR:
                connection.rollback()  # of a transaction that began with this query
        found = execute(statement, params, many, context)
        turn.ran()
        return found

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            logger.warning("nothing is accelerated: Django uses psycopg 2 here, and psycopg 3 is needed")


def wrapper_for(alias: str) -> Wrapper | None:
    """The wrapper of a database, None if it is not accelerated."""
    with _LOCK:
        if alias not in _WRAPPERS:
            options = _options(alias)
            accelerated = options is not None and connections[alias].vendor == "postgresql"
            _WRAPPERS[alias] = (
                Wrapper(Acceleration(**options)) if accelerated and options is not None else None
            )
        return _WRAPPERS[alias]


def check_setting() -> None:
    """Looks at the setting.

    Raises:
        ConfigurationError: it is wrong.
    """
    for alias in connections:
        options = _options(alias)
        if options is not None:
            Acceleration(**options)


def _options(alias: str) -> dict[str, Any] | None:
    given = getattr(settings, "PARTITIONCACHE", None)
    if not isinstance(given, Mapping):
        raise ConfigurationError(
            "The setting PARTITIONCACHE is missing.", hint='Write PARTITIONCACHE = {"partition_key": "…"}.'
        )
    if "partition_key" not in given:
        unknown = set(given) - set(connections)
        if unknown or not given:
            raise ConfigurationError(
                "The setting PARTITIONCACHE names no partition_key.",
                hint='Write PARTITIONCACHE = {"partition_key": "…"}, or such options by the names of DATABASES.',
            )
        given = given.get(alias)
        if given is None:
            return None
    unknown = set(given) - {"partition_key", *OPTIONS}
    if unknown or "partition_key" not in given:
        raise ConfigurationError(
            f"PARTITIONCACHE has no option {min(unknown)}."
            if unknown
            else "PARTITIONCACHE lacks a partition_key.",
            hint=f"Options are partition_key, {', '.join(OPTIONS)}.",
        )
    return dict(given)
