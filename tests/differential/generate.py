"""Random queries on a world: every form of FROM, every kind of condition, every clause."""

from __future__ import annotations

from random import Random

from differential.conditions import Conditions, Entry, expr
from differential.syntax import (
    BLANK,
    Col,
    Cte,
    Derived,
    Expr,
    Item,
    Join,
    Lit,
    Node,
    Raw,
    Relation,
    Select,
    Style,
    walk,
)  # fmt: skip
from differential.worlds import Column, World, ident, numbers
from differential.worlds import Relation as Table

ALIASES = (
    ("p", "s", "e", "o", "k", "v", "w", "x"),
    ("t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"),
    ("p", "p_1", "p_2", "p_3", "q", "v", "pc", "n"),
    ("A", "b", "From", "where", "Ü", "a b", "select", 'q"q'),
    ("t2", "t1", "t4", "t3", "t6", "t5", "q", "__q"),
    ("SELECT", "FROM x", "a\nb", "o'x", "(", "WHERE 1", 't1"', "A AND B"),
)
FORMS = (
    ("single", 22), ("comma", 15), ("join_on", 15), ("join_using", 5), ("join_natural", 3), ("join_nested", 5),
    ("outer", 14), ("derived", 4), ("lateral", 2), ("values", 1), ("function", 2), ("cte", 6), ("recursive", 1),
    ("setop", 4), ("special", 2),
)  # fmt: skip
BASE = ("pois", "streets", "events", "Order", "t2", "visits", "pois", "streets", "events")
KEYED = (*BASE, "things", "doms", "v_pois", "V Guarded", "m_pois")
RARE = (
    "visits_0",
    "v_mine",
    "empties",
    "strangers",
    "others",
    "things_old",
    "v_near",
    "v_left",
    "v_sums",
    "v_some",
)
CONSTANTS = (
    "'text'", "null", "-5::smallint", "1.10", "1e300::float8", "0.1::real", "'NaN'::numeric", "'\\x00ff'::bytea",
    "interval '1 mon -2 days 03:04:05.6789'", "interval '3' hour", "time '24:00'", "'04:05:06.789-08'::timetz",
    "'ab'::char(5)", "B'0101'", "X'1F'", "'[1,5)'::int4range", "array[[1,2],[3,null]]", "'{}'::text[]",
    "'pg_class'::regclass", "row(1, 'a', null)", "timestamptz '2024-03-31 01:30+00'", "date '0044-03-15 BC'",
    "'{\"b\": [1, 2.50]}'::jsonb", "point '(1,2)'", "'12:30'::time(0)", "1.5::numeric(6,3)", "'x'::varchar(9)",
    "current_date", "localtimestamp(0)", "current_user", "$x$it's$x$", "U&'\\00fc'", "E'tab\\there'",
)  # fmt: skip
DIMENSIONS = ("kinds", "colours", "cities")


