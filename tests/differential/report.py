"""What was tried, rewritten and left alone, by class of query.

Run with files that `fuzz.py --report` has written, it prints the sum of their figures.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Forms in which the rules allow a restriction; a query that has none of NEVER and stands in one of these is eligible.
FORMS = {"single", "comma", "join_on", "join_using", "join_natural", "join_nested", "preserved"}
NEVER = {
    "outer_full",
    "setop",
    "grouping_sets",
    "volatile_fn",
    "recursive",
    "cte",
    "derived",
    "lateral",
    "values",
    "function",
    "special",
    "no_from",
    "dimension_only",
    "other_tables",
    "session_shadowed_catalog",
    "for_update",
    "renamed_columns",
    "join_alias",
    "stable_view",
}
CONDITIONS = (
    "comparison",
    "or",
    "not",
    "in",
    "not_in",
    "between",
    "like",
    "is_null",
    "is_not_null",
    "is_distinct",
    "case",
    "row",
    "any_all",
    "arithmetic",
    "immutable_fn",
    "exists",
    "in_select",
    "not_in_select",
    "scalar_select",
    "correlated",
)
# What must be rewritten in most cases.
REQUIRED = (
    "single",
    "comma",
    "join_on",
    "join_using",
    "join_natural",
    "join_nested",
    "outer_left",
    "outer_right",
    "preserved",
    *CONDITIONS,
    "aggregate",
    "group",
    "having",
    "distinct",
    "distinct_on",
    "window",
    "limit",
    "order",
)
DATATYPES = ("integer", "bigint", "float", "numeric", "text", "uuid", "date", "timestamp", "timestamptz")
# What must at least have been generated.
LISTED = (
    *REQUIRED,
    "for_update",
    *(f"key_{datatype}_array" for datatype in DATATYPES),
    "key_integer_bit",
    "key_bigint_bit",
    "writes_during",
    "writes_after",
    "writes_meanwhile",
    "writes_inside",
    "tables_2",
    "tables_3",
    "tables_4",
    "tables_5",
    "tables_6",
    "self_join",
    "outer_full",
    "key_equated",
    "key_compared",
    "other_key_name",
    "stable_fn",
    "volatile_fn",
    "derived",
    "lateral",
    "values",
    "function",
    "cte",
    "recursive",
    "union",
    "intersect",
    "except",
    "grouping_sets",
    "view",
    "materialized_view",
    "partitioned",
    "inherited",
    "domain",
    "enum",
    "quoted",
    "alias_like",
    "literal",
    "dollar_quote",
    "backslash",
    "unicode",
    "comments",
    "null_keys",
    "empty_table",
    "no_matches",
    "all_matching",
    "none_matching",
    "session_search_path",
    "session_datestyle",
    "session_timezone",
    "session_extra_float_digits",
    "session_standard_conforming_strings",
    "session_role",
    "session_other_than_pushers",
    "implied",
    "contained",
)


@dataclass
class Tally:
    """The figures of one class."""

    tried: int = 0
    invalid: int = 0
    rows: int = 0
    eligible: int = 0
    eligible_rewritten: int = 0
    auto: int = 0
    forced: int = 0
    share: float = 0.0
    shares: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


class Report:
    """Counts by class; reports of several runs can be merged."""

    def __init__(self) -> None:
        self.classes: dict[str, Tally] = {}
        self.push_errors: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.queries = 0
        self.comparisons = 0

    def invalid(self, labels: Iterable[str], error: str) -> None:
        """A query that the server refuses."""
        self.errors[error.splitlines()[0][:120]] += 1
        for label in (*labels, "all"):
            tally = self.classes.setdefault(label, Tally())
            tally.invalid += 1

    def add(
        self,
        labels: set[str],
        rows: int,
        texts: Mapping[str, str],
        text: str,
        explained: tuple[bytes | None, ...],
    ) -> None:
        """A query whose answers were all the same."""
        reason, keys, partitions = ((value or b"").decode() for value in explained)
        auto = texts.get("auto", text) != text
        forced = any(rewritten != text for method, rewritten in texts.items() if method != "auto")
        # What was not pushed, or was put aside by writes, says nothing of what can be rewritten.
        known = forced or auto or not reason.startswith("none of the query's fragments")
        eligible = known and "implied" not in labels and bool(labels & FORMS) and not labels & NEVER
        share = None
        if forced and keys.isdigit() and partitions.isdigit() and int(partitions):
            share = min(int(keys) / int(partitions), 1.0)
        self.queries += 1
        self.comparisons += len(set(texts.values()) - {text})
        for label in (*labels, "all"):
            tally = self.classes.setdefault(label, Tally())
            tally.tried += 1
            tally.rows += rows > 0
            tally.auto += auto
            tally.forced += forced or auto
            tally.eligible += eligible
            tally.eligible_rewritten += eligible and (forced or auto)
            if share is not None:
                tally.share += share
                tally.shares += 1
            if not forced and not auto:
                tally.reasons[reason[:100]] += 1

    def merge(self, other: Report) -> None:
        self.queries += other.queries
        self.comparisons += other.comparisons
        self.push_errors += other.push_errors
        self.errors += other.errors
        for label, theirs in other.classes.items():
            ours = self.classes.setdefault(label, Tally())
            for name in (
                "tried",
                "invalid",
                "rows",
                "eligible",
                "eligible_rewritten",
                "auto",
                "forced",
                "share",
                "shares",
            ):
                setattr(ours, name, getattr(ours, name) + getattr(theirs, name))
            ours.reasons += theirs.reasons

    def save(self, path: Path) -> None:
        """Write the report as JSON, added to what the file held before."""
        total = Report.load(path) if path.exists() else Report()
        total.merge(self)
        classes = {label: vars(tally) for label, tally in total.classes.items()}
        values = {"queries": total.queries, "comparisons": total.comparisons, "classes": classes}
        path.write_text(json.dumps(values | {"errors": total.errors, "push_errors": total.push_errors}))

    @classmethod
    def load(cls, path: Path) -> Report:
        values = json.loads(path.read_text())
        report = cls()
        report.queries, report.comparisons = values["queries"], values["comparisons"]
        report.errors, report.push_errors = Counter(values["errors"]), Counter(values["push_errors"])
        for label, tally in values["classes"].items():
            report.classes[label] = Tally(**tally | {"reasons": Counter(tally["reasons"])})
        return report

    def missing(self) -> list[str]:
        """Classes of the list that no query fell into."""
        return [label for label in LISTED if label not in self.classes or not self.classes[label].tried]

    def seldom(self, least: int = 20) -> list[str]:
        """Classes that must be rewritten in most cases and were not, of those with ``least`` cases or more."""
        found = []
        for label in REQUIRED:
            tally = self.classes.get(label)
            if tally and tally.tried >= 2 * least and tally.eligible < least:
                found.append(f"{label}: only {tally.eligible} of {tally.tried} could be judged")
            elif tally and tally.eligible >= least and tally.eligible_rewritten * 2 < tally.eligible:
                found.append(f"{label}: {tally.eligible_rewritten} of {tally.eligible}")
        return found

    def containment(self) -> str:
        """How often an entry was used that a query contains without having a fragment of its text."""
        tried, used = (self.classes.get(label, Tally()).tried for label in ("implied", "contained"))
        rewritten = self.classes.get("implied", Tally()).forced
        return (
            f"containment: of {tried} queries that were never pushed {rewritten} were rewritten,"
            f" {used} of them by an entry that they contain"
        )

    def table(self) -> str:
        """The table of classes, in Markdown."""
        lines = [
            "| class | tried | with rows | rewritten, forced | rewritten, auto | can be |"
            " of these rewritten |"
            " partitions left | most often unchanged because |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---|",
        ]
        order = ["all", *LISTED, *sorted(set(self.classes) - set(LISTED) - {"all"})]
        for label in order:
            t = self.classes.get(label, Tally())
            reason = "; ".join(f"{text} ({count})" for text, count in t.reasons.most_common(2)).replace(
                "|", "\\|"
            )
            left = f"{100 * t.share / t.shares:.0f} %" if t.shares else ""
            can = f"{100 * t.eligible_rewritten / t.eligible:.0f} %" if t.eligible else ""
            lines.append(
                f"| {label.replace('_', ' ')} | {t.tried} | {t.rows} | {t.forced} | {t.auto} | {t.eligible} | {can} |"
                f" {left} | {reason} |"
            )
        lines.append("")
        lines.append(
            f"{self.queries} queries, {self.comparisons} rewritten texts compared, {sum(self.errors.values())} refused."
        )
        lines.append(self.containment())
        return "\n".join(lines)

    def summary(self) -> str:
        """The figures of the classes that were asked for, in Markdown, as the documentation has them."""
        lines = [
            "| class | tried | with rows | rewritten, any form | by `auto` | partitions left |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for label in ("all", *LISTED):
            t = self.classes.get(label, Tally())
            left = f"{100 * t.share / t.shares:.0f} %" if t.shares else ""
            name = label.replace("_", " ")
            lines.append(f"| {name} | {t.tried:,} | {t.rows:,} | {t.forced:,} | {t.auto:,} | {left} |")
        return "\n".join(lines)


if __name__ == "__main__":
    total = Report()
    for path in sys.argv[1:]:
        total.merge(Report.load(Path(path)))
    print(
        f"{total.queries:,} queries, {total.comparisons:,} rewritten texts; {total.containment()}\n\n{total.summary()}"
    )
