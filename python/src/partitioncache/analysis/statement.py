"""From a query's text to its sources, conditions and insertion points.

The tree says what the query means; the tokens say where in the text a part of it begins and ends. The text itself
is never searched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import Token, TokenType, exp

from partitioncache.analysis.dialects import VOLATILE, Rules, function_name
from partitioncache.analysis.reasons import Unsure
from partitioncache.key_columns import PLACED

#: Longer texts are not analysed: the time an analysis takes is part of every query's time.
LONGEST_QUERY = 200_000
#: More sources than this in one FROM are not analysed.
MOST_SOURCES = 32


class Columns(dict[str, "str | None"]):
    """The columns of a table, each with what it is declared as, None where that is not known.

    Attributes:
        placed: for partition keys that stand in a column of another name, which column.
    """

    def __init__(self, columns: Mapping[str, str | None], placed: Mapping[str, str]) -> None:
        super().__init__(columns)
        self.placed = placed


Schema = Mapping[str, Columns]

_CLAUSES = {
    "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct", "windows",
    "hint", "operation_modifiers", "with_",
}  # fmt: skip
_CLAUSE_NAMES = {
    "into": "SELECT … INTO",
    "laterals": "LATERAL VIEW",
    "qualify": "QUALIFY",
    "sample": "a sample",
    "pivots": "PIVOT",
}
_JOIN_ARGUMENTS = {"this", "side", "kind", "method", "on", "using"}
_JOIN_KINDS = {"", "INNER", "CROSS", "OUTER", "STRAIGHT_JOIN", "STRAIGHT"}
_ESCAPED = re.compile(r"[eE]'(?:[^'\\]|''|\\\\)*'")
_AFTER_WHERE = {
    TokenType.GROUP_BY,
    TokenType.HAVING,
    TokenType.ORDER_BY,
    TokenType.LIMIT,
    TokenType.FETCH,
    TokenType.SEMICOLON,
}

_ENDS_AN_OPERAND = {
    TokenType.VAR,
    TokenType.IDENTIFIER,
    TokenType.NUMBER,
    TokenType.STRING,
    TokenType.R_PAREN,
    TokenType.END,
    TokenType.NULL,
    TokenType.TRUE,
    TokenType.FALSE,
}


@dataclass(frozen=True)
class Source:
    """One entry of the FROM clause.

    ``plain`` sources are tables (or views) by name, on no nullable side of an outer join: only these may be part
    of a fragment or be restricted. All others are opaque: conditions that touch them are left out.
    """

    index: int
    alias: str
    written: str
    table: str
    plain: bool
    columns: Columns | None

    def key(self, partition_key: str) -> str:
        """The column in which a partition key stands here, spelled: the one of its name, if none is placed."""
        return partition_key if self.columns is None else self.columns.placed.get(partition_key, partition_key)


@dataclass(frozen=True)
class Statement:
    """One SELECT, looked at from outside."""

    rules: Rules
    sql: str
    tokens: tuple[Token, ...]
    tree: exp.Select
    sources: tuple[Source, ...]
    conditions: tuple[exp.Expr, ...]
    merged: tuple[tuple[tuple[int, str], tuple[int, str]], ...]
    using: frozenset[str]
    #: (source, column): what USING says which source has.
    named: frozenset[tuple[int, str]]
    #: In small letters: a table that is called so but for its case may be one.
    ctes: frozenset[str]
    schema: Schema | None
    has_placeholders: bool
    #: Strings of MySQL whose text has a backslash: their value depends on the server's sql_mode.
    doubtful_strings: frozenset[str]
    #: Strings of PostgreSQL written as ``E'…'`` with no escape but that of a backslash.
    escaped_strings: frozenset[str]

    def source(self, alias: str) -> Source | None:
        """The source of this (spelled) name."""
        return next((source for source in self.sources if source.alias == alias), None)

    def columns_of(self, parts: list[exp.Expr]) -> Columns | None:
        """The columns that the schema lists for a table, or None where it does not know the table."""
        return _columns(parts, self.rules, self.schema)


@dataclass
class _Scan:
    rules: Rules
    schema: Schema | None
    ctes: frozenset[str]
    sources: list[Source] = field(default_factory=list)
    conditions: list[exp.Expr] = field(default_factory=list)
    merged: list[tuple[tuple[int, str], tuple[int, str]]] = field(default_factory=list)
    #: column → the source whose column of that name an earlier USING or NATURAL put in front
    in_front: dict[str, int] = field(default_factory=dict)
    using: set[str] = field(default_factory=set)
    named: set[tuple[int, str]] = field(default_factory=set)


def read_schema(schema: Mapping[str, Collection[str]] | None, found_rules: Rules) -> Schema | None:
    """A schema as users give it: names of columns, or a mapping of them to what they are declared as.

    Behind the type may stand which partition key the column is: ``integer partition key customer``.
    """
    if schema is None:
        return None
    return {found_rules.exact_relation(table): _read_columns(columns, found_rules) for table, columns in schema.items()}


def _read_columns(columns: Collection[str], found_rules: Rules) -> Columns:
    declared: dict[str, str | None] = {}
    placed: dict[str, str] = {}
    for column in columns:
        name = found_rules.exact_column(column)
        type_ = columns[column] if isinstance(columns, Mapping) else None
        declared[name] = None if type_ is None else str(type_)
        place = PLACED.fullmatch(declared[name] or "")
        if place is not None:
            declared[name] = place["type"]
            placed[found_rules.exact_column(place["key"])] = name
    return Columns(declared, placed)


def read(query: str, rules: Rules, schema: Schema | None) -> Statement:
    """Parse a query and find its sources and conditions.

    Raises:
        Unsure: it is not one SELECT whose FROM is a list of inner or one-sided outer joins.
    """
    tokens, tree = parse(query, rules)
    _check_nothing_writes(tree)
    _check_clauses(tree)
    ctes = _ctes(tree, rules)
    scan = _Scan(rules, schema, ctes)
    _scan_from(tree, scan)
    where = tree.args.get("where")
    conditions = [part for condition in scan.conditions for part in flattened(condition)]
    if where is not None:
        conditions.extend(flattened(where.this))
    return Statement(
        rules=rules,
        sql=query,
        tokens=tokens,
        tree=tree,
        sources=tuple(scan.sources),
        conditions=tuple(conditions),
        merged=tuple(scan.merged),
        using=frozenset(scan.using),
        named=frozenset(scan.named),
        ctes=ctes,
        schema=schema,
        has_placeholders=any(tree.find_all(exp.Placeholder, exp.Parameter)),
        doubtful_strings=_doubtful_strings(tokens, query, rules),
        escaped_strings=_escaped_strings(tokens, query, rules),
    )


def parse(query: str, rules: Rules) -> tuple[tuple[Token, ...], exp.Select]:
    """The tokens and the tree of a text that is one SELECT."""
    if not isinstance(query, str) or not query.strip():
        raise Unsure("the query is empty")
    if len(query) > LONGEST_QUERY:
        raise Unsure(f"the query is longer than {LONGEST_QUERY} characters")
    try:
        all_tokens = tokens = tuple(rules.tokens(query))
    except Exception as error:
        raise Unsure(f"the query cannot be read: {_first_line(error)}") from None
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens = tokens[:-1]
    if any(token.token_type == TokenType.SEMICOLON for token in tokens):
        raise Unsure("the text is more than one statement")
    if not tokens or tokens[0].token_type not in (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN):
        raise Unsure("the statement is not a SELECT")
    rules.check(all_tokens, query)
    _check_tokens(tokens, query, rules)
    try:
        trees = rules.parse(tokens, query)
    except RecursionError:
        raise Unsure("the query is nested too deeply") from None
    except Exception as error:
        raise Unsure(f"the query cannot be parsed: {_first_line(error)}") from None
    if len(trees) != 1:
        raise Unsure("the text is more than one statement")
    tree = trees[0]
    if isinstance(tree, exp.SetOperation):
        raise Unsure("UNION, INTERSECT and EXCEPT are not taken apart")
    if not isinstance(tree, exp.Select):
        raise Unsure("the statement is not a plain SELECT")
    return tokens, tree


def flattened(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The AND-ed parts of a condition.

    A loop, not a recursion: a thousand conditions joined by AND are a tree a thousand levels deep.
    """
    waiting = [condition]
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.And):
            waiting.extend((node.expression, node.this))
        elif isinstance(node, exp.Paren):
            waiting.append(node.this)
        else:
            yield node


