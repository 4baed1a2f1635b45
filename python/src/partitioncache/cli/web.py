"""Serving pages until told to stop, as commands do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from partitioncache.cli import base, output
from partitioncache.web.server import serving, until_told_to_stop

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def serve(application: WSGIApplication, listen: tuple[str, int], said: str) -> None:
    """Serves until told to stop.

    Args:
        application: what answers.
        listen: host and port.
        said: what is said of it once it listens, with ``{}`` for the address.

    Raises:
        click.UsageError: the address cannot be listened on.
    """
    host, port = listen
    try:
        with serving(application, host, port) as listened:
            output.note(said.format(base.address(host, listened)))
            until_told_to_stop()
    except OSError as error:
        raise click.UsageError(f"{host}:{port} cannot be listened on: {error.strerror}.") from None
