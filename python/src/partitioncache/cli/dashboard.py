"""``pcache dashboard``: a page that shows how a cache stands and what it brings."""

from __future__ import annotations

from pathlib import Path

import click

from partitioncache.cli import base, output, services, web
from partitioncache.errors import MissingExtraError
from partitioncache.web.server import only_reads


@click.command(
    "dashboard",
    cls=base.Command,
    context_settings=base.CONTEXT,
    epilog=base.examples(
        "pcache dashboard --db-name shop --db-user watcher",
        "pcache dashboard --listen 127.0.0.1:8080 --cache-name shop",
        "pcache dashboard --output cache.html",
    ),
)
@click.option(
    "--listen", type=base.ADDRESS, default="127.0.0.1:9188", show_default=True,
    help="Serve it at http://HOST:PORT/ until told to stop.",
)  # fmt: skip
@click.option(
    "--host-name", "names", multiple=True,
    help="A name under which browsers may call it, behind a proxy, say; addresses and localhost always may.",
)  # fmt: skip
@click.option(
    "--output", "file", type=click.Path(dir_okay=False), help="Write the page into this file instead."
)
@click.option(
    "--texts", is_flag=True,
    help="Show the texts of fragments, with their constants, as far as this role may read them.",
)  # fmt: skip
@base.connected
def dashboard(
    where: base.Connections, listen: tuple[str, int], names: tuple[str, ...], file: str | None, texts: bool
) -> int:
    """Show in a browser how a cache stands and what it brings: read only, without scripts.

    A role with the level monitor is enough: pcache grant watcher --level monitor. Whoever can reach the address can
    read the page, so by default that is this machine alone.
    """
    try:
        from partitioncache.dashboard import Site, read, render
    except ImportError:
        raise MissingExtraError(
            "The dashboard needs the package matplotlib, which is not installed.",
            hint="Run: pip install 'partitioncache[dashboard]'",
        ) from None
    with services.postgresql(where, "The dashboard", new=True) as cache:
        # What is wrong is said here, not only in the page.
        found = read(cache.server, where.cache_name, texts=texts)
        if file is not None:
            Path(file).write_text(render(found), "utf-8")
            output.note(f"The page is in {file}")
            return 0
        with Site(cache.server, where.cache_name, texts=texts) as site:
            web.serve(only_reads(site, (listen[0], *names)), listen, "The page is at {}/")
    return 0
