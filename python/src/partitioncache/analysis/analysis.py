"""A query taken apart, and put together again with the key sets of its fragments."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from partitioncache.analysis import fragments as parts
from partitioncache.analysis import keys as sets
from partitioncache.analysis import restriction as forms
from partitioncache.analysis.classes import PartitionClass, classes
from partitioncache.analysis.conditions import Condition, canonical
from partitioncache.analysis.dialects import rules
from partitioncache.analysis.forms import Form, form_of_fragment, form_of_query
from partitioncache.analysis.fragments import Fragment, Plan
from partitioncache.analysis.matching import Asked, Catalogue
from partitioncache.analysis.reasons import Unsure
from partitioncache.analysis.statement import Statement, check_functions, read, read_schema
from partitioncache.datatypes import Key

logger = logging.getLogger("partitioncache.analysis")

KeySets = Mapping[str, Collection["Key | None"]]


@dataclass(frozen=True)
class Analysis:
    """What ``analyse`` found out about one query.

    Attributes:
        query: the text as it was given.
        reason: why the query stays as it is, in a user's words; None if it can be restricted.
        fragments: what can be cached of it, most valuable first. Key sets of one ``family`` may be intersected.
        notes: conditions that no fragment holds, each with the reason. They only make key sets larger.
    """

    query: str
    reason: str | None
    fragments: tuple[Fragment, ...] = ()
    notes: tuple[str, ...] = ()
    _plan: Plan | None = field(default=None, repr=False, compare=False)

    def rewrite(self, keys_by_family: KeySets, method: str = "IN") -> str:
        """The query, restricted to the partitions that the key sets leave.

        Args:
            keys_by_family: for each family the intersection of the key sets of some of its fragments. Families
                without a key set are left out. None in a set: rows whose partition key is NULL match too.
            method: ``IN``, ``VALUES``, ``TMP_TABLE_IN``, ``TMP_TABLE_JOIN``, ``literal`` (``= ANY`` in PostgreSQL) or
                ``auto``, which is ``literal``. The TMP forms give several statements,
                separated by ``;`` and a line break; the last is the query.

        Returns:
            A text with the same result as the query; the query itself where nothing is known or nothing is sure.

        Raises:
            ValueError: there is no such method.

        >>> analysis = analyse("SELECT name FROM poi WHERE stars > 3", "city_id", "sqlite")
        >>> analysis.rewrite({analysis.fragments[0].family: {7, 2}})
        'SELECT name FROM poi WHERE (stars > 3) AND poi.city_id IN (2, 7)'
        """
        rewritten, reason = self.restricted(keys_by_family, method)
        if reason is not None:
            logger.info("query left as it is: %s", reason)
        return rewritten

    def restricted(self, keys_by_family: KeySets, method: str = "IN") -> tuple[str, str | None]:
        """What ``rewrite`` returns, and why it is the query itself where it is not sure; else None."""
        method = forms.method_named(method)
        if self._plan is None:
            return self.query, self.reason
        try:
            wanted = self._restrictions(keys_by_family)
            return forms.restricted(self._plan.statement, self._plan.key, wanted, method), None
        except Unsure as unsure:
            return self.query, str(unsure)

    def merged(self, keys_by_family: KeySets) -> frozenset[Key | None] | None:
        """One key set for the whole query, as ``extend_query_with_partition_keys`` takes it.

        Returns:
            The keys outside which the query has no row; None if nothing is known, or if the query's tables have
            partition keys that it does not equate, so that no one set is right for all of them.

        >>> analysis = analyse("SELECT 1 FROM a, b WHERE a.k = b.k AND a.x = 1 AND b.y = 2", "k", "postgres")
        >>> sorted(analysis.merged({"a": {1, 2, 3}, "b": {2, 3, 4}}))
        [2, 3]
        """
        if self._plan is None or len(self._plan.classes) != 1:
            return None
        try:
            found = self._restrictions(keys_by_family)
        except Unsure:
            return None
        members = self._plan.classes[0].members
        candidates = [
            one.keys for one in found if not one.keys or self._restricts_all(one.keys, found, members)
        ]
        return min(candidates, key=len, default=None)

    @property
    def form(self) -> Form | None:
        """The query as data; None if it stays as it is.

        >>> print(analyse("SELECT 1 FROM poi p JOIN street s USING (k) WHERE 3 < p.stars AND my_own(s.x)", "k").form)
        t0: poi
        t1: street
        equal keys: t0, t1
        t0.stars > 3
        t0.k = t1.k
        condition 2 is left out: my_own() is not known to be immutable
        """
        return None if self._plan is None else form_of_query(self._plan, self.notes)

    def form_of(self, fragment: Fragment) -> Form | None:
        """One of its fragments as data; None where that is only read from the fragment's text.

        >>> analysis = analyse("SELECT 1 FROM poi p JOIN street s USING (k) WHERE 3 < p.stars", "k")
        >>> print(analysis.form_of(analysis.fragments[0]))
        t0: poi
        t0.stars > 3
        """
        return None if self._plan is None else form_of_fragment(self._plan, fragment)

    def contained(
        self, catalogue: Catalogue, usable: Callable[[float], bool] = lambda as_of: True
    ) -> dict[str, list[str]]:
        """The entries of a catalogue that the query contains, by family, those with the fewest keys first.

        Args:
            catalogue: the entries' forms.
            usable: whether data of a time, in seconds since 1970, may be used.
        """
        form = self.form
        own = [(fragment.hash, fragment.family) for fragment in self.fragments]
        return {} if form is None else catalogue.contained(form, self.families, own, usable)

    def implications(self, entry: Form) -> tuple[str, ...]:
        """For each condition of an entry the one of the query from which it follows; none if it is not contained.

        >>> wider = analyse("SELECT 1 FROM poi WHERE kind IN (3, 4)", "k").form
        >>> analyse("SELECT 1 FROM poi p WHERE p.kind = 3", "k").implications(wider)
        ('poi.kind in (3) implies poi.kind in (3, 4)',)
        """
        form = self.form
        if form is None:
            return ()
        asked = Asked(form)
        return next(filter(None, (asked.implications(entry, source) for source in self.families)), ())

    @property
    def families(self) -> dict[int, str]:
        """The tables that can be restricted, and the family of each."""
        plan = self._plan
        if plan is None:
            return {}
        return {
            source: plan.statement.sources[source].alias for group in plan.classes for source in group.members
        }

    @staticmethod
    def _restricts_all(keys: forms.KeySet, found: list[forms.Restriction], members: tuple[int, ...]) -> bool:
        return all(forms.Restriction(source, keys) in found for source in members)

    def _restrictions(self, keys_by_family: KeySets) -> list[forms.Restriction]:
        plan = self._plan
        if plan is None:
            return []
        found: list[forms.Restriction] = []
        for group in plan.classes:
            families = {}
            for source in group.members:
                keys = keys_by_family.get(plan.statement.sources[source].alias)
                if keys is not None:
                    families[source] = keys
            if not families:
                continue
            restrictions = forms.restrictions(group, families)
            if restrictions is None:
                return [forms.nothing(group.members[0])]
            found.extend(restrictions)
        return found


def analyse(
    query: str,
    partition_key: str,
    dialect: str = "postgres",
    schema: Mapping[str, Collection[str]] | None = None,
    partition_local: bool = False,
    max_fragments: int = 64,
) -> Analysis:
    """Take a query apart into fragments whose key sets can be cached.

    The query is never run and no server is asked. What no rule covers is left out, or the query comes back
    unchanged with a reason; a text that cannot be parsed is such a case, not an error.

    What is assumed, since no server is there to ask:

    * The sessions that run the query, and those that run its fragments, have the same search_path or database,
      time zone, date style, sql_mode, PRAGMAs, role and row-level security.
    * Columns through which the query equates partition keys have the same declared type and collation. A text
      compared with a number would be equal to several others (``'5' = 5 = '05'`` in MySQL and SQLite).
    * Functions that the server ships have not been replaced by others of the same name.
    * MySQL runs with an sql_mode that leaves NOT and strings their usual meaning; where the usual modes differ
      (double quotes, ``||``, backslashes before quotes) the query is left alone.
    * The tables do not change, or the caller deals with it.

    Args:
        query: one SELECT.
        partition_key: the exact name of the column that splits the data.
        dialect: ``postgres``, ``mysql`` or ``sqlite``.
        schema: the columns of the tables, by table name: ``{"poi": ["id", "city_id"]}``. Without it, the only table
            of a query is believed to have the partition column, a table of a join has it if the query says
            ``table.partition_key`` anywhere, and conditions on columns without a table's name are left out of joins.
            With the types that the columns are declared with, ``{"poi": {"id": "integer", "area": "real"}}``, numbers
            and dates are known to be compared as such: an entry of ``area > 900`` then serves ``area > 1000``.
            Where the partition key stands in a column of another name, the type says so:
            ``{"orders": {"buyer": "integer partition key customer"}}``; see ``with_placements``.
        partition_local: the user's assertion that matches never cross partitions: the keys of tables that a
            condition connects are equal although the query does not say so.
        max_fragments: the largest number of fragments.

    Returns:
        The analysis; ``reason`` is None if the query has fragments.

    Raises:
        ValueError: the dialect is unknown, the partition key is empty, or max_fragments is less than 1.

    >>> analyse("SELECT * FROM poi p WHERE 3 < p.stars", "city_id", "sqlite").fragments[0].sql
    'SELECT DISTINCT t1.city_id COLLATE BINARY FROM poi AS t1 WHERE t1.stars > 3'
    >>> analyse("SELECT random() FROM poi WHERE stars > 3", "city_id").reason
    'random() is volatile: it may give another value each time it is called'
    """
    found_rules = rules(dialect)
    if not partition_key or max_fragments < 1:
        raise ValueError("a partition key and at least one fragment are needed")
    try:
        statement = read(query, found_rules, read_schema(schema, found_rules))
        check_functions(statement)
        key = found_rules.exact_column(partition_key)
        conditions, notes = _conditions(statement, key)
        groups = classes(statement, conditions, key, partition_local)
        plan = Plan(statement, key, conditions, groups)
        found = parts.fragments(plan, max_fragments)
    except Unsure as unsure:
        return Analysis(query, str(unsure))
    except RecursionError:
        return Analysis(query, "the query is nested too deeply")
    if not found:
        reason = "none of its conditions can be cached" + (f": {'; '.join(notes[:3])}" if notes else "")
        return Analysis(query, reason, (), notes)
    return Analysis(query, None, found, notes, plan)


def extend_query_with_partition_keys(
    query: str,
    partition_keys: Iterable[Key | None] | None,
    partition_key: str,
    method: str = "IN",
    *,
    dialect: str = "postgres",
    schema: Mapping[str, Collection[str]] | None = None,
) -> str:
    """Restrict a query to partitions.

    The restriction is put on every table whose partition column the query equates with the others'. A query whose
    tables have partition keys that are not equated comes back unchanged, since the keys cannot be meant for all;
    so does one that is no plain SELECT. The reason is logged by the logger ``partitioncache.analysis``.

    Args:
        query: one SELECT.
        partition_keys: int, float, str, datetime, date, UUID or Decimal; None among them stands for NULL. No rows
            pass an empty set. None instead of a set: nothing is known, and the query stays as it is.
        partition_key: the exact name of the partition column.
        method: ``IN``, ``VALUES``, ``TMP_TABLE_IN``, ``TMP_TABLE_JOIN`` or ``literal``.
        dialect: ``postgres``, ``mysql`` or ``sqlite``.
        schema: as for ``analyse``.

    Returns:
        The restricted query; for the TMP methods the statements that make and fill the temporary table first,
        separated by ``;`` and a line break.

    Raises:
        ValueError: there is no such method or dialect.

    >>> extend_query_with_partition_keys("SELECT * FROM events WHERE type = 'click'", {3, 1}, "user_id")
    "SELECT * FROM events WHERE (type = 'click') AND events.user_id IN (1, 3)"
    >>> extend_query_with_partition_keys("SELECT * FROM events", {"O'Hara", None}, "user")
    'SELECT * FROM events WHERE (events."user" IN (\\'O\\'\\'Hara\\') OR events."user" IS NULL)'
    """
    method = forms.method_named(method)
    found_rules = rules(dialect)
    if partition_keys is None:
        return query
    try:
        if isinstance(partition_keys, (str, bytes)) or not partition_key:
            raise Unsure("the partition keys are not a set, or the partition key has no name")
        keys = _key_set(partition_keys)
        statement = read(query, found_rules, read_schema(schema, found_rules))
        key = found_rules.exact_column(partition_key)
        conditions, _ = _conditions(statement, key)
        groups = classes(statement, conditions, key, partition_local=False)
        if len(groups) != 1:
            raise Unsure(f"the query does not equate the {partition_key} of its tables")
        wanted = [_given(groups[0], source, keys) for source in groups[0].members]
        sets.kind(keys)
        return forms.restricted(statement, key, wanted, method)
    except (Unsure, RecursionError) as unsure:
        logger.info("query left as it is: %s", unsure)
        return query


def _key_set(keys: Iterable[Key | None]) -> forms.KeySet:
    try:
        return frozenset(keys)
    except TypeError:
        raise Unsure("the partition keys are no values that a column can hold") from None


def _given(group: PartitionClass, source: int, keys: forms.KeySet) -> forms.Restriction:
    return forms.Restriction(source, keys - {None} if group.never_null(source) else keys)


def _conditions(statement: Statement, key: str) -> tuple[tuple[Condition, ...], tuple[str, ...]]:
    """The conditions that fragments may hold, and a note for each other."""
    found: list[Condition] = []
    notes: list[str] = []
    for number, node in enumerate(statement.conditions, 1):
        try:
            found.append(canonical(statement, node, key))
        except Unsure as unsure:
            notes.append(f"condition {number} is left out: {unsure}")
    return tuple(dict.fromkeys(found)), tuple(notes)
