"""Makes a failing case small: fewer tables, conditions, clauses, settings, pushed queries and rows, still failing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from differential.arena import MAKE_ROLE, Arena, Case, Failure, Setting, reads, settings, track
from differential.syntax import Style, reductions, relations
from differential.worlds import World, ident, literal
from differential.writes import Writes, tracked_tables

Rows = dict[str, list[tuple[str, ...]]]


class Shrinker:
    """Works in the arena's own database, whose data it leaves reduced: the run is over when something failed."""

    def __init__(self, arena: Arena, failure: Failure, seconds: float = 120.0) -> None:
        self.arena = arena
        self.failure = failure
        self.until = time.monotonic() + seconds
        self.world = failure.case.world
        self.decoy = next(decoy for world, decoy in arena.worlds if world.schema == self.world.schema)
        self.rows: dict[str, Rows] = {
            world.schema: {
                name: list(relation.rows) for name, relation in world.relations.items() if relation.rows
            }
            for world in (self.world, self.decoy)
        }

    def fails(self, case: Case) -> Failure | None:
        """Whether the case, alone in an empty cache, still goes wrong."""
        arena = self.arena
        for session in (arena.pusher, arena.reader):
            session.run("rollback")
        arena.clear(self.world)
        arena.admin.call("select partitioncache_clear_queue($1)", self.world.cache)
        if case.writes:
            arena.reload(self.world, self.rows[self.world.schema])
        try:
            return arena.fill(self.world, [case]) or arena.check(case)
        except RuntimeError:
            return None

    def run(self) -> Failure:
        """The smallest failure found; the given one, if it cannot be had again with its own pushes alone."""
        case = replace(self.failure.case, fill=True)
        first = self.fails(case)
        if first is None:
            case = replace(case, pushes=[*case.pushes, (case.query, case.style)])
            first = self.fails(case)
        if first is None:
            return self.failure
        self.failure = first
        alone = replace(case, pushes=[(case.query, Style())], style=Style())
        together = self.failure.method != "push" and (
            self._try(replace(alone, pusher=case.reader)) or self._try(alone)
        )
        # Where partition_local is asserted, a query with a condition less may be one for which it is not true.
        if not self.world.partition_local:
            self._queries(together)
        self._settings()
        self._writes()
        self._rows()
        return self.failure

    def _try(self, case: Case) -> bool:
        if time.monotonic() > self.until:
            return False
        found = self.fails(case)
        if found is not None:
            self.failure = found
        return found is not None

    def _queries(self, together: bool) -> None:
        """Reduce the query; together with the pushed one where they are the same."""
        smaller = True
        while smaller and time.monotonic() < self.until:
            smaller = False
            case = self.failure.case
            for candidate in reductions(case.query):
                pushes = [(candidate, Style())] if together else case.pushes
                if self._try(replace(case, query=candidate, pushes=pushes)):
                    smaller = True
                    break
            if smaller or together:
                continue
            for number, (query, style) in enumerate(case.pushes):
                others = [push for place, push in enumerate(case.pushes) if place != number]
                choices = [others, *([*others, (less, style)] for less in reductions(query))]
                if any(self._try(replace(case, pushes=pushes)) for pushes in choices):
                    smaller = True
                    break

    def _settings(self) -> None:
        case = self.failure.case
        self._try(replace(case, pusher=case.reader)) or self._try(replace(case, reader=case.pusher))
        for which in ("pusher", "reader"):
            for name in list(getattr(self.failure.case, which).values):
                setting: Setting = getattr(self.failure.case, which)
                values = {key: value for key, value in setting.values.items() if key != name}
                changed = replace(setting, values=values)
                case = self.failure.case
                self._try(
                    replace(case, pusher=changed) if which == "pusher" else replace(case, reader=changed)
                )

    def _writes(self) -> None:
        for name in ("during", "after", "meanwhile", "inside"):
            for statement in getattr(self.failure.case.writes, name):
                writes = self.failure.case.writes
                fewer = tuple(other for other in getattr(writes, name) if other != statement)
                self._try(replace(self.failure.case, writes=_with(writes, name, fewer)))
        self._try(replace(self.failure.case, writes=replace(self.failure.case.writes, again=False)))

    def _rows(self) -> None:
        used = relations(self.failure.case.query)
        for query, _ in self.failure.case.pushes:
            used |= relations(query)
        for world in (self.decoy, self.world):
            wanted = world.closure(used)
            for name in list(self.rows[world.schema]):
                self._table(world, name, needed=name in wanted)

    def _table(self, world: World, name: str, needed: bool) -> None:
        rows = self.rows[world.schema][name]
        if not needed:
            self._load(world, name, [])
            return
        size = len(rows)
        while size and rows and time.monotonic() < self.until:
            start, shorter = 0, False
            while start < len(rows):
                fewer = rows[:start] + rows[start + size :]
                self._load(world, name, fewer)
                if self._try(self.failure.case):
                    rows, shorter = fewer, True
                else:
                    start += size
            self._load(world, name, rows)
            if size == 1 and not shorter:
                break
            size = max(size // 2, 1) if size > 1 else (1 if shorter else 0)

    def _load(self, world: World, name: str, rows: list[tuple[str, ...]]) -> None:
        relation = world.relations[name]
        self.rows[world.schema][name] = rows
        only = "only " if "inherited" in relation.labels else ""
        self.arena.admin.must(f"truncate {only}{ident(world.schema)}.{ident(name)}")
        if rows:
            self.arena.admin.must(world.insert(relation, rows))
        for other in world.relations.values():
            if "materialized_view" in other.labels and name in other.needs:
                self.arena.admin.must(f"refresh materialized view {ident(world.schema)}.{ident(other.name)}")

    def script(self) -> str:
        return script(self.failure, [self.world, self.decoy], self.rows)


def _with(writes: Writes, name: str, statements: tuple[str, ...]) -> Writes:
    if name == "during":
        return replace(writes, during=statements)
    if name == "after":
        return replace(writes, after=statements)
    return (
        replace(writes, meanwhile=statements) if name == "meanwhile" else replace(writes, inside=statements)
    )


def script(failure: Failure, worlds: list[World], rows: dict[str, Rows]) -> str:
    """The failure as a script for psql: in an empty database it shows the original's rows and the rewritten query's."""
    return "\n".join(_script(failure, worlds, rows)) + "\n"


def _script(failure: Failure, worlds: list[World], rows: dict[str, Rows]) -> Iterator[str]:
    case = failure.case
    used = relations(case.query).union(*(relations(query) for query, _ in case.pushes))
    yield f"-- {' '.join(failure.reason.split())}"
    yield f"-- method: {failure.method}"
    yield "create extension if not exists citext;"
    yield "create extension if not exists partitioncache;"
    yield f"{MAKE_ROLE};"
    paths = case.pusher.path + case.reader.path
    for world in worlds:
        if world is worlds[0] or ident(world.schema) in paths:
            for statement in world.statements(used, rows[world.schema]):
                yield statement + ";"
    yield from (statement + ";" for statement in settings(case.world))
    if "role" in {**case.pusher.values, **case.reader.values}:
        for world in worlds:
            yield from (statement + ";" for statement in reads(world))
    writes = case.writes
    if writes:
        yield from (
            track(case.world, name) + ";"
            for name in tracked_tables(case.world)
            if name in case.world.closure(used)
        )
    yield from (line + ";" for line in case.pusher.statements())
    tag = dollar_tag(*(style.write(query) for query, style in case.pushes), case.text)
    key, cache = literal(case.world.key), literal(case.world.cache)
    for query, style in case.pushes:
        yield f"select partitioncache_push({tag}{style.write(query)}{tag}, {key}, {cache});"
    process = f"do $$ begin while partitioncache_process_queue({cache}) > 0 loop end loop; end $$;"
    if writes.during:
        yield "-- another session, which commits after the next statement of this one:"
        yield from (f"-- {statement};" for statement in ("begin", *writes.during))
    yield process
    yield from (statement + ";" for statement in writes.after)
    yield process if writes.again else ""
    yield from (line + ";" for line in case.reader.statements())
    if writes.meanwhile or writes.inside:
        yield "begin isolation level repeatable read;\nselect 1;"
    if writes.meanwhile:
        yield "-- another session:"
        yield from (f"-- {statement};" for statement in writes.meanwhile)
    yield from (statement + ";" for statement in writes.inside)
    yield f"select {tag}{case.text}{tag} as query \\gset"
    method = failure.method if failure.method not in ("push", "apply", "explain") else "auto"
    yield f"select partitioncache_apply(:'query', {key}, {cache}, '{method}') as rewritten \\gset"
    yield "\\echo :rewritten"
    yield ":query\n;"
    yield ":rewritten\n;"
    if failure.rewritten:
        yield "-- rewritten as:"
        yield from ("--   " + line for line in failure.rewritten.splitlines())


def dollar_tag(*texts: str) -> str:
    """A dollar quote that none of the texts contains."""
    number = 0
    while any(f"$q{number}$" in text for text in texts):
        number += 1
    return f"$q{number}$"


def smallest(arena: Arena, failure: Failure, say: Callable[[str], None] = lambda text: None) -> str:
    """Shrink a failure and return it as a script."""
    say(
        f"{failure.method}: {failure.reason}\nin {failure.case.world.schema}: {failure.case.text}\nmaking it smaller …"
    )
    shrinker = Shrinker(arena, failure)
    shrinker.run()
    return shrinker.script()
