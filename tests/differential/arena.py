"""One database with every world in it; queries are pushed, processed, applied and compared as users would do it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import psycopg
from differential.compare import Answer, Session, difference
from differential.generate import Generator
from differential.mutate import mutated
from differential.report import Report
from differential.syntax import Relation, Select, Style, labels, relations, walk
from differential.worlds import World, ident, literal, worlds
from psycopg.rows import TupleRow

METHODS = ("auto", "literal", "subquery", "IN", "VALUES", "TMP_TABLE_IN", "TMP_TABLE_JOIN")
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

    def __init__(self, connect: Callable[[], psycopg.Connection[TupleRow]], seed: int, size: float = 1.0) -> None:
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
            for schema in (world.schema, decoy.schema):
                self.admin.must(f"grant usage on schema {ident(schema)} to {ROLE}")
                self.admin.must(f"grant select, update on all tables in schema {ident(schema)} to {ROLE}")
        for statement in grants(self.admin):
            self.admin.must(statement)
        self.admin.must("analyze")

    def settings(self, world: World, decoy: World, random: Random) -> tuple[Setting, bool]:
        """A session's settings, and whether queries need to name the schema in it."""
        dice = random.random()
        extension = "public"
        if dice < 0.6:
            path, qualified = f"{ident(world.schema)}, {extension}", False
        elif dice < 0.75:
            path, qualified = f"{ident(decoy.schema)}, {ident(world.schema)}, {extension}", random.random() < 0.5
        elif dice < 0.9:
            path, qualified = extension, True
        else:
            path, qualified = f"{extension}, pg_catalog, {ident(world.schema)}", False
        return Setting(path, dict(random.choice(SETTINGS))), qualified

    # -- running ---------------------------------------------------------------------------------------------------

    def batch(self, number: int, place: int, queries: int) -> Failure | None:
        """One batch of queries on one world; the first failure ends it."""
        world, decoy = self.worlds[place]
        random = Random(f"{self.seed}/{number}/{place}")
        push_as, push_qualified = self.settings(world, decoy, random)
        read_as, read_qualified = self.settings(world, decoy, random)
        if random.random() < 0.5:
            read_as, read_qualified = push_as, push_qualified
        named = push_qualified or read_qualified
        dice = random.random()
        cases: list[Case] = []
        for n in range(queries):
            asked = Random(f"{dice}/{n}")
            make = Generator(world, asked, named)
            query, style = requalified(make.query(), world, read_qualified), make.style()
            pushes = [(mutated(query, world, asked, named), make.style()) for _ in range(asked.choice((1, 1, 2)))]
            if asked.random() < 0.4:
                pushes.append((query, make.style()))
            pushes = [(requalified(q, world, push_qualified), s) for q, s in pushes]
            cases.append(Case(world, query, style, pushes, push_as, read_as))
        return self.fill(world, cases) or next((f for case in cases if (f := self.check(case))), None)

    def fill(self, world: World, cases: list[Case]) -> Failure | None:
        for statement in cases[0].pusher.statements():
            self.pusher.must(statement)
        for statement in cases[0].reader.statements():
            self.reader.must(statement)
        for case in cases:
            for query, style in case.pushes:
                text = style.write(query)
                answer = self.pusher.call("select partitioncache_push($1, $2, $3)", text, world.key, world.cache)
                if answer.error:
                    self.report.push_errors[answer.error.splitlines()[0][:120]] += 1
                    if not self.refused(text, answer.error):
                        alone = Case(world, query, style, [(query, style)], case.pusher, case.pusher)
                        return Failure(alone, "push", f"push refuses a query that PostgreSQL accepts: {answer.error}")
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
        reader, _world, text = self.reader, case.world, case.text
        reader.must("begin isolation level repeatable read")
        try:
            _original, failure = self._attempt(case, text)
        finally:
            reader.must("rollback")
        return failure

    def _attempt(self, case: Case, text: str) -> tuple[Answer, Failure | None]:
        reader, world = self.reader, case.world
        known = labels(case.query) | ({"comments"} if case.style.comments else set())
        if any(world.null_keys(name) for name in relations(case.query)):
            known.add("null_keys")
        applied = reader.call(
            "select method, partitioncache_apply($1, $2, $3, method) from unnest($4::text[]) method",
            text, world.key, world.cache, "{" + ",".join(METHODS) + "}",
        )  # fmt: skip
        if applied.error:
            return Answer(), Failure(case, "apply", f"partitioncache_apply raises: {applied.error}")
        explained = reader.call(
            "select applied, reason, keys, partitions, rewritten from partitioncache_explain($1, $2, $3, 'literal')",
            text, world.key, world.cache,
        )  # fmt: skip
        if explained.error:
            return Answer(), Failure(case, "explain", f"partitioncache_explain raises: {explained.error}")
        reader.must("savepoint s")
        original = reader.run(text)
        reader.must("rollback to s")
        texts = {(m or b"").decode(): (t or b"").decode() for m, t in applied.rows}
        if original.error:
            self.report.invalid(known, original.error)
            return original, None
        dedupes = bool(known & {"distinct", "group", "aggregate", "setop", "distinct_on", "window", "grouping_sets", "limit"})
        dedupes |= "distinct" in text
        seen: dict[str, str] = {text: ""}
        for method, rewritten in texts.items():
            if rewritten not in seen:
                answer = reader.run(rewritten)
                reader.must("rollback to s")
                seen[rewritten] = difference(original, answer, case.query.total, dedupes)
            if seen[rewritten]:
                return original, Failure(case, method, seen[rewritten], rewritten)
        self.report.add(known | {f"key_{world.kind.datatype}_{world.kind.storage}", *session_labels(case)},
                        len(original.rows), texts, text, explained.rows[0])  # fmt: skip
        return original, None


def session_labels(case: Case) -> set[str]:
    found = {f"session_{name}" for name in case.reader.values}
    if case.reader.values != case.pusher.values or case.reader.path != case.pusher.path:
        found.add("session_other_than_pushers")
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


def grants(session: Session) -> Iterator[str]:
    """What a role needs to use the cache."""
    yield f"grant usage on schema public to {ROLE}"
    yield f"grant execute on all functions in schema public to {ROLE}"
    yield f"grant execute on all procedures in schema public to {ROLE}"
    yield f"grant select, insert, update, delete on all tables in schema public to {ROLE}"
    yield f"grant usage on all sequences in schema public to {ROLE}"
