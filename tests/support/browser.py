"""Chromium without a window, as pages see a person's: driven over the pipe of its own protocol."""

from __future__ import annotations

import base64
import fcntl
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from PIL import Image

_WRONG = ("Runtime.exceptionThrown", "Page.javascriptDialogOpening", "Network.loadingFailed")


@dataclass
class Browser:
    """A browser with one page, and what it had to complain of."""

    to: IO[bytes]
    answers: IO[bytes]
    session: str | None = None
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _number: int = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Calls a method of the protocol; raises AssertionError if the browser refuses."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self.session is not None:
            message["sessionId"] = self.session
        self.to.write(json.dumps(message).encode() + b"\0")
        self.to.flush()
        while (answer := self._next()).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    def _next(self) -> dict[str, Any]:
        found = bytearray()
        while (byte := self.answers.read(1)) != b"\0":
            assert byte, "the browser has ended"
            found += byte
        message: dict[str, Any] = json.loads(found)
        method, params = message.get("method"), message.get("params", {})
        if method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" or method in _WRONG:
            self.complaints.append(json.dumps(params))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        return message

    def show(self, address: str, *, width: int = 1280, dark: bool = False) -> Image.Image:
        """Goes to a page and gives it as a picture, down to its end."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=address)
        while self._next().get("method") != "Page.loadEventFired":
            pass
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")


@contextmanager
def browser() -> Iterator[Browser]:
    """Starts Chromium with a profile of its own; it is gone afterwards."""
    program = shutil.which("chromium")
    assert program is not None, "there is no chromium: run scripts/install-test-requirements"
    to_it, we_write = os.pipe()
    we_read, from_it = os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 100) for end in (to_it, from_it)]

    def connect() -> None:
        for target, end in zip((3, 4), ends, strict=True):
            os.dup2(end, target)

    with tempfile.TemporaryDirectory(prefix="pc-") as home:
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--disable-dev-shm-usage", "--disable-background-networking",
                   "--remote-debugging-pipe", f"--user-data-dir={home}"]  # fmt: skip
        running = subprocess.Popen(
            command, preexec_fn=connect, close_fds=False, env=os.environ | {"HOME": home},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for end in (to_it, from_it, *ends):
            os.close(end)
        try:
            with os.fdopen(we_write, "wb") as to, os.fdopen(we_read, "rb") as answers:
                found = Browser(to, answers)
                target = found.call("Target.createTarget", url="about:blank")["targetId"]
                found.session = found.call("Target.attachToTarget", targetId=target, flatten=True)[
                    "sessionId"
                ]
                for domain in ("Page", "Runtime", "Log", "Network"):
                    found.call(f"{domain}.enable")
                yield found
        finally:
            running.kill()
            running.wait()
