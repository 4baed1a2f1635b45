"""Draws what the demo measured: each question without and with the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

import matplotlib

matplotlib.use("svg")

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

WITHOUT, WITH, WORDS = "#9aa5b1", "#1f883d", "#24292f"


@dataclass(frozen=True)
class Measured:
    """A question in words, its milliseconds without and with the cache, and whether it had never been asked before."""

    words: str
    before: float
    after: float
    new: bool

    @property
    def factor(self) -> str:
        """How much faster, in words."""
        factor = self.before / self.after
        return f"{factor:,.0f} ×" if factor >= 10 else f"{factor:.1f} ×"


def draw(measured: Sequence[Measured], path: Path) -> None:
    """Writes the picture as SVG: what gains most on top; its texts stay texts."""
    found = sorted(measured, key=lambda each: each.before / each.after)
    with matplotlib.rc_context({"svg.fonttype": "none", "font.family": "sans-serif", "text.color": WORDS}):
        figure = Figure(figsize=(10, 1.4 + 0.5 * len(found)), layout="constrained")
        axes = figure.add_subplot()
        places = range(len(found))
        for shift, color, label, milliseconds in (
            (0.2, WITHOUT, "without the cache", [each.before for each in found]),
            (-0.2, WITH, "with it", [each.after for each in found]),
        ):
            axes.barh([y + shift for y in places], milliseconds, 0.38, color=color, label=label)
        for y, each in zip(places, found, strict=True):
            end = max(each.before, each.after)
            axes.annotate(
                each.factor, (end, y), xytext=(5, 0), textcoords="offset points", va="center", weight="bold"
            )
        names = [fill(f"New: {each.words}" if each.new else each.words, 52) for each in found]
        axes.set_yticks(list(places), names, fontsize=9)
        axes.set_xscale("log")
        axes.set_xlim(1, 3 * max(max(each.before, each.after) for each in found))
        axes.margins(y=0.01)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_xlabel("milliseconds, each mark ten times the one before; looking up and rewriting included")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#d0d7de", linewidth=0.6)
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None}, facecolor="white")
