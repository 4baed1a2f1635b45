"""What `advice` has found, as a page: which partition key, what it would bring, and what to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from partitioncache import __version__
from partitioncache.advice import LITTLE
from partitioncache.web import pictures
from partitioncache.web.markup import Html, page, table, tag
from partitioncache.web.pictures import Measured

_SHOWN = 20


def render(
    candidates: Sequence[Mapping[str, Any]],
    measured: Sequence[Measured],
    statements: Sequence[str],
    database: str,
    at: datetime,
) -> str:
    """The page.

    Args:
        candidates: the partition keys that would do, the best first: partition_key, stands_in, partitions, saves (the
            part of the time of all queries that it is expected to save) and, if it was tried, restricted (how many
            queries), before_ms and saved_ms.
        measured: the queries with which the best was tried, with and without.
        statements: what to run to have it.
        database: where all this is; at: when it was found.
    """
    best = candidates[0] if candidates else None
    header = tag(
        "header",
        tag("h1", "Which partition key?"),
        tag("p", f"Database {database}, {at.astimezone():%Y-%m-%d %H:%M %Z}"),
    )
    cards = [_brought(measured)] if measured else []
    cards += [_candidates(candidates)] if candidates else []
    cards += [_run(statements)] if statements else []
    footer = tag(
        "footer", f"PartitionCache {__version__}. Nothing was changed: what was tried was rolled back."
    )
    body = tag("div", *cards, class_="cards")
    return page(
        "Which partition key? - PartitionCache", header, _verdict(best), _tiles(best, measured), body, footer
    )


def _verdict(best: Mapping[str, Any] | None) -> Html:
    if best is None:
        return _said("No column would make a partition key for these queries.", bad=True)
    name, restricted, saved = best["partition_key"], best.get("restricted"), best.get("saved_ms")
    if best.get("saves") is not None and best["saves"] < LITTLE:
        return _said(
            f"No partition key would pay: {name}, the best, saves {best['saves']:.0%} of the time.", bad=True
        )
    if restricted is None:
        return _said(f"{name} looks best; it was not tried, because there was no time for it.")
    if not restricted:
        return _said(f"{name} looked best, but it restricted none of the queries.", bad=True)
    if not saved:
        return _said(
            f"{name} restricts {restricted:,} of the queries, but none of them was faster.", bad=True
        )
    return _said(f"{name} would do: it restricts {restricted:,} of the queries.")


def _said(words: str, bad: bool = False) -> Html:
    return tag("div", tag("p", tag("b", words)), class_="state bad" if bad else "state")


def _tiles(best: Mapping[str, Any] | None, measured: Sequence[Measured]) -> Html | None:
    if best is None:
        return None
    before = sum(each.before for each in measured)
    after = sum(min(each.before, each.after) for each in measured)
    found = [
        ("Partitions", f"{best['partitions']:,}", f"values of {best['partition_key']}, by the statistics")
    ]
    if measured and after:
        faster = Measured("", before, after).factor
        found += [
            ("Faster", faster, "all together; what would be slower is left alone"),
            ("Without", f"{before:,.0f} ms", f"{len(measured):,} queries that are restricted"),
            ("With", f"{after:,.0f} ms", "asking the cache included"),
        ]
    return tag(
        "dl",
        *(
            tag("div", tag("dt", name), tag("dd", figure, class_="figure"), tag("dd", more, class_="more"))
            for name, figure, more in found
        ),
        class_="tiles",
    )


def _card(title: str, about: str, *content: object) -> Html:
    return tag("section", tag("h2", title), tag("p", about), *content, class_="wide")


def _brought(measured: Sequence[Measured]) -> Html:
    most = sorted(measured, key=lambda each: each.after - each.before)[:_SHOWN]
    shown = [Measured(str(number), each.before, each.after) for number, each in enumerate(most, 1)]
    with pictures.canvas(height=70 + 26 * len(shown)) as (figure, axes):
        pictures.before_after(shown, figure, axes, ordered=False)
        picture = pictures.inline(
            figure, "Milliseconds of queries without and with the cache; the table has them"
        )
    rows = (
        (f"{number}.", f"{each.before:,.1f} ms", f"{each.after:,.1f} ms", each.factor)
        for number, each in enumerate(most, 1)
    )
    texts = [tag("code", each.words, class_="text") for each in most]
    listed = table(("query", "without", "with", "faster"), rows, (1, 2, 3), texts)
    about = "The queries as they are, and through a cache that was filled for the trial; in steps of ten times."
    return _card("What it brings", about, picture, listed)


def _candidates(candidates: Sequence[Mapping[str, Any]]) -> Html:
    def number(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    rows = (
        (tag("b", each["partition_key"]) if place == 0 else each["partition_key"], each["stands_in"],
         f"{each['partitions']:,}", number(each["saves"], ".0%"), number(each.get("restricted"), ","),
         number(each.get("before_ms"), ",.1f"), number(each.get("saved_ms"), ",.1f"))
        for place, each in enumerate(candidates)
    )  # fmt: skip
    heads = ("partition key", "stands in", "partitions", "saves", "restricted", "without, ms", "saved, ms")
    about = (
        "Saves: the part of the time of all queries that a key is expected to save. "
        "The last three are there for those that were tried."
    )
    return _card("Candidates", about, table(heads, rows, range(2, 7)))


def _run(statements: Sequence[str]) -> Html:
    about = "As the owner of the tables. The last statement fills the cache."
    return _card("What to run", about, tag("pre", "\n".join(statements), tabindex="0"))
