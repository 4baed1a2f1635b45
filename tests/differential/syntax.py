"""The shape of a query: a tree that prints itself, and that a failing case is shrunk on.

Literals are nodes of their own, so that spacing, comments and letter case can be varied in everything else without
changing what the query means.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from random import Random

from differential.worlds import ident

GAP = "\x01"
BLANK = "\x03"
COMMENTS = (
    "/* x */",
    "/* FROM a WHERE b */",
    "-- it's\n",
    "/* ' */",
    '/* " /* nested */ */',
    "--\n",
    "/* $$ */",
    "-- ; select\n",
)


def spaced(text: str) -> str:
    return text.replace(" ", GAP)


class Node:
    """Something that prints itself into a query."""

    def render(self) -> str:
        raise NotImplementedError


@dataclass
class Lit(Node):
    """A literal or another piece of text that is printed exactly as it is."""

    text: str

    def render(self) -> str:
        return self.text


@dataclass
class Col(Node):
    """A column, qualified by its table's alias where there is one; without a name, the whole row."""

    alias: str
    name: str

    def render(self) -> str:
        if not self.name:
            return ident(self.alias)
        name = "*" if self.name == "*" else ident(self.name)
        return f"{ident(self.alias)}.{name}" if self.alias else name


@dataclass
class Expr(Node):
    """A template with ``{0}``, ``{1}`` for its parts. ``sort`` is ``bool`` or ``scalar``."""

    template: str
    args: list[Node] = field(default_factory=list)
    sort: str = "bool"
    labels: frozenset[str] = frozenset()

    def render(self) -> str:
        text = spaced(self.template)
        for number in range(len(self.args)):
            text = text.replace(f"{{{number}}}", f"\x02{number}\x02")
        for number, arg in enumerate(self.args):
            text = text.replace(f"\x02{number}\x02", arg.render())
        return text


@dataclass
class Item(Node):
    """One entry of a select list."""

    expr: Node
    name: str | None = None

    def render(self) -> str:
        return self.expr.render() + (f"{GAP}as{GAP}{ident(self.name)}" if self.name else "")


@dataclass
class Relation(Node):
    """A table or view in FROM. ``tail`` is TABLESAMPLE or a column list of the alias."""

    name: str
    alias: str
    schema: str | None = None
    only: bool = False
    columns: tuple[str, ...] = ()
    tail: str = ""
    bare: bool = False

    def render(self) -> str:
        name = (f"{ident(self.schema)}." if self.schema else "") + ident(self.name)
        alias = "" if self.bare else f"{GAP}{ident(self.alias)}"
        columns = f"({', '.join(ident(c) for c in self.columns)})" if self.columns else ""
        tail = GAP + spaced(self.tail) if self.tail else ""
        return f"{f'only{GAP}' if self.only else ''}{name}{alias}{columns}{tail}"


@dataclass
class Derived(Node):
    """A sub-select in FROM."""

    query: Select
    alias: str
    lateral: bool = False

    def render(self) -> str:
        return (
            f"{f'lateral{GAP}' if self.lateral else ''}({self.query.render()}){GAP}as{GAP}{ident(self.alias)}"
        )


@dataclass
class Raw(Node):
    """Anything else in FROM: a function, VALUES."""

    body: Expr
    alias: str
    columns: tuple[str, ...] = ()

    def render(self) -> str:
        columns = f"({', '.join(ident(c) for c in self.columns)})" if self.columns else ""
        return f"{self.body.render()}{GAP}as{GAP}{ident(self.alias)}{columns}"


@dataclass
class Join(Node):
    """A join; exactly one of ``on``, ``using`` and ``natural``, or a cross join."""

    kind: str
    left: Node
    right: Node
    on: list[Node] = field(default_factory=list)
    using: tuple[str, ...] = ()
    natural: bool = False
    parens: bool = False
    alias: str = ""

    def render(self) -> str:
        kind = (
            "cross join" if self.kind == "cross" else f"{'natural ' if self.natural else ''}{self.kind} join"
        )
        text = f"{self.left.render()}{GAP}{spaced(kind)}{GAP}"
        text += f"({self.right.render()})" if isinstance(self.right, Join) else self.right.render()
        if self.kind != "cross" and not self.natural:
            if self.using:
                text += f"{GAP}using{GAP}({', '.join(ident(c) for c in self.using)})"
            else:
                text += f"{GAP}on{GAP}" + (
                    f"{GAP}and{GAP}".join(wrap(c) for c in self.on) if self.on else "true"
                )
        alias = f"{GAP}as{GAP}{ident(self.alias)}" if self.alias else ""
        return f"({text}){alias}" if self.parens else text


