"""Queries that say more than one that is known, and queries that only look so.

A chain is a query whose fragments are cached, and variants of it that are asked without ever being pushed: with tighter
bounds, fewer constants, further conditions and tables, other aliases, in another form; and with looser bounds, other
columns, other twins of a self-join, conditions under OR, NOT or an outer join, types and constants at every border.
Which of them the known entries serve is for the product to find out; that their rows stay the same is compared.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from differential.conditions import Conditions, Entry, expr
from differential.generate import ALIASES
from differential.mutate import mutated
from differential.syntax import BLANK, Col, Cte, Derived, Expr, Item, Join, Lit, Node, Relation, Select, walk
from differential.worlds import Column, World

TABLES = ("pois", "streets", "events", "pois", "streets", "events", "odds", "odds", "Order", "t2", "visits", "things",
          "doms", "v_pois", "others", "kinds")  # fmt: skip
ORDERED = ("int", "id", "num", "date", "ts", "tstz", "real")
TYPES = {"varchar(8)": "text", "varchar(40)": "text", "char(5)": "bpchar"}
NOT_EQUATED = (
    "{0} >= {1}",
    "{0} is not distinct from {1}",
    "{0}::text = {1}::text",
    "{0} = {1} or {0} is null",
    "not ({0} <> {1})",
)


def _read(path: Path) -> dict[str, list[str]]:
    """The conditions of the data file by section, each as often as it says."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            many, template = line.split(" ", 1)
            section += [template] * int(many)
    return found


SAID = _read(Path(__file__).with_name("said.txt"))
ODD = {"int": ("numbers",), "id": ("numbers",), "num": ("numbers", "floats"), "real": ("floats", "numbers")}


def said(ref: Col, column: Column, schema: str, random: Random, weak: bool = False) -> Expr:
    """A condition on a column; ``weak``: one that other conditions on it are likely to imply."""
    kind, dice = column.kind, random.random()
    sections: tuple[str, ...] = (kind,) if kind in SAID else ("texts",)
    if kind in ORDERED:
        sections = ("compared",)
        if dice < 0.3 or (kind == "real" and dice < 0.7):
            sections = ODD.get(kind, ("times",))
    if dice < 0.08 and kind in (*ORDERED, "text"):
        sections = ("deceiving",)
    template = random.choice([template for section in sections for template in SAID[section]])
    many = max((int(number) for number in re.findall(r"\{(\d)\}", template)), default=0)
    pool = column.pool
    places = sorted(random.choice(range(len(pool))) for _ in range(many))
    if weak and many == 1:
        half = len(pool) // 2
        low, high = ("{0} >" in template or "{1} <" in template), ("{0} <" in template or "{1} >" in template)
        if low or high:
            places = [random.randrange(half) if low else random.randrange(half, len(pool))]
    type_ = column.type.replace("{s}.", schema).split(" collate")[0]
    for name, value in (
        ("{type}", TYPES.get(type_, type_)),
        ("{s}.", schema),
        ("{n}", str(random.randrange(3))),
    ):
        template = template.replace(name, value)
    # Between quotes a blank is a blank.
    template = re.sub(r"'[^']*'", lambda quoted: quoted[0].replace(" ", BLANK), template)
    return Expr(template, [ref, *(Lit(pool[place]) for place in places)], "bool", frozenset({"said"}))


@dataclass
class Draft:
    """A query in pieces: its tables, what joins them, and what is said of each."""

    entries: list[Entry]
    links: list[Node]
    # The table and the column that a condition is about; no column for one of any other kind.
    conditions: list[tuple[Entry, Column | None, Node]]

    def all_conditions(self) -> list[Node]:
        return self.links + [condition for _, _, condition in self.conditions]


