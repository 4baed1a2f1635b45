"""Which column would make a partition key: read off the queries of an application, foreign keys and statistics.

A candidate is a class of columns that hold the same: those to which foreign keys lead and those from which they come,
and columns of one name and type. It is good if the queries that take most time join their tables by it and have further
conditions, and if it has many values with many rows each. The best candidates are tried (`partitioncache.trial`).
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from partitioncache import trial
from partitioncache.datatypes import DATATYPES, datatype_name
from partitioncache.errors import ConfigurationError, DatatypeError, PartitionCacheError

Connection = psycopg.Connection[Any]

FEWEST_PARTITIONS: Final = 16
FEWEST_ROWS: Final = 5.0  # in a partition of the largest table

_COLUMNS: Final = """
select c.oid, c.relname::text, n.nspname::text, a.attname::text, pg_catalog.format_type(a.atttypid, null),
       greatest(c.reltuples, 0)::float8,
       case when s.n_distinct >= 0 then s.n_distinct else - s.n_distinct * greatest(c.reltuples, 0) end::float8,
       coalesce(s.most_common_vals::text::text[], '{}'), coalesce(s.histogram_bounds::text::text[], '{}'),
       pg_catalog.pg_table_is_visible(c.oid), c.oid::pg_catalog.regclass::text, pg_catalog.quote_ident(a.attname)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_stats as s
    on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname
   and s.inherited = (c.relkind = 'p')
where c.relkind in ('r', 'p', 'm') and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema', 'partitioncache_internal') and n.nspname !~ '^pg_t'
"""
_FOREIGN_KEYS: Final = """
select f.conrelid, a.attname::text, f.confrelid, r.attname::text
from pg_catalog.pg_constraint as f
join pg_catalog.pg_attribute as a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
join pg_catalog.pg_attribute as r on r.attrelid = f.confrelid and r.attnum = f.confkey[1]
where f.contype = 'f' and f.conparentid = 0 and pg_catalog.cardinality(f.conkey) = 1
"""
_STATEMENTS: Final = """
select query, sum(total_exec_time)::float8 as ms, sum(calls)::float8 from {}
where dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
  and query ~* '^[\\s(]*(select|with)\\M' and query !~* 'partitioncache|\\mpg_|information_schema'