@dataclass
class Cte(Node):
    """One entry of a WITH list."""

    name: str
    query: Node
    hint: str = ""
    columns: tuple[str, ...] = ()

    def render(self) -> str:
        columns = f"({', '.join(ident(c) for c in self.columns)})" if self.columns else ""
        hint = f"{spaced(self.hint)}{GAP}" if self.hint else ""
        return f"{ident(self.name)}{columns}{GAP}as{GAP}{hint}({self.query.render()})"


@dataclass
class Select(Node):
    """A SELECT. ``where`` is a list of conditions joined by AND; ``total`` says that ``order`` leaves no ties."""

    items: list[Node]
    source: list[Node]
    where: list[Node] = field(default_factory=list)
    distinct: str = ""
    distinct_on: list[Node] = field(default_factory=list)
    group: list[Node] = field(default_factory=list)
    having: list[Node] = field(default_factory=list)
    windows: list[Node] = field(default_factory=list)
    order: list[Node] = field(default_factory=list)
    total: bool = False
    limit: str = ""
    lock: str = ""
    ctes: list[Cte] = field(default_factory=list)
    recursive: bool = False
    setop: str = ""
    other: Select | None = None
    labels: frozenset[str] = frozenset()

    def render(self) -> str:
        parts: list[str] = []
        if self.ctes:
            parts.append(spaced("with recursive" if self.recursive else "with"))
            parts.append(f",{GAP}".join(cte.render() for cte in self.ctes))
        parts.append("select")
        if self.distinct_on:
            parts.append(f"distinct{GAP}on{GAP}({commas(self.distinct_on)})")
        elif self.distinct:
            parts.append(self.distinct)
        if self.items:
            parts.append(commas(self.items))
        if self.source:
            parts += ["from", commas(self.source)]
        if self.where:
            parts += ["where", f"{GAP}and{GAP}".join(wrap(condition) for condition in self.where)]
        if self.group:
            parts += [spaced("group by"), commas(self.group)]
        if self.having:
            parts += ["having", f"{GAP}and{GAP}".join(wrap(condition) for condition in self.having)]
        if self.windows:
            parts += ["window", commas(self.windows)]
        if self.setop and self.other:
            parts += [
                spaced(self.setop),
                f"({self.other.render()})" if self.other.ordered() else self.other.render(),
            ]
        if self.order:
            parts += [spaced("order by"), commas(self.order)]
        if self.limit:
            parts.append(spaced(self.limit))
        if self.lock:
            parts.append(spaced(self.lock))
        return GAP.join(parts)

    def ordered(self) -> bool:
        return bool(self.order or self.limit or self.lock or self.ctes or self.setop)


def commas(nodes: list[Node]) -> str:
    return f",{GAP}".join(node.render() for node in nodes)


def wrap(condition: Node) -> str:
    """Parentheses around a condition whose operators might bind less than AND."""
    text = condition.render()
    return (
        f"({text})" if isinstance(condition, Expr) and f"{GAP}or{GAP}" in spaced(condition.template) else text
    )


@dataclass
class Style:
    """How a query is written: spaces, line ends, comments, letter case, a semicolon at the end."""

    seed: int = 0
    comments: float = 0.0
    lines: float = 0.0
    tail: str = ""
    parens: bool = False

    def write(self, node: Node) -> str:
        random = Random(self.seed)
        pieces = node.render().split(GAP)
        text = pieces[0]
        for piece in pieces[1:]:
            gap = " "
            if random.random() < self.lines:
                gap = random.choice(("\n", "\n    ", "\t", "  ", "\r\n"))
            if random.random() < self.comments:
                gap += random.choice(COMMENTS) + random.choice((" ", "\n"))
            text += gap + piece
        return (f"({text})" if self.parens else text).replace(BLANK, " ") + self.tail


# -- walking and shrinking ---------------------------------------------------------------------------------------------


def children(node: Node) -> Iterator[Node]:
    for entry in fields(node):  # type: ignore[arg-type]
        value = getattr(node, entry.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, Node))


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from walk(child)


def labels(node: Node) -> set[str]:
    """Everything that a query was labelled with while it was made."""
    found: set[str] = set()
    for part in walk(node):
        found |= getattr(part, "labels", frozenset())
    return found


def relations(node: Node) -> set[str]:
    return {part.name for part in walk(node) if isinstance(part, Relation)}


def mentions(node: Node, alias: str) -> bool:
    return any(isinstance(part, Col) and part.alias == alias for part in walk(node))


def conjuncts(select: Select) -> list[Node]:
    """The conditions of WHERE and of the joins' ON."""
    found = list(select.where)
    for item in select.source:
        found += [c for part in walk(item) if isinstance(part, Join) for c in part.on]
    return found


