"""``pcache metrics``: how the caches of a database stand, for Prometheus."""

from __future__ import annotations

import click

from partitioncache.cli import base, services, web
from partitioncache.errors import MissingExtraError


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
@click.option(
    "--listen", type=base.ADDRESS, help="Serve them at http://HOST:PORT/metrics until told to stop."
)
@base.connected
def metrics(where: base.Connections, listen: tuple[str, int] | None) -> int:
    """Print how all caches of a database stand, in Prometheus' text format, or serve it.

    A role with the level monitor is enough: pcache grant watcher --level monitor. It reads counts and states only: no
    texts of queries, no keys.
    """
    try:
        from prometheus_client import generate_latest, make_wsgi_app

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
        application = make_wsgi_app(registry_of(cache.server, patient=True))
        web.serve(application, listen, "Metrics are at {}/metrics")
    return 0
