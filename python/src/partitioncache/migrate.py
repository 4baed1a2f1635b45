"""Moving entries from one backend to another so that they are still found there.

PostgreSQL and `partitioncache.analysis` write the same fragment in different words, so its hash differs. An entry
that was computed for a fragment remembers the fragment's text; from that text the other analyser's hash is found,
provided that it keeps every condition of the text: a hash that stands for fewer conditions stands for more keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

import sqlglot
from psycopg import sql
from sqlglot import exp

from partitioncache.analysis import Analysis, analyse
from partitioncache.analysis.statement import flattened
from partitioncache.backends.postgresql import PostgresqlArray
from partitioncache.backends.protocol import Backend
from partitioncache.config import checked_partition_key
from partitioncache.errors import NotRegisteredError

DIALECTS: Final = ("postgres", "mysql", "sqlite")
_NUMBERS: Final = (*exp.DataType.INTEGER_TYPES, *exp.DataType.REAL_TYPES)


@dataclass(frozen=True)
class Migration:
    """What `migrate_cache_backend` did.

    Attributes:
        entries: how many entries the new cache has got.
        renamed: for those whose hash is another one there, the old and the new.
        left_out: hashes of entries that the old cache has put aside, so that there was no key set to move.
    """

    entries: int
    renamed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def migrate_cache_backend(old_cache: Backend, new_cache: Backend, partition_key: str) -> Migration:
    """Copies all entries of a partition key, with their queries, into another cache.

    Entries that were computed for fragments of queries get the hash under which the new cache looks for them;
    entries with names of your own keep them. What the new cache has under other hashes stays.

    Args:
        old_cache: a `Cache` or its `underlying_handler`; nothing is changed there.
        new_cache: the same, of any backend.
        partition_key: the partition key; it is registered in the new cache if need be.

    Raises:
        NotRegisteredError: the old cache does not know the partition key.
        DatatypeError: the new backend does not hold its data type; nothing was copied.
        RegistrationConflictError: the new cache knows it with another data type; nothing was copied.

    >>> import tempfile, partitioncache
    >>> old, new = (partitioncache.create_cache(kind, "city_id", "integer", path=tempfile.mkdtemp())
    ...             for kind in ("rocksdict", "rocksdb_bit"))
    >>> old.set_set("near the sea", {1, 2}, query="SELECT DISTINCT city_id FROM poi WHERE sea < 5")
    >>> migrate_cache_backend(old, new, "city_id").entries, new.get("near the sea")
    (1, {1, 2})
    >>> old.close(), new.close()
    (None, None)
    """
    old, new = _backend(old_cache), _backend(new_cache)
    datatype = old.datatype(checked_partition_key(partition_key))
    if datatype is None:
        raise NotRegisteredError(
            f"The old cache has no partition key {partition_key}.",
            hint=f"It has: {', '.join(name for name, _ in old.get_partition_keys()) or 'none'}.",
        )
    new.register(partition_key, datatype)
    left_out: list[str] = []
    renamed: dict[str, tuple[str, ...]] = {}
    hashes = sorted(old.get_all_keys(partition_key))
    for hash in hashes:
        keys, query = old.get(hash, partition_key), old.get_query(hash, partition_key)
        if keys is None:
            left_out.append(hash)
            continue
        others = other_names(new, hash, query, partition_key)
        if others:
            renamed[hash] = tuple(others)
        texts: dict[str, str | None] = {**others} if others else {hash: query}
        for name, text in texts.items():
            new.set_set(name, keys, partition_key)
            if text is not None:
                new.set_query(name, text, partition_key)
    return Migration(len(hashes) - len(left_out), renamed, tuple(left_out))


def other_names(backend: Backend, hash: str, query: str | None, partition_key: str) -> dict[str, str]:
    """The hashes, with their texts, under which a backend looks for a fragment of the other analyser.

    Empty if the entry is no fragment of the other analyser, or if the two do not understand it alike.
    """
    if query is None or hashlib.sha256(query.encode()).hexdigest() != hash:
        return {}
    if isinstance(backend, PostgresqlArray):
        if not _is_fragment(analyse(query, partition_key, "postgres"), hash):
            return {}
        return dict(_by_server(backend, query, partition_key))
    if any(_is_fragment(analyse(query, partition_key, dialect), hash) for dialect in DIALECTS):
        return {}
    return dict(_by_analysis(query, partition_key))


def _backend(cache: Backend) -> Backend:
    inner = getattr(cache, "underlying_handler", cache)
    assert isinstance(inner, Backend)
    return inner


def _is_fragment(analysis: Analysis, hash: str) -> bool:
    return any(fragment.hash == hash for fragment in analysis.fragments)


def _by_analysis(query: str, partition_key: str) -> Iterator[tuple[str, str]]:
    """A text of PostgreSQL's as a user might have written it: with the schema public, and without."""
    tree = sqlglot.parse_one(query, read="postgres")
    if not isinstance(tree, exp.Select):
        return
    for text in dict.fromkeys(
        (_as_written(tree, "").sql("postgres"), _as_written(tree, "public").sql("postgres"))
    ):
        analysis = analyse(text, partition_key, "postgres")
        selected = tree.selects[0].args.get("table")
        for fragment in analysis.fragments:
            same_key = fragment.family == selected.name if selected is not None else len(_tables(text)) == 1
            # One class of tables: the keys of all of them are equal, whichever of them is selected.
            same_key = same_key or analysis.merged({fragment.family: frozenset({0})}) is not None
            if same_key and not analysis.notes and _is_whole(fragment.sql, fragment.conjuncts, text):
                yield fragment.hash, fragment.sql