class Generator:
    """Makes queries. The same ``random`` makes the same queries."""

    def __init__(self, world: World, random: Random, qualified: bool = False) -> None:
        self.world = world
        self.random = random
        self.qualified = qualified
        self.make = Conditions(world, random, qualified)

    def query(self) -> Select:
        forms, weights = zip(*FORMS, strict=False)
        form = self.random.choices(forms, weights)[0]
        self.names = list(self.random.choice(ALIASES))
        select: Select = getattr(self, f"_{form}")()
        return select

    def style(self) -> Style:
        dice = self.random.random
        return Style(
            seed=self.random.randrange(1 << 30),
            comments=0.15 if dice() < 0.15 else 0.0,
            lines=0.3 if dice() < 0.3 else 0.0,
            tail=self.random.choice(("", "", "", "", ";", " ;\n", "\n", " -- the end", "/* end */")),
            parens=dice() < 0.03,
        )

    # -- tables ----------------------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def entry(self, name: str) -> Entry:
        return Entry(self.names.pop(0), self.world.relations[name])

    def pick(self, joins: bool = False) -> str:
        dice = self.random.random()
        if dice < 0.72:
            return self.random.choice(BASE)
        if dice < 0.86:
            return self.random.choice(KEYED)
        if dice < 0.93:
            return self.random.choice(RARE)
        return self.random.choice(DIMENSIONS)

    def relation(self, entry: Entry) -> Relation:
        node = self.make.table(entry.table.name, entry.alias)
        labels = entry.table.labels
        if ("inherited" in labels or "partitioned" in labels) and self.chance(0.15):
            node.only = True
        if self.chance(0.015) and "view" not in labels and "materialized_view" not in labels:
            node.tail = self.random.choice(
                ("tablesample bernoulli (60) repeatable (7)", "tablesample system (100)")
            )
        return node

    def tables(self, count: int) -> list[Entry]:
        names = [self.pick() for _ in range(count)]
        if names[0] in DIMENSIONS and self.chance(0.9):
            names[0] = self.random.choice(KEYED)
        if count > 1 and self.chance(0.18):
            names[1] = names[0]
        return [self.entry(name) for name in names]

    def count(self) -> int:
        return self.random.choices((2, 3, 4, 5, 6), (48, 28, 13, 7, 4))[0]

    def connections(self, entries: list[Entry]) -> list[list[Node]]:
        """For each table after the first, the conditions that join it to earlier ones."""
        shape = self.random.choice(("chain", "star", "tree", "cycle"))
        equates = self.random.random()
        result: list[list[Node]] = []
        for place in range(1, len(entries)):
            new = entries[place]
            old = entries[place - 1] if shape in ("chain", "cycle") else entries[0]
            if shape == "tree":
                old = self.random.choice(entries[:place])
            found: list[Node] = []
            if equates < 0.85 and (link := self.make.key_link(old, new)):
                found.append(link)
            if shape == "cycle" and place > 1 and (link := self.make.key_link(entries[0], new)):
                found.append(link)
            candidates = [old, *self.random.sample(entries[:place], place)]
            if not found:
                found += next(
                    ([self.random.choice(ls)] for e in candidates if (ls := self.make.links(e, new))), []
                )
            elif self.chance(0.12) and (links := self.make.links(old, new)):
                found.append(self.random.choice(links))
            if not found or self.chance(0.1) or place > 3:
                across = self.make.between(old, new)
                found += [across] if across else []
            if not found:
                for candidate in candidates:
                    link = self.make.key_link(candidate, new)
                    if link:
                        found.append(link)
                        break
            result.append(found)
        return result

    def conditions(self, entries: list[Entry]) -> list[Node]:
        many = self.random.choices((0, 1, 2, 3, 4), (3, 42, 35, 15, 5))[0]
        many = max(many, len(entries) - 2)
        found: list[Node] = [self.make.condition(entries) for _ in range(many)]
        if self.chance(0.03):
            found.append(expr("true", labels="all_matching"))
        if self.chance(0.02):
            found.append(expr("{0} = {1}", Lit("1"), Lit("0"), labels="none_matching"))
        return found

    # -- forms -----------------------------------------------------------------------------------------------------

    def _single(self) -> Select:
        entry = self.entry(self.pick())
        node = self.relation(entry)
        dice = self.random.random()
        if dice < 0.2:
            node.bare, node.alias, entry.alias = True, entry.table.name, entry.table.name
        elif dice < 0.35:
            node.bare, node.alias = True, entry.table.name
            entry.alias = ""
        elif dice < 0.39:
            renamed = tuple(f"c{number}" for number in range(len(entry.table.columns)))
            table = Table(entry.table.name, [
                Column(new, c.type, c.kind, c.pool) for new, c in zip(renamed, entry.table.columns, strict=False)
            ], "c0" if entry.table.unique == entry.table.columns[0].name else "")  # fmt: skip
            node.columns, entry.table = renamed, table
        select = Select([], [node], self.conditions([entry]))
        if node.columns:
            select.labels |= {"renamed_columns"}
        return self.finish(select, [entry])

    def _comma(self) -> Select:
        entries = self.tables(self.count())
        where = [c for links in self.connections(entries) for c in links] + self.conditions(entries)
        self.random.shuffle(where)
        select = Select([], [self.relation(entry) for entry in entries], where)
        return self.finish(select, entries)

    def _join_on(self) -> Select:
        entries = self.tables(self.count())
        links = self.connections(entries)
        tree: Node = self.relation(entries[0])
        where: list[Node] = []
        for entry, found in zip(entries[1:], links, strict=False):
            on = [c for c in found if self.chance(0.85)]
            where += [c for c in found if c not in on]
            kind = "inner" if on or self.chance(0.5) else "cross"
            tree = Join(kind, tree, self.relation(entry), on)
        for condition in self.conditions(entries):
            if self.chance(0.3) and isinstance(tree, Join) and tree.kind == "inner":
                tree.on.append(condition)
            else:
                where.append(condition)
        return self.finish(Select([], [tree], where), entries)

    def _join_using(self) -> Select:
        keyed = [*BASE, "things", "v_pois", "strangers", "empties"]
        entries = [self.entry(self.random.choice(keyed)) for _ in range(min(self.count(), 4))]
        tree: Node = self.relation(entries[0])
        for place, entry in enumerate(entries[1:], 1):
            columns = [self.world.key]
            if place == 1 and self.chance(0.25):
                shared = [
                    c.name for c in entry.table.columns if c.name == "poi_id" and entries[0].table.has(c.name)
                ]
                columns += shared
            tree = Join("inner", tree, self.relation(entry), using=tuple(columns))
        where = self.conditions(entries)
        if self.chance(0.2):
            where.append(
                expr("{0} is not null", Col("", self.world.key), labels="is_not_null on_key merged_column")
            )
        return self.finish(Select([], [tree], where), entries)

    def _join_natural(self) -> Select:
        names = self.random.choice(
            (("pois", "kinds"), ("kinds", "colours"), ("streets", "strangers"), ("pois", "Order"),
             ("streets", "t2"), ("visits", "doms"), ("pois", "kinds", "colours"), ("things", "t2"),
             ("empties", "pois"), ("Order", "visits"))
        )  # fmt: skip
        entries = [self.entry(name) for name in names]
        tree: Node = self.relation(entries[0])
        for entry in entries[1:]:
            tree = Join("inner", tree, self.relation(entry), natural=True)
        return self.finish(Select([], [tree], self.conditions(entries)), entries)

    def _join_nested(self) -> Select:
        """Parenthesised joins, and joins mixed with a comma list."""
        entries = self.tables(self.random.choice((3, 3, 4)))
        links = self.connections(entries)
        right = Join("inner", self.relation(entries[1]), self.relation(entries[2]), [], parens=False)
        inside = {entries[1].alias, entries[2].alias}
        where: list[Node] = []
        outer: list[Node] = []
        for condition in [c for found in links for c in found]:
            used = {part.alias for part in walk(condition) if isinstance(part, Col) and part.alias}
            if used <= inside:
                right.on.append(condition)
            elif used <= inside | {entries[0].alias} and self.chance(0.8):
                outer.append(condition)
            else:
                where.append(condition)
        tree = Join("inner", self.relation(entries[0]), right, outer, parens=self.chance(0.4))
        source: list[Node] = [tree, *(self.relation(entry) for entry in entries[3:])]
        where += self.conditions(entries)
        return self.finish(Select([], source, where), entries)

    def _outer(self) -> Select:
        entries = self.tables(self.random.choices((2, 3, 4), (60, 30, 10))[0])
        links = self.connections(entries)
        tree: Node = self.relation(entries[0])
        extra: list[Node] = []
        for entry, found in zip(entries[1:], links, strict=False):
            kind = self.random.choices(("left", "right", "full", "inner"), (52, 22, 8, 18))[0]
            on = list(found)
            if kind == "full":
                on = [c for c in found if "key_equated" in getattr(c, "labels", ())][:1] or [expr("true")]
            elif self.chance(0.3):
                on.append(self.make.simple(entry))
            elif self.chance(0.1):
                on.append(self.make.simple(entries[0]))
            before = entries[: entries.index(entry)]
            if kind in ("left", "full"):
                entry.nullable = True
            if kind in ("right", "full"):
                for earlier in before:
                    earlier.nullable = True
            using = kind != "inner" and self.chance(0.12) and len(entries) == 2
            if using and all(e.table.has(self.world.key) for e in entries):
                tree = Join(kind, tree, self.relation(entry), using=(self.world.key,))
            else:
                tree = Join(kind, tree, self.relation(entry), on)
        preserved = [entry for entry in entries if not entry.nullable]
        where = self.conditions(entries) if self.chance(0.4) else []
        if preserved and (not where or self.chance(0.7)):
            extra += [self.make.condition(preserved) for _ in range(self.random.choice((1, 1, 2)))]
        if self.chance(0.12) and entries[-1].nullable:
            column = entries[-1].table.columns[0]
            extra.append(expr("{0} is null", Col(entries[-1].alias, column.name), labels="is_null anti_join"))
        select = Select([], [tree], where + extra)
        return self.finish(select, entries)

    def inner(self, alias: str = "z") -> tuple[Select, Entry]:
        """A small SELECT to stand in FROM or WITH, and what its columns look like from outside."""
        names = self.names
        self.names = ["p", "u1", "u2", "u3", "u4"]
        entries = self.tables(self.random.choice((1, 1, 1, 2)))
        where = [c for links in self.connections(entries) for c in links] + [self.make.simple(entries[0])]
        self.names = names
        select = Select([], [self.relation(entry) for entry in entries], where)
        columns = [c for c in entries[0].table.columns if c.kind in ("id", "key", "int", "text", "num")][:5]
        seen: list[Column] = []
        for column in columns:
            select.items.append(Item(Col(entries[0].alias, column.name)))
            seen.append(
                Column(column.name, column.type, "int" if column.kind == "id" else column.kind, column.pool)
            )
        unique = entries[0].table.unique
        known = len(entries) == 1 and all(any(c.name == u for c in seen) for u in unique.split(", "))
        if self.chance(0.15):
            select.distinct, known = "distinct", known
        return select, Entry(alias, Table("", seen, unique if known else ""))

    def _derived(self) -> Select:
        query, entry = self.inner(self.names.pop())
        if self.chance(0.2) and entry.table.unique:
            query.order = [Col(query.items[0].expr.alias, u) for u in entry.table.unique.split(", ")]  # type: ignore[attr-defined]
            query.limit = "limit 9"
        if self.chance(0.3):
            return self.finish(Select([], [Derived(query, entry.alias)], self.conditions([entry])), [entry])
        entries = [self.entry(self.random.choice(BASE)), entry]
        where = [c for links in self.connections(entries) for c in links] + self.conditions(entries)
        source: list[Node] = [self.relation(entries[0]), Derived(query, entry.alias)]
        self.random.shuffle(source)
        return self.finish(Select([], source, where), entries)

    def _lateral(self) -> Select:
        outer = self.entry(self.random.choice(BASE))
        query, entry = self.inner(self.names.pop())
        first = next(part for part in walk(query) if isinstance(part, Relation))
        link = self.make.key_link(outer, Entry(first.alias, self.world.relations[first.name]))
        query.where += [link] if link else []
        if entry.table.unique and self.chance(0.6):
            query.order = [Col(first.alias, u) for u in entry.table.unique.split(", ")]
            query.limit = "limit 2"
        entries = [outer, entry]
        derived = Derived(query, entry.alias, lateral=True)
        entry.table.unique = ""
        kind = self.random.choice(("comma", "cross", "left"))
        if kind == "comma":
            source: list[Node] = [self.relation(outer), derived]
        else:
            source = [Join(kind, self.relation(outer), derived)]
        return self.finish(Select([], source, self.conditions([outer]) or [self.make.simple(outer)]), entries)

    def _values(self) -> Select:
        outer = self.entry(self.random.choice(BASE))
        column = next(c for c in outer.table.columns if c.kind == "key")
        rows = ", ".join(f"({{{n}}}, {n})" for n in range(3))
        body = Expr(f"(values {rows})", [self.make.typed(column) for _ in range(3)], "scalar")
        entry = Entry("vals", Table("", [column, Column("n", "integer", "int", ("0", "1", "2"))], "n"))
        raw = Raw(body, "vals", (column.name, "n"))
        where: list[Node] = [self.make.equal(Col(outer.alias, column.name), Col("vals", column.name))]
        select = Select([], [self.relation(outer), raw], where + self.conditions([outer, entry]))
        return self.finish(select, [outer, entry])

    def _function(self) -> Select:
        outer = self.entry(self.random.choice(BASE))
        entry = Entry("f", Table("", [Column("n", "integer", "int", numbers(0, 6))], "n"))
        body = self.random.choice((
            Expr("generate_series(1, 4)", [], "scalar"),
            Expr(f"{self.make.function('upto')}(3)", [], "scalar"),
            Expr("unnest({0}::integer[])", [Lit("'{1,2,5}'")], "scalar"),
        ))  # fmt: skip
        where: list[Node] = [self.make.simple(outer)]
        number = self.make.column_of(outer, "int")
        if number:
            where.append(expr("{0} > {1}", Col(outer.alias, number.name), Col("f", "n"), labels="comparison"))
        select = Select([], [self.relation(outer), Raw(body, "f", ("n",))], where + self.conditions([outer]))
        return self.finish(select, [outer, entry])

    def _cte(self) -> Select:
        query, entry = self.inner("c")
        hint = self.random.choice(("", "", "materialized", "not materialized"))
        name = self.random.choice(("found", "pois", "With Space", "t1"))
        cte = Cte(name, query, hint)
        entries = [entry]
        source: list[Node] = [Relation(name, "c")]
        if self.chance(0.75):
            entries.append(self.entry(self.random.choice([n for n in BASE if n != name])))
            source.append(self.relation(entries[1]))
            where = [c for links in self.connections(entries) for c in links] + self.conditions(entries)
        else:
            where = self.conditions(entries)
        if self.chance(0.3):
            inside = Select([Expr("1", [], "scalar")], [Relation(name, "c2")], [])
            where.append(Expr("exists ({0})", [inside], "bool", frozenset({"exists"})))
        self.random.shuffle(source)
        select = self.finish(Select([], source, where), entries)
        select.ctes = [cte]
        return select

    def _recursive(self) -> Select:
        if self.chance(0.5):
            return self._walk()
        body = Expr("select 1 union all select n + 1 from steps where n < 5", [], "scalar")
        outer = self.entry(self.random.choice(BASE))
        entry = Entry("r", Table("", [Column("n", "integer", "int", numbers(0, 6))], "n"))
        number = self.make.column_of(outer, "int") or outer.table.columns[0]
        where: list[Node] = [
            self.make.equal(Col(outer.alias, number.name), Col("r", "n")),
            self.make.simple(outer),
        ]
        select = self.finish(
            Select([], [self.relation(outer), Relation("steps", "r")], where), [outer, entry]
        )
        select.ctes, select.recursive = [Cte("steps", body, columns=("n",))], True
        return select

    def _walk(self) -> Select:
        """A recursive query whose branches read tables with conditions of their own."""
        key = self.world.key
        start, step = Entry("a", self.world.relations["pois"]), Entry("b", self.world.relations["streets"])
        first = Select(
            [Item(Col("a", "poi_id")), Item(Col("a", key))],
            [self.make.table("pois", "a")],
            [self.make.simple(start)],
        )
        first.setop = "union"
        first.other = Select(
            [Item(Col("b", "street_id")), Item(Col("b", key))],
            [self.make.table("streets", "b"), Relation("walk", "w")],
            [self.make.equal(Col("b", "poi_id"), Col("w", "n")), self.make.simple(step)],
        )
        entry = Entry(
            "r", Table("", [Column("n", "integer", "int", numbers(0, 6)), self.world.key_column()], "")
        )
        outer = self.entry(self.random.choice(BASE))
        where: list[Node] = [self.make.equal(Col(outer.alias, key), Col("r", key)), self.make.simple(outer)]
        select = self.finish(Select([], [self.relation(outer), Relation("walk", "r")], where), [outer, entry])
        select.ctes, select.recursive = [Cte("walk", first, columns=("n", key))], True
        return select

    def _setop(self) -> Select:
        name = self.random.choice(BASE)
        column = self.random.choice(self.world.relations[name].columns)
        branches = []
        for _ in range(self.random.choice((2, 2, 3))):
            entry = Entry(self.random.choice(("p", "t1")), self.world.relations[name])
            branches.append(Select(
                [Item(Col(entry.alias, column.name)), Item(Col(entry.alias, self.world.key))],
                [self.relation(entry)], self.conditions([entry]),
            ))  # fmt: skip
        first = branches[0]
        current = first
        for branch in branches[1:]:
            current.setop = self.random.choice(
                ("union", "union all", "intersect", "except", "except all", "intersect all")
            )
            current.other = branch
            current = branch
        if self.chance(0.3) and column.kind != "json":
            first.order, first.total = [Expr("1, 2", [], "scalar")], False
        return first

    def _special(self) -> Select:
        """Texts at the edge of what a SELECT is."""
        entry = self.entry("pois")
        node = self.relation(entry)
        choice = self.random.randrange(8)
        if choice == 6:
            join = Join(
                "inner",
                node,
                self.make.table("kinds", "kk"),
                [self.make.equal(Col("p", "x"), Col("kk", "weight"))],
            )
            join.on[0] = self.make.equal(Col(entry.alias, "kind_id"), Col("kk", "kind_id"))
            join.parens, join.alias = True, "jj"
            where = [
                self.make.simple(Entry("jj", Table("", [Column("x", "integer", "int", numbers(0, 99))], "")))
            ]
            where.append(expr("{0} > 1", Col("jj", "weight"), labels="comparison"))
            return Select([Item(Col("jj", "poi_id"))], [join], [*where], labels=frozenset({"join_alias"}))
        if choice == 7:
            other = self.entry("pois")
            rows = expr("{0} = {1}", Col(entry.alias, ""), Col(other.alias, ""), labels="whole_row")
            source: list[Node] = [node, self.relation(other)]
            return Select([Expr("count(*)", [], "scalar")], source, [rows, self.make.simple(entry)])
        if choice == 0:
            return Select([], [node], [self.make.simple(entry)], labels=frozenset({"no_columns"}))
        if choice == 1:
            return Select(
                [Expr("1", [], "scalar")],
                [],
                [expr("1 = 1", labels="constant")],
            )
        if choice == 2:
            inner = Select([Item(Col(entry.alias, "*"))], [node], [self.make.simple(entry)])
            return Select(
                [Expr("*", [], "scalar")], [Derived(inner, "outer_one")], labels=frozenset({"wrapped"})
            )
        if choice == 3:
            select = Select(
                [Item(Col(entry.alias, "name")), Item(Col(entry.alias, "name"))],
                [node],
                [self.make.simple(entry)],
            )
            select.labels = frozenset({"duplicate_columns"})
            return select
        if choice == 4:
            return Select(
                [Expr("all {0}", [Col(entry.alias, "x")], "scalar")], [node], [self.make.simple(entry)]
            )
        name = ident(self.world.key)
        window = Expr(f"w as (partition by {name})", [], "scalar")
        select = Select(
            [Item(Col(entry.alias, "*")), Expr("count(*) over w", [], "scalar")],
            [node],
            [self.make.simple(entry)],
        )
        select.windows = [window]
        return select

    # -- select list and what stands after WHERE -------------------------------------------------------------------

    def orders(self, entries: list[Entry]) -> list[Node]:
        """Columns that leave no ties; empty where the tables have none."""
        found: list[Node] = []
        for entry in entries:
            if not entry.table.unique:
                return []
            found += [Col(entry.alias, name) for name in entry.table.unique.split(", ")]
        return found

    def plain(self, entries: list[Entry]) -> Col:
        """Any column that can be grouped by."""
        entry = self.random.choice(entries)
        columns = [c for c in entry.table.columns if c.kind != "json"]
        return Col(entry.alias, self.random.choice(columns).name)

    def items(self, entries: list[Entry]) -> list[Node]:
        dice = self.random.random()
        if dice < 0.2:
            return [Expr("*", [], "scalar")]
        if dice < 0.3 and entries[0].alias:
            return [Item(Col(entries[0].alias, "*"))]
        found: list[Node] = []
        for _ in range(self.random.randrange(1, 4)):
            item = Item(self.plain(entries))
            if self.chance(0.2):
                item.name = self.random.choice(("n", self.world.key, "from", "a b", "x"))
            found.append(item)
        if self.chance(0.15):
            entry = self.random.choice(entries)
            number = self.make.column_of(entry, "int id")
            if number:
                found.append(Item(Expr("{0} * 2", [Col(entry.alias, number.name)], "scalar"), "double"))
        if self.chance(0.05):
            inside = Select([Expr("count(*)", [], "scalar")], [self.make.table("streets", "inside")], [])
            found.append(Item(Expr("({0})", [inside], "scalar")))
        if self.chance(0.03):
            found.append(Item(self._noise()))
        if self.chance(0.06):
            found.append(Item(Lit(self.random.choice(CONSTANTS))))
        if self.chance(0.03) and entries[0].alias:
            found.append(Item(Col(entries[0].alias, "")))
        return found

    def _noise(self) -> Expr:
        return Expr(f"{self.make.function('noise')}({{0}})", [Lit("4")], "scalar", frozenset({"volatile_fn"}))

    def finish(self, select: Select, entries: list[Entry]) -> Select:
        total = self.orders(entries)
        tails = [
            ("plain", 40),
            ("count", 8),
            ("aggregate", 9),
            ("group", 14),
            ("grouping_sets", 2),
            ("distinct", 6),
        ]
        if total:
            tails += [("distinct_on", 4), ("window", 9), ("limit", 11), ("order", 4), ("lock", 5)]
        names, weights = zip(*tails, strict=False)
        tail = self.random.choices(names, weights)[0]
        getattr(self, f"_tail_{tail}")(select, entries, total)
        return select

    def _tail_plain(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        select.items = self.items(entries)

    def _tail_count(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        select.items = [Item(Expr("count(*)", [], "scalar"))]

    def aggregate(self, entries: list[Entry], total: list[Node]) -> Node:
        entry = self.random.choice(entries)
        number = self.make.column_of(entry, "int id") or None
        text = self.make.column_of(entry, "text")
        choices = ["count(*)"]
        args: list[Node] = []
        if number:
            args = [Col(entry.alias, number.name)]
            choices += [
                "count({0})", "sum({0})", "min({0})", "max({0})", "count(distinct {0})", "avg({0})",
                "sum({0}) filter (where {0} > 2)", "bool_and({0} > 1)", "array_agg({0} order by {0})",
                "sum(distinct {0})", "percentile_disc(0.5) within group (order by {0})",
            ]  # fmt: skip
        template = self.random.choice(choices)
        if text and self.chance(0.15):
            return Item(
                Expr(
                    "string_agg({0}, {1} order by {0})",
                    [Col(entry.alias, text.name), Lit("' FROM '")],
                    "scalar",
                )
            )
        return Item(Expr(template, args, "scalar"))

    def _tail_aggregate(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        select.items = [self.aggregate(entries, total) for _ in range(self.random.randrange(1, 4))]
        if self.chance(0.2):
            select.having = [Expr("count(*) > 2", [], "bool")]

    def _tail_group(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        columns: list[Node] = [self.plain(entries) for _ in range(self.random.choice((1, 1, 2)))]
        keyed = [entry for entry in entries if entry.table.has(self.world.key)]
        if keyed and self.chance(0.35):
            columns[0] = Col(self.random.choice(keyed).alias, self.world.key)
        select.items = [*(Item(c) for c in columns), self.aggregate(entries, total)]
        select.group = columns
        if self.chance(0.3):
            select.having = [
                Expr(self.random.choice(("count(*) > 1", "count(*) < 3", "min(1) = 1")), [], "bool")
            ]
        if self.chance(0.2):
            select.group = [Expr(", ".join(str(n + 1) for n in range(len(columns))), [], "scalar")]
        if self.chance(0.15):
            select.order = [Expr("count(*) desc", [], "scalar"), *columns]

    def _tail_grouping_sets(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        a, b = self.plain(entries), self.plain(entries)
        how = self.random.choice(
            ("grouping sets (({0}), ({0}, {1}), ())", "rollup ({0}, {1})", "cube ({0}, {1})")
        )
        select.items = [Item(a), Item(Expr("count(*)", [], "scalar"))]
        select.group = [Expr(how, [a, b], "scalar")]

    def _tail_distinct(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        select.distinct = "distinct"
        select.items = [Item(self.plain(entries)) for _ in range(self.random.choice((1, 2)))]

    def _tail_distinct_on(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        column = self.plain(entries)
        select.distinct_on = [column]
        select.items = [Item(column), *(Item(c) for c in total)]
        select.order = [column, *total]

    def _tail_window(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        number = self.make.column_of(entries[0], "int id") or entries[0].table.columns[0]
        value = Col(entries[0].alias, number.name)
        order = ", ".join(f"{{{place + 2}}}" for place in range(len(total)))
        template = self.random.choice((
            f"row_number() over (partition by {{0}} order by {order})",
            f"count({{1}}) over (order by {order})",
            f"lag({{1}}) over (partition by {{0}} order by {order})",
            "count(*) over (partition by {0})",
            f"first_value({{1}}) over (order by {order} desc)",
            f"max({{1}}) over (partition by {{0}} order by {order} rows between 1 preceding and current row)",
            "count(*) over ()",
            "rank() over (order by {1})",
        ))  # fmt: skip
        select.items = [
            *(Item(c) for c in total),
            Item(Expr(template, [self.plain(entries), value, *total], "scalar")),
        ]

    def _tail_limit(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        select.items = self.items(entries)
        select.order, select.total = list(total), True
        if self.chance(0.3):
            select.order.insert(0, self.plain(entries))
        if self.chance(0.3):
            select.order = [Expr("{0} desc nulls last", [c], "scalar") for c in select.order]
        select.limit = self.random.choice(
            (
                "limit 5",
                "limit 3 offset 2",
                "limit 1",
                "limit all",
                "fetch first 4 rows only",
                "offset 3",
                "limit 0",
            )
        )
        if self.chance(0.1):
            column = self.plain(entries)
            select.order, select.total = [column], False
            select.limit = "fetch first 3 rows with ties"
            select.items = [Item(column), *(Item(c) for c in total)]

    def _tail_order(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        select.items = self.items(entries)
        select.order, select.total = [self.plain(entries), *total], True

    def _tail_lock(self, select: Select, entries: list[Entry], total: list[Node]) -> None:
        select.items = self.items(entries)
        if all(e.table.ddl and e.table.lockable and not e.nullable for e in entries):
            select.lock = self.random.choice(
                ("for update", "for share", "for no key update", "for key share")
            )
            first = next(
                (part for item in select.source for part in walk(item) if isinstance(part, Relation)), None
            )
            if first is not None and self.chance(0.3):
                select.lock += f" of {ident(first.alias).replace(' ', BLANK)} skip locked"
