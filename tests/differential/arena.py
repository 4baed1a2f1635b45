"""One database with every world in it; queries are pushed, processed, applied and compared as users would do it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import psycopg
from differential.classes import classes
from differential.compare import Session, difference
from differential.generate import Generator
from differential.mutate import mutated
from differential.report import Report
from differential.syntax import Relation, Select, Style, walk
from differential.worlds import World, ident, literal, worlds
from psycopg.rows import TupleRow

METHODS = ("auto", "literal", "subquery", "IN", "VALUES", "TMP_TABLE_IN", "TMP_TABLE_JOIN")
# Every method; the literal form comes from explain, with its reason and figures.
APPLY = """
select method, partitioncache_apply($1, $2, $3, method)
from unnest('{auto,subquery,IN,VALUES,TMP_TABLE_IN,TMP_TABLE_JOIN}'::text[]) method
"""
EXPLAIN = (
    "select 'literal', rewritten, reason, keys, partitions from partitioncache_explain($1, $2, $3, 'literal')"
)
# Classes that keep one of several equal values.
DEDUPES = {"distinct", "group", "aggregate", "setop", "distinct_on", "window", "grouping_sets", "limit"}
# Queries that are made from one another.
FAMILY = 5
ROLE = "differential_reader"
SETTINGS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"datestyle": "German, DMY"},
    {"datestyle": "SQL, MDY", "timezone": "America/New_York"},
    {"datestyle": "Postgres, DMY", "intervalstyle": "sql_standard"},
    {"timezone": "Asia/Kathmandu"},
    {"timezone": "Pacific/Apia", "datestyle": "ISO, DMY"},
    {"extra_float_digits": "-15"},
    {"extra_float_digits": "0", "bytea_output": "escape"},
    {"standard_conforming_strings": "off", "escape_string_warning": "off"},
    {"quote_all_identifiers": "on"},
    {"transform_null_equals": "on"},
    {"array_nulls": "off"},
    {"role": ROLE},
    {"role": ROLE, "timezone": "Asia/Tokyo"},
    {"enable_hashjoin": "off", "enable_nestloop": "off"},
    {"plan_cache_mode": "force_generic_plan", "from_collapse_limit": "1"},
)


@dataclass
class Setting:
    """How a session is set: where names are looked up, and everything else that changes what a text means."""

    path: str
    values: dict[str, str] = field(default_factory=dict)
    qualified: bool = False

    def statements(self) -> Iterator[str]:
        yield "reset all"
        yield "set statement_timeout = '20s'"
        yield "reset role"
        yield f"set search_path = {self.path}"
        for name, value in self.values.items():
            yield f"set {name} = {value if name == 'role' else literal(value)}"


@dataclass
class Case:
    """A query, and what else it takes to see it answered from the cache."""

    world: World
    query: Select
    style: Style
    pushes: list[tuple[Select, Style]]
    pusher: Setting
    reader: Setting
    fill: bool = True

    @property
    def text(self) -> str:
        return self.style.write(self.query)


@dataclass
class Failure:
    """A case whose rewritten query does not answer as the original does."""

    case: Case
    method: str
    reason: str
    rewritten: str = ""


class Arena:
    """A database that holds the worlds, and the two sessions that work in it."""

    def __init__(
        self, connect: Callable[[], psycopg.Connection[TupleRow]], seed: int, size: float = 1.0
    ) -> None:
        self.connect = connect
        self.seed = seed
        self.worlds = worlds(seed, size)
        self.report = Report()
        self.admin = Session(connect())
        self.pusher = Session(connect())
        self.reader = Session(connect())

    def close(self) -> None:
        for session in (self.admin, self.pusher, self.reader):
            session.connection.close()

    # -- building --------------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Make every world with its decoy, and register its partition key."""
        self.admin.must("set client_min_messages = warning")
        self.admin.must("create extension if not exists citext")
        self.admin.must(f"do $$ begin create role {ROLE}; exception when duplicate_object then null; end $$")
        for world, decoy in self.worlds:
            for statement in (*world.statements(), *decoy.statements()):
                self.admin.must(statement)
            self.admin.must(register(world))
            self.admin.must(
                f"update partitioncache_settings set max_fragments = {world.kind.max_fragments} "
                f"where cache = {literal(world.cache)}"
            )
            for statement in (*reads(world), *reads(decoy)):
                self.admin.must(statement)
        for statement in grants():
            self.admin.must(statement)
        self.admin.must("analyze")

    def setting(self, world: World, decoy: World, random: Random) -> Setting:
        """A session's settings, and with them whether queries need to name the schema."""
        dice = random.random()
        values = dict(random.choice(SETTINGS))
        if dice < 0.6:
            return Setting(f"{ident(world.schema)}, public", values)
        if dice < 0.72:
            path = f"{ident(decoy.schema)}, {ident(world.schema)}, public"
            return Setting(path, values, qualified=random.random() < 0.5)
        if dice < 0.9:
            return Setting("public", values, qualified=True)
        return Setting(f"public, pg_catalog, {ident(world.schema)}", values)

    # -- running ---------------------------------------------------------------------------------------------------

    def batch(self, number: int, place: int, queries: int) -> Failure | None:
        """One batch of queries on one world; the first failure ends it."""
        world, decoy = self.worlds[place]
        random = Random(f"{self.seed}/{number}/{place}")
        pusher = reader = self.setting(world, decoy, random)
        if random.random() < 0.5:
            reader = self.setting(world, decoy, random)
        cases = [
            case for _ in range(queries // FAMILY) for case in self.family(world, random, pusher, reader)
        ]
        return self.fill(world, cases) or next((f for case in cases if (f := self.check(case))), None)

    def family(self, world: World, random: Random, pusher: Setting, reader: Setting) -> Iterator[Case]:
        """Queries that overlap with one another, and those of the same kin that were pushed before."""
        named = pusher.qualified or reader.qualified
        make = Generator(world, random, named)
        first = make.query()
        kin = [
            (query, make.style())
            for query in (first, *(mutated(first, world, random, named) for _ in range(FAMILY - 1)))
        ]
        pushes = [(mutated(first, world, random, named), make.style())]
        pushes += [
            (query, random.choice((style, make.style()))) for query, style in kin if random.random() < 0.25
        ]
        pushes = [(requalified(query, world, pusher.qualified), style) for query, style in pushes]
        for place, (query, style) in enumerate(kin):
            yield Case(
                world,
                requalified(query, world, reader.qualified),
                style,
                pushes,
                pusher,
                reader,
                fill=place == 0,
            )

    def fill(self, world: World, cases: list[Case]) -> Failure | None:
        for statement in cases[0].pusher.statements():
            self.pusher.must(statement)
        for statement in cases[0].reader.statements():
            self.reader.must(statement)
        for case in cases:
            for query, style in case.pushes if case.fill else []:
                text = style.write(query)
                answer = self.pusher.call(
                    "select partitioncache_push($1, $2, $3)", text, world.key, world.cache
                )
                if answer.error:
                    self.report.push_errors[answer.error.splitlines()[0][:120]] += 1
                    if not self.refused(text, answer.error):
                        alone = Case(world, query, style, [(query, style)], case.pusher, case.pusher)
                        return Failure(
                            alone, "push", f"push refuses a query that PostgreSQL accepts: {answer.error}"
                        )
        self.process(world)
        return None

    def refused(self, text: str, error: str) -> bool:
        """Whether PostgreSQL itself refuses the text, too, or there is nothing in it to cache."""
        self.pusher.must("begin")
        answer = self.pusher.run(text)
        self.pusher.must("rollback")
        return bool(answer.error)

    def process(self, world: World) -> None:
        """Let the queues run empty, as the processor would."""
        for _ in range(10000):
            done = self.pusher.call("select partitioncache_process_queue($1)", world.cache)
            if done.error:
                raise RuntimeError(f"partitioncache_process_queue fails: {done.error}")
            if done.rows[0][0] in (b"0", None):
                return
        raise RuntimeError("the queues do not run empty")

    def clear(self, world: World) -> None:
        self.admin.call("select partitioncache_clear($1, $2)", world.key, world.cache)

    def check(self, case: Case) -> Failure | None:
        """Apply every method to a case and compare; None if nothing differs."""
        self.reader.must("begin isolation level repeatable read")
        try:
            return self._attempt(case, case.text)
        finally:
            self.reader.must("rollback")

    def _attempt(self, case: Case, text: str) -> Failure | None:
        reader, world = self.reader, case.world
        known = classes(case.query, world) | ({"comments"} if case.style.comments else set())
        applied = reader.call(APPLY, text, world.key, world.cache)
        if applied.error:
            return Failure(case, "apply", f"partitioncache_apply raises: {applied.error}")
        explained = reader.call(EXPLAIN, text, world.key, world.cache)
        if explained.error:
            return Failure(case, "explain", f"partitioncache_explain raises: {explained.error}")
        reader.must("savepoint s")
        original = reader.run(text)
        reader.must("rollback to s")
        texts = {(m or b"").decode(): (t or b"").decode() for m, t in (*applied.rows, explained.rows[0][:2])}
        if original.error:
            self.report.invalid(known, original.error)
            return None
        dedupes = bool(known & DEDUPES) or "distinct" in text
        seen: dict[str, str] = {text: ""}
        for method, rewritten in texts.items():
            if rewritten not in seen:
                answer = reader.run(rewritten)
                reader.must("rollback to s")
                seen[rewritten] = difference(original, answer, case.query.total, dedupes)
            if seen[rewritten]:
                return Failure(case, method, seen[rewritten], rewritten)
        known |= {f"key_{world.kind.datatype}_{world.kind.storage}", *session_labels(case)}
        self.report.add(known, len(original.rows), texts, text, explained.rows[0][2:])
        return None


def session_labels(case: Case) -> set[str]:
    found = {f"session_{name}" for name in case.reader.values}
    if case.reader.values != case.pusher.values or case.reader.path != case.pusher.path:
        found.add("session_other_than_pushers")
    if (
        case.reader.path != case.pusher.path
        and (case.world.schema + "_decoy") in case.reader.path + case.pusher.path
    ):
        found.add("other_tables")
    if not case.reader.path.startswith(ident(case.world.schema)):
        found.add("session_search_path")
    return found


def requalified(query: Select, world: World, qualified: bool) -> Select:
    """The query with schema names in front of the world's tables, or without."""
    clone = copy.deepcopy(query)
    local = {cte.name for cte in clone.ctes}
    for part in walk(clone):
        if isinstance(part, Relation) and part.name in world.relations and part.name not in local:
            part.schema = world.schema if qualified else None
    return clone


def register(world: World) -> str:
    kind = world.kind
    return (
        f"select partitioncache_register({literal(kind.key)}, {literal(kind.datatype)}, {literal(kind.storage)}, "
        f"cache => {literal(world.cache)})"
    )


def grants(role: str = ROLE) -> Iterator[str]:
    """What a role needs to use the cache."""
    yield f"select partitioncache_grant('{role}')"


def reads(world: World) -> Iterator[str]:
    """The rights of the other role on a world's tables; locking rows needs UPDATE."""
    yield f"grant usage on schema {ident(world.schema)} to {ROLE}"
    yield f"grant select, update on all tables in schema {ident(world.schema)} to {ROLE}"