def check_functions(statement: Statement) -> None:
    """Leave a query alone that calls something volatile anywhere, or something unknown outside its conditions.

    An unknown function inside a condition only costs that condition.

    Raises:
        Unsure: it does.
    """
    conditions = {id(condition) for condition in statement.conditions}
    waiting: list[tuple[exp.Expr, bool]] = [(statement.tree, False)]
    while waiting:
        node, inside = waiting.pop()
        inside = inside or id(node) in conditions
        name = _called(node, statement.rules)
        if name is not None:
            if name in VOLATILE:
                raise Unsure(f"{name}() is volatile: it may give another value each time it is called")
            if not inside and name not in statement.rules.known:
                raise Unsure(f"{name}() is not a function this analyser knows; it may be volatile")
        waiting.extend((child, inside) for child in node.iter_expressions())


def _called(node: exp.Expr, rules: Rules) -> str | None:
    if isinstance(node, (exp.Rand, exp.Uuid, exp.NextValueFor)):
        return "random" if isinstance(node, exp.Rand) else "nextval"
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Anonymous):
        schema = node.this
        if not (isinstance(schema, exp.Identifier) and schema.this.lower() == "pg_catalog"):
            return f"{schema.sql()}.{function_name(node.expression)}".lower()
        return None
    if isinstance(node, exp.Anonymous):
        return function_name(node) or node.name
    if isinstance(node, exp.PropertyEQ) or (rules.name == "mysql" and isinstance(node, exp.Parameter)):
        raise Unsure("user variables may change while the query runs")
    return None


