"""Times as arguments: ``90``, ``30s``, ``5min``, ``2h``, ``7d``; and numbers of seconds."""

from __future__ import annotations

import math
import re
import threading
from datetime import timedelta
from typing import Any, Final

import click

_UNITS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType[timedelta]):
    """A number with s, min, h or d.

    Args:
        plain_seconds: whether a number alone means seconds. Where somebody might as well mean days, it does not.
    """

    name = "duration"

    def __init__(self, plain_seconds: bool) -> None:
        self._plain_seconds = plain_seconds

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", str(value), re.ASCII)
        if match is None or (match[2] and match[2] not in _UNITS):
            self.fail(f"{value!r} is no duration; write it like 30s, 5min, 2h or 7d.", param, ctx)
        if not match[2] and not self._plain_seconds:
            self.fail(
                f"{value!r} has no unit; write {match[1]}s, {match[1]}min, {match[1]}h or {match[1]}d.",
                param,
                ctx,
            )
        try:
            return timedelta(seconds=float(match[1]) * _UNITS.get(match[2], 1))
        except OverflowError:
            self.fail(f"{value!r} is too long.", param, ctx)


class Seconds(click.FloatRange):
    """A number of seconds: no infinity, and nothing that is no number."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number) or number > threading.TIMEOUT_MAX:
            self.fail(f"{value!r} is no number of seconds.", param, ctx)
        return number


DURATION: Final = Duration(plain_seconds=True)
AGE: Final = Duration(plain_seconds=False)