def _by_server(backend: PostgresqlArray, query: str, partition_key: str) -> Iterator[tuple[str, str]]:
    """The server's fragment with all of a text's conditions."""
    names = map(backend.server.function, ("pc_analyse", "pc_registration", "pc_session", "pc_fragments"))
    statement = sql.SQL(
        "with s as (select {session}(pg_catalog.current_setting('search_path')) as session) "
        "select ({analyse}(%(query)s, {registration}(%(cache)s, %(key)s), s.session)).canonical, "
        "f.family, f.hash, f.fragment, f.conjuncts "
        "from s, {fragments}(%(query)s, %(key)s, %(cache)s, s.session) f"
    ).format(**dict(zip(("analyse", "registration", "session", "fragments"), names, strict=True)))
    with backend.server.connection() as connection:
        parameters = {"query": query, "key": partition_key, "cache": backend.cache}
        rows = connection.execute(statement, parameters).fetchall()
    if len({family for _, family, *_ in rows}) == 1:
        for canonical, _, hash, fragment, conjuncts in rows:
            if _is_whole(fragment, conjuncts, canonical):
                yield hash, fragment


def _is_whole(fragment: str, conjuncts: Collection[str], text: str) -> bool:
    """Whether a fragment has all conditions and tables of a text."""
    return len(conjuncts) == len(set(_conditions(text))) and len(_tables(fragment)) == len(_tables(text))


def _conditions(text: str) -> list[str]:
    """The AND-ed conditions of the one SELECT that reads tables."""
    select = _innermost(sqlglot.parse_one(text, read="postgres"))
    where = select.args.get("where")
    places = [where.this] if where is not None else []
    places += [join.args["on"] for join in select.args.get("joins") or () if join.args.get("on") is not None]
    return [part.sql("postgres") for place in places for part in flattened(place)]


def _tables(text: str) -> list[str]:
    select = _innermost(sqlglot.parse_one(text, read="postgres"))
    sources = [select.args["from_"].this, *(join.this for join in select.args.get("joins") or ())]
    return [source.sql("postgres") for source in sources if isinstance(source, exp.Table)]


def _innermost(tree: exp.Expr) -> exp.Expr:
    """Below wrappers that only select from another SELECT."""
    while isinstance(source := tree.args["from_"].this, exp.Subquery) and not tree.args.get("where"):
        tree = source.this
    return tree


def _as_written(tree: exp.Select, schema: str) -> exp.Expr:
    """What PostgreSQL added to a text taken away again: the schema, and types of constants that change nothing."""

    def plain(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Table) and node.db == "public" and not schema:
            node.set("db", None)
        elif isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
            array = node.expression.this.unnest()
            if isinstance(array, exp.Array):
                return exp.In(
                    this=node.this, expressions=[_plain_constant(one, node.this) for one in array.expressions]
                )
        elif (
            isinstance(node, (exp.Predicate, exp.Like, exp.ILike)) and node.args.get("expression") is not None
        ):
            node.set("expression", _plain_constant(node.expression, node.this))
        return node

    return tree.copy().transform(plain)


def _plain_constant(node: exp.Expr, beside: exp.Expr) -> exp.Expr:
    """A constant without its cast, beside something that was compared with it as it is.

    PostgreSQL casts both sides where their types differ. Where it had no need to, text is compared as text whether
    or not the constant's cast is written, and numbers by their value. Of other types that is not sure.
    """
    if not isinstance(node, exp.Cast) or isinstance(beside.unnest(), exp.Cast):
        return node
    constant = node.this.unnest()
    if not isinstance(constant, exp.Literal):
        return node
    kinds = (exp.DataType.Type.TEXT,) if constant.is_string else _NUMBERS
    return constant if node.to.this in kinds and not node.to.expressions else node
