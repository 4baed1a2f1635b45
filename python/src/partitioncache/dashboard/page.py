"""The page of a cache, made of its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from partitioncache import __version__
from partitioncache.dashboard.figures import Figures, Row
from partitioncache.errors import PartitionCacheError
from partitioncache.web import pictures
from partitioncache.web.markup import Html, joined, page, table, tag

STATES: Final[Mapping[str, str]] = {
    "fresh": pictures.GREEN,
    "static": pictures.BLUE,
    "changed": pictures.AMBER,
    "asserted": pictures.WORDS,
    "aside": pictures.RED,
}
_OUTCOMES: Final[Mapping[str, str]] = {
    "success": pictures.GREEN,
    "skipped": pictures.GREY,
    "timeout": pictures.AMBER,
    "failed": pictures.RED,
}
_SHOWN: Final = 10
_STEPS: Final = 500


def render(found: Figures, *, refresh: int | None = None, link: Callable[[str], str] | None = None) -> str:
    """The page of a cache.

    Args:
        found: how it stands.
        refresh: after how many seconds the browser asks again; None: never.
        link: the address of another cache's page; None: it has none.
    """
    header = tag(
        "header",
        tag("h1", "PartitionCache"),
        tag("p", f"Cache {found.cache} in database {found.database}, {_moment(found.at)}"),
        _others(found, link),
    )
    cards = [
        _gain(found),
        _faster(found),
        _queries(found),
        _work(found),
        _learned(found),
        _worth(found),
        _useful(found),
        _slowest(found),
        _aside(found),
        _budget(found),
        _queues(found),
        _tables(found),
    ]  # fmt: skip
    every = f" This page asks again every {refresh} s." if refresh else ""
    footer = tag("footer", f"PartitionCache {__version__}, extension {found.extension}.{every}")
    title = f"{found.cache} in {found.database} - PartitionCache"
    return page(
        title,
        header,
        _state(found),
        _tiles(found),
        tag("div", *cards, class_="cards"),
        footer,
        refresh=refresh,
    )


def failed(error: PartitionCacheError, refresh: int | None = None) -> str:
    """The page that says why there is none."""
    said = tag("div", tag("p", tag("b", error.message)), tag("p", error.hint), class_="state bad")
    return page("PartitionCache", tag("header", tag("h1", "PartitionCache")), said, refresh=refresh)


def _others(found: Figures, link: Callable[[str], str] | None) -> Html | None:
    if link is None or len(found.caches) < 2:
        return None
    return tag(
        "nav",
        *(
            tag("b", name) if name == found.cache else tag("a", name, href=link(name))
            for name in found.caches
        ),
        aria_label="Caches",
    )


def _state(found: Figures) -> Html:
    problem = found.status["problem"]
    if problem:
        return tag("div", tag("p", tag("b", "To be looked at: "), problem, "."), class_="state bad")
    return tag("div", tag("p", tag("b", "All is well.")), class_="state")


def _tiles(found: Figures) -> Html:
    of = found.status
    asked = of["hits"] + of["misses"]
    waiting = of["incoming"] + of["outgoing"]
    share = "-" if not asked else f"{of['hits'] / asked:.0%}"
    used = of["entries"] - of["aside"]
    idle = (
        "nothing was done yet"
        if of["last_activity"] is None
        else f"last at work {_ago(found.at, of['last_activity'])}"
    )
    attempts = f"{of['failed']:,} of {of['processed']:,} attempts failed"
    return tag(
        "dl",
        _tile("Saved", _span(of["saved_ms"]), "as far as it was measured", (of["saved_ms"] or 0) < 0),
        _tile("Hit rate", share, f"{of['hits']:,} of {asked:,} queries restricted"),
        _tile("Fragments known", f"{of['entries']:,}", f"{used:,} in use, {_bytes(of['bytes'])}", of["aside"] > used),
        _tile("Put off", f"{of['deferred']:,}", f"and {of['unselective']:,} that would not help"),
        _tile("Waiting", f"{waiting:,}", f"{of['incoming']:,} queries, {of['outgoing']:,} fragments"),
        _tile("Failed for good", f"{of['dead']:,}", attempts, of["dead"] > 0),
        _tile("Processor", f"{of['workers']:,} at work" if of["enabled"] else "by hand", idle),
        class_="tiles",
    )  # fmt: skip


def _tile(name: str, figure: str, more: str, bad: bool = False) -> Html:
    return tag(
        "div",
        tag("dt", name),
        tag("dd", figure, class_="figure"),
        tag("dd", more, class_="more"),
        class_="bad" if bad else None,
    )


def _card(title: str, about: str, *content: object, wide: bool = False) -> Html:
    return tag("section", tag("h2", title), tag("p", about), *content, class_="wide" if wide else None)


def _nothing(why: str) -> Html:
    return tag("p", why, class_="none")


def _gain(found: Figures) -> Html:
    title, about = "Gain over time", "Time that queries took less because they were restricted, in seconds."
    if not found.hours:
        return _card(
            title, about, _nothing("Nothing was measured yet: adapters and partitioncache_open do it.")
        )
    saved = [(row["at"].astimezone(), row["saved_ms"] / 1000) for row in found.hours]
    kinds = {
        "saved": (pictures.GREEN, [(at, amount) for at, amount in saved if amount >= 0]),
        "lost": (pictures.RED, [(at, -amount) for at, amount in saved if amount < 0]),
    }
    width = timedelta(hours=1) if saved[-1][0] - saved[0][0] < timedelta(days=2) else timedelta(days=1)
    label = "Gain over time in seconds: " + _totals(kinds)
    return _card(title, about, pictures.stacked(kinds, found.at, label, width))


def _faster(found: Figures) -> Html:
    title = "Queries, with and without"
    measured = [each for each in found.gained if each["original_ms"] and each["restricted_ms"]]
    if not measured:
        return _card(title, "", _nothing("None was measured both ways yet."))
    most = sorted(measured, key=lambda each: -(each["saved_ms"] or 0))[:_SHOWN]
    shown = [
        pictures.Measured(str(number), each["original_ms"], each["restricted_ms"])
        for number, each in enumerate(most, 1)
    ]
    rows = (
        (f"{number}.", f"{each['restricted_runs']:,}", _time(each["original_ms"]),
         _time(each["restricted_ms"]), shown[number - 1].factor, _span(each["saved_ms"]),
         "left alone: slower" if each["slower"] else "")
        for number, each in enumerate(most, 1)
    )  # fmt: skip
    heads = ("query", "times asked", "without", "with", "faster", "saved", "")
    with pictures.canvas(height=70 + 26 * len(shown)) as (figure, axes):
        pictures.before_after(shown, figure, axes, ordered=False)
        picture = pictures.inline(
            figure, "Milliseconds of queries without and with the cache; the table has them"
        )
    about = (
        "What has saved most; queries that differ in constants are one. Milliseconds, in steps of ten times."
    )
    slower = sum(bool(each["slower"]) for each in found.gained)
    if slower:
        about += f" {slower:,} are left alone from now on, because restricted they took longer."
    return _card(
        title,
        about,
        picture,
        table(heads, rows, range(1, 6), _texts(most)),
        _and_more(len(measured)),
        wide=any(each["query"] for each in most),
    )


def _queries(found: Figures) -> Html | None:
    """Queries in each stretch of time, restricted or not, as somebody recorded the counters."""
    if not found.samples:
        return None
    pairs = list(zip(found.samples, found.samples[1:], strict=False))
    hits = [(new.at, float(max(0, new.hits - old.hits))) for old, new in pairs]
    misses = [(new.at, float(max(0, new.misses - old.misses))) for old, new in pairs]
    title, about = "Queries over time", "Restricted by the cache, or left as they were."
    if not pairs:
        return _card(title, about, _nothing("This is recorded once a minute, beginning now."))
    if not any(amount for _, amount in (*hits, *misses)):
        return _card(title, about, _nothing(f"No query since {_moment(found.samples[0].at)}."))
    kinds = {"restricted": (pictures.GREEN, hits), "left as they were": (pictures.GREY, misses)}
    return _card(title, about, pictures.stacked(kinds, found.at, "Queries over time: " + _totals(kinds)))


def _work(found: Figures) -> Html:
    kinds = {
        name: (color, [(row["created_at"], 1.0) for row in found.log if row["status"] == name])
        for name, color in _OUTCOMES.items()
    }
    title, about = (
        "Work of the processor",
        "Queries taken apart and fragments evaluated, by what became of them.",
    )
    if not found.log:
        return _card(title, about, _nothing("Nothing was worked on yet."))
    label = "Work of the processor over time: " + _totals(kinds)
    return _card(title, about, pictures.stacked(kinds, found.at, label))


def _totals(kinds: Mapping[str, tuple[str, Sequence[tuple[datetime, float]]]]) -> str:
    return ", ".join(
        f"{sum(a for _, a in events):,.0f} {name}" for name, (_, events) in kinds.items() if events
    )


def _learned(found: Figures) -> Html:
    title, about = "What is known", "Fragments, and how they stand."
    if not found.entries:
        return _card(title, about, _nothing("No fragment is known yet."))
    now = Counter(each["state"] for each in found.entries)
    parts = {name: (color, float(now[name])) for name, color in STATES.items()}
    made = sorted(each["created_at"].astimezone() for each in found.entries)
    every = 1 + len(made) // _STEPS
    grown = [(at, float(number)) for number, at in enumerate(made, 1) if number % every == 0]
    grown = [(made[0] - (found.at - made[0]) / 50, 0.0), *grown, (found.at, float(len(made)))]
    said = ", ".join(f"{amount:,.0f} {name}" for name, (_, amount) in parts.items() if amount)
    return _card(
        title,
        about,
        pictures.steps(
            {"fragments": (pictures.GREEN, grown)}, f"Fragments known over time, now {len(made):,}"
        ),
        pictures.shares(parts, f"Fragments by how they stand: {said}"),
    )


def _worth(found: Figures) -> Html:
    title, about = "Cost and use", "Top left: cheap and much used. Bottom right: dear and little used."
    measured = [each for each in found.entries if each["evaluation_ms"]]
    if not measured:
        return _card(title, about, _nothing("No fragment was evaluated yet."))
    points = {
        name: (
            color,
            [(e["evaluation_ms"], float(e["uses"] or 0)) for e in measured if e["state"] == name][:1000],
        )
        for name, color in STATES.items()
    }
    x, y = "milliseconds to evaluate it, once", "minutes in which it was used"
    return _card(
        title, about, pictures.scatter(points, x, y, f"{len(measured):,} fragments: {y} against {x}")
    )


def _useful(found: Figures) -> Html:
    about = "By the time that they have saved, then by the minutes in which queries were restricted by them."
    used = (each for each in found.entries if each["uses"] or each["hash"] in found.worth)

    def rank(each: Row) -> tuple[float, int, str]:
        return -found.worth.get(each["hash"], 0.0), -(each["uses"] or 0), each["hash"]

    return _fragments("Most useful fragments", about, sorted(used, key=rank), found.worth)


def _slowest(found: Figures) -> Html:
    evaluated = (each for each in found.entries if each["evaluation_ms"] is not None)
    slowest = sorted(evaluated, key=lambda each: (-each["evaluation_ms"], each["hash"]))
    return _fragments("Slowest fragments", "By the time that their evaluation took.", slowest, found.worth)


def _fragments(title: str, about: str, entries: Sequence[Row], worth: Mapping[str, float]) -> Html:
    if not entries:
        return _card(title, about, _nothing("There is none yet."))
    return _card(
        title,
        about,
        table(
            ("fragment", "keys", "evaluated in", "used", "saved", "state"),
            (
                (
                    _name(each),
                    f"{each['key_count'] or 0:,}",
                    _time(each["evaluation_ms"]),
                    f"{each['uses'] or 0:,} min",
                    _span(worth.get(each["hash"])),
                    _mark(each["state"]),
                )
                for each in entries[:_SHOWN]
            ),
            numbers=(1, 2, 3, 4),
            below=_texts(entries[:_SHOWN]),
        ),
        _and_more(len(entries)),
        wide=any(each["query"] for each in entries),
    )


def _aside(found: Figures) -> Html:
    title, about = "Aside, and why", "Known, but not used now: rows would not be sure to be the same."
    reasons = Counter(
        (each["reason"], each["partition_key"]) for each in found.entries if each["state"] == "aside"
    )
    if not reasons:
        return _card(title, about, _nothing("None: all known fragments are in use."))
    rows = [(reason, key, f"{count:,}") for (reason, key), count in reasons.most_common(_SHOWN)]
    return _card(
        title,
        about,
        table(("reason", "partition key", "fragments"), rows, numbers=(2,)),
        _and_more(len(reasons)),
    )


def _budget(found: Figures) -> Html:
    budget = found.settings.get("learning_budget")
    much = "as much as" if budget in (None, 1) else f"{budget:g} times what"
    about = (
        f"Learning from a query may cost {much} the query costs, at once. What is dearer waits until queries could "
        "have saved as much: then its credit has reached its cost."
    )
    waiting = sorted(
        (each for each in found.deferred if each["state"] == "deferred"),
        key=lambda each: (-(each["credit"] or 0) / (each["cost"] or 1), each["hash"]),
    )
    title = "Put off until it pays"
    if not waiting:
        return _card(title, about, _nothing("Nothing is put off."))

    def share(each: Row) -> Html:
        part = min(1.0, max(0.0, (each["credit"] or 0) / (each["cost"] or 1)))
        return joined(
            [tag("meter", min=0, max=1, value=f"{part:.3f}", aria_label="credit"), f"{part:.0%}"], " "
        )

    rows = (
        (_name(each), _amount(each["cost"]), _amount(each["credit"]), share(each), f"{each['asked']:,}")
        for each in waiting[:_SHOWN]
    )
    heads = ("fragment", "cost", "credit", "", "asked for")
    texts = any(each["query"] for each in waiting)
    listed = table(heads, rows, (1, 2, 3, 4), _texts(waiting[:_SHOWN]))
    return _card(title, about, listed, _and_more(len(waiting)), wide=texts)


def _queues(found: Figures) -> Html:
    states = ("ready", "running", "failed", "timeout", "dead")
    amounts = {(each["queue"], each["status"]): each["items"] for each in found.queues}
    words = {"incoming": "queries (incoming)", "outgoing": "fragments (outgoing)"}
    content: list[object] = [
        table(
            ("", "ready", "running", "failed", "timed out", "dead"),
            (
                (name, *(f"{amounts.get((queue, each), 0):,}" for each in states))
                for queue, name in words.items()
            ),
            numbers=range(1, 6),
        )
    ]
    if found.dead:
        content += [
            tag("h3", "Failed for good"),
            table(
                ("item", "queue", "attempts", "failed", "role"),
                (
                    (
                        _name(each),
                        each["queue"],
                        f"{each['attempts']:,}",
                        _ago(found.at, each["died_at"]),
                        each["owner"],
                    )
                    for each in found.dead[:_SHOWN]
                ),
                numbers=(2,),
                below=_texts(found.dead[:_SHOWN], "error_msg"),
            ),
            _and_more(len(found.dead)),
        ]
    return _card(
        "Queues",
        "Queries wait to be taken apart, fragments to be evaluated. What failed or timed out is tried again.",
        *content,
        wide=bool(found.dead),
    )


def _tables(found: Figures) -> Html:
    rows: list[tuple[object, ...]] = [
        (each["name"], each["partition_key"], _tracking(each["state"]), f"{each['changes']:,}")
        for each in found.tables
    ]
    rows += [(each["name"], "any", _mark("static", "taken not to change"), "") for each in found.static]
    title, about = "Tables", "Writes to tracked tables are logged, so that rows stay right."
    if not rows:
        return _card(title, about, _nothing("No table is tracked."))
    return _card(
        title, about, table(("table", "partition key", "state", "writes logged"), rows, numbers=(3,))
    )


def _tracking(state: str) -> Html:
    return _mark("tracking" if state == "tracking" else "broken", state)


def _mark(state: str | None, words: str | None = None) -> Html:
    return tag("span", words or state or "no keys", class_=f"mark {state}" if state in _MARKS else "mark")


_MARKS: Final = {*STATES, "tracking", "broken"}


def _name(each: Row) -> Html:
    """A fragment by the beginning of its hash."""
    return tag("code", each["hash"][:12], title=each["hash"])


def _texts(rows: Iterable[Row], column: str = "query") -> list[Html | None]:
    """The texts of rows, where they were read."""
    return [tag("code", each[column], class_="text") if each[column] else None for each in rows]


def _and_more(count: int) -> Html | None:
    return tag("p", f"and {count - _SHOWN:,} more") if count > _SHOWN else None


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S %Z}"


def _ago(now: datetime, then: datetime) -> str:
    return f"{_duration(max(0.0, (now - then).total_seconds()))} ago"


def _duration(seconds: float) -> str:
    """A time in one unit.

    >>> _duration(0.5), _duration(90), _duration(7200), _duration(200000)
    ('0 s', '1 min', '2 h', '2 days')
    """
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _time(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds:,.1f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:,.1f} s"


def _span(milliseconds: float | None) -> str:
    """A length of time that may be less than nothing, in one unit.

    >>> _span(1500), _span(-900000), _span(None)
    ('1.5 s', '-15 min', '-')
    """
    if milliseconds is None:
        return "-"
    size = abs(milliseconds)
    sign = "-" if milliseconds < 0 else ""
    return sign + (_time(size) if size < 600_000 else _duration(size / 1000))


def _amount(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _bytes(amount: float) -> str:
    """
    >>> _bytes(512), _bytes(180224), _bytes(5 * 1024**3)
    ('512 bytes', '176 kB', '5 GB')
    """
    if amount < 1024:
        return f"{amount:.0f} bytes"
    for unit in ("kB", "MB", "GB"):
        amount /= 1024
        if amount < 1024:
            return f"{amount:,.0f} {unit}"
    return f"{amount / 1024:,.1f} TB"
