"""What a monitor tells: structured log lines, and for people at a terminal one live line of progress."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections import deque
from datetime import datetime, timezone
from threading import Lock
from types import TracebackType
from typing import Any, Final, Literal

from rich.live import Live
from rich.text import Text

from partitioncache.cli.output import stderr

LogFormat = Literal["text", "json"]

#: Seconds over which the rate of progress is measured.
_WINDOW: Final = 10.0


class Events:
    """Counts what happens and says it.

    Args:
        format: ``text`` (name=value pairs) or ``json`` (one object a line).
        level: the least severe level that is logged, such as ``info``.
        live: show the line of progress; by default if the error output is a terminal.

    Log lines go to the error output: results never mix with them.
    """

    def __init__(self, format: LogFormat = "text", level: str = "info", live: bool | None = None) -> None:
        self._format = format
        self._level = logging.getLevelName(level.upper())
        self._console = stderr()
        self._lock = Lock()
        self._finished: deque[tuple[float, int]] = deque(maxlen=100_000)
        self.counts: dict[str, int] = {}
        self.running = 0
        self.waiting: tuple[int, int] | None = None
        show = sys.stderr.isatty() if live is None else live
        self._live = (
            Live(get_renderable=self._line, console=self._console, refresh_per_second=4) if show else None
        )

    def log(self, level: str, event: str, **fields: Any) -> None:
        """Write one line.

        Args:
            level: debug, info, warning or error.
            event: what happened, in a few fixed words.
            fields: the particulars; those that are None are left out.
        """
        if logging.getLevelName(level.upper()) < self._level:
            return
        known = {name: value for name, value in fields.items() if value is not None}
        now = datetime.now(timezone.utc)
        with self._lock:
            if self._format == "json":
                line = json.dumps(
                    {"time": now.isoformat(), "level": level, "event": event, **known}, default=str
                )
            else:
                pairs = "".join(f" {name}={_quoted(value)}" for name, value in known.items())
                line = f"{now:%Y-%m-%d %H:%M:%S} {level:<7} {event}{pairs}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def count(self, what: str, amount: int = 1) -> None:
        """Count things that were finished: queries, fragments, failures."""
        with self._lock:
            self.counts[what] = self.counts.get(what, 0) + amount
            self._finished.append((time.monotonic(), amount))

    @property
    def rate(self) -> float:
        """Things finished in a second, of late."""
        since = time.monotonic() - _WINDOW
        with self._lock:
            return sum(amount for moment, amount in self._finished if moment > since) / _WINDOW

    def _line(self) -> Text:
        text = Text(f"{self.rate:6.1f}/s", style="bold")
        for name, amount in self.counts.items():
            style = "red" if name == "failed" and amount else ""
            text.append(f"  {name} ").append(f"{amount:,}", style=style)
        text.append(f"  running {self.running}")
        if self.waiting is not None:
            text.append(f"  waiting {self.waiting[0]:,} + {self.waiting[1]:,}")
        return text

    def __enter__(self) -> Events:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()


def _quoted(value: Any) -> str:
    text = " ".join(str(value).split()) if isinstance(value, str) else str(value)
    return json.dumps(text, ensure_ascii=False) if not text or " " in text or '"' in text else text
