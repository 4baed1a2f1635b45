"""One database with every world in it; queries are pushed, processed, applied and compared as users would do it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from random import Random

import psycopg
from psycopg.rows import TupleRow

from differential.classes import classes
from differential.compare import Session, difference
from differential.generate import Generator
from differential.implied import Chain
from differential.mutate import mutated
from differential.report import Report
from differential.syntax import Relation, Select, Style, relations, walk
from differential.worlds import World, ident, literal, worlds
from differential.writes import Writer, Writes, tracked_tables

METHODS = ("auto", "literal", "subquery", "IN", "VALUES", "TMP_TABLE_IN", "TMP_TABLE_JOIN")
# The literal form comes from explain, with its reason and figures.
APPLY = "select method, partitioncache_apply($1, $2, $3, method) from unnest($4::text[]) method"
FORCED = METHODS[1:]
FORMS = ("subquery", "IN", "VALUES", "TMP_TABLE_IN", "TMP_TABLE_JOIN")
PUSH = "select partitioncache_push($1, $2, $3)"
FAILED = """
select error_msg from partitioncache_processor_log
where cache = $1 and status in ('failed', 'timeout') and created_at > now() - interval '10 s'
"""
EXPLAIN = (
    "select 'literal', rewritten, reason, keys, partitions from partitioncache_explain($1, $2, $3, 'literal')"
)
# Entries that are used although the query has no fragment of their text: it contains them.
CONTAINED = """
select count(*)
from partitioncache_internal.pc_rewrite($1, $2, $3, 'literal', current_setting('search_path')) r, unnest(r.hashes) h
where h <> all (array(
    select f.hash
    from partitioncache_internal.pc_fragments(
             $1, $2, $3, partitioncache_internal.pc_session(current_setting('search_path'))) f))
"""
# A query that differs in its plain constants alone, if it can: what is remembered of the one is used for the other.
SIBLING = """
with written as (
    select l.literals, partitioncache_internal.pc_literal_kinds(l.literals) as kinds
    from partitioncache_internal.pc_literals($1) l(literals) where partitioncache_internal.pc_masked($1) is not null
), literal as (
    select l.l, l.n, l.kind, 1 + abs(hashtext($1)) % 4 as more
    from written w, unnest(w.literals, w.kinds) with ordinality l(l, kind, n)
), string as (
    select s.l, coalesce(lead(s.l) over (order by s.l), min(s.l) over ()) as next
    from (select distinct l.l from literal l where l.kind = 'text') s
)
select format((partitioncache_internal.pc_pattern($1, w.literals)).pattern, variadic array(
    select case l.kind when 'integer' then (l.l::bigint + l.more)::text
                       when 'numeric' then (l.l::numeric + l.more)::text
                       when 'text' then s.next else l.l end
    from literal l left join string s on s.l = l.l order by l.n))