group by 1 order by 2 desc limit %s
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, with what the statistics say of it."""

    table: int
    relation: str
    schema: str
    name: str
    type: str
    rows: float
    distinct: float | None
    common: Sequence[str]
    bounds: Sequence[str]
    visible: bool
    qualified: str
    quoted: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query of the application.

    Attributes:
        text: it, with values.
        ms: milliseconds that it takes in all: the weight that it has.
    """

    text: str
    ms: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A partition key that would do.

    Attributes:
        partition_key: its name.
        datatype: its data type.
        columns: where it stands: tables and the columns in them, quoted where need be.
        partitions: how many values it has, by the statistics.
        share: of the time of all queries, the part of those that it could restrict, more if they join by it.
        tried: what a trial has found; None if there was no time.
    """

    partition_key: str
    datatype: str
    columns: tuple[tuple[str, str], ...]
    partitions: int
    share: float
    tried: trial.Trial | None = None

    @property
    def placements(self) -> dict[str, str]:
        """The columns that are not called like the key, by their tables."""
        return {table: column for table, column in self.columns if column != self.partition_key}

    @property
    def restricted(self) -> list[str]:
        """The queries that were restricted in the trial."""
        return [
            each.query for each in (self.tried.outcomes if self.tried else ()) if each.remaining is not None
        ]

    @property
    def saved_ms(self) -> float:
        """Milliseconds saved in the trial, of the queries that were faster: an adapter leaves the others alone."""
        outcomes = self.tried.outcomes if self.tried else ()
        pairs = [(each.before_ms, each.after_ms) for each in outcomes if each.before_ms and each.after_ms]
        return sum(max(0.0, before - after) for before, after in pairs)

    def statements(self, queries: Iterable[Query] = ()) -> list[str]:
        """What to run to have it."""
        key = _literal(self.partition_key)
        calls = [
            "create extension if not exists partitioncache;",
            f"select partitioncache_register({key}, {_literal(self.datatype)});",
        ]
        calls += [
            f"select partitioncache_place({_literal(table)}, {_literal(column)}, {key});"
            for table, column in self.placements.items()
        ]
        calls += [f"select partitioncache_push({_literal(query.text)}, {key});" for query in queries]
        return [*calls, "call partitioncache_run_processor();"]


def workload(connection: Connection, most: int = 20) -> list[Query]:
    """The queries that have taken most time, from pg_stat_statements, with values from the statistics.

    Raises:
        ConfigurationError: the extension pg_stat_statements is not there, or has nothing of this database.
    """
    row = connection.execute(
        "select n.nspname::text from pg_catalog.pg_extension e "
        "join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'"
    ).fetchone()
    if row is None:
        raise ConfigurationError(
            "The extension pg_stat_statements is not in this database.",
            hint="Create it, or give a file of queries: --queries.",
        )
    statements = sql.SQL(_STATEMENTS).format(sql.Identifier(row[0], "pg_stat_statements"))
    columns = Columns(connection)
    found = [Query(columns.filled(text), ms) for text, ms, _ in connection.execute(statements, [most])]
    if not found:
        raise ConfigurationError(
            "pg_stat_statements has no queries of this database that this role may see.",
            hint="Grant it pg_read_all_stats, or give a file of queries: --queries.",
        )
    return found


def advise(
    connection: Connection,
    queries: Sequence[Query],
    *,
    tries: int = 3,
    seconds: float = 120,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> list[Candidate]:
    """The columns that would make a partition key, the best first.

    Args:
        connection: to the database, not in autocommit mode and with no transaction open.
        queries: what the application asks.
        tries: how many candidates are tried, in transactions that are rolled back; 0: none.
        seconds: how long trying may take in all.
        progress: as for `trial.run`.
    """
    columns = Columns(connection)
    connection.rollback()
    candidates = sorted(_scored(columns, queries), key=lambda each: (-each.share, each.partition_key))
    ends = time.monotonic() + seconds
    tried = []
    for number, candidate in enumerate(candidates):
        left = (ends - time.monotonic()) / max(1, tries - number)
        if number < tries and left > 1:
            candidate = _tried(connection, candidate, queries, left, progress)
        tried.append(candidate)
    return sorted(
        tried, key=lambda each: (each.tried is None, -each.saved_ms, -each.share, each.partition_key)
    )


def _tried(
    connection: Connection,
    candidate: Candidate,
    queries: Sequence[Query],
    seconds: float,
    progress: Callable[[str, int, int], None],
) -> Candidate:
    try:
        found = trial.run(
            connection,
            [query.text for query in queries],
            candidate.partition_key,
            datatype=candidate.datatype,
            placements=candidate.placements,
            filling_seconds=seconds / 2,
            query_seconds=max(1, seconds / 4 / len(queries)),
            progress=lambda what, done, of: progress(f"{candidate.partition_key}: {what}", done, of),
        )
    except (PartitionCacheError, psycopg.errors.InsufficientPrivilege):
        raise
    except psycopg.Error:
        return candidate
    return Candidate(
        candidate.partition_key,
        candidate.datatype,
        candidate.columns,
        candidate.partitions,
        candidate.share,
        found,
    )


class Columns:
    """The columns of a database's tables, and which of them hold the same."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(_COLUMNS).fetchall()
        self.all = [Column(*row) for row in rows]
        self._by_table: dict[str, dict[str, Column]] = defaultdict(dict)
        for column in self.all:
            self._by_table[f"{column.schema}.{column.relation}"][column.name] = column
            if column.visible:
                self._by_table[column.relation][column.name] = column
        self.classes = self._classes(connection.execute(_FOREIGN_KEYS).fetchall())

    def _classes(self, foreign_keys: Iterable[tuple[int, str, int, str]]) -> list[list[Column]]:
        known = {(column.table, column.name): column for column in self.all}
        groups = _Groups()
        for table, name, other, other_name in foreign_keys:
            groups.join((table, name), (other, other_name))
        by_name: dict[tuple[str, str], tuple[int, str]] = {}
        for column in self.all:
            if column.name in ("id", "name"):
                continue  # each table's own
            first = by_name.setdefault((column.name, column.type), (column.table, column.name))
            groups.join((column.table, column.name), first)
        return [[known[place] for place in group if place in known] for group in groups.all()]

    def of(self, query: exp.Expr) -> dict[str, dict[str, Column]]:
        """The columns of each table in a query, by the name that the table has there."""
        found = {}
        for table in query.find_all(exp.Table):
            name = f"{table.db}.{table.name}" if table.db else table.name
            if name in self._by_table:
                found[table.alias_or_name] = self._by_table[name]
        return found

    def filled(self, text: str) -> str:
        """A query of pg_stat_statements, with values for its parameters that the statistics hold to be usual."""
        if not _PARAMETER.search(text):
            return text
        values: dict[str, str] = {}
        try:
            tree = parse_one(text, dialect="postgres")
        except SqlglotError:
            return text
        tables = self.of(tree)
        for node in tree.find_all(exp.Parameter):
            partner = _partner(node, tables)
            values[node.name] = _usual(node.parent, partner)
        return _PARAMETER.sub(lambda match: _literal(values.get(match[1], "1")), text)


