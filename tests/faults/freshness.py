"""Writers and readers on one database: does the cache ever change an answer while its tables are written to?

`Trial.run` lets writers (inserts, updates that move rows between partitions, deletes, truncates, COPY, MERGE,
savepoints, rollbacks, prepared transactions, partitions attached and detached), readers and refreshers work at once.
A reader runs a query and its rewritten form in one snapshot and compares the rows: in one statement (READ COMMITTED),
in one REPEATABLE READ or SERIALIZABLE transaction, and in a transaction that writes.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random, choice
from typing import Any

import psycopg
from psycopg import errors, sql

from faults.world import QUERIES, SCHEMA, TRACKED, WRITES, values
from support.cluster import Database

Connection = psycopg.Connection[tuple[Any, ...]]

# What concurrent work may run into without being wrong.
EXPECTED = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.UniqueViolation,
    errors.CardinalityViolation,
    errors.FeatureNotSupported,  # a cached plan whose table was altered
)


@dataclass
class Report:
    """What a run did. `differences` holds one text a wrong answer; the counters say how much was tried."""

    differences: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    compared: Counter[str] = field(default_factory=Counter)
    restricted: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    refreshed: Counter[str] = field(default_factory=Counter)
    tried_again: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        """The report in words."""
        lines = [f"{len(self.differences)} differences, {len(self.failures)} failures"]
        for name in ("compared", "restricted", "written", "refreshed", "tried_again"):
            counter: Counter[str] = getattr(self, name)
            parts = ", ".join(f"{what} {count}" for what, count in sorted(counter.items()))
            lines.append(f"{name} {sum(counter.values())}: {parts}")
        return "\n".join(lines + self.differences[:5] + self.failures[:5])


class Trial:
    """Workers on one database, which needs `max_prepared_transactions`; makes tables, fills the cache."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.seed = seed
        self.report = Report()
        self.over = threading.Event()
        with database.connect() as connection:
            connection.execute(SCHEMA.encode())
            connection.execute("select partitioncache_register('city_id', 'integer')")
            for table in TRACKED:
                connection.execute("select partitioncache_track(%s::regclass, 'city_id')", (table,))
            for query in QUERIES:
                connection.execute("select partitioncache_push(%s, 'city_id')", (query,))
            connection.execute("call partitioncache_run_processor()")

    def run(self, seconds: float, *, until_different: bool = False) -> Report:
        """Lets everybody work for so long, or until the first failure, or difference where one is looked for."""
        jobs: list[Callable[[Connection, Random], None]] = [
            self.write,
            self.write,
            self.write,
            self.attach_and_detach,
            self.read_in_one_statement,
            self.read_in_one_snapshot,
            self.read_while_writing,
            self.refresh,
            self.process,
        ]
        threads = [
            threading.Thread(target=self.repeat, args=(job, self.seed * 100 + number), daemon=True)
            for number, job in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not self.report.failures:
            if until_different and self.report.differences:
                break
            time.sleep(0.1)
        self.over.set()
        for thread in threads:
            thread.join(60)
        return self.report

    def repeat(self, job: Callable[[Connection, Random], None], seed: int) -> None:
        """Does one job over and over, on a connection of its own."""
        random = Random(seed)
        with self.database.connect() as connection:
            connection.execute("set lock_timeout = '2s'")
            while not self.over.is_set():
                try:
                    job(connection, random)
                except EXPECTED as problem:
                    self.report.tried_again[type(problem).__name__] += 1
                    connection.rollback()
                except Exception as problem:
                    self.report.failures.append(f"{job.__name__}: {type(problem).__name__}: {problem}")
                    return

    # Writers

    def write(self, connection: Connection, random: Random) -> None:
        """One transaction of one of the usual shapes."""
        shape = random.choices(["single", "several", "savepoint", "rollback", "prepared"], [6, 4, 2, 2, 1])[0]
        if shape == "single":
            self.write_once(connection, random)
        elif shape == "prepared":
            self.write_prepared(connection, random)
        else:
            with connection.transaction(force_rollback=shape == "rollback"):
                for _ in range(random.randint(1, 3)):
                    with connection.transaction(
                        force_rollback=shape == "savepoint" and random.random() < 0.5
                    ):
                        self.write_once(connection, random)
                if shape == "rollback":
                    time.sleep(random.random() * 0.02)
        self.report.written[shape] += 1

    def write_prepared(self, connection: Connection, random: Random) -> None:
        """A transaction that is prepared, and for a while neither committed nor rolled back."""
        name = f"{self.seed} {random.random()}"
        connection.execute("begin")
        self.write_once(connection, random)
        connection.execute(sql.SQL("prepare transaction {}").format(name))
        time.sleep(random.random() * 0.05)
        ending = sql.SQL(random.choice(("commit", "rollback")))
        connection.execute(sql.SQL("{} prepared {}").format(ending, name))

    def write_once(self, connection: Connection, random: Random) -> None:
        """One statement, or one COPY."""
        if random.random() < 0.03:
            with connection.cursor().copy("copy poi (city_id, kind, size) from stdin") as copy:
                for _ in range(random.randint(1, 4)):
                    chosen = values(random)
                    copy.write_row((chosen["city"], chosen["kind"], chosen["size"]))
            self.report.written["copy"] += 1
            return
        _, what, statement = random.choices(WRITES, [weight for weight, _, _ in WRITES])[0]
        chosen = values(random)
        with connection.transaction():
            for part in statement.split(";"):
                connection.execute(part.encode(), chosen)
        self.report.written[what] += 1

    def attach_and_detach(self, connection: Connection, random: Random) -> None:
        """A partition that comes with rows, is written to through itself and through its parent, and goes again."""
        write = "insert into {} (city_id, day, stars) values (%(other)s, 20, 99)"
        into_partition, into_parent = write.format("visit_2").encode(), write.format("visit").encode()
        time.sleep(random.random() * 2)
        connection.execute(into_partition, values(random))
        # A lock that was not to be had may have ended the last turn while it was attached.
        if connection.execute("select from pg_inherits where inhrelid = 'visit_2'::regclass").rowcount == 0:
            connection.execute("alter table visit attach partition visit_2 for values from (20) to (30)")
        time.sleep(random.random())
        connection.execute("select pc_sync_tracking('partitioncache')")
        connection.execute(into_partition, values(random))
        connection.execute(into_parent, values(random))
        time.sleep(random.random())
        for _ in range(300):
            try:
                connection.execute("alter table visit detach partition visit_2")
            except EXPECTED:
                time.sleep(0.1)
            else:
                break
        self.report.written["attached and detached"] += 1

    # Readers

    def rewritten(self, connection: Connection, query: str, method: str | None = None) -> str:
        """The query as the cache would have it run, by one of the methods whose texts stay true."""
        method = method or choice(("current", "subquery"))
        row = connection.execute(
            "select partitioncache_apply(%s, 'city_id', method => %s)", (query, method)
        ).fetchone()
        assert row is not None
        return str(row[0])

    def note(self, how: str, query: str, rewritten: str, missing: object, added: object) -> None:
        """Counts a comparison and keeps a difference."""
        self.report.compared[how] += 1
        self.report.restricted[how] += rewritten != query
        if missing or added:
            self.report.differences.append(
                f"{how}: {query}\n  missing {missing}\n  added {added}\n  {rewritten}"
            )

    def compare_in_one_statement(self, connection: Connection, how: str, query: str, rewritten: str) -> None:
        """Both forms in one statement, which has one snapshot."""
        row = connection.execute(
            f"""select (select array_agg(x::text) from (({query}) except all ({rewritten})) x),
                       (select array_agg(x::text) from (({rewritten}) except all ({query})) x)""".encode()
        ).fetchone()
        assert row is not None
        self.note(how, query, rewritten, row[0], row[1])

    def compare_rows(self, connection: Connection, how: str, query: str, rewritten: str) -> None:
        """One form after the other, in a transaction that has one snapshot."""
        expected = Counter(connection.execute(query.encode()).fetchall())
        found = Counter(connection.execute(rewritten.encode()).fetchall())
        if found - expected:
            # No restriction adds rows, but a partition that was attached meanwhile does, whatever the snapshot.
            expected = Counter(connection.execute(query.encode()).fetchall())
        self.note(how, query, rewritten, [*(expected - found).elements()], [*(found - expected).elements()])

    def read_in_one_statement(self, connection: Connection, random: Random) -> None:
        """READ COMMITTED; the rewritten text is used again after more has been written."""
        query = random.choice(QUERIES)
        rewritten = self.rewritten(connection, query)
        for _ in range(random.randint(1, 4)):
            self.compare_in_one_statement(connection, "read committed", query, rewritten)

    def read_in_one_snapshot(self, connection: Connection, random: Random) -> None:
        """REPEATABLE READ and SERIALIZABLE, with a snapshot that has grown old, and texts that are older still."""
        level = random.choice(("repeatable read", "serializable"))
        method = random.choice(("current", "subquery", "literal"))
        older = random.choice(QUERIES)
        older_text = self.rewritten(connection, older)
        with connection.transaction():
            connection.execute(sql.SQL("set transaction isolation level {}").format(sql.SQL(level)))
            connection.execute("select 1")
            time.sleep(random.random() * 0.3)
            for query in random.sample(QUERIES, 3):
                rewritten = self.rewritten(connection, query, method)
                self.compare_rows(connection, f"{level} {method}", query, rewritten)
            self.compare_rows(connection, f"{level} older text", older, older_text)

    def read_while_writing(self, connection: Connection, random: Random) -> None:
        """A transaction reads what it has itself written, also with entries that it has itself evaluated."""
        level = random.choice(("read committed", "read committed", "repeatable read", "serializable"))
        with connection.transaction(force_rollback=random.random() < 0.3):
            connection.execute(sql.SQL("set transaction isolation level {}").format(sql.SQL(level)))
            for _ in range(random.randint(1, 3)):
                self.write_once(connection, random)
                if random.random() < 0.2:
                    self.evaluate(connection, random)
                query = random.choice(QUERIES)
                rewritten = self.rewritten(connection, query)
                self.compare_in_one_statement(connection, f"{level} after own writes", query, rewritten)

    # Refreshers

    def evaluate(self, connection: Connection, random: Random) -> None:
        """Evaluates one or two entries, whether they need it or not."""
        connection.execute(
            """select pc_evaluate_fragment('partitioncache', 'city_id', e.hash, e.query, (e.evaluation).keyed_tables,
                                           (e.evaluation).parts)
               from (select * from partitioncache_internal.partitioncache_cache_city_id
                     order by random() limit %s) e""",
            (random.randint(1, 2),),
        )
        self.report.refreshed["evaluated"] += 1

    def refresh(self, connection: Connection, random: Random) -> None:
        """What the processor does in the course of minutes, all the time."""
        what = random.choices(["evaluate", "evaluate under an older snapshot", "trim"], [6, 2, 2])[0]
        if what == "evaluate":
            self.evaluate(connection, random)
        elif what == "trim":
            trimmed = connection.execute(
                "select pc_trim_changes('partitioncache', %s)", (random.choice((10, 100000)),)
            ).fetchone()
            assert trimmed is not None
            self.report.refreshed["rows trimmed"] += trimmed[0]
            connection.execute("select pc_sync_tracking('partitioncache')")
        else:
            with connection.transaction():
                connection.execute("set transaction isolation level repeatable read")
                connection.execute("select 1")
                time.sleep(random.random() * 0.1)
                self.evaluate(connection, random)
        time.sleep(random.random() * 0.02)

    def process(self, connection: Connection, _: Random) -> None:
        """The processor itself."""
        connection.execute("call partitioncache_run_processor(duration => '1 s', frequency_seconds => 0.1)")
        self.report.refreshed["processor"] += 1
