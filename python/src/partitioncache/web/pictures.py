"""Pictures of figures, drawn by matplotlib as SVG. Needs the extra ``dashboard``.

A picture in a page takes its colours from the page's style, so that it is right on light and on dark ground; it holds
no style of its own, which the page's policy would not let through.
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import fill
from threading import RLock
from typing import Any, Final

import matplotlib

matplotlib.use("svg")

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

from partitioncache.web.markup import Html, printable

GREEN, BLUE, AMBER, RED, GREY = "#1f883d", "#0969da", "#bf8700", "#cf222e", "#9aa5b1"
WORDS, FAINT, LINE = "#24292f", "#57606a", "#d0d7de"
"""The colours on light ground. On dark ground a page's style has others in their place."""

WITHOUT, WITH = GREY, GREEN

_SETTINGS: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "partitioncache",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": WORDS,
    "text.parse_math": False,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.major.size": 0,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "legend.frameon": False,
}
_DRAWING = RLock()  # matplotlib's settings are the process's
_WIDTH: Final = 480


@dataclass(frozen=True)
class Measured:
    """A query in words, its milliseconds without and with the cache, and whether it had never been asked before."""

    words: str
    before: float
    after: float
    new: bool = False

    @property
    def factor(self) -> str:
        """How much faster, in words.

        >>> Measured("", 200, 10).factor, Measured("", 5, 4).factor
        ('20 ×', '1.2 ×')
        """
        factor = self.before / self.after
        return f"{factor:,.0f} ×" if factor >= 10 else f"{factor:.1f} ×"


@contextmanager
def canvas(width: float = _WIDTH, height: float = 250) -> Iterator[tuple[Figure, Axes]]:
    """A figure and its axes in our style; its size in pixels. Draw and save inside."""
    with _DRAWING, matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # A sign that matplotlib's own font lacks is shown by the browser's.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
        yield figure, figure.add_subplot()


def document(figure: Figure) -> bytes:
    """A figure as an SVG file, on white ground."""
    return _saved(figure, facecolor="white")


def inline(figure: Figure, label: str) -> Html:
    """A figure as an element of a page, in the page's colours.

    Args:
        figure: the figure.
        label: what it shows, for who cannot see it.
    """
    root = ElementTree.fromstring(_saved(figure, transparent=True))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    used = set(re.findall(r"#([\w-]+)", " ".join(v for each in root.iter() for v in each.attrib.values())))
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
        attributes = {key.rpartition("}")[2]: value for key, value in each.attrib.items()}
        style = attributes.pop("style", "")
        if attributes.get("id") not in used:
            attributes.pop("id", None)
        each.attrib = attributes | _attributes(style)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": printable(label), "class": "picture"}
    return Html(ElementTree.tostring(root, encoding="unicode"))


def _saved(figure: Figure, **options: Any) -> bytes:
    for text in figure.findobj(Text):
        text.set_text(printable(text.get_text()))
    found = io.BytesIO()
    figure.savefig(found, format="svg", metadata={"Date": None}, **options)
    return found.getvalue()


_FONT: Final = re.compile(r"(?:(bold|[1-9]00)\s+)?([0-9.]+)px\b")


def _attributes(style: str) -> dict[str, str]:
    """What a style says, as attributes of their own.

    >>> _attributes("font: 700 11px 'DejaVu Sans', sans-serif; text-anchor: middle; fill: #24292f")
    {'font-size': '11', 'font-weight': '700', 'text-anchor': 'middle', 'fill': '#24292f'}
    """
    found: dict[str, str] = {}
    for part in style.split(";"):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name == "font" and (font := _FONT.search(value)):
            found["font-size"] = font[2]
            if font[1]:
                found["font-weight"] = font[1]
        elif name == "font-size":
            found[name] = value.removesuffix("px")
        elif name and name not in ("font", "font-family", "font-stretch", "font-variant"):
            found[name] = value
    return found


def before_after(
    measured: Sequence[Measured],
    figure: Figure,
    axes: Axes,
    *,
    width: int = 52,
    about: str = "",
    ordered: bool = True,
) -> None:
    """Milliseconds without and with the cache, two bars a query.

    Args:
        measured: the queries.
        figure, axes: where to draw them.
        width: of their words, in letters.
        about: what stands below.
        ordered: whether what gains most shall be on top; else the first is.
    """
    found = (
        sorted(measured, key=lambda each: each.before / each.after) if ordered else list(reversed(measured))
    )
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
    names = [lines(f"New: {each.words}" if each.new else each.words, width) for each in found]
    axes.set_yticks(list(places), names, fontsize=9, color=WORDS)
    axes.set_xscale("log")
    ends = [end for each in found for end in (each.before, each.after)]
    axes.set_xlim(min(1, *ends) / 1.5 if min(ends) < 1 else 1, 3 * max(ends))
    axes.margins(y=0.01)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.set_xlabel(about)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    figure.legend(loc="outside upper right", ncols=2)


def write_before_after(measured: Sequence[Measured], path: Path) -> None:
    """Writes `before_after` as an SVG file: what gains most on top; its texts stay texts.

    Raises:
        OSError: the file cannot be written.
    """
    with canvas(720, 100 + 36 * len(measured)) as (figure, axes):
        about = "milliseconds, each mark ten times the one before; looking up and rewriting included"
        before_after(measured, figure, axes, about=about)
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
        path.write_bytes(document(figure))