def without(select: Select, alias: str) -> Select | None:
    """The query without one of its tables and everything that mentions it; None if nothing would be left."""
    select = copy.deepcopy(select)

    def pruned(item: Node) -> Node | None:
        if isinstance(item, Join):
            left, right = pruned(item.left), pruned(item.right)
            if left is None or right is None:
                return left if right is None else right
            item.left, item.right = left, right
            item.on = [condition for condition in item.on if not mentions(condition, alias)]
            return item
        return None if getattr(item, "alias", None) == alias else item

    select.source = [left for item in select.source if (left := pruned(item)) is not None]
    if not select.source:
        return None
    for name in ("items", "where", "distinct_on", "group", "having", "windows", "order"):
        setattr(select, name, [part for part in getattr(select, name) if not mentions(part, alias)])
    return select


def aliases(select: Select) -> list[str]:
    return [
        part.alias
        for item in select.source
        for part in walk_from(item)
        if isinstance(part, (Relation, Derived, Raw))
    ]


def walk_from(item: Node) -> Iterator[Node]:
    """The items of a FROM entry, without what is inside of sub-selects."""
    yield item
    if isinstance(item, Join):
        yield from walk_from(item.left)
        yield from walk_from(item.right)


def reductions(query: Select) -> Iterator[Select]:
    """Simpler queries, most reduced first. They need not be valid: who asks for them tries each."""
    for part_number, part in enumerate(walk(query)):
        if isinstance(part, Select):
            if part_number and part.items:
                yield copy.deepcopy(part)
            for alias in aliases(part):
                if (less := without(part, alias)) is not None:
                    yield replaced(query, part_number, less)
            if part.setop:
                yield changed(
                    query, part_number, lambda s: (setattr(s, "setop", ""), setattr(s, "other", None))
                )
            for name, empty in SIMPLER:
                # Without its order, which rows LIMIT and DISTINCT ON keep is left to chance.
                if getattr(part, name) and not (name == "order" and (part.limit or part.distinct_on)):
                    yield changed(query, part_number, lambda s, n=name, e=empty: setattr(s, n, copy.copy(e)))
            if len(part.items) > 1:
                yield changed(query, part_number, lambda s: setattr(s, "items", s.items[:1]))
            for name in LISTS:
                for place in range(len(getattr(part, name))):
                    if name == "order" and (part.limit or part.distinct_on or part.total):
                        continue
                    yield changed(query, part_number, lambda s, n=name, p=place: getattr(s, n).pop(p))
        elif isinstance(part, Join):
            for place in range(len(part.on)):
                yield changed(query, part_number, lambda j, p=place: j.on.pop(p))
            if part.kind not in ("inner", "cross"):
                yield changed(query, part_number, lambda j: setattr(j, "kind", "inner"))
            yield replaced(query, part_number, copy.deepcopy(part.left))
        elif isinstance(part, Relation):
            if part.only or part.tail:
                yield changed(
                    query, part_number, lambda r: (setattr(r, "only", False), setattr(r, "tail", ""))
                )
        elif isinstance(part, Expr):
            for child in part.args:
                if isinstance(child, Expr) and child.sort == part.sort:
                    yield replaced(query, part_number, copy.deepcopy(child))
            if part.sort == "bool" and part.template not in ("true", "false"):
                yield replaced(query, part_number, Expr("true"))


SIMPLER: tuple[tuple[str, object], ...] = (
    ("ctes", []), ("lock", ""), ("limit", ""), ("order", []), ("having", []), ("group", []), ("windows", []),
    ("distinct", ""), ("distinct_on", []), ("where", []), ("items", [Expr("1", [], "scalar")]),
)  # fmt: skip
LISTS = ("ctes", "where", "having", "group", "order", "items", "distinct_on", "source")


def changed(query: Select, number: int, change: Callable[..., object]) -> Select:
    """A copy of the query in which the part of that number is changed in place."""
    clone = copy.deepcopy(query)
    change(next(part for place, part in enumerate(walk(clone)) if place == number))
    return clone


def replaced(query: Select, number: int, by: Node) -> Select:
    """A copy of the query in which the part of that number is another."""
    if number == 0:
        assert isinstance(by, Select)
        return by
    clone = copy.deepcopy(query)
    target = next(part for place, part in enumerate(walk(clone)) if place == number)
    for part in walk(clone):
        for entry in fields(part):  # type: ignore[arg-type]
            value = getattr(part, entry.name)
            if value is target:
                setattr(part, entry.name, by)
                return clone
            if isinstance(value, list):
                for place, item in enumerate(value):
                    if item is target:
                        value[place] = by
                        return clone
    return clone