_PARAMETER: Final = re.compile(r"\$([0-9]+)")


def _partner(node: exp.Expr, tables: Mapping[str, Mapping[str, Column]]) -> Column | None:
    """The column with which a parameter is compared."""
    comparison = node.parent
    while comparison is not None and not isinstance(comparison, (exp.Predicate, exp.Between, exp.In)):
        comparison = comparison.parent
    if comparison is None:
        return None
    for column in comparison.find_all(exp.Column):
        places = [tables[column.table]] if column.table in tables else [] if column.table else tables.values()
        for place in places:
            if column.name in place:
                return place[column.name]
    return None


def _usual(comparison: exp.Expr | None, column: Column | None) -> str:
    if isinstance(comparison, (exp.Like, exp.ILike)):
        return "%a%"
    if column is None:
        return "1"
    values = column.bounds or column.common
    if not values:
        return "1"
    # A condition that is there for a reason leaves out most rows.
    place = (
        0.9
        if isinstance(comparison, (exp.GT, exp.GTE))
        else 0.1
        if isinstance(comparison, (exp.LT, exp.LTE))
        else 0.5
    )
    if isinstance(comparison, exp.EQ) and column.common:
        return column.common[len(column.common) // 2]
    return values[min(len(values) - 1, int(len(values) * place))]


def _scored(columns: Columns, queries: Sequence[Query]) -> Iterator[Candidate]:
    trees = []
    for query in queries:
        try:
            trees.append((query, parse_one(query.text, dialect="postgres")))
        except SqlglotError:
            continue
    total = sum(query.ms for query, _ in trees) or 1.0
    for group in columns.classes:
        usable = _usable(group)
        if usable is None:
            continue
        name, datatype, partitions = usable
        by_table = {column.table: column for column in group}
        value, used = 0.0, dict[int, Column]()
        for query, tree in trees:
            tables = columns.of(tree)
            gain, places = _gain(tree, tables, by_table)
            value += query.ms * gain
            if gain:
                used.update(places)
        if value:
            where = tuple(sorted((column.qualified, column.quoted) for column in used.values()))
            yield Candidate(name, datatype, where, partitions, value / total)


def _usable(group: Sequence[Column]) -> tuple[str, str, int] | None:
    """The name, the data type and the number of partitions of a class of columns; None if it is no partition key."""
    largest = max(group, key=lambda column: column.rows)
    partitions = max((column.distinct or 0.0 for column in group if column.rows), default=0.0)
    if partitions < FEWEST_PARTITIONS or largest.rows / max(partitions, 1.0) < FEWEST_ROWS:
        return None
    try:
        datatype = datatype_name(largest.type.partition("(")[0])
    except DatatypeError:
        return None
    if datatype not in DATATYPES or datatype in ("float", "numeric"):
        return None
    names = [column.name for column in sorted(group, key=lambda column: -column.rows)]
    tables = [column.relation for column in group]
    # city_id rather than town, where both refer to the table city.
    name = max(
        names, key=lambda each: (names.count(each), any(t in each for t in tables), -names.index(each))
    )
    return name, datatype, round(partitions)


def _gain(
    tree: exp.Expr, tables: Mapping[str, Mapping[str, Column]], by_table: Mapping[int, Column]
) -> tuple[float, dict[int, Column]]:
    """How much of a query a key could restrict, from 0 to 1 and more for each join by it; and where it stands there."""
    placed: dict[str, Column] = {}
    for alias, names in tables.items():
        table = next(iter(names.values())).table
        if table in by_table:
            placed[alias] = by_table[table]
    if not placed:
        return 0.0, {}
    groups = _Groups()
    filtered: set[str] = set()
    for predicate in tree.find_all(exp.Predicate):
        sides = [predicate.this, predicate.args.get("expression")]
        keys = [found for side in sides if (found := _key_of(side, placed, tables)) is not None]
        if isinstance(predicate, exp.EQ) and len(keys) == 2:
            groups.join(*keys)
        elif isinstance(predicate, exp.EQ) and keys and len(list(predicate.find_all(exp.Column))) == 1:
            return 0.0, {}  # one partition is asked for already
        else:
            for column in predicate.find_all(exp.Column):
                table_alias = _table_of(column, tables)
                if table_alias in placed and placed[table_alias].name != column.name:
                    filtered.add(table_alias)
    for join in tree.find_all(exp.Join):
        named = {identifier.name for identifier in join.args.get("using") or ()}
        aliases = [alias for alias, column in placed.items() if column.name in named]
        for alias in aliases[1:]:
            groups.join(aliases[0], alias)
    if not filtered:
        return 0.0, {}
    joined = max((len(group) for group in groups.all()), default=1)
    return (len(placed) / max(1, len(tables))) * joined, {column.table: column for column in placed.values()}


def _table_of(column: exp.Column, tables: Mapping[str, Mapping[str, Column]]) -> str | None:
    """The name of the table that a column belongs to; None if that is not plain to see."""
    if column.table:
        return str(column.table) if column.table in tables else None
    found = [alias for alias, names in tables.items() if column.name in names]
    return found[0] if len(found) == 1 else None


def _key_of(
    side: object, placed: Mapping[str, Column], tables: Mapping[str, Mapping[str, Column]]
) -> str | None:
    """The table whose key stands on one side of a comparison."""
    if not isinstance(side, exp.Column):
        return None
    alias = _table_of(side, tables)
    if alias is None or alias not in placed or placed[alias].name != side.name:
        return None
    return alias


@dataclass
class _Groups:
    """Things that belong together."""

    _of: dict[Any, list[Any]] = field(default_factory=dict)

    def join(self, one: Any, other: Any) -> None:
        first, second = self._of.setdefault(one, [one]), self._of.setdefault(other, [other])
        if first is not second:
            first += second
            for each in second:
                self._of[each] = first

    def all(self) -> list[list[Any]]:
        return list({id(group): group for group in self._of.values()}.values())


def _literal(text: str) -> str:
    return str(sql.Literal(text).as_string())