from written w where w.literals <> '{}'
"""
ICU = "provider = icu, locale = 'und-u-ks-level2', deterministic = false"
# Classes that keep one of several equal values.
DEDUPES = {"distinct", "group", "aggregate", "setop", "distinct_on", "window", "grouping_sets", "limit"}
ROLE = "differential_reader"
# Roles belong to the whole server: of two runs that begin at the same time, one meets the other's row in the index.
MAKE_ROLE = (
    f"do $$ begin create role {ROLE}; exception when duplicate_object or unique_violation then null; end $$"
)
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
        yield "set statement_timeout = '60s'"
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
    writes: Writes = field(default_factory=Writes)
    implied: bool = False

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
        self,
        connect: Callable[[], psycopg.Connection[TupleRow]],
        seed: int,
        size: float = 1.0,
        every_method: bool = True,
        briefly: bool = False,
    ) -> None:
        self.connect = connect
        self.every_method = every_method
        # Each query by one method, once, and nothing counted but that: so many more can be tried.
        self.briefly = briefly
        # How many queries are made from one another, and the share of them that are pushed themselves.
        self.family_size, self.pushed = (4, 0.25) if every_method else (8, 0.12)
        self.seed = seed
        # Rewritten texts that look keys up while they run: they hold whatever happens between.
        self.kept: list[tuple[Case, str]] = []
        self.worlds = worlds(seed, size)
        self.report = Report()
        self.admin = Session(connect())
        self.pusher = Session(connect())
        self.reader = Session(connect())
        self.other = Session(connect())
        # As in sessions that commit: were it undone with each query, PostgreSQL would plan everything anew.
        for session in (self.pusher, self.reader):
            session.must("create temp table differential (); drop table differential")

    def close(self) -> None:
        for session in (self.admin, self.pusher, self.reader, self.other):
            session.connection.close()

    # -- building --------------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Make every world with its decoy, and register its partition key."""
        self.admin.must("set client_min_messages = warning")
        self.admin.must("create extension if not exists citext")
        self.admin.must(MAKE_ROLE)
        has_icu = self.admin.must("select from pg_collation where collname = 'de-x-icu'").rows
        for world, decoy in self.worlds:
            for statement in (*world.statements(), *decoy.statements()):
                # Without ICU no collation ignores letter case.
                self.admin.must(
                    statement if has_icu else statement.replace(ICU, "provider = libc, locale = 'C'")
                )
            for cached in (world, world.asserted_local()):
                for statement in settings(cached):
                    self.admin.must(statement)
            for statement in (*reads(world), *reads(decoy)):
                self.admin.must(statement)
        for place, (world, _) in enumerate(self.worlds):
            if self.is_tracked(place):
                for name in tracked_tables(world):
                    self.admin.must(track(world, name))
        self.admin.must("analyze")
        self.admin.must("set lock_timeout = '300ms'")
        self.other.must("set lock_timeout = '300ms'")

    def is_tracked(self, place: int) -> bool:
        """Whether the writes to a world are tracked: every other one, in turns."""
        return (place + self.seed) % 2 == 0

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
        if dice < 0.97:
            return Setting(f"pg_catalog, public, {ident(world.schema)}", values)
        # What stands before pg_catalog may shadow PostgreSQL's own operators, as citext's do.
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
            case
            for _ in range(queries // self.family_size)
            for case in self.family(world, random, pusher, reader)
        ]
        if self.is_tracked(place) and random.random() < 0.6:
            cases = list(self.written(world, cases, random))
        self.kept.clear()
        failure = self.fill(world, cases) or next((f for case in cases if (f := self.check(case))), None)
        if failure is None and self.is_tracked(place):
            failure = self.later(world, Writer(world, random).some(6), random)
        if failure is None and any(case.writes for case in cases):
            self.reload(world)
        return failure

    def chains(self, number: int, place: int, count: int, variants: int) -> Failure | None:
        """Some queries that are pushed, and variants of each that are only asked; the first failure ends it."""
        world, decoy = self.worlds[place]
        random = Random(f"{self.seed}/{number}/{place}/implied")
        local = random.random() < 0.2
        asked = world.asserted_local() if local else world
        pusher = reader = self.setting(world, decoy, random)
        if random.random() < 0.3:
            reader = self.setting(world, decoy, random)
        named = pusher.qualified or reader.qualified
        made = [Chain(asked, random, named, local) for _ in range(count)]
        plain = Style()
        pushes = [(requalified(chain.base(), world, pusher.qualified), plain) for chain in made]
        writes = Writes()
        if not local and self.is_tracked(place) and random.random() < 0.3:
            writes = Writes(after=Writer(world, random).some(4))
        cases = [
            Case(asked, requalified(chain.variant(), world, reader.qualified), plain, pushes, pusher, reader,
                 fill=False, writes=writes, implied=True)
            for chain in made
            for _ in range(variants)
        ]  # fmt: skip
        cases[0].fill = True
        failure = self.fill(asked, cases) or next((f for case in cases if (f := self.check(case))), None)
        if failure is None:
            self.clear(asked)
            if writes:
                self.reload(world)
        return failure

    def written(self, world: World, cases: list[Case], random: Random) -> Iterator[Case]:
        """The cases, with writes before, beside and inside of them."""
        writer = Writer(world, random)
        common = Writes(
            during=writer.some(4) if random.random() < 0.5 else (),
            after=writer.some(8) if random.random() < 0.8 else (),
            again=random.random() < 0.4,
        )
        for case in cases:
            names = relations(case.query)
            yield replace(
                case,
                writes=replace(
                    common,
                    meanwhile=writer.some(2, names) if random.random() < 0.2 else (),
                    inside=writer.some(2, names) if random.random() < 0.3 else (),
                ),
            )

    def reload(self, world: World, rows: dict[str, list[tuple[str, ...]]] | None = None) -> None:
        """Put the rows of the beginning back, or the given ones."""
        self.admin.must("begin")
        self.admin.must("set local lock_timeout = 0")
        for name, relation in world.relations.items():
            if not relation.ddl or not relation.ddl[0].startswith("create table"):
                continue
            only = "only " if name == "things" else ""
            self.admin.must(f"truncate {only}{ident(world.schema)}.{ident(name)}")
            data = relation.rows if rows is None else rows.get(name, [])
            if data:
                self.admin.must(world.insert(relation, data))
        self.admin.must(f"refresh materialized view {ident(world.schema)}.m_pois")
        self.admin.must("commit")

    def family(self, world: World, random: Random, pusher: Setting, reader: Setting) -> Iterator[Case]:
        """Queries that overlap with one another, and those of the same kin that were pushed before."""
        named = pusher.qualified or reader.qualified
        make = Generator(world, random, named)
        first = make.query()
        kin = [
            (query, make.style())
            for query in (first, *(mutated(first, world, random, named) for _ in range(self.family_size - 1)))
        ]
        pushes = [(mutated(first, world, random, named), make.style())]
        pushes += [
            (query, random.choice((style, make.style())))
            for query, style in kin
            if random.random() < self.pushed
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

    def later(self, world: World, writes: tuple[str, ...], random: Random) -> Failure | None:
        """Run the texts that look keys up once more, after writes, refreshes, or when the cache was emptied."""
        happened = random.choice((self.process, self.clear, lambda world: None))
        for statement in writes:
            self.admin.run(statement)
        happened(world)
        for case, rewritten in self.kept:
            self.reader.must("begin isolation level repeatable read")
            self.reader.must("savepoint s")
            original = self.reader.run(case.text)
            self.reader.must("rollback to s")
            answer = self.reader.run(rewritten) if not original.error else original
            self.reader.must("rollback")
            dedupes = bool(classes(case.query, world) & DEDUPES) or "distinct" in case.text
            reason = "" if original.error else difference(original, answer, case.query.total, dedupes)
            if reason:
                note = f"later, after {'; '.join(writes)} and {getattr(happened, '__name__', 'nothing')}"
                return Failure(case, "subquery", f"{reason} ({note})", rewritten)
        return None

    def fill(self, world: World, cases: list[Case]) -> Failure | None:
        for statement in cases[0].pusher.statements():
            self.pusher.must(statement)
        # One call of the processor does many evaluations, and machines are slow at times.
        self.pusher.must("set statement_timeout = 0")
        for statement in cases[0].reader.statements():
            self.reader.must(statement)
        failure = self.push(world, cases)
        if failure is not None:
            return failure
        writes = cases[0].writes
        if writes.during:
            self.other.must("begin")
            self.attempt(self.other, writes.during)
        self.process(world)
        if writes.during:
            self.other.must("commit")
        for statement in writes.after:
            self.admin.run(statement)
        if writes.again:
            self.push(world, cases)
            self.process(world)
        return None

    def push(self, world: World, cases: list[Case]) -> Failure | None:
        """Push what the cases say; a failure if PostgreSQL accepts a query that is refused."""
        for case in cases:
            for query, style in case.pushes if case.fill else []:
                text = style.write(query)
                answer = self.pusher.call(PUSH, text, world.key, world.cache)
                if answer.error:
                    self.report.push_errors[answer.error.splitlines()[0][:120]] += 1
                    if not self.refused(text):
                        alone = Case(world, query, style, [(query, style)], case.pusher, case.pusher)
                        reason = f"push refuses a query that PostgreSQL accepts: {answer.error}"
                        return Failure(alone, "push", reason)
        return None

    def attempt(self, session: Session, statements: Iterable[str]) -> None:
        """Run statements in a transaction that goes on when one of them fails."""
        for statement in statements:
            session.must("savepoint w")
            if session.run(statement).error:
                session.must("rollback to w")

    def refused(self, text: str) -> bool:
        """Whether PostgreSQL itself refuses the text, too, or there is nothing in it to cache."""
        self.pusher.must("begin")
        self.pusher.must("set local statement_timeout = '60s'")
        answer = self.pusher.run(text)
        self.pusher.must("rollback")
        return bool(answer.error)

    def process(self, world: World) -> None:
        """Let the queues run empty, as the processor would."""
        # The limit for a query that runs away; the processor has all of a world's entries to look after.
        self.pusher.must("set statement_timeout = '5min'")
        # Others may hold a truncated table for as long as this takes: such a fragment fails, and is tried again.
        self.pusher.must("set lock_timeout = '300ms'")
        for _ in range(10000):
            done = self.pusher.call("select partitioncache_process_queue($1)", world.cache)
            if done.error:
                raise RuntimeError(f"partitioncache_process_queue fails: {done.error}")
            if done.rows[0][0] in (b"0", None):
                for (message,) in self.admin.call(FAILED, world.cache).rows:
                    self.report.push_errors[
                        f"a fragment: {(message or b'').decode().splitlines()[0][:100]}"
                    ] += 1
                return
        raise RuntimeError("the queues do not run empty")

    def clear(self, world: World) -> None:
        self.admin.call("select partitioncache_clear($1, $2)", world.key, world.cache)

    def check(self, case: Case) -> Failure | None:
        """Apply every method to a case and compare; None if nothing differs."""
        # Where nobody else writes, each statement has the same snapshot; definitions are certain only in a new one.
        old = case.writes.meanwhile or len(case.text) % 6 == 0
        self.reader.must("begin isolation level repeatable read" if old else "begin")
        if case.writes.meanwhile:
            self.reader.must("select 1")
            for statement in case.writes.meanwhile:
                self.admin.run(statement)
        self.attempt(self.reader, case.writes.inside)
        try:
            if self.briefly:
                return self._attempt_briefly(case)
            return self._attempt(case, case.text) or self._sibling(case)
        finally:
            self.reader.must("rollback")

    def _attempt_briefly(self, case: Case) -> Failure | None:
        reader, text = self.reader, case.text
        method = FORCED[len(text) % len(FORCED)]
        applied = reader.call(APPLY, text, case.world.key, case.world.cache, f"{{{method}}}")
        if applied.error:
            return Failure(case, "apply", f"partitioncache_apply raises: {applied.error}")
        rewritten, known = (applied.rows[0][1] or b"").decode(), classes(case.query, case.world)
        known |= {"implied"} if case.implied else set()
        rows = 0
        if rewritten != text:
            compared = self._compare(case, text, {method: rewritten}, known)
            if not isinstance(compared, int):
                return compared
            rows = compared
        self.report.add(known, rows, {method: rewritten}, text, (None, None, None))
        return None

    def _sibling(self, case: Case) -> Failure | None:
        """Ask a query of the same kind as well, for every second."""
        found = self.admin.call(SIBLING, case.text).rows if len(case.text) % 2 else ()
        failure = self._attempt(case, text := (found[0][0] or b"").decode(), {"sibling"}) if found else None
        return failure and replace(failure, reason=f"{failure.reason} (asked behind it: {text})")

    def _attempt(self, case: Case, text: str, labels: Set[str] = frozenset()) -> Failure | None:
        reader, world = self.reader, case.world
        known = classes(case.query, world) | labels | ({"comments"} if case.style.comments else set())
        forms = FORMS if self.every_method else (FORMS[len(text) % len(FORMS)],)
        methods = ",".join(("auto", *forms))
        applied = reader.call(APPLY, text, world.key, world.cache, f"{{{methods}}}")
        if applied.error:
            return Failure(case, "apply", f"partitioncache_apply raises: {applied.error}")
        explained = reader.call(EXPLAIN, text, world.key, world.cache)
        if explained.error:
            return Failure(case, "explain", f"partitioncache_explain raises: {explained.error}")
        texts = {(m or b"").decode(): (t or b"").decode() for m, t in (*applied.rows, explained.rows[0][:2])}
        rows = self._compare(case, text, texts, known)
        if not isinstance(rows, int):
            return rows
        if case.implied:
            known.add("implied")
            if any(rewritten != text for rewritten in texts.values()):
                contained = reader.call(CONTAINED, text, world.key, world.cache)
                if contained.rows and contained.rows[0][0] != b"0":
                    known.add("contained")
        elif (
            text == case.text
            and texts.get("subquery", text) != text
            and self.is_tracked([w for w, _ in self.worlds].index(world))
        ):
            self.kept.append((case, texts["subquery"]))
        known |= {
            f"key_{world.kind.datatype}_{world.kind.storage}",
            *session_labels(case),
            *case.writes.labels(),
        }
        self.report.add(known, rows, texts, text, explained.rows[0][2:])
        return None

    def _compare(
        self, case: Case, text: str, texts: Mapping[str, str], known: set[str]
    ) -> Failure | int | None:
        """How many rows a query has, if all of its rewritten texts have the same; None if it fails itself."""
        reader = self.reader
        reader.must("savepoint s")
        original = reader.run(text)
        reader.must("rollback to s")
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
        return len(original.rows)


def session_labels(case: Case) -> set[str]:
    found = {f"session_{name}" for name in case.reader.values}
    if case.reader.values != case.pusher.values or case.reader.path != case.pusher.path:
        found.add("session_other_than_pushers")
    if (
        case.reader.path != case.pusher.path
        and (case.world.schema + "_decoy") in case.reader.path + case.pusher.path
    ):
        found.add("other_tables")
    if case.reader.path.startswith("public, pg_catalog"):
        found.add("session_shadowed_catalog")
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


def settings(world: World) -> Iterator[str]:
    """Registers the partition key of a world and says how its cache works: tables that are not tracked are static."""
    kind = world.kind
    local = ", partition_local => true" if world.partition_local else ""
    yield (
        f"select partitioncache_register({literal(kind.key)}, {literal(kind.datatype)}, {literal(kind.storage)}, "
        f"cache => {literal(world.cache)}{local})"
    )
    yield (
        f"update partitioncache_internal.partitioncache_settings "
        f"set max_fragments = {kind.max_fragments}, untracked = 'static', least_cost = 0 "
        f"where cache = {literal(world.cache)}"
    )
    yield from grants(world)


def grants(world: World, role: str = ROLE) -> Iterator[str]:
    """What a role needs to use the cache: in some worlds it serves everybody, in others itself alone."""
    level = "fill" if len(world.cache) % 2 else "push"
    yield f"select partitioncache_grant('{role}', '{level}', {literal(world.cache)})"


def reads(world: World) -> Iterator[str]:
    """The rights of the other role on a world's tables; locking rows needs UPDATE."""
    yield f"grant usage on schema {ident(world.schema)} to {ROLE}"
    yield f"grant select, insert, update, delete, truncate on all tables in schema {ident(world.schema)} to {ROLE}"


def track(world: World, name: str) -> str:
    table = literal(f"{ident(world.schema)}.{ident(name)}")
    return f"select partitioncache_track({table}, {literal(world.key)}, {literal(world.cache)})"
