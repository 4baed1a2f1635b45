"""The contract: a query restricted by what is cached returns exactly the rows of the original.

The cache is a dictionary. It is filled by running fragments of the query and of others that overlap with it; some
are left out at random, as in a cache that is still filling.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from differential.python_analyser.queries import Maker, Query
from differential.python_analyser.worlds import World
from partitioncache.analysis import METHODS, Analysis, analyse, extend_query_with_partition_keys
from partitioncache.analysis.forms import Form, form_of_entry
from partitioncache.analysis.matching import MOST_ALONE, MOST_NEAREST, Asked, Catalogue, Known, is_alone


@dataclass
class Tally:
    """What happened to the queries of one class."""

    tried: int = 0
    refused: int = 0
    rewritten: int = 0
    restricted: int = 0
    implied: int = 0
    with_rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class Report:
    """Counts by class, and what else is worth knowing."""

    classes: dict[str, Tally] = field(default_factory=dict)
    fragments: int = 0
    refused_fragments: Counter[str] = field(default_factory=Counter)
    refused_queries: Counter[str] = field(default_factory=Counter)
    texts: int = 0

    def of(self, name: str) -> Tally:
        return self.classes.setdefault(name, Tally())

    def table(self) -> str:
        lines = [
            f"{'class':30} {'tried':>7} {'with rows':>10} {'rewritten':>10} {'unchanged':>10} "
            f"{'contained':>10}  most common reason"
        ]
        for name, tally in self.classes.items():
            reason = tally.reasons.most_common(1)
            unchanged = tally.tried - tally.rewritten
            lines.append(
                f"{name:30} {tally.tried:7} {tally.with_rows:10} {tally.rewritten:10} {unchanged:10}"
                f" {tally.implied:10}  {reason[0][0][:90] if reason else ''}"
            )
        tried = sum(tally.tried for tally in self.classes.values())
        lines.append(
            f"{tried} queries, {self.texts} rewritten texts compared, {self.fragments} fragments evaluated"
        )
        if self.refused_fragments:
            lines.append(f"fragments that the server refused: {self.refused_fragments.most_common(6)}")
        if self.refused_queries:
            lines.append(f"queries that the server refused: {self.refused_queries.most_common(6)}")
        return "\n".join(lines)


class WrongRows(AssertionError):
    """A rewritten query returned other rows, or an error."""


def rows_of(rows: list[tuple[Any, ...]], ordered: bool) -> Any:
    plain = [tuple(_plain(value) for value in row) for row in rows]
    return plain if ordered else Counter(plain)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, (dict, list)):
        return repr(value)
    if isinstance(value, Decimal):
        return str(value)
    return value


def analysed(world: World, query: str, schema: Any) -> Analysis:
    return analyse(query, "city_id", world.dialect, schema)


class Arena:
    """A world, a cache, and random queries."""

    def __init__(self, world: World, seed: int, report: Report) -> None:
        self.world = world
        self.rng = random.Random(seed)
        self.maker = Maker(world, self.rng)
        self.report = report
        self.cache: dict[str, frozenset[Any] | None] = {}
        self.catalogue = Catalogue()
        self.texts: dict[str, str] = {}
        self.forms: dict[str, Form] = {}

    def evaluate(self, analysis: Analysis, share: float) -> None:
        """Fill the cache from an analysis. Half of the fragments run restricted by their parts, as a monitor does."""
        for fragment in analysis.fragments:
            if fragment.hash in self.cache or self.rng.random() > share:
                continue
            sql = fragment.sql
            known = [keys for part in fragment.parts if (keys := self.cache.get(part)) is not None]
            if known and self.rng.random() < 0.5:
                keys = frozenset.intersection(*known)
                inner = analyse(fragment.sql, "city_id", self.world.dialect)
                sql = inner.rewrite({"t1": keys}, "IN")
            self.report.fragments += 1
            try:
                found = self.world.server.run(sql)
            except Exception as error:
                self.report.refused_fragments[f"{str(error)[:80]} | {sql[:200]}"] += 1
                self.cache[fragment.hash] = None
                continue
            self.cache[fragment.hash] = keys = frozenset(row[0] for row in found)
            form = analysis.form_of(fragment) if self.rng.random() < 0.5 else None
            form = form or form_of_entry(fragment.hash, fragment.sql, "city_id", self.schema())
            if form is None:
                raise WrongRows(f"a fragment is not understood: {fragment.sql}")
            self.texts[fragment.hash] = fragment.sql
            self.forms[fragment.hash] = form
            self.catalogue.put(fragment.hash, Known(form, len(keys), 0))

    def schema(self) -> Any:
        """None, the names of all columns, or their types too."""
        return self.rng.choice([None, self.world.schema, self.world.declared, self.world.declared])

    def known(self, analysis: Analysis, tally: Tally) -> dict[str, frozenset[Any]]:
        """The intersections of what the cache has, by family; now and then of what the query contains, only."""
        known: dict[str, frozenset[Any]] = {}
        own = {fragment.hash for fragment in analysis.fragments}
        for fragment in analysis.fragments if self.rng.random() < 0.7 else ():
            keys = self.cache.get(fragment.hash)
            if keys is not None and self.rng.random() < 0.8:
                known[fragment.family] = known.get(fragment.family, keys) & keys
        others = 0
        contained = analysis.contained(self.catalogue)
        if self.rng.random() < 0.1:
            self.compare_index(analysis, contained)
        for family, hashes in contained.items():
            for hash in hashes:
                keys = self.cache[hash]
                if keys is not None and self.rng.random() < 0.5:
                    known[family] = known.get(family, keys) & keys
                    others += hash not in own
        tally.implied += others > 0
        return known

    def compare_index(self, analysis: Analysis, contained: dict[str, list[str]]) -> None:
        """The catalogue finds by its index what a look at each entry finds."""
        form, plan = analysis.form, analysis._plan
        if form is None or plan is None:
            return
        asked = Asked(form)
        for source in (source for group in plan.classes for source in group.members):
            found = contained.get(plan.statement.sources[source].alias, [])
            alone = sum(is_alone(self.forms[hash]) for hash in found if hash in self.forms)
            for hash, entry in self.forms.items():
                # Of those that say nothing but a bound, the nearest few have the fewest keys.
                if is_alone(entry) and alone >= MOST_ALONE:
                    continue
                if asked.contains(entry, source) and hash not in found and len(found) < MOST_NEAREST:
                    raise WrongRows(f"not found by the index: {self.texts[hash]} for {analysis.query}")

    def step(self, of: str) -> None:
        """One query of a class: made, cached, rewritten in every way, compared; then others much like it."""
        query = self.maker.query(of)
        self.ask(query)
        fixed = query.ordered or "RECURSIVE" in query.text
        for _ in range(0 if fixed else self.rng.choice([0, 0, 1, 2])):
            self.ask(Query("constants changed", self.maker.constants_changed(query.text)))

    def ask(self, query: Query) -> None:
        """One query."""
        tally = self.report.of(query.of)
        try:
            original = rows_of(self.world.server.run(query.text), query.ordered)
        except Exception as error:
            tally.refused += 1
            self.report.refused_queries[f"{str(error)[:80]} | {query.text[:250]}"] += 1
            return
        tally.tried += 1
        tally.with_rows += bool(original)
        analysis = analysed(self.world, query.text, self.schema())
        if analysis.reason is not None:
            tally.reasons[analysis.reason] += 1
            return
        # What is stored of it comes before or after it is asked: then only what is contained is known.
        evaluated = self.rng.random() < 0.75
        if evaluated:
            self.evaluate(analysis, self.rng.choice([1.0, 1.0, 0.6, 0.3]))
        known = self.known(analysis, tally)
        changed = False
        for method in ("IN", self.rng.choice(METHODS[1:])):
            text = analysis.rewrite(known, method)
            changed = changed or text != query.text
            self.compare(query, original, text, known, method)
        merged = analysis.merged(known)
        if merged is not None:
            text = extend_query_with_partition_keys(
                query.text,
                merged,
                "city_id",
                self.rng.choice(METHODS),
                dialect=self.world.dialect,
                schema=self.world.schema,
            )
            self.compare(query, original, text, known, f"merged {merged}")
        if not evaluated:
            self.evaluate(analysis, self.rng.choice([1.0, 0.6]))
        tally.rewritten += changed
        if not changed:
            tally.reasons["nothing cached yet" if not known else "rewrite left it as it is"] += 1

    def compare(self, query: Query, original: Any, text: str, known: dict[str, Any], method: str) -> None:
        self.report.texts += 1
        try:
            *before, last = (
                text.split(";\n") if text != query.text and "partitioncache_keys_" in text else [text]
            )
            for statement in before:
                self.world.server.run(statement)
            found = rows_of(self.world.server.run(last), query.ordered)
        except Exception as error:
            raise WrongRows(
                self.story(query, text, known, method, f"{type(error).__name__}: {error}")
            ) from error
        if found != original:
            difference = (
                f"{sum(original.values())} rows became {sum(found.values())}"
                if not query.ordered
                else "the list differs"
            )
            raise WrongRows(self.story(query, text, known, method, difference))

    def story(self, query: Query, text: str, known: dict[str, Any], method: str, what: str) -> str:
        analysis = analysed(self.world, query.text, self.world.declared)
        lines = [
            f"{self.world.dialect}, {self.world.kind} keys, class {query.of}, method {method}: {what}",
            f"query:     {query.text}",
            f"rewritten: {text}",
            f"known:     {known}",
            f"notes:     {analysis.notes}",
        ]
        lines += [
            f"  [{one.family}] {one.sql} -> {self.cache.get(one.hash)}" for one in analysis.fragments[:20]
        ]
        for family, hashes in analysis.contained(self.catalogue).items():
            lines += [
                f"  contained [{family}] {self.texts[hash]} -> {self.cache.get(hash)}" for hash in hashes
            ]
        return "\n".join(lines)


def hunt(world: World, seed: int, queries: int, report: Report) -> None:
    """Random queries against one world. Raises WrongRows at the first difference."""
    arena = Arena(world, seed, report)
    names = list(arena.maker.classes())
    for number in range(queries):
        arena.step(names[(seed + number) % len(names)])
