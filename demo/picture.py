"""The picture of what the demo measured; drawn as the package draws its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from partitioncache.web import pictures
from partitioncache.web.pictures import Measured as Measured


def draw(measured: Sequence[Measured], path: Path) -> None:
    """Writes the picture as SVG: what gains most on top; its texts stay texts."""
    with pictures.canvas(720, 100 + 36 * len(measured)) as (figure, axes):
        about = "milliseconds, each mark ten times the one before; looking up and rewriting included"
        pictures.before_after(measured, figure, axes, about=about)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pictures.document(figure))