def where_ends(statement: Statement) -> tuple[Token | None, Token, Token]:
    """Where a restriction goes: (WHERE or None, the last token of FROM, the last token of WHERE or else of FROM).

    Only tokens outside every parenthesis count, and of the outermost SELECT: a CTE's body is in parentheses.

    Raises:
        Unsure: the places are not clear.
    """
    tree = statement.tree
    stops = set(_AFTER_WHERE)
    if tree.args.get("windows"):
        stops.add(TokenType.WINDOW)
    if tree.args.get("offset"):
        stops.add(TokenType.OFFSET)
    depth, where, last_of_from, last = 0, None, None, None
    seen_from = False
    for token in statement.tokens:
        kind = token.token_type
        if kind in (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE):
            depth += 1
        elif kind in (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE):
            depth -= 1
        elif depth == 0 and kind == TokenType.FROM:
            seen_from = True
        elif depth == 0 and seen_from and kind == TokenType.WHERE and where is None:
            where, last_of_from = token, last
        elif depth == 0 and seen_from and kind in stops:
            break
        last = token
    end_of_from = last_of_from if where is not None else last
    if last is None or end_of_from is None or (where is None) != (tree.args.get("where") is None):
        raise Unsure("the place for the restriction is not clear")
    return where, end_of_from, last


def _check_tokens(tokens: tuple[Token, ...], query: str, rules: Rules) -> None:
    operand = after_dot = False
    for token in tokens:
        if any(comment.startswith(("!", "M!")) for comment in token.comments) and rules.name == "mysql":
            raise Unsure("/*! … */ is not a comment to MySQL")
        if rules.name == "sqlite" and token.token_type == TokenType.PLUS and not operand:
            raise Unsure("a sign + decides how SQLite compares")
        operand = after_dot or token.token_type in _ENDS_AN_OPERAND
        after_dot = token.token_type == TokenType.DOT
        if rules.name != "mysql":
            continue
        written = query[token.start : token.end + 1]
        if token.token_type == TokenType.STRING and written.startswith('"'):
            raise Unsure("\"…\" is a string or a name, depending on sql_mode; write '…' or `…`")
        if token.token_type == TokenType.STRING and ("\\'" in written or '\\"' in written):
            raise Unsure("a backslash before a quote depends on sql_mode; write '' for a quote in a string")
        if token.token_type == TokenType.DPIPE:
            raise Unsure("|| is OR or concatenation, depending on sql_mode; write OR or concat()")


