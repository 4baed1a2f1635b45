"""Conditions of every kind on the columns of a world's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from differential.syntax import BLANK, Col, Expr, Item, Lit, Node, Relation, Select
from differential.worlds import Column, World, ident
from differential.worlds import Relation as Table

COMPARISONS = ("=", "<>", "<", ">", "<=", ">=", "!=")


@dataclass
class Entry:
    """A table that a query's expressions can mention."""

    alias: str
    table: Table
    nullable: bool = False


def expr(template: str, *args: Node, sort: str = "bool", labels: str = "") -> Expr:
    return Expr(template, list(args), sort, frozenset(labels.split()))


class Conditions:
    """Makes conditions. ``qualified`` puts the schema before every name that search_path would have to find."""

    def __init__(self, world: World, random: Random, qualified: bool) -> None:
        self.world = world
        self.random = random
        self.qualified = qualified

    # -- pieces ----------------------------------------------------------------------------------------------------

    def schema(self) -> str | None:
        return self.world.schema if self.qualified else None

    def function(self, name: str) -> str:
        """The name of a function or type of the world, with its schema where search_path would not find it."""
        return f"{ident(self.world.schema)}.{name}".replace(" ", BLANK) if self.qualified else name

    def table(self, name: str, alias: str) -> Relation:
        return Relation(name, alias, self.schema())

    def value(self, column: Column) -> Lit:
        return Lit(self.random.choice(column.pool))

    def typed(self, column: Column) -> Node:
        """A literal of the column's own type, for places where nothing else says the type."""
        type_ = column.type.replace("{s}.", self.function(""))
        return Expr("cast({0} as {1})", [self.value(column), Lit(type_)], "scalar")

    def column_of(self, entry: Entry, kinds: str) -> Column | None:
        found = [c for c in entry.table.columns if c.kind in kinds.split()]
        return self.random.choice(found) if found else None

    # -- conditions on one table -----------------------------------------------------------------------------------

    def simple(self, entry: Entry) -> Expr:
        """A condition on one table; most are drawn from a small set for each table, so that queries share them."""
        if self.random.random() < 0.75:
            number = self.random.randrange(14)
            shared = Conditions(
                self.world, Random(f"{self.world.schema}/{entry.table.name}/{number}"), self.qualified
            )
            return shared.fresh(entry)
        return self.fresh(entry)

    def fresh(self, entry: Entry) -> Expr:
        columns = [c for c in entry.table.columns if c.kind != "id"] or entry.table.columns
        column = self.random.choice(columns)
        ref = Col(entry.alias, column.name)
        if self.random.random() < 0.04:
            return self._odd(entry)
        if self.random.random() < 0.14:
            return self._null_test(ref, column)
        kind = "int" if column.kind == "id" else column.kind
        return getattr(self, f"_{kind}")(ref, column, entry)  # type: ignore[no-any-return]

    def _null_test(self, ref: Col, column: Column) -> Expr:
        v = self.value
        return self.random.choice((
            lambda: expr("{0} is null", ref, labels="is_null"),
            lambda: expr("{0} is not null", ref, labels="is_not_null"),
            lambda: expr("{0} is distinct from {1}", ref, v(column), labels="is_distinct"),
            lambda: expr("{0} is not distinct from {1}", ref, v(column), labels="is_distinct"),
            lambda: expr("{0} isnull", ref, labels="is_null"),
            lambda: expr("not {0} is null", ref, labels="is_not_null not"),
            lambda: expr("num_nulls({0}) = 0", ref, labels="immutable_fn"),
        ))()  # fmt: skip

    def _odd(self, entry: Entry) -> Expr:
        whole = Col(entry.alias, "")
        choices = [
            lambda: expr("true", labels="constant"),
            lambda: expr("1 = 1", labels="constant"),
            lambda: expr("1 = 0", labels="constant"),
            lambda: expr("null::boolean", labels="constant"),
            lambda: expr("now() > {0}", Lit("'2001-01-01'"), labels="stable_fn"),
            lambda: expr("current_user <> {0}", Lit("'nobody FROM here'"), labels="stable_fn"),
            lambda: expr("random() >= 0", labels="volatile_fn"),
        ]
        if entry.alias:
            choices += [
                lambda: expr("{0} is not null", whole, labels="whole_row is_not_null"),
                lambda: expr("{0}::text <> {1}", whole, Lit("'()'"), labels="whole_row"),
                lambda: expr("to_jsonb({0}) is not null", whole, labels="whole_row stable_fn"),
            ]
        if entry.table.ddl and entry.table.lockable and "view" not in entry.table.labels:
            choices.append(lambda: expr("{0} is not null", Col(entry.alias, "ctid"), labels="system_column"))
            choices.append(
                lambda: expr(
                    "{0}::regclass::text <> {1}",
                    Col(entry.alias, "tableoid"),
                    Lit("'x'"),
                    labels="system_column",
                )
            )
        return self.random.choice(choices)()

    def _key(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v, comparison = self.value, self.random.choice(COMPARISONS)
        return self.random.choice((
            lambda: expr(f"{{0}} {comparison} {{1}}", ref, v(column), labels="comparison on_key"),
            lambda: expr("{0} <> {1}", ref, v(column), labels="comparison on_key"),
            lambda: expr("{0} in ({1}, {2}, {3}, {4})", ref, *(v(column) for _ in range(4)), labels="in on_key"),
            lambda: expr("{0} not in ({1}, {2})", ref, v(column), v(column), labels="not_in on_key"),
            lambda: expr("{0} between {1} and {2}", ref, v(column), v(column), labels="between on_key"),
            lambda: expr("{0} = any (array[{1}, {2}])", ref, self.typed(column), self.typed(column),
                labels="any_all on_key"),
            lambda: expr("coalesce({0}, {1}) = {1}", ref, v(column), labels="immutable_fn on_key"),
            lambda: expr("{0} is null or {0} = {1}", ref, v(column), labels="or is_null on_key"),
            lambda: expr("{0} is null", ref, labels="is_null on_key"),
            lambda: expr("{0} is not null", ref, labels="is_not_null on_key"),
        ))()  # fmt: skip

    def _int(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v, comparison = self.value, self.random.choice(COMPARISONS)
        second = self.column_of(entry, "int") or column
        other = Col(entry.alias, second.name)
        f = self.function
        drifts = f"operator({f('<~')})" if self.qualified else "<~"
        return self.random.choice((
            lambda: expr(f"{{0}} {comparison} {{1}}", ref, v(column), labels="comparison"),
            lambda: expr("{0} > {1}", ref, v(column), labels="comparison"),
            lambda: expr("{1} < {0}", ref, v(column), labels="comparison"),
            lambda: expr("{0} between {1} and {2}", ref, v(column), v(column), labels="between"),
            lambda: expr("{0} not between {1} and {2}", ref, v(column), v(column), labels="between not"),
            lambda: expr("{0} between symmetric {1} and {2}", ref, v(column), v(column), labels="between"),
            lambda: expr("{0} in ({1}, {2}, {3})", ref, v(column), v(column), v(column), labels="in"),
            lambda: expr("{0} in ({1}, null)", ref, v(column), labels="in"),
            lambda: expr("{0} not in ({1}, {2})", ref, v(column), v(column), labels="not_in"),
            lambda: expr("{0} not in ({1}, null)", ref, v(column), labels="not_in"),
            lambda: expr("{0} + 1 > {1}", ref, v(column), labels="arithmetic"),
            lambda: expr("{0} * 2 - {1} < {2}", ref, other, v(column), labels="arithmetic"),
            lambda: expr("{0} % 3 = 1", ref, labels="arithmetic"),
            lambda: expr("- {0} <= {1}", ref, v(column), labels="arithmetic"),
            lambda: expr("abs({0}) > {1}", ref, v(column), labels="immutable_fn"),
            lambda: expr("greatest({0}, {1}) < {2}", ref, other, v(column), labels="immutable_fn"),
            lambda: expr("coalesce({0}, {1}) > {2}", ref, v(column), v(column), labels="immutable_fn"),
            lambda: expr("nullif({0}, {1}) is null", ref, v(column), labels="immutable_fn is_null"),
            lambda: expr("{0} = any (array[{1}, {2}])", ref, v(column), v(column), labels="any_all"),
            lambda: expr("{0} <> all ({1})", ref, Lit("'{1,2,3}'"), labels="any_all"),
            lambda: expr("{0} > any (values ({1}), ({2}))", ref, v(column), v(column), labels="any_all"),
            lambda: expr("{0} < some (array[{1}, null])", ref, v(column), labels="any_all"),
            lambda: expr("case when {0} > {1} then true else {2} is null end", ref, v(column), other, labels="case"),
            lambda: expr("case {0} when {1} then 1 when {2} then 2 else 0 end > 0", ref, v(column), v(column),
                labels="case"),
            lambda: expr("({0}, {1}) = ({2}, {3})", ref, other, v(column), v(second), labels="row"),
            lambda: expr("({0}, {1}) > ({2}, {3})", ref, other, v(column), v(second), labels="row"),
            lambda: expr("({0}, {1}) in (({2}, {3}), ({3}, {2}))", ref, other, v(column), v(second), labels="row in"),
            lambda: expr("row({0}, {1}) is distinct from row({2}, {3})", ref, other, v(column), v(second),
                labels="row is_distinct"),
            lambda: expr("{0}::text = {1}", ref, Lit("'5'"), labels="immutable_fn"),
            lambda: expr(f"{f('half')}({{0}}::integer) > {{1}}", ref, v(column), labels="immutable_fn udf"),
            lambda: expr(f"{f('settled')}({{0}}::integer) > {{1}}", ref, v(column), labels="stable_fn udf"),
            lambda: expr(f"{f('noise')}({{0}}::integer) > {{1}}", ref, v(column), labels="volatile_fn udf"),
            lambda: expr(
                f"{{0}}::integer {drifts} {{1}}", ref, v(column),
                labels="stable_fn udf"),
        ))()  # fmt: skip

    def _num(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v, comparison = self.value, self.random.choice(COMPARISONS)
        return self.random.choice((
            lambda: expr(f"{{0}} {comparison} {{1}}", ref, v(column), labels="comparison"),
            lambda: expr("{0} > {1}", ref, v(column), labels="comparison"),
            lambda: expr("{0} >= {1} and {0} < {2}", ref, v(column), v(column), labels="comparison"),
            lambda: expr("{0} between {1} and {2}", ref, v(column), v(column), labels="between"),
            lambda: expr("{0} in ({1}, {2})", ref, v(column), v(column), labels="in"),
            lambda: expr("{0} not in ({1}, {2})", ref, v(column), v(column), labels="not_in"),
            lambda: expr("{0} * 2 > {1}", ref, v(column), labels="arithmetic"),
            lambda: expr("{0} - {1} < 1e1", ref, v(column), labels="arithmetic"),
            lambda: expr("round({0}::numeric, 0) = {1}", ref, v(column), labels="immutable_fn"),
            lambda: expr("floor({0}) = ceil({0})", ref, labels="immutable_fn"),
        ))()  # fmt: skip

    def _text(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v, comparison = self.value, self.random.choice(COMPARISONS)
        patterns = (
            "'%a%'",
            "'A%'",
            "'_eta'",
            "'% FROM %'",
            "'%''%'",
            "'100!%'",
            "E'%\\\\\\\\%'",
            "'%'",
            "'%\"%'",
        )
        pattern = lambda: Lit(self.random.choice(patterns))  # noqa: E731
        raw = Lit("'back\\slash'")
        return self.random.choice((
            lambda: expr(f"{{0}} {comparison} {{1}}", ref, v(column), labels="comparison literal"),
            lambda: expr("{0} = {1}", ref, v(column), labels="comparison literal"),
            lambda: expr("{0} <> {1}", ref, v(column), labels="comparison literal"),
            lambda: expr("{0} = {1}", ref, Lit("$x$a FROM b$x$"), labels="comparison literal dollar_quote"),
            lambda: expr("{0} <> {1}", ref, Lit("$$x WHERE y'$$"), labels="comparison literal dollar_quote"),
            lambda: expr("{0} = {1}", ref, Lit("U&'\\00fcn\\00efcode'"), labels="comparison literal unicode"),
            lambda: expr("{0} = {1}", ref, raw, labels="comparison literal backslash"),
            lambda: expr("{0} like {1}", ref, pattern(), labels="like literal"),
            lambda: expr("{0} not like {1}", ref, pattern(), labels="like not literal"),
            lambda: expr("{0} ilike {1}", ref, pattern(), labels="like literal"),
            lambda: expr("{0} like {1} escape {2}", ref, Lit("'100!%'"), Lit("'!'"), labels="like literal"),
            lambda: expr("{0} like any (array[{1}, {2}])", ref, pattern(), pattern(), labels="like any_all"),
            lambda: expr("{0} similar to {1}", ref, Lit("'(a|b)%'"), labels="like"),
            lambda: expr("{0} ~ {1}", ref, Lit("'^[a-m]'"), labels="like"),
            lambda: expr("{0} !~* {1}", ref, Lit("'a$'"), labels="like not"),
            lambda: expr("{0} in ({1}, {2}, {3})", ref, v(column), v(column), v(column), labels="in literal"),
            lambda: expr("{0} not in ({1}, {2})", ref, v(column), v(column), labels="not_in literal"),
            lambda: expr("{0} between {1} and {2}", ref, Lit("'a'"), v(column), labels="between literal"),
            lambda: expr("lower({0}) = lower({1})", ref, v(column), labels="immutable_fn literal"),
            lambda: expr("length({0}) > 4", ref, labels="immutable_fn"),
            lambda: expr("{0} || {1} = {2}", ref, Lit("''"), v(column), labels="arithmetic literal"),
            lambda: expr("substring({0} from 1 for 1) = {1}", ref, Lit("'a'"), labels="immutable_fn"),
            lambda: expr("position({1} in {0}) > 0", ref, Lit("'a'"), labels="immutable_fn"),
            lambda: expr("{0} collate \"C\" < {1}", ref, Lit("'m'"), labels="comparison collate"),
            lambda: expr(f"{{0}} = {{1}} collate {self.function('blind')}", ref, Lit("'ALPHA'"),
                labels="comparison collate"),
            lambda: expr("concat({0}, {1}) <> {1}", ref, Lit("'x'"), labels="stable_fn"),
            lambda: expr("({0}, {1}) = ({0}, {0})", ref, v(column), labels="row literal"),
            lambda: expr("case when {0} = {1} then {2} else {0} end = {2}", ref, v(column), v(column),
                labels="case literal"),
            lambda: expr("{0} = any ({1})", ref, Lit("'{alpha,it''s,NULL,\"a FROM b\"}'"), labels="any_all literal"),
        ))()  # fmt: skip

    def _enum(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v = self.value
        return self.random.choice((
            lambda: expr("{0} = {1}", ref, v(column), labels="comparison enum"),
            lambda: expr("{0} > {1}", ref, v(column), labels="comparison enum"),
            lambda: expr("{0} in ({1}, {2})", ref, v(column), v(column), labels="in enum"),
            lambda: expr("{0} not in ({1}, {2})", ref, v(column), v(column), labels="not_in enum"),
            lambda: expr("{0} between {1} and {2}", ref, v(column), v(column), labels="between enum"),
            lambda: expr("{0}::text like {1}", ref, Lit("'%a%'"), labels="like enum"),
        ))()  # fmt: skip

    def _bool(self, ref: Col, column: Column, entry: Entry) -> Expr:
        choice = self.random.choice(
            (
                "{0}",
                "not {0}",
                "{0} is true",
                "{0} is not true",
                "{0} is unknown",
                "{0} = true",
                "{0} is not false",
            )
        )
        return expr(choice, ref, labels="boolean" + (" not" if "not" in choice else ""))

    def _date(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v = self.value
        return self.random.choice((
            lambda: expr("{0} > {1}", ref, v(column), labels="comparison date"),
            lambda: expr("{0} < date {1}", ref, v(column), labels="comparison date"),
            lambda: expr("{0} between {1} and {2}", ref, v(column), v(column), labels="between date"),
            lambda: expr("{0} >= {1}", ref, Lit("'03/04/2024'"), labels="comparison date datestyle"),
            lambda: expr("{0} + 30 > {1}", ref, v(column), labels="arithmetic date"),
            lambda: expr("extract(month from {0}) > 5", ref, labels="immutable_fn date"),
            lambda: expr("{0} < current_date", ref, labels="stable_fn date"),
            lambda: expr("to_char({0}, {1}) > {2}", ref, Lit("'MM'"), Lit("'05'"), labels="stable_fn date"),
            lambda: expr("{0} in ({1}, {2}, {3})", ref, v(column), v(column), v(column), labels="in date"),
            lambda: expr("{0}::text > {1}", ref, Lit("'2024-05'"), labels="stable_fn date datestyle"),
        ))()  # fmt: skip

    def _ts(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v = self.value
        return self.random.choice((
            lambda: expr("{0} > {1}", ref, v(column), labels="comparison date"),
            lambda: expr("{0} < timestamp {1} + interval {2}", ref, v(column), Lit("'1 month'"),
                labels="arithmetic date"),
            lambda: expr("date_trunc({1}, {0}) = {2}", ref, Lit("'day'"), Lit("'2024-05-11'"),
                labels="immutable_fn date"),
            lambda: expr("{0}::date <> {1}", ref, Lit("'2024-05-11'"), labels="immutable_fn date"),
            lambda: expr("{0} < {1}", ref, Lit("'04/05/2024'"), labels="comparison date datestyle"),
            lambda: expr("{0} < localtimestamp", ref, labels="stable_fn date"),
        ))()  # fmt: skip

    def _tstz(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v = self.value
        return self.random.choice((
            lambda: expr("{0} > {1}", ref, v(column), labels="comparison date"),
            lambda: expr("{0} < {1}", ref, Lit("'2024-06-11 12:00'"), labels="comparison date timezone"),
            lambda: expr("{0} between {1} and {2}", ref, v(column), v(column), labels="between date"),
            lambda: expr("{0}::date = {1}", ref, Lit("'2024-05-11'"), labels="stable_fn date timezone"),
            lambda: expr("date_trunc({1}, {0}) > {2}", ref, Lit("'day'"), Lit("'2024-05-11'"),
                labels="stable_fn date timezone"),
            lambda: expr("extract(hour from {0}) < 12", ref, labels="stable_fn date timezone"),
            lambda: expr("{0} at time zone {1} > {2}", ref, Lit("'UTC'"), Lit("'2024-05-11'"),
                labels="immutable_fn date"),
            lambda: expr("{0} > now() - interval {1}", ref, Lit("'100 years'"), labels="stable_fn date"),
            lambda: expr("{0} > timestamp {1}", ref, Lit("'2024-04-11'"), labels="stable_fn date timezone"),
            lambda: expr("{0} + interval {2} > {1}", ref, v(column), Lit("'1 day'"),
                labels="stable_fn date timezone"),
        ))()  # fmt: skip

    def _real(self, ref: Col, column: Column, entry: Entry) -> Expr:
        return self._num(ref, column, entry)

    def _blind(self, ref: Col, column: Column, entry: Entry) -> Expr:
        """A text that is compared whatever its case."""
        v = self.value
        return self.random.choice((
            lambda: expr("{0} = {1}", ref, v(column), labels="comparison literal"),
            lambda: expr("{0} <> {1}", ref, v(column), labels="comparison literal"),
            lambda: expr("{0} in ({1}, {2})", ref, v(column), v(column), labels="in literal"),
            lambda: expr("{0}::text = {1}", ref, v(column), labels="comparison literal"),
        ))()  # fmt: skip

    def _comp(self, ref: Col, column: Column, entry: Entry) -> Expr:
        return self.random.choice((
            lambda: expr("({0}).a > 1", ref, labels="comparison"),
            lambda: expr("({0}).b = {1}", ref, Lit("'a'"), labels="comparison literal"),
            lambda: expr("{0} = row(1, {1})", ref, Lit("'a'"), labels="row"),
        ))()  # fmt: skip

    def _array(self, ref: Col, column: Column, entry: Entry) -> Expr:
        v = self.value
        return self.random.choice((
            lambda: expr("{1} = any ({0})", ref, Lit("'red'"), labels="any_all array"),
            lambda: expr("{0} @> array[{1}]", ref, Lit("'red'"), labels="comparison array"),
            lambda: expr("{0} && {1}", ref, v(column), labels="comparison array"),
            lambda: expr("array_length({0}, 1) > 1", ref, labels="immutable_fn array"),
            lambda: expr("({0})[1] = {1}", ref, Lit("'red'"), labels="comparison array"),
            lambda: expr("{0} = {1}", ref, v(column), labels="comparison array"),
        ))()  # fmt: skip

    def _json(self, ref: Col, column: Column, entry: Entry) -> Expr:
        return self.random.choice((
            lambda: expr("{0} ->> {1} = {2}", ref, Lit("'k'"), Lit("'FROM'"), labels="comparison json"),
            lambda: expr("{0} ? {1}", ref, Lit("'n'"), labels="comparison json"),
            lambda: expr("{0} @> {1}", ref, Lit("'{\"k\": 1}'"), labels="comparison json"),
            lambda: expr("jsonb_typeof({0}) = {1}", ref, Lit("'object'"), labels="immutable_fn json"),
        ))()  # fmt: skip

    # -- conditions with sub-selects -------------------------------------------------------------------------------

    def subselect(self, entry: Entry, depth: int = 0) -> Expr:
        """A condition with a sub-select; it may be correlated, and may reuse the outer alias."""
        world = self.world
        inner_name = self.random.choice([n for n in world.relations if n not in ("cities",) or depth])
        table = world.relations[inner_name]
        alias = (
            entry.alias
            if self.random.random() < 0.12 and entry.alias
            else self.random.choice(("i", "t1", "x9", "Sub"))
        )
        inner = Entry(alias, table)
        shadowed = alias == entry.alias
        where: list[Node] = []
        label = ""
        if not shadowed and entry.alias and self.random.random() < 0.55:
            links = self.links(entry, inner)
            if links:
                where.append(self.random.choice(links))
                label = " correlated"
        for _ in range(self.random.randrange(0, 3)):
            where.append(self.simple(inner))
        if depth < 2 and self.random.random() < 0.12:
            where.append(self.subselect(inner, depth + 1))
        source: list[Node] = [self.table(inner_name, alias)]
        select = Select([Expr("1", [], "scalar")], source, where)
        shape = self.random.random()
        outer_column = self.column_of(entry, "int id") or entry.table.columns[0]
        outer = Col(entry.alias, outer_column.name)
        numeric = self.column_of(inner, "int id") or table.columns[0]
        inside = Col(alias, numeric.name)
        if shape < 0.25:
            if self.random.random() < 0.3:
                select.limit = "limit 1"
            return Expr("exists ({0})", [select], "bool", frozenset(("exists" + label).split()))
        if shape < 0.4:
            return Expr("not exists ({0})", [select], "bool", frozenset(("exists not" + label).split()))
        if entry.table.has(world.key) and table.has(world.key) and self.random.random() < 0.4:
            outer, inside = Col(entry.alias, world.key), Col(alias, world.key)
        elif outer_column.kind not in ("int", "id") or numeric.kind not in ("int", "id"):
            return Expr("exists ({0})", [select], "bool", frozenset(("exists" + label).split()))
        select.items = [Item(inside)]
        if shape < 0.6:
            return Expr("{0} in ({1})", [outer, select], "bool", frozenset(("in_select" + label).split()))
        if shape < 0.75:
            return Expr(
                "{0} not in ({1})", [outer, select], "bool", frozenset(("not_in_select" + label).split())
            )
        if shape < 0.85:
            select.items = [Item(Expr("max({0})", [inside], "scalar"))]
            if inside.name == world.key and world.kind.datatype == "uuid":
                select.items = [Item(Expr("count(*)", [], "scalar"))]
                outer = Expr("length({0}::text)", [outer], "scalar")  # type: ignore[assignment]
            return Expr("{0} >= ({1})", [outer, select], "bool", frozenset(("scalar_select" + label).split()))
        if shape < 0.93:
            how = self.random.choice(("> all", "= any", "<= any", "<> all"))
            return Expr(
                f"{{0}} {how} ({{1}})",
                [outer, select],
                "bool",
                frozenset(("any_all in_select" + label).split()),
            )
        if shape < 0.96:
            select.items = [Item(inside), Item(inside)]
            how = self.random.choice(("in", "not in"))
            return Expr(
                f"({{0}}, {{0}}) {how} ({{1}})",
                [outer, select],
                "bool",
                frozenset(("row in_select" + label).split()),
            )
        select.items = [Item(Expr("count(*)", [], "scalar"))]
        return Expr("({0}) > 1", [select], "bool", frozenset(("scalar_select" + label).split()))

    # -- conditions between tables ---------------------------------------------------------------------------------

    def links(self, a: Entry, b: Entry) -> list[Expr]:
        """Equalities over columns that two tables share, without the partition key."""
        found: list[Expr] = []
        for column in a.table.columns:
            if column.kind in ("int", "id") and column.name.endswith("_id") and b.table.has(column.name):
                found.append(self.equal(Col(a.alias, column.name), Col(b.alias, column.name)))
        return found

    def equal(self, a: Node, b: Node, labels: str = "") -> Expr:
        return expr("{0} = {1}", *((a, b) if self.random.random() < 0.5 else (b, a)), labels=labels)

    def key_names(self, entry: Entry) -> list[str]:
        return [c.name for c in entry.table.columns if c.kind == "key"]

    def key_link(self, a: Entry, b: Entry) -> Expr | None:
        """The equality of two tables' partition keys, sometimes one that only looks like it."""
        left, right = self.key_names(a), self.key_names(b)
        if not left or not right:
            return None
        x, y = Col(a.alias, self.random.choice(left)), Col(b.alias, self.random.choice(right))
        dice = self.random.random()
        if dice < 0.8:
            return self.equal(x, y, "key_equated")
        return self.random.choice((
            lambda: expr("{0} <> {1}", x, y, labels="key_compared"),
            lambda: expr("{0} >= {1}", x, y, labels="key_compared"),
            lambda: expr("{0} is not distinct from {1}", x, y, labels="key_compared is_distinct"),
            lambda: expr("{0} = {1} or {0} is null", x, y, labels="key_compared or"),
            lambda: expr("not ({0} <> {1})", x, y, labels="key_compared not"),
            lambda: expr("{0} = any (array[{1}])", x, y, labels="key_compared any_all"),
            lambda: expr("{0}::text = {1}::text", x, y, labels="key_compared"),
            lambda: expr("({0}, 1) = ({1}, 1)", x, y, labels="key_equated row"),
            lambda: expr("coalesce({0}, {1}) = {1}", x, y, labels="key_compared"),
        ))()  # fmt: skip

    def between(self, a: Entry, b: Entry) -> Expr | None:
        """A condition on columns of two tables, as distances are."""
        first, second = self.column_of(a, "int"), self.column_of(b, "int")
        if first is None or second is None:
            return None
        x, y = Col(a.alias, first.name), Col(b.alias, second.name)
        limit = Lit(str(self.random.choice((3, 10, 30, 60))))
        return self.random.choice((
            lambda: expr("abs({0} - {1}) < {2}", x, y, limit, labels="arithmetic distance"),
            lambda: expr("{0} between {1} - {2} and {1} + {2}", x, y, limit, labels="between arithmetic distance"),
            lambda: expr("{0} < {1}", x, y, labels="comparison"),
            lambda: expr("{0} + {1} > {2}", x, y, limit, labels="arithmetic"),
            lambda: expr("{0} is not distinct from {1}", x, y, labels="is_distinct"),
            lambda: expr("{0} > {2} or {1} < {2}", x, y, limit, labels="or"),
        ))()  # fmt: skip

    def condition(self, entries: Sequence[Entry], depth: int = 0) -> Expr:
        """Any condition on the given tables."""
        entry = self.random.choice(entries)
        dice = self.random.random()
        if dice < 0.62 or depth > 2:
            return self.simple(entry)
        if dice < 0.72:
            same = entry if self.random.random() < 0.6 else self.random.choice(entries)
            return expr(
                self.random.choice(("{0} or {1}", "{0} or {1}", "{0} or not ({1})")),
                _bracketed(self.simple(entry)), _bracketed(self.condition([same], depth + 1)), labels="or",
            )  # fmt: skip
        if dice < 0.78:
            return expr("not ({0})", self.condition([entry], depth + 1), labels="not")
        if dice < 0.81:
            return expr(
                "({0} and {1})", _bracketed(self.simple(entry)), _bracketed(self.simple(entry)), labels="and"
            )
        if dice < 0.9 and len(entries) > 1:
            second = self.random.choice([e for e in entries if e is not entry])
            return self.between(entry, second) or self.simple(entry)
        return self.subselect(entry)


def _bracketed(condition: Expr) -> Expr:
    return Expr("({0})", [condition], "bool")
