"""Key sets put into a query: the same query, searched only where it can match.

The user's text stays as it is, to the letter: literals, hints, comments, names of result columns. The restriction
is inserted between its tokens, and the new text is parsed again: it must be exactly the old tree with the
restriction in its WHERE, or the query is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from partitioncache.analysis import keys as sets
from partitioncache.analysis.classes import PartitionClass
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import Source, Statement, parse, where_ends
from partitioncache.datatypes import Key
from partitioncache.errors import ConfigurationError

METHODS = ("IN", "VALUES", "TMP_TABLE_IN", "TMP_TABLE_JOIN", "literal")

#: The longest chain of SELECTs that stands in for a VALUES list in MySQL.
_LONGEST_CHAIN = 200
_ROWS_PER_INSERT = 1000
_NO_ROWS = "1 = 0"

KeySet = frozenset["Key | None"]


@dataclass(frozen=True)
class Restriction:
    """One table's partition column, and one key set it must be in. None in the set: NULL is fine too."""

    source: int
    keys: KeySet


@dataclass(frozen=True)
class _Form:
    """A restriction as text: what must run before, what joins FROM, what joins WHERE."""

    before: tuple[str, ...]
    joined: str
    condition: str


def method_named(method: str) -> str:
    """The method as this module calls it; ``auto`` is the one with the best plans.

    Raises:
        ConfigurationError: there is none of that name.

    >>> method_named("tmp_table_in"), method_named("LITERAL")
    ('TMP_TABLE_IN', 'literal')
    """
    if str(method).lower() == "auto":
        return "literal"
    for name in METHODS:
        if name.lower() == str(method).lower():
            return name
    raise ConfigurationError(
        f"There is no method {method!r}.", hint=f"Use one of: auto, {', '.join(METHODS)}."
    )


# -- which table, which keys --


def restrictions(
    group: PartitionClass, families: Mapping[int, Collection[Key | None]]
) -> list[Restriction] | None:
    """What the key sets of a class's families say about each of its tables; None: the query has no row.

    Each family's set holds exactly the keys of one table, so it may always restrict that table. It may restrict
    the others as well, since the query equates their keys. Exact kinds of keys are intersected first. Texts are
    left for the database to compare, and only the smallest set of them goes to other tables. Sets whose kinds of
    key differ stay where they belong.
    """
    known = {source: _without_impossible_null(group, source, keys) for source, keys in families.items()}
    if any(not keys for keys in known.values()):
        return None
    kinds = {sets.kind(keys) for keys in known.values()} - {"nothing"}
    if kinds <= sets.EXACT and len(kinds) <= 1:
        common = frozenset.intersection(*known.values())
        return [Restriction(source, common) for source in group.members] if common else None
    smallest = min(known.values(), key=len)
    found: list[Restriction] = []
    for source in group.members:
        mine = [known[source]] if source in known else []
        others = [smallest] if kinds == {"text"} and not any(keys <= smallest for keys in mine) else []
        found.extend(Restriction(source, keys) for keys in (*others, *mine))
    return found


def _without_impossible_null(group: PartitionClass, source: int, keys: Collection[Key | None]) -> KeySet:
    found = frozenset(keys)
    return found - {None} if group.never_null(source) else found


def nothing(source: int) -> Restriction:
    """The restriction that no row passes."""
    return Restriction(source, frozenset())


# -- as text --


def restricted(statement: Statement, key: str, wanted: list[Restriction], method: str) -> str:
    """The query with these restrictions.

    Raises:
        Unsure: a key cannot be written, or the new text does not mean what it should.
    """
    wanted = list(dict.fromkeys(wanted))
    if not wanted:
        return statement.sql
    write = {
        "VALUES": _values,
        "TMP_TABLE_IN": _temporary_in,
        "TMP_TABLE_JOIN": _temporary_join,
        "literal": _literal,
    }
    forms = []
    tables: set[int] = set()
    for restriction in wanted:
        # One temporary table for each of the query's is enough: planners take long over many.
        form = _in if restriction.source in tables else write.get(method, _in)
        forms.append(form(statement, key, restriction))
        tables.add(restriction.source)
    if statement.has_placeholders and any("%" in form.condition for form in forms):
        raise Unsure("with parameters still open, the driver would read the % in a key as one of them")
    _verify(statement, [_sample(form, statement, key, one) for form, one in zip(forms, wanted, strict=True)])
    select = _inserted(statement, forms)
    return ";\n".join([*dict.fromkeys(text for form in forms for text in form.before), select])