def _doubtful_strings(tokens: tuple[Token, ...], query: str, rules: Rules) -> frozenset[str]:
    if rules.name != "mysql":
        return frozenset()
    return frozenset(
        token.text
        for token in tokens
        if token.token_type == TokenType.STRING and "\\" in query[token.start : token.end + 1]
    )


def _escaped_strings(tokens: tuple[Token, ...], query: str, rules: Rules) -> frozenset[str]:
    if rules.name != "postgres":
        return frozenset()
    found = [
        query[token.start : token.end + 1] for token in tokens if token.token_type == TokenType.BYTE_STRING
    ]
    if not all(_ESCAPED.fullmatch(text) for text in found):
        return frozenset()
    return frozenset(text[2:-1].replace("''", "'").replace("\\\\", "\\") for text in found)


def _check_clauses(tree: exp.Select) -> None:
    for name, value in tree.args.items():
        if value and name not in _CLAUSES and name != "kind":
            raise Unsure(f"{_CLAUSE_NAMES.get(name, name)} is not taken apart")
    if tree.args.get("kind"):
        raise Unsure("SELECT AS … is not taken apart")
    if tree.args.get("from_") is None:
        raise Unsure("the query reads no table")


def _check_nothing_writes(tree: exp.Select) -> None:
    if tree.find(exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Command) is not None:
        raise Unsure("the statement does more than read")
    if not all(isinstance(cte.this, (exp.Query, exp.Values)) for cte in tree.find_all(exp.CTE)):
        raise Unsure("a CTE is no query")
    if tree.find(exp.Lock) is not None:
        raise Unsure("FOR UPDATE or SHARE locks rows, and reads them again")


def _ctes(tree: exp.Select, rules: Rules) -> frozenset[str]:
    clause = tree.args.get("with_")
    if clause is None:
        return frozenset()
    if clause.args.get("recursive"):
        raise Unsure("recursive CTEs are not taken apart")
    return frozenset(rules.relation(cte.args["alias"].this).lower() for cte in clause.expressions)


def _scan_from(tree: exp.Select, scan: _Scan) -> None:
    _add(tree.args["from_"].this, scan, nullable=False)
    for join in tree.args.get("joins") or ():
        _join(join, scan)
    if len(scan.sources) > MOST_SOURCES:
        raise Unsure(f"the query joins more than {MOST_SOURCES} sources")
    seen: set[str] = set()
    for source in scan.sources:
        if source.alias.lower() in seen:
            raise Unsure(f"two sources are called {source.alias}, at most their case differs")
        seen.add(source.alias.lower())


def _join(join: exp.Expr, scan: _Scan) -> None:
    for name, value in join.args.items():
        if value and name not in _JOIN_ARGUMENTS:
            raise Unsure("a join of an unusual kind")
    side = (join.args.get("side") or "").upper()
    kind = (join.args.get("kind") or "").upper()
    method = (join.args.get("method") or "").upper()
    if kind not in _JOIN_KINDS or side not in ("", "LEFT", "RIGHT") or method not in ("", "NATURAL"):
        raise Unsure("FULL JOIN is not taken apart" if side == "FULL" else "a join of an unusual kind")
    before = len(scan.sources)
    using = [scan.rules.column(_name_of(column)) for column in join.args.get("using") or ()]
    scan.using.update(using)
    if side == "RIGHT":
        scan.sources[:] = [_opaque(source) for source in scan.sources]
        scan.conditions.clear()
        scan.merged.clear()
        scan.in_front.clear()
    _add(join.this, scan, nullable=side == "LEFT")
    for name in using if len(scan.sources) == before + 1 else ():
        scan.named.update({(before, name), (0 if before == 1 else scan.in_front.get(name, before), name)})
    if side:
        scan.in_front.clear()
        return
    if join.args.get("on") is not None:
        scan.conditions.append(join.args["on"])
    for name in using:
        _merge(name, before, scan)
    if method == "NATURAL":
        _merge_natural(before, scan)


