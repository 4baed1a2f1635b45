"""HTML that is escaped by construction, and the frame of a page: one file, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Final

_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_EMPTY: Final = frozenset({"meta", "link", "br", "hr"})

STYLE: Final = (Path(__file__).with_name("style.css")).read_text("utf-8")


class Html(str):
    """Text that is HTML already. Whatever else is put into a page is escaped on its way."""

    __slots__ = ()


def printable(text: str) -> str:
    """A text without what neither HTML nor XML can hold.

    >>> printable("a\\x00b")
    'a\\ufffdb'
    """
    return _NO_TEXT.sub("\ufffd", text)


def escaped(value: object) -> Html:
    """A value as HTML: itself if it is some, nothing for None, else its text, escaped.

    >>> escaped("<script>"), escaped(Html("<b>bold</b>")), escaped(None)
    ('&lt;script&gt;', '<b>bold</b>', '')
    """
    if isinstance(value, Html):
        return value
    return Html("" if value is None else html.escape(printable(str(value))))


def joined(parts: Iterable[object], between: object = "") -> Html:
    """Parts one after the other, each escaped unless it is HTML."""
    return Html(escaped(between).join(escaped(part) for part in parts))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """An element. Attributes that are None are left out; class\\_ stands for class.

    >>> tag("a", "2 < 3", href="?cache=a&b", class_=None)
    '<a href="?cache=a&amp;b">2 &lt; 3</a>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{said}>" if name in _EMPTY else f"<{name}{said}>{joined(children)}</{name}>")


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    numbers: Iterable[int] = (),
    below: Iterable[object] = (),
) -> Html:
    """A table that scrolls in itself where it is too wide.

    Args:
        heads: what stands above the columns.
        rows: their cells.
        numbers: the columns that are aligned to the right, from 0.
        below: what stands below each row, as wide as the table; None for nothing.
    """
    right = set(numbers)

    def cells(kind: str, row: Sequence[object]) -> Html:
        scope = "col" if kind == "th" else None
        return tag(
            "tr",
            *(
                tag(kind, cell, scope=scope, class_="number" if place in right else None)
                for place, cell in enumerate(row)
            ),
        )

    more = (tag("tr", tag("td", each, colspan=len(heads)), class_="more") if each else None for each in below)
    body = tag("tbody", *(joined([cells("td", row), under]) for row, under in zip_longest(rows, more)))
    return tag("div", tag("table", tag("thead", cells("th", heads)), body), class_="scrolls", tabindex="0")


def policy(*, served: bool) -> str:
    """The Content-Security-Policy of a page: nothing but its own style, which is named by its digest."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    parts = ["default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'", "form-action 'none'"]
    # A page may not say this of itself, only who serves it.
    return "; ".join([*parts, "frame-ancestors 'none'"] if served else parts)


def page(title: str, *body: object, refresh: int | None = None) -> str:
    """A whole page.

    Args:
        title: what the window is called.
        body: what is in it.
        refresh: after how many seconds the browser asks again; None: never.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy(served=False)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", http_equiv="refresh", content=refresh) if refresh else None,
        tag("title", title),
        tag("style", Html(STYLE)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', *body), lang='en')}\n"
