"""How a query is understood, part by part: what `partitioncache.query_form` returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from partitioncache.analysis import Analysis
from partitioncache.analysis.conditions import Kind, Said
from partitioncache.analysis.forms import Form

_TEMPLATES: Final = {Kind.BOUND: "{0} {1} $1", Kind.PRESENT: "{0} IS NOT NULL", Kind.SAME: "{0}"}


@dataclass(frozen=True, slots=True)
class FormPart:
    """A part of a query, as the cache understands it: a row of ``partitioncache_form``.

    Attributes:
        block: the SELECT that it belongs to: the query is 1; branches of UNION, CTEs and sub-selects follow.
        part: ``table``, ``condition``, ``key group`` (tables whose partition keys are equal), or ``opaque``.
        number: of the table or condition; of a key group, its first table.
        said: the relation and its alias; the condition's template, in which #0, #1, … are the tables of these numbers
            and $1 its constants; the partition keys that are equal; the text that is opaque.
        type: of the constants: PostgreSQL's type; outside PostgreSQL number, text or date.
        constants: as they are written.
        placement: of a table, where its partition key stands; None if it has none.
        reason: why what is opaque is so, or why a condition is in no entry.
    """

    block: int | None
    part: str
    number: int | None
    said: str
    type: str | None = None
    constants: tuple[str, ...] | None = None
    placement: str | None = None
    reason: str | None = None

    def __str__(self) -> str:
        constants = "" if self.constants is None else f", $1: {', '.join(self.constants)} ({self.type})"
        number = "" if self.number is None or self.part == "key group" else f" {self.number}"
        key = "" if self.placement is None else f", partition key {self.placement}"
        return f"{self.part}{number}: {self.said}{constants}{key}" + (
            f" -- {self.reason}" if self.reason else ""
        )


@dataclass(frozen=True, slots=True)
class QueryForm:
    """A query as data, as the cache understands it; print it for one line a part.

    Two conditions with the same template and type differ in their constants alone: one may follow from the other.

    Attributes:
        parts: its tables, conditions and key groups, and what is opaque, block by block.
    """

    parts: tuple[FormPart, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.parts))


def reading(analysis: Analysis, partition_key: str) -> QueryForm:
    """The form of a query that was analysed outside PostgreSQL."""
    form = analysis.form
    if form is None:
        return QueryForm((FormPart(None, "opaque", None, analysis.query, reason=analysis.reason),))
    return QueryForm(tuple(_parts(form, analysis.families, partition_key)))


def _parts(form: Form, aliases: dict[int, str], partition_key: str) -> Iterator[FormPart]:
    keys = {number: f"{alias}.{partition_key}" for number, alias in aliases.items()}
    for number, table in enumerate(form.tables):
        alias = aliases.get(number, table)
        said = table if alias == table else f"{table} {alias}"
        yield FormPart(
            1, "table" if table else "opaque", number, said or "no plain table", placement=keys.get(number)
        )
    for number, said_there in enumerate(form.conditions, 1):
        has_constants = said_there.kind in (Kind.BOUND, Kind.SET)
        yield FormPart(
            1, "condition", number, _template(said_there),
            said_there.of.value if has_constants else None, said_there.constants if has_constants else None,
        )  # fmt: skip
    grouped = {table for group in form.groups for table in group}
    for group in sorted([*form.groups, *((number,) for number in keys if number not in grouped)]):
        yield FormPart(1, "key group", group[0], ", ".join(keys[table] for table in group if table in keys))
    for text in form.opaque:
        said, _, reason = text.partition(" is left out: ")
        yield FormPart(1, "opaque", None, said, reason=reason or None)


def _template(said: Said) -> str:
    text = "".join(part if isinstance(part, str) else f"#{part}" for part in said.expression)
    if said.kind is Kind.SET:
        return f"{text} = $1" if len(said.constants) == 1 else f"{text} = ANY ($1)"
    return _TEMPLATES[said.kind].format(text, said.operator)