def _name_of(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Column) else node


def _merge_natural(before: int, scan: _Scan) -> None:
    """NATURAL equates what the two sides have in common: known only if the schema knows every side."""
    right = scan.sources[before].columns if before + 1 == len(scan.sources) else None
    if right is None or any(source.columns is None for source in scan.sources[:before]):
        return
    left = set().union(*(source.columns or () for source in scan.sources[:before]))
    for name in sorted(left.intersection(right)):
        scan.using.add(name)
        _merge(name, before, scan)


def _merge(name: str, before: int, scan: _Scan) -> None:
    """``left JOIN right USING (name)`` equates two columns, if it is clear which source on the left is meant."""
    if before + 1 != len(scan.sources):
        return
    left = scan.in_front.get(name)
    if left is None:
        having = [source for source in scan.sources[:before] if source.columns and name in source.columns]
        if before == 1:
            left = 0
        elif len(having) == 1 and all(source.columns is not None for source in scan.sources[:before]):
            left = having[0].index
    if left is None:
        return
    scan.in_front[name] = left
    scan.merged.append(((left, name), (before, name)))


def _opaque(source: Source) -> Source:
    return Source(source.index, source.alias, source.written, source.table, False, source.columns)


def _add(node: exp.Expr, scan: _Scan, nullable: bool) -> None:
    index = len(scan.sources)
    if isinstance(node, exp.Table) and not node.args.get("joins"):
        table = _table(node, scan, index)
        if table is not None:
            scan.sources.append(_opaque(table) if nullable else table)
            return
    # Anything else is opaque; the names inside a parenthesised join are visible outside it.
    block = node.find_ancestor(exp.Select)
    inner = [part for part in node.find_all(exp.Table) if part.find_ancestor(exp.Select) is block]
    aliases = [part.args.get("alias") for part in (node, *inner)]
    identifiers = [alias.this for alias in aliases if isinstance(alias, exp.TableAlias) and alias.this]
    identifiers += [
        part.this for part in inner if not part.args.get("alias") and isinstance(part.this, exp.Identifier)
    ]
    if not identifiers:
        scan.sources.append(Source(index, f"({index})", "", "", False, None))
    for offset, identifier in enumerate(dict.fromkeys(identifiers)):
        alias = scan.rules.relation(identifier)
        scan.sources.append(Source(index + offset, alias, "", "", False, None))


def _table(node: exp.Table, scan: _Scan, index: int) -> Source | None:
    if not isinstance(node.this, exp.Identifier):
        return None
    rules = scan.rules
    alias = node.args.get("alias")
    identifier = alias.this if alias is not None and alias.this is not None else node.this
    parts = [part for part in (node.args.get("catalog"), node.args.get("db"), node.this) if part is not None]
    table = ".".join(rules.relation(part) for part in parts)
    unusual = {name for name, value in node.args.items() if value} - {"this", "db", "catalog", "alias"}
    renamed = alias is not None and bool(alias.args.get("columns"))
    plain = not unusual and not renamed and not (len(parts) == 1 and table.lower() in scan.ctes)
    columns = _columns(parts, rules, scan.schema) if plain else None
    return Source(index, rules.relation(identifier), rules.as_written(identifier), table, plain, columns)


def _columns(parts: list[exp.Expr], rules: Rules, schema: Schema | None) -> Columns | None:
    if schema is None:
        return None
    names = [rules.relation(part) for part in parts]
    for first in range(len(names)):
        found = schema.get(".".join(names[first:]))
        if found is not None:
            return found
    return None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["unknown error"])[0][:200].rstrip(". ")