class Chain:
    """A query, and variants of it.

    ``local``: what partition_local asserts is said in each variant, so that it is true.
    """

    def __init__(self, world: World, random: Random, named: bool, local: bool = False) -> None:
        self.world, self.random, self.named, self.local = world, random, named, local
        self.make = Conditions(world, random, named)
        self.schema = self.make.function("")
        self.draft = self._draft()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def base(self) -> Select:
        """The query that is pushed."""
        return self._select(self.draft, plain=self.chance(0.8))

    def variant(self) -> Select:
        """A query that says more, or less, or something else that looks like it."""
        if not self.local and self.chance(0.06):
            return mutated(self._select(self.draft), self.world, self.random, self.named)
        draft = self._draft_variant()
        select = self._select(draft)
        return self._wrapped(select, draft) if self.chance(0.3) else select

    # -- pieces ----------------------------------------------------------------------------------------------------

    def _entry(self, name: str) -> Entry:
        return Entry(self.names.pop(0), self.world.relations[name])

    def _link(self, old: Entry, new: Entry) -> list[Node]:
        found: list[Node] = []
        if (
            self.chance(0.8)
            and not (self.local and self.chance(0.5))
            and (link := self.make.key_link(old, new))
        ):
            found.append(link)
        links = self.make.links(old, new)
        if links and (not found or self.chance(0.25)):
            found.append(self.random.choice(links))
        if not found or self.chance(0.15):
            across = self.make.between(old, new)
            found += [across] if across else []
        if len(found) > 1 and self.chance(0.15):
            found.pop()
        return found

    def _draft(self) -> Draft:
        self.names = list(self.random.choice(ALIASES))
        count = self.random.choices((1, 2, 3, 4), (40, 35, 18, 7))[0]
        chosen = [self.random.choice(TABLES) for _ in range(count)]
        if chosen[0] == "kinds":
            chosen[0] = "pois"
        for place in range(1, count):
            if self.chance(0.3):
                chosen[place] = chosen[0]
        entries = [self._entry(name) for name in chosen]
        links = [
            link
            for place in range(1, count)
            for link in self._link(self.random.choice(entries[:place]), entries[place])
        ]
        draft = Draft(entries, links, [])
        many = self.random.choices((1, 2, 3), (45, 40, 15))[0]
        for _ in range(many if self.chance(0.93) or not links else 0):
            draft.conditions.append(self._condition(self.random.choice(entries), weak=self.chance(0.7)))
        return draft

    def _condition(self, entry: Entry, weak: bool = False) -> tuple[Entry, Column | None, Node]:
        if self.chance(0.08):
            return entry, None, self.make.condition([entry])
        column = self.random.choice([c for c in entry.table.columns if c.kind != "key"])
        return entry, column, self._said(entry, column, weak)

    def _said(self, entry: Entry, column: Column, weak: bool = False) -> Expr:
        return said(Col(entry.alias, column.name), column, self.schema, self.random, weak)

    def _draft_variant(self) -> Draft:
        draft: Draft = copy.deepcopy(self.draft)
        entries = draft.entries
        self.names = [name for name in self.names if name not in {entry.alias for entry in entries}]
        draft.conditions = [
            self._turned(entry, column, condition, entries) for entry, column, condition in draft.conditions
        ]
        if draft.conditions and self.chance(0.08):
            draft.conditions.pop(self.random.randrange(len(draft.conditions)))
        for _ in range(self.random.choices((0, 1, 2), (45, 40, 15))[0]):
            draft.conditions.append(self._condition(self.random.choice(entries)))
        for place, link in enumerate(draft.links):
            if not isinstance(link, Expr) or link.template != "{0} = {1}":
                continue
            dice = self.random.random()
            if dice < 0.3:
                link.args.reverse()
            elif dice < 0.36:
                draft.links[place] = expr(self.random.choice(NOT_EQUATED), *link.args)
        if draft.links and self.chance(0.07):
            draft.links.pop(self.random.randrange(len(draft.links)))
        if self.names and len(entries) < 5 and self.chance(0.3):
            new = self._entry(entries[0].table.name if self.chance(0.4) else self.random.choice(TABLES))
            draft.links += self._link(self.random.choice(entries), new)
            entries.insert(self.random.randrange(len(entries) + 1), new)
        if self.local:
            keyed = [entry for entry in entries if entry.table.has(self.world.key)]
            draft.links += [
                self.make.equal(Col(a.alias, self.world.key), Col(b.alias, self.world.key))
                for a, b in pairwise(keyed)
            ]
        if self.chance(0.5):
            self._rename(draft)
        for pieces in (entries, draft.conditions, draft.links):
            self.random.shuffle(pieces)
        return draft

    def _turned(
        self, entry: Entry, column: Column | None, condition: Node, entries: list[Entry]
    ) -> tuple[Entry, Column | None, Node]:
        """The condition, or another one on the same column, on a column of its kind, on a twin, or under NOT or OR."""
        dice = self.random.random()
        if dice < 0.6 and column is not None:
            if dice < 0.5:
                return entry, column, self._said(entry, column)
            twins = [
                other for other in entries if other is not entry and other.table.name == entry.table.name
            ]
            if twins:
                entry = self.random.choice(twins)
            else:
                column = self.random.choice([c for c in entry.table.columns if c.kind == column.kind])
            return entry, column, self._said(entry, column, weak=True)
        if dice < 0.64:
            how = self.random.choice(("not ({0})", "({0}) is not true", "({0}) is true"))
            return entry, column, expr(how, condition)
        if dice < 0.68:
            return entry, column, expr("({0}) or ({1})", condition, self._condition(entry)[2])
        return entry, column, condition

    def _rename(self, draft: Draft) -> None:
        names = [entry.alias for entry in draft.entries]
        fresh = dict(zip(names, self.random.choice(ALIASES), strict=False))
        for condition in draft.all_conditions():
            for part in walk(condition):
                if isinstance(part, (Col, Relation)) and part.alias in fresh:
                    part.alias = fresh[part.alias]
        for entry in draft.entries:
            entry.alias = fresh[entry.alias]
        self.names = []

    # -- forms -----------------------------------------------------------------------------------------------------

    def _relation(self, entry: Entry) -> Relation:
        node = self.make.table(entry.table.name, entry.alias)
        if {"inherited", "partitioned"} & entry.table.labels and self.chance(0.1):
            node.only = True
        return node

    def _select(self, draft: Draft, plain: bool = False) -> Select:
        forms = ("comma", "comma", "on", "on", "nested", "left", "left", "right")
        form = "comma" if plain else self.random.choice(forms)
        entries = draft.entries
        if form == "comma" or (len(entries) == 1 and form in ("on", "nested")):
            select = Select([], [self._relation(entry) for entry in entries], draft.all_conditions())
        elif form in ("on", "nested"):
            select = self._joined(draft, form == "nested")
        else:
            select = self._outer(draft, form)
        self._items(select, entries)
        return select

    def _joined(self, draft: Draft, nested: bool) -> Select:
        """Joins, with what can be said there in their ON; nested: each join stands on the right of the next one."""
        entries = draft.entries[::-1] if nested else draft.entries
        tree: Node = self._relation(entries[0])
        inside = {entries[0].alias}
        where = draft.all_conditions()
        for entry in entries[1:]:
            inside.add(entry.alias)
            on = [c for c in where if outer_aliases(c) <= inside and self.chance(0.8)]
            where = [c for c in where if not any(c is other for other in on)]
            sides = (self._relation(entry), tree) if nested else (tree, self._relation(entry))
            tree = Join("inner", *sides, on)
        return Select([], [tree], where)

    def _outer(self, draft: Draft, form: str) -> Select:
        """One table on the nullable side of a join: one more, or one of the query's own."""
        first, *rest = draft.entries
        conditions = draft.all_conditions()
        if not rest or self.chance(0.5):
            lost = Entry("z9", self.world.relations[self.random.choice(TABLES[:9])])
            on = self._link(first, lost) or [expr("true")]
            if self.chance(0.4):
                on.append(self._condition(self.random.choice((first, lost)))[2])
        else:
            lost = rest.pop(self.random.randrange(len(rest)))
            about = {first.alias, lost.alias}
            on = [c for c in conditions if lost.alias in outer_aliases(c) <= about and self.chance(0.8)]
            if self.chance(0.3):
                on += [c for c in conditions if outer_aliases(c) == {first.alias}]
        where = [c for c in conditions if not any(c is other for other in on)]
        sides = (self._relation(first), self._relation(lost))
        join = Join("left", *sides, on) if form == "left" else Join("right", *sides[::-1], on)
        return Select([], [join, *(self._relation(entry) for entry in rest)], where)

    def _items(self, select: Select, entries: list[Entry]) -> None:
        dice = self.random.random()
        if dice < 0.45:
            select.items = [Expr("count(*)", [], "scalar")]
        elif dice < 0.9:
            select.items = [Item(Col(entry.alias, entry.table.unique)) for entry in entries]
        else:
            column = self.random.choice([c for c in entries[0].table.columns if c.kind != "json"])
            select.items = [Item(Col(entries[0].alias, column.name)), Item(Expr("count(*)", [], "scalar"))]
            select.group = [Col(entries[0].alias, column.name)]

    def _wrapped(self, select: Select, draft: Draft) -> Select:
        """The query inside of another: a sub-select in FROM, a CTE, a branch of a union, a condition."""
        entry = draft.entries[0]
        select.group, select.items = [], [Item(Col(entry.alias, entry.table.unique), "id")]
        kinds = ("from", "cte", "union", "exists", "in", "lateral")
        kind = self.random.choice(kinds[:5] if self.local else kinds)
        counted: list[Node] = [Expr("count(*), min({0})", [Col("q9", "id")], "scalar")]
        if kind == "from":
            return Select(counted, [Derived(select, "q9")])
        if kind == "lateral":
            beside = Entry("q8", self.world.relations[self.random.choice(TABLES[:3])])
            link = self.make.key_link(beside, entry)
            select.where += [link] if link else []
            return Select(
                counted, [self.make.table(beside.table.name, "q8"), Derived(select, "q9", lateral=True)]
            )
        if kind == "cte":
            hint = self.random.choice(("", "materialized", "not materialized"))
            return Select(counted, [Relation("q9", "q9")], ctes=[Cte("q9", select, hint)])
        if kind == "union":
            other = self._select(self._draft_variant())
            other.group, other.items = [], [Expr("1", [], "scalar")]
            select.items = [Expr("2", [], "scalar")]
            select.setop, select.other = self.random.choice(("union all", "union", "except all")), other
            return select
        # The query's conditions inside of a condition of another one.
        first = copy.deepcopy(self.draft.entries[0])
        known = [c for _, _, c in copy.deepcopy(self.draft.conditions) if outer_aliases(c) <= {first.alias}]
        whole = Select([Expr("count(*)", [], "scalar")], [self._relation(first)], known)
        if kind == "in":
            whole.where.append(Expr("{0} in ({1})", [Col(first.alias, first.table.unique), select], "bool"))
        else:
            whole.where.append(Expr("exists ({0})", [select], "bool"))
        return whole


def outer_aliases(node: Node) -> set[str]:
    """The tables that a condition is about, without those of its own sub-selects."""
    inside = {part.alias for part in walk(node) if isinstance(part, Relation)}
    return {part.alias for part in walk(node) if isinstance(part, Col)} - inside
