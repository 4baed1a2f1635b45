"""Moving entries from one backend to another so that they are still found there, and mean no more than before.

PostgreSQL and `partitioncache.analysis` write the same fragment in different words, so its hash differs. An entry
that was computed for a fragment remembers the fragment's text; from that text the other analyser's hash is found,
provided that it keeps every condition of the text: a hash that stands for fewer conditions stands for more keys.

An entry that a PostgreSQL cache has evaluated knows its tables: it follows their writes, and is put aside when they
are altered. A copy of its keys knows nothing. So it is left out, unless the caller asserts that its tables do not
change, and its query can be queued where it would have gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

import sqlglot
from sqlglot import exp

from partitioncache.analysis import Analysis, analyse
from partitioncache.analysis.statement import flattened
from partitioncache.backends.protocol import Backend, State
from partitioncache.backends.questions import Question
from partitioncache.config import checked_partition_key
from partitioncache.datatypes import KeySet
from partitioncache.errors import (
    ConfigurationError,
    DatatypeError,
    NotRegisteredError,
    PartitionCacheError,
    RegistrationConflictError,
)

DIALECTS: Final = ("postgres", "mysql", "sqlite")
_NUMBERS: Final = (*exp.DataType.INTEGER_TYPES, *exp.DataType.REAL_TYPES)

_WHY: Final[dict[State, str]] = {
    State.TRACKED: "it follows the writes to its tables, and a copy could not",
    State.EVALUATED: "it was evaluated, and a copy would not know when its tables change",
    State.ASIDE: "it is put aside where it is, and has no key set to copy",
}


@dataclass
class Migration:
    """What `migrate_cache_backend` did.

    Attributes:
        entries: how many entries the new cache has got.
        renamed: for those whose hash is another one there, the old and the new.
        reasons: for the hash of each entry that was left out the reason.
        queued: how many queries of these were queued to be evaluated in the new cache.
    """

    entries: int = 0
    renamed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    queued: int = 0

    @property
    def left_out(self) -> tuple[str, ...]:
        """The hashes of the entries that were left out."""
        return tuple(self.reasons)


def migrate_cache_backend(
    old_cache: Backend,
    new_cache: Backend,
    partition_key: str,
    *,
    push: bool = False,
    assert_static: bool = False,
) -> Migration:
    """Copies the entries of a partition key, with their queries, into another cache.

    Entries that were computed for fragments of queries get the hash under which the new cache looks for them;
    entries with names of your own keep them. What the new cache has under other hashes stays.

    Left out is what a PostgreSQL cache has evaluated: the copy would not know when its tables change. Into Redis and
    RocksDB, which follow no writes anyway, entries of tables that are asserted to be static are copied all the same.

    Args:
        old_cache: a `Cache` or its `underlying_handler`; nothing is changed there.
        new_cache: the same, of any backend.
        partition_key: the partition key; it is registered in the new cache if need be.
        push: queue the queries of entries that are left out, if the new cache is one of PostgreSQL's.
        assert_static: you promise that the tables of all entries do not change: they are copied.

    Raises:
        ConfigurationError: both are the same cache.
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
    refuse_same(old, new)
    datatype = old.datatype(checked_partition_key(partition_key))
    if datatype is None:
        raise NotRegisteredError(
            f"The old cache has no partition key {partition_key}.",
            hint=f"It has: {', '.join(name for name, _ in old.get_partition_keys()) or 'none'}.",
        )
    transfer = Transfer(new, partition_key, datatype, push=push, assert_static=assert_static)
    for hash, state in sorted(old.states(partition_key).items()):
        as_of = old.as_of([hash], partition_key)  # before the keys: they are not older
        keys, query = old.get(hash, partition_key), old.get_query(hash, partition_key)
        transfer.take(hash, keys, query, state, as_of, old.get_form(hash, partition_key))
    return transfer.done


def refuse_same(old: Backend, new: Backend) -> None:
    """Raises ConfigurationError if both are one and the same cache."""
    if old.same_as(new):
        raise ConfigurationError(
            "Source and target are the same cache.", hint="Name another cache, database, server or directory."
        )


