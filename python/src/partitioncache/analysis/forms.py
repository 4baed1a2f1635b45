"""Query forms: a query, or a fragment, as tables, conditions and key groups.

Two forms can be compared where two texts cannot: a query contains an entry whose every condition it says, or says
more than. The form of an entry is read from its fragment's text when it is stored, and kept beside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from partitioncache.analysis import fragments as parts
from partitioncache.analysis.classes import classes, together
from partitioncache.analysis.conditions import Constant, Kind, Said, Sure, canonical
from partitioncache.analysis.dialects import DIALECTS, Rules, rules
from partitioncache.analysis.fragments import Plan
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import check_functions, read, read_schema

_VERSION: Final = 1
_COLUMN: Final = re.compile(r"""SELECT (?:DISTINCT )?t1\.("(?:[^"]|"")*"|`(?:[^`]|``)*`|[^\s",`.]+)(?= )""")
_BETWEEN: Final = re.compile(r"(.*) BETWEEN (\S+) AND (\S+)\Z", re.DOTALL)


@dataclass(frozen=True)
class Form:
    """A query's block, or an entry, as data.

    Attributes:
        dialect: the SQL that it is written in: texts of two dialects are never compared.
        tables: by number; empty for what is no plain table, which nothing is known of.
        groups: the tables whose partition keys it equates. Of an entry, table 0 is the one whose keys it selects.
        conditions: what it says of its tables, each with the tables' numbers in place of their names.
        opaque: for each condition that is left out, which one, and why.
        keys: by table, the column in which the partition key is placed; empty for the column of its name. None if no
            key is placed.
        alternatives: of a query, the same conditions in other words, as an entry may have them.
    """

    dialect: str
    tables: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    conditions: tuple[Said, ...]
    opaque: tuple[str, ...] = ()
    alternatives: tuple[Said, ...] = ()
    keys: tuple[str, ...] = ()

    def key_of(self, table: int) -> str:
        """The column in which the partition key of a table is placed; empty for the column of its name."""
        return self.keys[table] if self.keys else ""

    def __str__(self) -> str:
        lines = [f"t{number}: {table or 'opaque'}" for number, table in enumerate(self.tables)]
        lines += [f"key of t{number}: {key}" for number, key in enumerate(self.keys) if key]
        lines += [f"equal keys: {', '.join(f't{table}' for table in group)}" for group in self.groups]
        lines += [shown(said) for said in self.conditions]
        return "\n".join([*lines, *self.opaque])


def form_of_query(plan: Plan, notes: Collection[str]) -> Form:
    """The form of a query that has been taken apart."""
    statement = plan.statement
    # USING and NATURAL compare as the left table's column does.
    merged = [
        Said((left, f".{name} = ", right, f".{other}")) for (left, name), (right, other) in statement.merged
    ]
    return Form(
        dialect=statement.rules.name,
        tables=tuple(source.table if source.plain else "" for source in statement.sources),
        groups=_groups(plan),
        conditions=tuple(dict.fromkeys([*(said for one in plan.conditions for said in one.says), *merged])),
        opaque=tuple(notes),
        alternatives=tuple(_alternatives(plan)),
        keys=_keys(plan, plan.key, range(len(statement.sources))),
    )


def _keys(plan: Plan, default: str, sources: Collection[int]) -> tuple[str, ...]:
    """Where the keys of these sources stand, if not in the column that is called so."""
    found = [plan.key_of(source) if source in sources else default for source in range(len(plan.statement.sources))]
    return _named(found, default)


def _named(keys: Sequence[str], default: str) -> tuple[str, ...]:
    return tuple("" if key == default else key for key in keys) if any(key != default for key in keys) else ()


def _groups(plan: Plan) -> tuple[tuple[int, ...], ...]:
    found = {tuple(sorted(group)) for one in plan.classes for group in one.equated if len(group) > 1}
    return tuple(sorted(found))


def _alternatives(plan: Plan) -> list[Said]:
    """Each condition as a whole, whichever way round."""
    found = [Said(condition.template) for condition in plan.conditions]
    return found + [
        Said(condition.mirrored) for condition in plan.conditions if condition.mirrored is not None
    ]


def form_of_fragment(plan: Plan, fragment: parts.Fragment) -> Form | None:
    """The form of a fragment of a query, as `form_of_entry` reads it from its text; None where that reads none."""
    sources = [plan.statement.sources[source] for source in fragment.sources]
    if not all(source.plain for source in sources):
        return None
    places = {source: place for place, source in enumerate(fragment.sources)}
    names = parts.names_of(fragment.sources)
    conditions = [plan.conditions[number] for number in fragment.conditions]
    members = {source for one in plan.classes for source in one.members}
    columns = {source: (source, plan.key_of(source)) for source in fragment.sources if source in members}
    # Its text equates the keys of its own class; others are equal if conditions say so.
    (own_class,) = (one for one in plan.classes if fragment.sources[0] in one.members)
    equalities = [each.equates for each in conditions if each.equates is not None]
    for group in own_class.equated:
        equalities += pairwise(columns[source] for source in fragment.sources if source in group)
    equal = [sorted(map(places.__getitem__, group)) for group in together(equalities, columns)]
    groups = tuple(sorted(tuple(group) for group in equal if len(group) > 1))
    keyed = {0, *(place for group in groups for place in group)}
    keys = [plan.key_of(source) if places[source] in keyed else plan.key for source in fragment.sources]
    own = [
        replace(said, expression=tuple(part if isinstance(part, str) else places[part] for part in said.expression))
        for condition in conditions
        for said in condition.said(names)
    ]
    return Form(
        plan.statement.rules.name,
        tuple(source.table for source in sources),
        groups,
        tuple(dict.fromkeys(own)),
        keys=_named(keys, plan.key),
    )


def form_of_entry(
    hash: str, text: str | None, partition_key: str, schema: Mapping[str, Collection[str]] | None = None
) -> Form | None:
    """The form of an entry that was computed for a fragment, read from the fragment's text.

    Args:
        hash: the name of the entry: it has to be the text's.
        text: what was remembered beside it.
        partition_key: the partition key.
        schema: as for `analyse`, with types: they tell what is compared as a number.

    Returns:
        None for every text that is no fragment as this version writes it.

    >>> from partitioncache.analysis import analyse
    >>> fragment = analyse("SELECT 1 FROM poi p WHERE 9 > p.stars", "city_id").fragments[0]
    >>> print(form_of_entry(fragment.hash, fragment.sql, "city_id"))
    t0: poi
    t0.stars < 9
    """
    if text is None or hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() != hash:
        return None
    for name in DIALECTS:
        try:
            found = rules(name)
            column = _selected(text, found)
            if column is not None:
                form = _read(text, found, partition_key, column, schema)
                # With a schema, names are told apart that were left to the server where the text was written.
                return form if form is not None or schema is None else _read(text, found, partition_key, column, None)
        except (Unsure, RecursionError):
            continue
    return None


def _selected(text: str, found: Rules) -> str | None:
    """The column whose keys a text selects, as fragments do; None if it is no fragment of this dialect."""
    column = _COLUMN.match(text)
    if column is None:
        return None
    selected, after = parts.selection(found, f"t1.{column[1]}")
    return column[1] if text.startswith(f"SELECT {selected} FROM ") and text.endswith(after) else None


def _read(
    text: str, found: Rules, partition_key: str, key: str, schema: Mapping[str, Collection[str]] | None
) -> Form | None:
    statement = read(text, found, read_schema(schema, found))
    check_functions(statement)
    default = found.exact_column(partition_key)
    if key != default and statement.sources[0].key(default) == key:
        key = default  # as the schema places it
    conditions = tuple(dict.fromkeys(canonical(statement, node, key) for node in statement.conditions))
    plan = Plan(statement, key, conditions, classes(statement, conditions, key, False))
    (group,) = (group for group in plan.classes if 0 in group.members)
    # Nothing else stands in the text: written from what was read, it is the same.
    if not all(source.plain for source in statement.sources) or parts.whole(plan, group) != text:
        return None
    own = [said for condition in parts.usable(plan, group) for said in condition.says]
    tables = tuple(source.table for source in statement.sources)
    keyed = {0, *(table for group in _groups(plan) for table in group)}
    return Form(
        found.name, tables, _groups(plan), tuple(dict.fromkeys(own)), keys=_keys(plan, default, keyed)
    )


def shown(said: Said, tables: Sequence[str] = ()) -> str:
    """A condition as people read it, with the names of its tables if these are given; else with t0, t1, ...

    >>> shown(Said((0, ".kind <> ", 1, ".kind")), ("poi", "poi")), shown(Said((0, ".kind <> 3")), ("poi",))
    ('poi#0.kind <> poi#1.kind', 'poi.kind <> 3')
    """
    names = [name if tables.count(name) == 1 else f"{name}#{number}" for number, name in enumerate(tables)]
    text = "".join(
        part if isinstance(part, str) else names[part] if names else f"t{part}" for part in said.expression
    )
    if said.kind is Kind.BOUND:
        return f"{text} {said.operator} {said.constants[0]}"
    if said.kind is Kind.SET:
        return f"{text} in ({', '.join(said.constants)})"
    return f"{text} is not null" if said.kind is Kind.PRESENT else text


# -- as text --


def written(form: Form) -> str:
    """A form as JSON.

    >>> form = Form("sqlite", ("poi",), (), (Said((0, ".kind <> 3")),))
    >>> written(form), read_form(written(form)) == form
    ('{"v":1,"d":"sqlite","t":["poi"],"g":[],"c":[[[0,".kind <> 3"],"same"]]}', True)
    """
    conditions = []
    for said in form.conditions:
        fields: list[Any] = [said.expression, said.kind.value]
        if said.kind is not Kind.SAME:
            fields += [said.operator, said.of.value, said.constants, said.sure.value]
        conditions.append(fields)
    content = {"v": _VERSION, "d": form.dialect, "t": form.tables, "g": form.groups, "c": conditions}
    if form.keys:
        content["k"] = form.keys
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def read_form(text: str) -> Form | None:
    """The form that `written` made a text of; None for any other text."""
    try:
        content = json.loads(text)
        if content["v"] != _VERSION:
            return None
        return Form(
            str(content["d"]),
            tuple(map(str, content["t"])),
            tuple(tuple(map(int, group)) for group in content["g"]),
            tuple(_read_said(*fields) for fields in content["c"]),
            keys=_checked(content.get("k", ()), len(content["t"])),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _checked(keys: Collection[str], tables: int) -> tuple[str, ...]:
    if len(keys) not in (0, tables):
        raise ValueError("a key for each table, or none")
    return tuple(map(str, keys))


def _read_said(
    expression: list[str | int],
    kind: str,
    operator: str = "",
    of: str = Constant.TEXT.value,
    constants: Collection[str] = (),
    sure: str = "",
) -> Said:
    return Said(tuple(expression), Kind(kind), operator, Constant(of), tuple(constants), Sure(sure))


def believed(given: str | None, hash: str, text: str | None, partition_key: str) -> str | None:
    """The form of an entry that comes from elsewhere: what was given, if it is that of the text; else the text's.

    What was given may know more of the columns' types than the text alone tells.
    """
    form = form_of_entry(hash, text, partition_key)
    if form is None:
        return None
    other = None if given is None else read_form(given)
    is_same = other is not None and _in_words(other) == _in_words(form)
    return written(other if other is not None and is_same else form)


def _in_words(form: Form) -> tuple[object, ...]:
    """What a form says, whatever it knows of types: with them, BETWEEN may be two bounds."""
    said = {_BETWEEN.sub(r"\1 >= \2\n\1 <= \3", shown(each)) for each in form.conditions}
    return form.dialect, form.tables, form.keys, form.groups, sorted("\n".join(said).split("\n"))