def lines(text: str, width: int, most: int = 3) -> str:
    """A text in a few lines, cut where it is too long.

    >>> lines("one two three four", 8, 2)
    'one two\\nthree …'
    """
    return fill(" ".join(printable(text).split()), width, max_lines=most, placeholder=" …")


def _over_time(axes: Axes, first: datetime, last: datetime) -> None:
    zone = last.tzinfo
    locator = AutoDateLocator(minticks=3, maxticks=6, tz=zone)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=zone, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    margin = (last - first) * 0.02 or timedelta(minutes=1)
    axes.set_xlim(first - margin, last + margin)  # type: ignore[arg-type]
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y")
    axes.set_ylim(bottom=0)


_WIDTHS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 5, 10, 30, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 86400, 7 * 86400, 28 * 86400)
)


_SHORTEST: Final = timedelta(minutes=15)


def buckets(
    first: datetime, last: datetime, most: int = 40, narrowest: timedelta = timedelta(0)
) -> tuple[datetime, timedelta, int]:
    """When the first stretch of time begins, how long each is, and how many there are until the last moment."""
    widths = (each for each in _WIDTHS if each >= narrowest and (last - first) / each < most - 1)
    width = next(widths, (last - first) / (most - 1))
    seconds = width.total_seconds()
    begin = datetime.fromtimestamp(first.timestamp() // seconds * seconds, first.tzinfo)
    return begin, width, int((last - begin) / width) + 1


def stacked(
    events: Mapping[str, tuple[str, Sequence[tuple[datetime, float]]]],
    now: datetime,
    label: str,
    narrowest: timedelta = timedelta(seconds=1),
) -> Html:
    """How much of several kinds happened in each stretch of time, as bars on top of each other.

    Args:
        events: by the name of their kind its colour, and when what amount of it happened.
        now: where the picture ends.
        label: what it shows.
        narrowest: how long a stretch of time is at least.
    """
    first = min(at for _, found in events.values() for at, _ in found)
    begin, width, count = buckets(min(first, now - max(_SHORTEST, 12 * narrowest)), now, narrowest=narrowest)
    with canvas() as (figure, axes):
        at = [begin + width * (number + 0.5) for number in range(count)]
        below = [0.0] * count
        for name, (color, found) in events.items():
            amounts = [0.0] * count
            for moment, amount in found:
                amounts[min(count - 1, max(0, int((moment - begin) / width)))] += amount
            if any(amounts):
                axes.bar(at, amounts, width * 0.86, bottom=below, color=color, label=name)  # type: ignore[arg-type]
            below = [low + amount for low, amount in zip(below, amounts, strict=True)]
        _over_time(axes, begin, begin + width * count)
        figure.legend(loc="outside upper right", ncols=4)
        return inline(figure, label)


def steps(
    series: Mapping[str, tuple[str, Sequence[tuple[datetime, float]]]],
    label: str,
    *,
    unit: str = "",
    top: float | None = None,
) -> Html:
    """How figures went over time, one line each, filled below if there is one.

    Args:
        series: by its name each one's colour, and its values.
        label: what they show.
        unit: what stands behind a figure.
        top: the greatest value there can be.
    """
    with canvas() as (figure, axes):
        for name, (color, values) in series.items():
            at, heights = zip(*values, strict=True)
            axes.step(at, heights, where="post", color=color, linewidth=2, label=name)
            if len(series) == 1:
                axes.fill_between(at, heights, step="post", color=color, alpha=0.15, linewidth=0)
        moments = [at for _, values in series.values() for at, _ in values]
        _over_time(axes, min(moments), max(moments))
        if top is not None:
            axes.set_ylim(top=top)
        if unit:
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}{unit}"))
        if len(series) > 1:
            figure.legend(loc="outside upper right", ncols=len(series))
        return inline(figure, label)


def shares(parts: Mapping[str, tuple[str, float]], label: str) -> Html:
    """What a whole consists of, as one bar in pieces; each has its colour and its amount."""
    with canvas(height=74) as (figure, axes):
        left = 0.0
        for name, (color, amount) in parts.items():
            if amount:
                axes.barh([0], [amount], 0.8, left=left, color=color, label=f"{amount:,.0f} {name}")
                left += amount
        axes.set_xlim(0, left or 1)
        axes.axis("off")
        figure.legend(loc="outside lower left", ncols=5, handlelength=0.8, columnspacing=1.2)
        return inline(figure, label)


def scatter(
    points: Mapping[str, tuple[str, Sequence[tuple[float, float]]]], x: str, y: str, label: str
) -> Html:
    """Points of several kinds, each kind with its colour; x on a scale of tens."""
    with canvas() as (figure, axes):
        for name, (color, found) in points.items():
            if found:
                across, up = zip(*found, strict=True)
                axes.scatter(across, up, s=36, color=color, alpha=0.75, label=name, linewidths=0)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set_ylim(-0.04, 1.06 * max(1.0, *(y for _, found in points.values() for _, y in found)))
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.grid(axis="both")
        if sum(bool(found) for _, found in points.values()) > 1:
            figure.legend(loc="outside upper right", ncols=4)
        return inline(figure, label)