class Transfer:
    """Entries on their way into a cache.

    Args:
        new: the cache.
        partition_key: the partition key of the entries; it is registered if need be.
        datatype: its data type.
        push: as in `migrate_cache_backend`.
        assert_static: as in `migrate_cache_backend`.

    Raises:
        DatatypeError: the cache does not hold the data type.
        RegistrationConflictError: it knows the partition key with another data type.
    """

    def __init__(
        self,
        new: Backend,
        partition_key: str,
        datatype: str,
        *,
        push: bool = False,
        assert_static: bool = False,
    ) -> None:
        self.done = Migration()
        self._new = new
        self._partition_key = partition_key
        self._push = push
        self._assert_static = assert_static
        register(new, partition_key, datatype)
        self._there = new.states(partition_key)

    def take(
        self,
        hash: str,
        keys: KeySet | None,
        query: str | None,
        state: State,
        as_of: float | None,
        form: str | None = None,
    ) -> None:
        """Stores an entry, or leaves it out with a reason.

        Args:
            hash: its name.
            keys: its key set, None if it cannot be told.
            query: the text that it was stored with.
            state: how it stood where it comes from.
            as_of: the time of its data, as in `Backend.set_set`.
            form: as `Backend.get_form` told it there.
        """
        others = other_names(self._new, hash, query, self._partition_key) if keys is not None else {}
        names: dict[str, str | None] = {**others} if others else {hash: query}
        reason = self._reason(names, keys, state, is_fragment(hash, query))
        if reason is not None or keys is None:
            self._leave_out(hash, query, reason or _WHY[State.ASIDE])
            return
        try:
            for name, text in names.items():
                self._new.set_set(name, keys, self._partition_key, as_of)
                if text is not None:
                    self._new.set_query(name, text, self._partition_key, form if name == hash else None)
        except DatatypeError as error:
            self.done.reasons[hash] = f"the target cannot hold its keys: {error.message.rstrip('.')}"
            return
        self.done.entries += 1
        if others:
            self.done.renamed[hash] = tuple(others)

    def _reason(
        self, names: Collection[str], keys: KeySet | None, state: State, fragment: bool
    ) -> str | None:
        """Why an entry may not be stored, None if it may."""
        there = {self._there.get(name, State.ASSERTED) for name in names} - {State.ASSERTED}
        if there:
            return "the target has evaluated the same itself"
        if self._assert_static and keys is not None:
            return None
        if state != State.ASSERTED and self._new.dialect is not None:
            return _WHY.get(state, _WHY[State.EVALUATED])
        if state in _WHY:
            return _WHY[state]
        if fragment and self._new.follows_writes(self._partition_key):
            return "the target follows writes, and it could not"
        return None

    def _leave_out(self, hash: str, query: str | None, reason: str) -> None:
        if self._push and query is not None and self._new.dialect is not None:
            try:
                self._new.push(Question(query, self._partition_key))
                self.done.queued += 1
            except PartitionCacheError as error:
                reason = f"{reason}; and its query was not queued: {error.message}"
        self.done.reasons[hash] = reason


def register(cache: Backend, partition_key: str, datatype: str) -> None:
    """Registers a partition key, if need be. In PostgreSQL either storage is right, if it is registered already.

    Raises:
        RegistrationConflictError: it is registered with another data type.
        DatatypeError: the backend does not hold the data type.
    """
    known = cache.datatype(partition_key)
    if known is None:
        cache.register(partition_key, datatype)
    elif known != datatype:
        raise RegistrationConflictError(
            f"{partition_key} is registered there as {known}, not as {datatype}.",
            hint="Use a cache of another name, or one without that partition key.",
        )


def is_fragment(hash: str, query: str | None) -> bool:
    """Whether an entry was computed for a fragment: then its name is that of its text."""
    return query is not None and hashlib.sha256(query.encode("utf-8", "replace")).hexdigest() == hash


def other_names(backend: Backend, hash: str, query: str | None, partition_key: str) -> dict[str, str]:
    """The hashes, with their texts, under which a backend looks for a fragment of the other analyser.

    Empty if the entry is no fragment of the other analyser, or if the two do not understand it alike.
    """
    if query is None or not is_fragment(hash, query):
        return {}
    if backend.dialect is not None:
        if not _is_one_of(analyse(query, partition_key, "postgres"), hash):
            return {}
        return dict(_by_server(backend, hash, query, partition_key))
    if any(_is_one_of(analyse(query, partition_key, dialect), hash) for dialect in DIALECTS):
        return {}
    return dict(_by_analysis(query, partition_key))


def store_under_other_names(backend: Backend, hash: str, query: str, partition_key: str) -> None:
    """Stores an entry, which was asserted under a hash of the other analyser, under those of its backend as well.

    Where the backend follows writes, or has evaluated the same itself, it does not: the keys could not follow.
    """
    for name, text in other_names(backend, hash, query, partition_key).items():
        if backend.dialect is not None and (
            backend.exists(name, partition_key) or backend.follows_writes(partition_key)
        ):
            continue
        keys = backend.get(hash, partition_key)
        if keys is not None:
            backend.set_set(name, keys, partition_key, backend.as_of([hash], partition_key))
            backend.set_query(name, text, partition_key)


def _backend(cache: Backend) -> Backend:
    inner = getattr(cache, "underlying_handler", cache)
    if not isinstance(inner, Backend):
        raise ConfigurationError(
            f"{inner!r} is no cache.", hint="Give what create_cache returns, or its underlying_handler."
        )
    return inner


def _is_one_of(analysis: Analysis, hash: str) -> bool:
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


def _by_server(backend: Backend, hash: str, query: str, partition_key: str) -> Iterator[tuple[str, str]]:
    """Those of the server's fragments that lead back to the hash: both analysers see the same in them."""
    for other, fragment in backend.server_fragments(query, partition_key) or ():
        if hash in dict(_by_analysis(fragment, partition_key)):
            yield other, fragment


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