def _sample(form: _Form, statement: Statement, key: str, restriction: Restriction) -> _Form:
    """The same form with few keys: what is verified is where the text goes, and that costs a parse of it."""
    if len(restriction.keys) < 10:
        return form
    few = frozenset(sets.ordered(restriction.keys)[:1]) | (restriction.keys & {None})
    return _Form((), form.joined, _in(statement, key, Restriction(restriction.source, few)).condition)


def _inserted(statement: Statement, forms: list[_Form]) -> str:
    where, end_of_from, end_of_where = where_ends(statement)
    condition = " AND ".join(form.condition for form in forms)
    joined = "".join(form.joined for form in forms)
    sql = statement.sql
    after_from = end_of_from.end + 1
    if where is None:
        return f"{sql[:after_from]}{joined} WHERE {condition}{sql[after_from:]}"
    after_where = end_of_where.end + 1
    return (
        f"{sql[:after_from]}{joined}{sql[after_from : where.end + 1]} "
        f"({sql[where.end + 1 : after_where].lstrip()}) AND {condition}{sql[after_where:]}"
    )


def _verify(statement: Statement, forms: list[_Form]) -> None:
    """The new text must parse to the old tree, with the old WHERE in parentheses beside the restriction."""
    old, new = statement.tree, parse(_inserted(statement, forms), statement.rules)[1]
    condition = " AND ".join(form.condition for form in forms)
    added = list(
        _and_chain(parse(f"SELECT 1 FROM t WHERE {condition}", statement.rules)[1].args["where"].this)
    )
    where = new.args.get("where")
    parts = list(_and_chain(where.this)) if where is not None else []
    before = old.args.get("where")
    joins = new.args.get("joins") or []
    joined = sum(1 for form in forms if form.joined)
    same = (
        parts[-len(added) :] == added
        and parts[: -len(added)] == ([exp.Paren(this=before.this.copy())] if before is not None else [])
        and joins[: len(joins) - joined] == (old.args.get("joins") or [])
        and all(
            new.args.get(name) == old.args.get(name)
            for name in {*new.args, *old.args} - {"where", "joins"}
            if new.args.get(name) or old.args.get(name)
        )
    )
    if not same:
        raise Unsure("the restricted query could not be verified")


def _and_chain(node: exp.Expr) -> Iterator[exp.Expr]:
    chain = []
    while isinstance(node, exp.And):
        chain.append(node.expression)
        node = node.this
    yield node
    yield from reversed(chain)


def _column(statement: Statement, key: str, source: Source) -> str:
    return f"{source.written}.{source.key(key)}"


def _condition(
    statement: Statement, key: str, restriction: Restriction, member: Callable[[str], str], null: bool = False
) -> str:
    """``member(column)`` for the keys, OR … IS NULL if None is one of them, or if ``null`` says so."""
    source = statement.sources[restriction.source]
    column = _column(statement, key, source)
    some = any(one is not None for one in restriction.keys)
    if not some:
        return f"{column} IS NULL" if None in restriction.keys else _NO_ROWS
    text = member(column)
    return f"({text} OR {column} IS NULL)" if null or None in restriction.keys else text


def _prunes_wrongly(statement: Statement) -> bool:
    """Whether a list of constants needs OR … IS NULL beside it, which lets no row pass that the query does not want.

    PostgreSQL 16 and 17 forget the default partition of a table that is partitioned by range where a column IS NOT
    NULL and among constants. Whether the table is such a one cannot be seen from here.
    """
    if statement.rules.name != "postgres":
        return False
    tests = statement.tree.find_all(exp.Is)
    return any(test.args.get("negate") or test.find_ancestor(exp.Not) is not None for test in tests)


def _in(statement: Statement, key: str, restriction: Restriction) -> _Form:
    values = sets.literals(restriction.keys, statement.rules)
    listed = ", ".join(values)

    def member(column: str) -> str:
        if not values:
            return _NO_ROWS
        text = f"{column} IN ({listed})"
        if statement.rules.name == "mysql" and any(isinstance(one, float) for one in restriction.keys):
            # A FLOAT is sent with six digits, and compares with all it has.
            return f"({text} OR CAST({column} AS CHAR) + 0e0 IN ({listed}))"
        return text

    return _Form((), "", _condition(statement, key, restriction, member, _prunes_wrongly(statement)))


def _literal(statement: Statement, key: str, restriction: Restriction) -> _Form:
    if statement.rules.name != "postgres":
        return _in(statement, key, restriction)
    array = sets.array_literal(restriction.keys, statement.rules)

    def member(column: str) -> str:
        return f"{column} = ANY ({array})"

    return _Form((), "", _condition(statement, key, restriction, member, _prunes_wrongly(statement)))


