"""Conditions in canonical form: which of them a fragment may hold, and the one text each of them has.

Only what has a renderer here can enter a fragment; everything else raises ``Unsure`` and is left out. The text is
rebuilt with explicit parentheses. Where the three dialects, or sqlglot, might bind operators differently
(``a = b IS NULL``, ``a || b + c``), a condition is only taken if the query itself wrote the parentheses.

A canonical condition is a template: texts, and between them the indexes of the sources whose names come later,
when the tables of a fragment have been put in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlglot import exp

from partitioncache.analysis.dialects import Rules, function_name
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import Statement, flattened

Template = tuple["str | int", ...]

# How tightly a text binds. An operand that binds more loosely than its place allows is refused, not parenthesised.
ATOM, PRODUCT, SUM, OTHER, PREDICATE, NEGATION, ALL_OF, ANY_OF = range(8)

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ARITHMETIC: dict[type[exp.Expr], tuple[str, int]] = {
    exp.Add: ("+", SUM),
    exp.Sub: ("-", SUM),
    exp.Mul: ("*", PRODUCT),
    exp.Div: ("/", PRODUCT),
    exp.Mod: ("%", PRODUCT),
}
# A date's word in a string makes PostgreSQL read the clock.
_CLOCK_WORDS = re.compile(r"(?<![a-z])(now|today|tomorrow|yesterday)(?![a-z])", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_OUR_NAMES = re.compile(r"[ts]\d+\Z")
_VALUE_FUNCTIONS = re.compile(
    r"\W*(user|sysdate|rownum|localtime(stamp)?|utc_(date|time|timestamp)|(current|session|system)_\w+)\W*\Z"
)
_SYSTEM_COLUMNS = {
    "postgres": {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"},
    "mysql": set[str](),
    "sqlite": {"rowid", "oid", "_rowid_"},
}
_TYPES = {
    "postgres": {
        "SMALLINT": "smallint",
        "INT": "integer",
        "BIGINT": "bigint",
        "DECIMAL": "numeric",
        "DOUBLE": "double precision",
        "TEXT": "text",
        "VARCHAR": "varchar",
        "BOOLEAN": "boolean",
        "UUID": "uuid",
    },
    "mysql": {},
    "sqlite": {"INT": "INTEGER", "TEXT": "TEXT"},
}
# Only of literals: a text column cast to a date may hold the word 'today'.
_LITERAL_TYPES = {"DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz"}
_EXTRACTED = {
    "YEAR",
    "MONTH",
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "QUARTER",
    "WEEK",
    "DOW",
    "ISODOW",
    "DOY",
    "EPOCH",
}
_AGGREGATES = {"min", "max", "count"}


@dataclass(frozen=True)
class Condition:
    """One AND-ed condition that a fragment may hold.

    Attributes:
        template: its canonical text, with source indexes for the tables' names.
        mirrored: the same condition the other way round, if that is known to mean the same.
        sources: the sources it is about.
        inner_tables: the tables of its sub-selects.
        equates: the two columns that it equates, if it is of the form column = column.
        key_of: the source, if it is only about that source's partition key.
    """

    template: Template
    mirrored: Template | None
    sources: frozenset[int]
    inner_tables: frozenset[str]
    equates: tuple[tuple[int, str], tuple[int, str]] | None
    key_of: int | None

    def text(self, names: dict[int, str]) -> str:
        """The text with these names for its sources."""
        text = _fill(self.template, names)
        return text if self.mirrored is None else min(text, _fill(self.mirrored, names))

    @cached_property
    def shape(self) -> str:
        """The text with no names: equal for conditions that differ only in which source they are about."""
        return self.text(dict.fromkeys(self.sources, "?"))


def _fill(template: Template, names: dict[int, str]) -> str:
    return "".join([part if isinstance(part, str) else names[part] for part in template])


@dataclass(frozen=True)
class _Scope:
    """The sources of a sub-select: its names for them and ours, and the columns they are known to have."""

    names: dict[str, str]
    columns: dict[str, frozenset[str] | None]


@dataclass
class _Canonical:
    """Renders one condition; remembers on the way what it is about."""

    statement: Statement
    sources: set[int] = field(default_factory=set)
    columns: set[tuple[int, str]] = field(default_factory=set)
    inner_tables: set[str] = field(default_factory=set)
    scopes: list[_Scope] = field(default_factory=list)
    named: int = 0

    @property
    def rules(self) -> Rules:
        return self.statement.rules

    # -- operands --

    def part(self, node: object, loosest: int) -> Template:
        """An operand; in parentheses unless it is an atom."""
        if not isinstance(node, exp.Expr):
            raise Unsure("an operand is missing")
        level, template = self.render(node)
        if level > loosest:
            raise Unsure("its operators have no parentheses that make their order sure")
        if loosest <= OTHER and isinstance(node, exp.Paren) and self.render(_bare(node))[0] > OTHER:
            # The parentheses may be sqlglot's, not the query's: it adds them where it believes to know the order.
            raise Unsure("it compares the result of a comparison")
        return template if level == ATOM else ("(", *template, ")")

    def listed(self, nodes: Sequence[exp.Expr], loosest: int = ANY_OF) -> Template:
        out: list[str | int] = []
        for node in nodes:
            out.extend((", ", *self.part(node, loosest)) if out else self.part(node, loosest))
        return tuple(out)

    def render(self, node: exp.Expr) -> tuple[int, Template]:
        renderer = _RENDERERS.get(type(node))
        if renderer is None:
            raise Unsure(f"it uses {_spoken(node)}")
        return renderer(self, node)

    # -- names --

    def column(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "table")
        name = self.rules.column(node.this)
        if name in _SYSTEM_COLUMNS[self.rules.name]:
            raise Unsure(f"{name} is not a column of the data")
        table = node.args.get("table")
        if table is not None:
            return ATOM, self._qualified(self.rules.relation(table), name)
        if not node.this.args.get("quoted") and _VALUE_FUNCTIONS.match(name):
            raise Unsure(f"{name} is no column, but a function that is called without parentheses")
        return ATOM, self._unqualified(name)

    def _qualified(self, alias: str, name: str) -> Template:
        for scope in reversed(self.scopes):
            if alias in scope.names:
                return (f"{scope.names[alias]}.{name}",)
        source = self.statement.source(alias)
        if source is None:
            raise Unsure(f"{alias} is not in FROM")
        return self._about(source.index, name)

    def _unqualified(self, name: str) -> Template:
        if _OUR_NAMES.match(name) or self.statement.source(name) is not None:
            raise Unsure(f"{name} may be a column or a whole row")
        for scope in reversed(self.scopes):
            if name in scope.names:
                raise Unsure(f"{name} may be a column or a whole row")
            known = [alias for alias, columns in scope.columns.items() if columns and name in columns]
            if len(known) == 1:
                return (f"{scope.names[known[0]]}.{name}",)
            if known or any(columns is None for columns in scope.columns.values()):
                return self._left_to_the_server(name)
        source = sole_owner(self.statement, name)
        if source is None:
            if self.scopes:
                return self._left_to_the_server(name)
            raise Unsure(f"{name} may belong to more than one table; write table.{name} or give a schema")
        return self._about(source, name)

    def _left_to_the_server(self, name: str) -> Template:
        """A name in a sub-select whose table is not known here stays as it is.

        In the fragment it means what it means in the query, or nothing: the sub-select is kept whole, and the
        fragment's tables are some of the query's. Then the server refuses the fragment, and there is no entry.
        A quoted name that means nothing is a string to SQLite, however.
        """
        if self.rules.name == "sqlite" and name.startswith(self.rules.quote):
            raise Unsure(f"{name} may be a column or a string")
        return (name,)

    def _about(self, index: int, name: str) -> Template:
        source = self.statement.sources[index]
        if not source.plain:
            raise Unsure(
                f"{source.alias or 'a sub-select'} is no plain table, or on the outer side of a join"
            )
        if source.columns is not None and name not in source.columns:
            raise Unsure(f"the schema lists no column {name} in {source.table}")
        self.sources.add(index)
        self.columns.add((index, name))
        return (index, f".{name}")

    # -- values --

    def literal(self, node: exp.Expr) -> tuple[int, Template]:
        value = node.this
        if not node.args.get("is_string"):
            if not _NUMBER.match(value):
                raise Unsure(f"{value} is an unusual number")
            return ATOM, (value,)
        if self.rules.name == "postgres" and _CLOCK_WORDS.search(value):
            raise Unsure("a word like 'today' in a string may mean the clock")
        if value in self.statement.doubtful_strings:
            raise Unsure("the value of a string with a backslash depends on sql_mode")
        if self.statement.has_placeholders and "%" in value:
            raise Unsure("the parameter style decides what % in a string means")
        return ATOM, (string(value, self.rules),)

    def cast(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "to")
        target = node.args["to"]
        kind = target.this.value if isinstance(target.this, exp.DType) else ""
        spelled = _TYPES[self.rules.name].get(kind)
        if spelled is None and self.rules.name == "postgres" and isinstance(node.this, exp.Literal):
            spelled = _LITERAL_TYPES.get(kind)
        if spelled is None or any(target.args.get(name) for name in ("nested", "values", "kind", "nullable")):
            raise Unsure("it converts to a type whose conversion is not surely immutable")
        sizes = [size.this.this for size in target.expressions if isinstance(size.this, exp.Literal)]
        if len(sizes) != len(target.expressions) or not all(size.isdigit() for size in sizes):
            raise Unsure("it converts to an unusual type")
        if sizes and (self.rules.name != "postgres" or kind not in ("DECIMAL", "VARCHAR")):
            raise Unsure("it converts to an unusual type")
        if isinstance(node.this, exp.Neg):
            raise Unsure("a sign before a conversion")
        sized = f"{spelled}({', '.join(sizes)})" if sizes else spelled
        return ATOM, ("CAST(", *self._whole(node.this), f" AS {sized})")

    def _whole(self, node: object) -> Template:
        """An operand that has brackets around it anyway."""
        if not isinstance(node, exp.Expr):
            raise Unsure("an operand is missing")
        return self.render(node)[1]

    # -- operators --

    def comparison(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression")
        left, right = self.part(node.this, OTHER), self.part(node.expression, OTHER)
        operator = _COMPARISONS[type(node)]
        if self.may_mirror(node) and self._mirror_first(node, left, right):
            left, operator, right = right, _MIRRORED[operator], left
        return PREDICATE, (*left, f" {operator} ", *right)

    def may_mirror(self, node: exp.Expr) -> bool:
        """SQLite compares two columns in the left one's collation; elsewhere a comparison can be turned round."""
        if any(isinstance(side, (exp.Any, exp.All)) for side in (node.this, node.expression)):
            return False
        return self.rules.name != "sqlite" or any(
            isinstance(side, exp.Literal) for side in (node.this, node.expression)
        )

    @staticmethod
    def _mirror_first(node: exp.Expr, left: Template, right: Template) -> bool:
        constant = isinstance(node.this, exp.Literal), isinstance(node.expression, exp.Literal)
        if constant[0] != constant[1]:
            return constant[0]
        return _masked(right) < _masked(left)

    def null_safe(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression")
        left, right = self.part(node.this, OTHER), self.part(node.expression, OTHER)
        same = isinstance(node, exp.NullSafeEQ)
        if self.rules.name == "mysql":
            template = (*left, " <=> ", *right)
            return (PREDICATE, template) if same else (NEGATION, ("NOT (", *template, ")"))
        if self.rules.name == "sqlite":
            return PREDICATE, (*left, " IS " if same else " IS NOT ", *right)
        return PREDICATE, (*left, " IS NOT DISTINCT FROM " if same else " IS DISTINCT FROM ", *right)

    def arithmetic(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression", "typed", "safe")
        operator, level = _ARITHMETIC[type(node)]
        # The right operand binds tighter than the operator, or it has parentheses: all of these go left to right.
        return level, (*self.part(node.this, level), f" {operator} ", *self.part(node.expression, level - 1))

    def integer_division(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression")
        if self.rules.name != "mysql":
            raise Unsure("it uses an unusual division")
        return PRODUCT, (*self.part(node.this, PRODUCT), " DIV ", *self.part(node.expression, ATOM))

    def concatenation(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression", "safe")
        if self.rules.name == "mysql":
            raise Unsure("|| depends on sql_mode")
        left = self.render(node.this)[1] if isinstance(node.this, exp.DPipe) else self.part(node.this, ATOM)
        return OTHER, (*left, " || ", *self.part(node.expression, ATOM))

    def minus(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this")
        return ATOM, ("(-", *self.part(node.this, ATOM), ")")

    def paren(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this")
        level, template = self.render(node.this)
        return ATOM, template if level == ATOM else ("(", *template, ")")

    def collate(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression")
        collation = node.expression.name.upper()
        if self.rules.name != "sqlite" or collation not in ("BINARY", "NOCASE", "RTRIM"):
            raise Unsure("it names a collation")
        return ATOM, (*self.part(node.this, ATOM), f" COLLATE {collation}")

    # -- predicates --

    def negation(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this")
        return NEGATION, ("NOT ", *self.part(node.this, NEGATION))

    def junction(self, node: exp.Expr) -> tuple[int, Template]:
        conjunction = isinstance(node, exp.And)
        operands = list(_same_operands(node))
        loosest = NEGATION if conjunction else ALL_OF
        parts = sorted({self.part(operand, loosest) for operand in operands}, key=_masked)
        word = " AND " if conjunction else " OR "
        out: list[str | int] = []
        for template in parts:
            out.extend((word, *template) if out else template)
        return ALL_OF if conjunction else ANY_OF, tuple(out)

    def membership(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expressions", "query")
        subject = self.part(node.this, OTHER)
        query = node.args.get("query")
        if query is not None:
            return PREDICATE, (*subject, " IN ", *self._in_brackets(query))
        if not node.expressions:
            raise Unsure("IN has no list")
        elements = [self.part(element, OTHER) for element in node.expressions]
        if all(isinstance(element, exp.Literal) for element in node.expressions):
            elements = sorted(set(elements), key=_masked)
        out: list[str | int] = []
        for element in elements:
            out.extend((", ", *element) if out else element)
        return PREDICATE, (*subject, " IN (", *out, ")")

    def between(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "low", "high")
        subject, low, high = (self.part(node.args.get(name), OTHER) for name in ("this", "low", "high"))
        return PREDICATE, (*subject, " BETWEEN ", *low, " AND ", *high)

    def matching(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression", "negate")
        word = _MATCHING[type(node)].get(self.rules.name)
        if word is None:
            raise Unsure(f"it uses {_spoken(node)}")
        word = f" NOT {word} " if node.args.get("negate") else f" {word} "
        return PREDICATE, (*self.part(node.this, OTHER), word, *self.part(node.expression, OTHER))

    def escape(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression")
        if not isinstance(node.this, (exp.Like, exp.ILike)):
            raise Unsure("it uses ESCAPE in an unusual place")
        return PREDICATE, (*self.render(node.this)[1], " ESCAPE ", *self.part(node.expression, ATOM))

    def is_(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression", "negate")
        if not isinstance(node.expression, (exp.Null, exp.Boolean)):
            raise Unsure("it uses an unusual IS")
        word = " IS NOT " if node.args.get("negate") else " IS "
        return PREDICATE, (*self.part(node.this, OTHER), word, *self.part(node.expression, ATOM))

    def bits(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression")
        return OTHER, (
            *self.part(node.this, ATOM),
            f" {_BITS[type(node)]} ",
            *self.part(node.expression, ATOM),
        )

    def spatial(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression")
        operator, level = _POSTGRES_OPERATORS[type(node)]
        if self.rules.name != "postgres":
            raise Unsure(f"it uses {operator}")
        return level, (*self.part(node.this, ATOM), f" {operator} ", *self.part(node.expression, ATOM))

    # -- calls and such --

    def call(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expressions")
        name = function_name(node) if isinstance(node, exp.Anonymous) else ""
        if name not in self.rules.immutable:
            raise Unsure(f"{name or 'a function with a quoted name'}() is not known to be immutable")
        if self.rules.name == "sqlite" and name in ("min", "max") and len(node.expressions) < 2:
            raise Unsure(f"{name}() is an aggregate")
        return ATOM, (f"{name}(", *self.listed(node.expressions), ")")

    def if_(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "true", "false")
        if self.rules.name != "mysql" or node.args.get("false") is None:
            raise Unsure("it uses IF")
        return ATOM, ("if(", *self.listed([node.this, node.args["true"], node.args["false"]]), ")")

    def substring(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "start", "length")
        arguments = [node.this, node.args.get("start"), node.args.get("length")]
        return ATOM, ("substring(", *self.listed([part for part in arguments if part is not None]), ")")

    def trim(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this")
        return ATOM, ("trim(", *self._whole(node.this), ")")

    def position(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "substr")
        if self.rules.name != "postgres":
            raise Unsure("it uses POSITION")
        return ATOM, ("strpos(", *self._whole(node.this), ", ", *self._whole(node.args.get("substr")), ")")

    def extract(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "expression")
        wanted = node.this.name.upper()
        if self.rules.name != "postgres" or wanted not in _EXTRACTED:
            raise Unsure("it uses EXTRACT")
        return ATOM, (f"extract({wanted.lower()} FROM ", *self._whole(node.expression), ")")

    def case(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this", "ifs", "default")
        out: list[str | int] = ["CASE"]
        if node.this is not None:
            out.extend((" ", *self.part(node.this, OTHER)))
        for branch in node.args["ifs"]:
            _only(branch, "this", "true")
            out.extend(
                (" WHEN ", *self.part(branch.this, ANY_OF), " THEN ", *self.part(branch.args["true"], ANY_OF))
            )
        if node.args.get("default") is not None:
            out.extend((" ELSE ", *self.part(node.args["default"], ANY_OF)))
        return ATOM, (*out, " END")

    def row(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "expressions")
        if len(node.expressions) < 2:
            raise Unsure("it compares an unusual row")
        return ATOM, ("(", *self.listed(node.expressions), ")")

    def array(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "expressions")
        if self.rules.name != "postgres":
            raise Unsure("it uses an array")
        return ATOM, ("ARRAY[", *self.listed(node.expressions), "]")

    def any_or_all(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this")
        word = "ANY " if isinstance(node, exp.Any) else "ALL "
        inner = node.this
        if isinstance(inner, (exp.Subquery, exp.Select)):
            return ATOM, (word, *self._in_brackets(inner))
        if self.rules.name != "postgres" or not isinstance(inner, exp.Paren):
            raise Unsure(f"it uses {word.strip()}")
        return ATOM, (word, "(", *self._whole(inner.this), ")")

    # -- sub-selects --

    def exists(self, node: exp.Expr) -> tuple[int, Template]:
        _only(node, "this")
        return ATOM, ("EXISTS ", *self._in_brackets(node.this, exists=True))

    def scalar(self, node: exp.Expr) -> tuple[int, Template]:
        if self.rules.name == "sqlite" and not _is_aggregate(node):
            raise Unsure("its sub-select may have several rows, of which SQLite takes any")
        return ATOM, self._in_brackets(node)

    def _in_brackets(self, node: exp.Expr, exists: bool = False) -> Template:
        if isinstance(node, exp.Subquery):
            _only(node, "this")
            node = node.this
        if not isinstance(node, exp.Select):
            raise Unsure("its sub-select is not a plain SELECT")
        return ("(", *self._select(node, exists), ")")

    def _select(self, select: exp.Select, exists: bool) -> Template:
        allowed = {"expressions", "from_", "joins", "where", "distinct", "order"} | (
            {"limit"} if exists else set()
        )
        unusual = [name for name, value in select.args.items() if value and name not in allowed]
        if unusual:
            raise Unsure(f"its sub-select has a clause ({', '.join(unusual)}) that is not taken over")
        self._check_limit(select.args.get("limit"))
        scope = _Scope({}, {})
        tables, conditions = self._inner_from(select, scope)
        self.scopes.append(scope)
        try:
            items = self._items(select, exists)
            distinct = self._distinct(select, exists)
            where = select.args.get("where")
            all_conditions = [*conditions, *([where.this] if where is not None else [])]
            parts = {self.part(part, NEGATION) for whole in all_conditions for part in self._anded(whole)}
            named = [(f"{table} AS {alias}") for table, alias in tables]
        finally:
            self.scopes.pop()
        out: list[str | int] = [f"SELECT {distinct}", *items]
        if named:
            out.append(f" FROM {', '.join(named)}")
        for number, part in enumerate(sorted(parts, key=_masked)):
            out.extend((" AND " if number else " WHERE ", *part))
        return tuple(out)

    @staticmethod
    def _anded(condition: exp.Expr) -> Iterator[exp.Expr]:
        for part in flattened(condition):
            yield exp.Paren(this=part.copy()) if isinstance(part, exp.Or) else part

    @staticmethod
    def _check_limit(limit: object) -> None:
        if limit is None:
            return
        if isinstance(limit, exp.Limit):
            _only(limit, "expression")
        count = limit.args.get("expression") if isinstance(limit, exp.Limit) else None
        if (
            not isinstance(count, exp.Literal)
            or count.args.get("is_string")
            or not count.this.isdigit()
            or int(count.this) < 1
        ):
            raise Unsure("its sub-select has a LIMIT")

    def _distinct(self, select: exp.Select, exists: bool) -> str:
        distinct = select.args.get("distinct")
        if distinct is None:
            return ""
        if distinct.args.get("on") is not None or distinct.expressions:
            raise Unsure("its sub-select has DISTINCT ON")
        return "" if exists else "DISTINCT "

    def _inner_from(self, select: exp.Select, scope: _Scope) -> tuple[list[tuple[str, str]], list[exp.Expr]]:
        """The tables of a sub-select with our names for them; the conditions of its joins. Inner joins only."""
        if select.args.get("from_") is None:
            return [], []
        tables: list[tuple[str, str]] = []
        conditions: list[exp.Expr] = []
        joins = select.args.get("joins") or []
        for node in [select.args["from_"].this, *(join.this for join in joins)]:
            tables.append(self._inner_table(node, scope))
        for join in joins:
            unusual = [
                name for name, value in join.args.items() if value and name not in ("this", "on", "kind")
            ]
            if unusual or (join.args.get("kind") or "").upper() not in ("", "INNER", "CROSS"):
                raise Unsure("its sub-select has a join that is not a plain inner join")
            if join.args.get("on") is not None:
                conditions.append(join.args["on"])
        return tables, conditions

    def _inner_table(self, node: exp.Expr, scope: _Scope) -> tuple[str, str]:
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            raise Unsure("its sub-select reads something that is no plain table")
        _only(node, "this", "db", "catalog", "alias")
        alias = node.args.get("alias")
        if alias is not None:
            _only(alias, "this")
        parts = [
            part for part in (node.args.get("catalog"), node.args.get("db"), node.this) if part is not None
        ]
        table = ".".join(self.rules.relation(part) for part in parts)
        if len(parts) == 1 and table in self.statement.ctes:
            raise Unsure("its sub-select reads a CTE")
        name = self.rules.relation(alias.this if alias is not None and alias.this is not None else node.this)
        if name.lower() in {known.lower() for known in scope.names}:
            raise Unsure(f"two tables of its sub-select are called {name}")
        self.named += 1
        scope.names[name] = f"s{self.named}"
        scope.columns[name] = self.statement.columns_of(parts)
        self.inner_tables.add(table)
        return table, f"s{self.named}"

    def _items(self, select: exp.Select, exists: bool) -> Template:
        items = list(select.expressions)
        aliases = {self.rules.column(item.args["alias"]) for item in items if isinstance(item, exp.Alias)}
        bare = {self.rules.column(column.this) for column in select.find_all(exp.Column) if _is_bare(column)}
        if aliases & bare:
            raise Unsure("its sub-select may mean a column or one of its own results")
        items = [item.this if isinstance(item, exp.Alias) else item for item in items]
        if exists and all(isinstance(item, (exp.Star, exp.Column, exp.Literal, exp.Null)) for item in items):
            return ("1",)
        if len(items) == 1 and isinstance(items[0], exp.Anonymous) and function_name(items[0]) in _AGGREGATES:
            return self._aggregate(items[0])
        return self.listed(items)

    def _aggregate(self, node: exp.Anonymous) -> Template:
        name = function_name(node)
        if len(node.expressions) == 1:
            argument = node.expressions[0]
            if name == "count" and isinstance(argument, exp.Star) and not any(argument.args.values()):
                return ("count(*)",)
            if isinstance(argument, exp.Distinct):
                _only(argument, "expressions")
                if len(argument.expressions) == 1:
                    return (f"{name}(DISTINCT ", *self._whole(argument.expressions[0]), ")")
            elif not isinstance(argument, exp.Star):
                return (f"{name}(", *self._whole(argument), ")")
        raise Unsure(f"it uses {name}() in an unusual way")


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _is_aggregate(node: exp.Expr) -> bool:
    items = node.this.expressions if isinstance(node.this, exp.Select) else []
    return len(items) == 1 and isinstance(items[0], exp.Anonymous) and function_name(items[0]) in _AGGREGATES


def _is_bare(column: exp.Expr) -> bool:
    return isinstance(column.this, exp.Identifier) and column.args.get("table") is None


def _same_operands(node: exp.Expr) -> Iterator[exp.Expr]:
    kind = type(node)
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if type(current) is kind:
            waiting.extend((current.args["expression"], current.this))
        else:
            yield current


def _masked(template: Template) -> str:
    """A text to sort by that does not depend on the order of the query's FROM."""
    return "".join(part if isinstance(part, str) else "?" for part in template)


def _only(node: exp.Expr, *arguments: str) -> None:
    """Refuse a node with more to it than its renderer knows."""
    for name, value in node.args.items():
        if value and name not in arguments:
            raise Unsure(f"it uses an unusual form of {_spoken(node)}")


def _spoken(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return f"{function_name(node)}()"
    if isinstance(node, (exp.Placeholder, exp.Parameter)):
        return "a parameter, whose value is not known here"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()


def string(value: str, rules: Rules) -> str:
    """A string literal that means the same under every setting of the server.

    >>> from partitioncache.analysis.dialects import rules
    >>> print(string("it's", rules("sqlite")), string("a\\\\b", rules("postgres")), string("a\\\\b", rules("mysql")))
    'it''s' E'a\\\\b' _utf8mb4 X'615C62'

    Raises:
        Unsure: the dialect cannot hold the text.
    """
    if "\x00" in value:
        if rules.name == "postgres":
            raise Unsure("PostgreSQL's text holds no zero byte")
        if rules.name == "sqlite":
            return f"CAST(X'{_hex(value)}' AS TEXT)"
    if "\\" in value and rules.name == "postgres":
        return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    if rules.name == "mysql" and ("\\" in value or "\x00" in value or "\x1a" in value):
        return f"_utf8mb4 X'{_hex(value)}'"
    _hex(value)
    return "'" + value.replace("'", "''") + "'"


def _hex(value: str) -> str:
    try:
        return value.encode().hex().upper()
    except UnicodeEncodeError:
        raise Unsure("a text that is not valid Unicode") from None


def sole_owner(statement: Statement, name: str) -> int | None:
    """The source an unqualified column of the query belongs to, if that is sure.

    With one source it is that one. With several it is the one whose schema lists it: the server refuses a query
    in which another source had it too, unless a USING or NATURAL has merged them.
    """
    if len(statement.sources) == 1:
        columns = statement.sources[0].columns
        return 0 if columns is None or name in columns else None
    having = [source for source in statement.sources if source.columns is not None and name in source.columns]
    return having[0].index if len(having) == 1 and name not in statement.using else None


def canonical(statement: Statement, condition: exp.Expr, key: str) -> Condition:
    """The canonical form of one AND-ed condition.

    Args:
        statement: the query it is part of.
        condition: one of ``statement.conditions``.
        key: the partition key, spelled.

    Raises:
        Unsure: no rule covers it; it must stay out of every fragment.
    """
    renderer = _Canonical(statement)
    try:
        level, template = renderer.render(condition)
    except RecursionError:
        raise Unsure("it is nested too deeply") from None
    if not renderer.sources:
        raise Unsure("it is about no table of the query")
    if level > PREDICATE:
        template = ("(", *template, ")")
    key_only = not renderer.inner_tables and {name for _, name in renderer.columns} == {key}
    key_only = key_only and len(renderer.sources) == 1
    return Condition(
        template=template,
        mirrored=_mirrored(renderer, condition, template),
        sources=frozenset(renderer.sources),
        inner_tables=frozenset(renderer.inner_tables),
        equates=_equates(renderer, condition),
        key_of=next(iter(renderer.sources)) if key_only else None,
    )


def _mirrored(renderer: _Canonical, node: exp.Expr, template: Template) -> Template | None:
    """A comparison of two tables the other way round: which of the two is the text depends on their names."""
    if type(node) not in _COMPARISONS or len(renderer.sources) < 2 or not renderer.may_mirror(node):
        return None
    again = _Canonical(renderer.statement)
    left, right = again.part(node.this, OTHER), again.part(node.args["expression"], OTHER)
    operator = _COMPARISONS[type(node)]
    forward, backward = (*left, f" {operator} ", *right), (*right, f" {_MIRRORED[operator]} ", *left)
    return backward if forward == template else forward


def _equates(renderer: _Canonical, node: exp.Expr) -> tuple[tuple[int, str], tuple[int, str]] | None:
    if not isinstance(node, exp.EQ) or renderer.inner_tables or len(renderer.columns) != 2:
        return None
    if not isinstance(node.this, exp.Column) or not isinstance(node.expression, exp.Column):
        return None
    first, second = sorted(renderer.columns)
    return (first, second) if first[0] != second[0] else None


_MATCHING: dict[type[exp.Expr], dict[str, str]] = {
    exp.Like: {"postgres": "LIKE", "mysql": "LIKE", "sqlite": "LIKE"},
    exp.ILike: {"postgres": "ILIKE"},
    exp.SimilarTo: {"postgres": "SIMILAR TO"},
    exp.RegexpLike: {"postgres": "~", "mysql": "REGEXP"},
    exp.RegexpILike: {"postgres": "~*"},
    exp.Glob: {"sqlite": "GLOB"},
}
_BITS: dict[type[exp.Expr], str] = {
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
}
_POSTGRES_OPERATORS: dict[type[exp.Expr], tuple[str, int]] = {
    exp.ArrayOverlaps: ("&&", PREDICATE),
    exp.ArrayContainsAll: ("@>", PREDICATE),
    exp.Distance: ("<->", OTHER),
}

_Renderer = Callable[[_Canonical, exp.Expr], tuple[int, Template]]
_RENDERERS: dict[type[exp.Expr], _Renderer] = {
    exp.Column: _Canonical.column,
    exp.Literal: _Canonical.literal,
    exp.Null: lambda _, node: (ATOM, ("NULL",)),
    exp.Boolean: lambda _, node: (ATOM, ("TRUE" if node.this else "FALSE",)),
    exp.Cast: _Canonical.cast,
    exp.NullSafeEQ: _Canonical.null_safe,
    exp.NullSafeNEQ: _Canonical.null_safe,
    exp.IntDiv: _Canonical.integer_division,
    exp.DPipe: _Canonical.concatenation,
    exp.Neg: _Canonical.minus,
    exp.Paren: _Canonical.paren,
    exp.Collate: _Canonical.collate,
    exp.Not: _Canonical.negation,
    exp.And: _Canonical.junction,
    exp.Or: _Canonical.junction,
    exp.In: _Canonical.membership,
    exp.Between: _Canonical.between,
    exp.Escape: _Canonical.escape,
    exp.Is: _Canonical.is_,
    exp.Anonymous: _Canonical.call,
    exp.If: _Canonical.if_,
    exp.Substring: _Canonical.substring,
    exp.Trim: _Canonical.trim,
    exp.StrPosition: _Canonical.position,
    exp.Extract: _Canonical.extract,
    exp.Case: _Canonical.case,
    exp.Tuple: _Canonical.row,
    exp.Array: _Canonical.array,
    exp.Any: _Canonical.any_or_all,
    exp.All: _Canonical.any_or_all,
    exp.Exists: _Canonical.exists,
    exp.Subquery: _Canonical.scalar,
    **dict.fromkeys(_COMPARISONS, _Canonical.comparison),
    **dict.fromkeys(_ARITHMETIC, _Canonical.arithmetic),
    **dict.fromkeys(_MATCHING, _Canonical.matching),
    **dict.fromkeys(_BITS, _Canonical.bits),
    **dict.fromkeys(_POSTGRES_OPERATORS, _Canonical.spatial),
}
