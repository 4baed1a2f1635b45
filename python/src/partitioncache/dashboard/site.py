"""The pages of a database's caches, served."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlencode

from partitioncache.dashboard.figures import Figures, Sample, read
from partitioncache.dashboard.page import failed, render
from partitioncache.errors import NotRegisteredError, PartitionCacheError
from partitioncache.postgresql import Server
from partitioncache.web.server import Answer

logger = logging.getLogger("partitioncache.dashboard")

_SECONDS: Final = 60


class Site:
    """The pages of a database's caches, as `web.server.only_reads` takes them.

    Counters of every cache that somebody looks at are recorded once a minute, for a day.

    Args:
        server: the database; its role needs the level monitor.
        cache: the cache of the first page.
        texts: as for `read`.
    """

    def __init__(self, server: Server, cache: str, *, texts: bool = False) -> None:
        self._server = server
        self._cache = cache
        self._texts = texts
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, bool], tuple[float, Answer]] = {}
        self._samples: dict[str, deque[Sample]] = {cache: deque(maxlen=24 * 60)}
        self._stop = threading.Event()
        self._recorder = threading.Thread(target=self._record, daemon=True)

    def __enter__(self) -> Site:
        self._recorder.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._recorder.join()

    def __call__(self, path: str, query: str) -> Answer:
        """The page of a cache (?cache=…), which asks again by itself unless told not to (?refresh=0)."""
        if path != "/":
            return "404 Not Found", "text/plain", "There is only one page: /\n"
        asked = parse_qs(query[:2000])
        cache = asked.get("cache", [self._cache])[0]
        repeated = asked.get("refresh") != ["0"]
        # One at a time, and whoever asks meanwhile gets the same: many who look cost no more than one.
        with self._lock:
            kept = self._kept.get((cache, repeated))
            if kept is None or time.monotonic() - kept[0] > 2:
                self._kept = {
                    key: each for key, each in self._kept.items() if time.monotonic() - each[0] <= 2
                }
                kept = self._kept[cache, repeated] = (time.monotonic(), self._answer(cache, repeated))
            return kept[1]

    def _answer(self, cache: str, repeated: bool) -> Answer:
        refresh = _SECONDS if repeated else None
        try:
            found = read(self._server, cache, texts=self._texts)
        except PartitionCacheError as error:
            status = "404 Not Found" if isinstance(error, NotRegisteredError) else "503 Service Unavailable"
            return status, "text/html", failed(error, refresh)
        samples = self._samples.setdefault(cache, deque(maxlen=24 * 60))
        given = {**vars(found), "samples": [*samples, found.sample]}
        text = render(Figures(**given), refresh=refresh, link=lambda name: "?" + urlencode({"cache": name}))
        return "200 OK", "text/html", text

    def _record(self) -> None:
        while True:
            for cache, samples in list(self._samples.items()):
                try:
                    row = self._server.records("partitioncache_status", cache)[0]
                except PartitionCacheError as error:
                    logger.warning("the cache %s cannot be looked at: %s", cache, error)
                    continue
                samples.append(
                    Sample(
                        datetime.now().astimezone(),
                        row["hits"],
                        row["misses"],
                        row["incoming"] + row["outgoing"],
                    )
                )
            if self._stop.wait(_SECONDS):
                return