def _values(statement: Statement, key: str, restriction: Restriction) -> _Form:
    values = sets.literals(restriction.keys, statement.rules)
    integers = all(isinstance(one, int) for one in restriction.keys if one is not None)
    dialect = statement.rules.name
    if not values or (dialect == "mysql" and not (integers and len(values) <= _LONGEST_CHAIN)):
        return _in(statement, key, restriction)
    if dialect == "mysql":
        # MySQL writes VALUES ROW(1), MariaDB VALUES (1); both read this. Texts would lose the column's collation.
        rows = f"SELECT {' UNION ALL SELECT '.join(values)}"
    else:
        rows = f"VALUES {', '.join(f'({value})' for value in values)}"
    if dialect == "postgres" and not integers:
        # The first row, a NULL of the column's own type, gives the others their type: no key is compared as text.
        source = statement.sources[restriction.source]
        rows = rows.replace("VALUES ", f"VALUES ((SELECT {source.key(key)} FROM {source.table} WHERE 1 = 0)), ", 1)
    return _Form((), "", _condition(statement, key, restriction, lambda column: f"{column} IN ({rows})"))


@dataclass(frozen=True)
class _Temporary:
    name: str
    column: str
    before: tuple[str, ...]


def _temporary(statement: Statement, key: str, restriction: Restriction) -> _Temporary | None:
    """A temporary table with the keys, or None where a list in the query is the surer way."""
    rules = statement.rules
    values = sets.literals(restriction.keys, rules)
    present = [one for one in restriction.keys if one is not None]
    whole_numbers = all(isinstance(one, int) for one in present)
    too_large = whole_numbers and sets.integer_type(present) != "bigint"
    if not values or (rules.name == "mysql" and any(isinstance(one, float) for one in present)):
        return None
    if too_large and rules.name != "postgres":
        return None
    source = statement.sources[restriction.source]
    # Tables of integers are all alike, so that two restrictions may share one; but MySQL opens it once a query.
    owner = [] if whole_numbers and rules.name != "mysql" else [source.alias, source.table, source.key(key)]
    digest = hashlib.sha256("\x00".join([*owner, *values]).encode()).hexdigest()[:16]
    name, column = f"partitioncache_keys_{digest}", f"partition_key_{digest}"
    place = {"postgres": f"pg_temp.{name}", "sqlite": f"temp.{name}", "mysql": name}[rules.name]
    drop = "DROP TEMPORARY TABLE IF EXISTS" if rules.name == "mysql" else "DROP TABLE IF EXISTS"
    if whole_numbers:
        kind = sets.integer_type(present) if rules.name != "sqlite" else "INTEGER"
        create = f"CREATE TEMPORARY TABLE {name} ({column} {kind})"
    else:
        create = (
            f"CREATE TEMPORARY TABLE {name} AS "
            f"SELECT {source.written}.{source.key(key)} AS {column} FROM {source.table} AS {source.written} WHERE 1 = 0"
        )
    inserts = tuple(
        f"INSERT INTO {place} VALUES {', '.join(f'({value})' for value in values[first : first + _ROWS_PER_INSERT])}"
        for first in range(0, len(values), _ROWS_PER_INSERT)
    )
    analyze = (f"ANALYZE {place}",) if rules.name == "postgres" else ()
    return _Temporary(place, column, (f"{drop} {place}", create, *inserts, *analyze))


def _temporary_in(statement: Statement, key: str, restriction: Restriction) -> _Form:
    table = _temporary(statement, key, restriction)
    if table is None:
        return _in(statement, key, restriction)
    rows = f"SELECT {table.column} FROM {table.name}"
    condition = _condition(statement, key, restriction, lambda column: f"{column} IN ({rows})")
    return _Form(table.before, "", condition)


def _temporary_join(statement: Statement, key: str, restriction: Restriction) -> _Form:
    """A join with the distinct keys, in the query's own FROM, where that changes nothing but the rows searched.

    Not where ``SELECT *`` would show the joined column, where NULL keys match, or where SQLite's temporary table,
    which does not take over a collation, might hold two keys that are one to the partition column.
    """
    doubtful = statement.rules.name == "sqlite" and sets.kind(restriction.keys) not in sets.EXACT
    starred = any(isinstance(item, exp.Star) for item in statement.tree.expressions)
    unfit = doubtful or starred or None in restriction.keys
    table = None if unfit else _temporary(statement, key, restriction)
    if table is None:
        return _temporary_in(statement, key, restriction)
    alias = f"keys_of_{restriction.source}_{table.column.removeprefix('partition_key_')}"
    joined = f", (SELECT DISTINCT {table.column} FROM {table.name}) AS {alias}"
    column = _column(statement, key, statement.sources[restriction.source])
    return _Form(table.before, joined, f"{column} = {alias}.{table.column}")
