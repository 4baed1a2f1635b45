"""A small HTTP server for people and for Prometheus: GET only, on the loopback interface unless told otherwise."""

from __future__ import annotations

import ipaddress
import logging
import re
import signal
import socket
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from partitioncache.web.markup import policy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger("partitioncache.web")

Answer = tuple[str, str, str]
"""The status, such as ``200 OK``; the type of the content; the content."""

HEADERS: Final = (
    ("Content-Security-Policy", policy(served=True)),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    # What is asked beyond this waits with the system.
    request_queue_size = 16

    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers open connections in advance, and say nothing on them: no reason to complain."""
        logger.debug("a connection from %s ended", client_address, exc_info=True)


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = 20
    server_version = "PartitionCache"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)


def only_reads(answer: Callable[[str, str], Answer], hosts: Collection[str] = ()) -> WSGIApplication:
    """What answers GET and HEAD by a function of path and query string, for callers of a known name.

    A page elsewhere can lead a browser here under a name of its own; so a name that was not said, and is no address, is
    refused.

    Args:
        answer: gives the answer for a path and the query string behind it.
        hosts: the names, besides localhost and addresses, under which this may be called.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            status, kind, text = "405 Method Not Allowed", "text/plain", "Only GET is answered.\n"
        elif not _is_known(environ.get("HTTP_HOST", ""), hosts):
            status, kind, text = (
                "421 Misdirected Request",
                "text/plain",
                "This name was not expected: see --host-name.\n",
            )
        else:
            status, kind, text = answer(environ.get("PATH_INFO", "/"), environ.get("QUERY_STRING", ""))
        content = text.encode()
        start_response(
            status,
            [
                ("Content-Type", f"{kind}; charset=utf-8"),
                ("Content-Length", str(len(content))),
                *([("Allow", "GET, HEAD")] if status.startswith("405") else []),
                *HEADERS,
            ],
        )
        return [] if method == "HEAD" else [content]

    return application


def _is_known(host: str, hosts: Collection[str]) -> bool:
    """Whether a Host header names this machine.

    >>> _is_known("127.0.0.1:80", ()), _is_known("[::1]:80", ()), _is_known("evil.example", ())
    (True, True, False)
    >>> _is_known("[::1].evil.example", ())
    False
    """
    found = re.fullmatch(r"(?:\[([^]]*)\]|([^\[:]*))(?::[0-9]*)?", host)
    if not found:
        return False
    name = found[1] or found[2] or ""
    if name.lower() in {"localhost", *(each.lower() for each in hosts)}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@contextmanager
def serving(application: WSGIApplication, host: str, port: int) -> Iterator[int]:
    """Serves in threads of its own while the block runs; gives the port.

    Raises:
        OSError: the address cannot be listened on.
    """
    kind = _Server6 if ":" in host else _Server
    server = make_server(host, port, application, kind, _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def until_told_to_stop() -> None:
    """Waits for SIGTERM or SIGINT."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
