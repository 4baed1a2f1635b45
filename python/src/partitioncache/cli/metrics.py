"""``pcache metrics``: how the caches of a database stand, for Prometheus."""

from __future__ import annotations

import re
import signal
import threading
from typing import Any

import click

from partitioncache.cli import base, output, services
from partitioncache.errors import MissingExtraError


class _Address(click.ParamType[tuple[str, int]]):
    name = "host:port"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """HOST:PORT, where an IPv6 address stands in brackets.

        >>> _Address().convert("[::1]:9187", None, None)
        ('::1', 9187)
        """
        match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]\s]+)):([0-9]{1,5})", str(value))
        if match is None or int(match[3]) > 65535:
            self.fail(f"{value!r} is no HOST:PORT, such as 127.0.0.1:9187.", param, ctx)
        return match[1] or match[2], int(match[3])


@click.command(
    "metrics",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache metrics --db-name shop --db-user watcher",
        "pcache metrics --listen 127.0.0.1:9187",
        "pcache metrics > /var/lib/node_exporter/partitioncache.prom",
    ),
)
@click.option("--listen", type=_Address(), help="Serve them at http://HOST:PORT/metrics until told to stop.")
@base.connected
def metrics(where: base.Connections, listen: tuple[str, int] | None) -> int:
    """Print how all caches of a database stand, in Prometheus' text format, or serve it.

    A role with the level monitor is enough: pcache grant watcher --level monitor. It reads counts and states only: no
    texts of queries, no keys.
    """
    try:
        from prometheus_client import generate_latest, start_http_server

        from partitioncache.metrics import registry_of
    except ImportError:
        raise MissingExtraError(
            "Metrics need the package prometheus_client, which is not installed.",
            hint="Run: pip install 'partitioncache[metrics]'",
        ) from None
    with services.postgresql(where, "This kind of metrics", new=True) as cache:
        if listen is None:
            click.echo(generate_latest(registry_of(cache.server)).decode(), nl=False)
            return 0
        host, port = listen
        try:
            server, thread = start_http_server(port, host, registry_of(cache.server, patient=True))
        except OSError as error:
            raise click.UsageError(f"{host}:{port} cannot be listened on: {error.strerror}.") from None
        try:
            output.note(f"Metrics are at http://{host}:{server.server_port}/metrics")
            _until_told_to_stop()
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
    return 0


def _until_told_to_stop() -> None:
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
