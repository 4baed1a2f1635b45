"""TPC-H and TPC-DS, each query under each partition key: what learning takes, and what it is good for.

The data come from tpchgen-cli and tpcgen-cli, the texts of the queries and the columns of the tables from DuckDB's
extensions; a LIMIT at the end of a query is left out, so that rows can be compared. A partition key is a column by its
own name: o_custkey of orders, d_date_sk of date_dim. For each query and key: the cache is emptied, the query pushed,
and all processed (filling); it is asked for, and what comes back is run beside the query as it was; then its forms are raced, and the
same is done again. Rows are compared.

With --placed, the partition keys of TPC-H are those of a schema that says them in its own words: customer stands in c_custkey and
o_custkey, supplier in s_suppkey, ps_suppkey and l_suppkey, order in o_orderkey and l_orderkey, and two are months of a date.

What is measured is the time that the session ran on a processor, without parallel plans: it hardly depends on what else
the machine does. --clock measures by the clock, and lets PostgreSQL plan as it likes.

    scripts/bench tpc h [--scale 0.2] [--keys o_custkey,l_suppkey] [--queries 5,9] [--static] [--clock] [--why 3]
    scripts/bench tpc h --placed --clock --scale 1 --limit 120 --set shared_buffers=2GB --set work_mem=64MB
    scripts/bench tpc ds [--scale 0.05] ...
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from support.cluster import running_cluster
from support.installation import copy_installation

H_KEYS = (
    "o_custkey c_custkey o_orderkey l_orderkey s_suppkey l_suppkey p_partkey ps_partkey"
    " c_nationkey s_nationkey n_nationkey"
)
# Partition keys that are called otherwise in each table: what they hold, and where they stand.
PLACED = {
    "customer": ("bigint", {"customer": "c_custkey", "orders": "o_custkey"}),
    "supplier": ("bigint", {"supplier": "s_suppkey", "lineitem": "l_suppkey", "partsupp": "ps_suppkey"}),
    "order": ("bigint", {"orders": "o_orderkey", "lineitem": "l_orderkey"}),
    "shipped": ("timestamp", {"lineitem": "date_trunc('month', l_shipdate::timestamp)"}),
    "ordered": ("timestamp", {"orders": "date_trunc('month', o_orderdate::timestamp)"}),
}
TYPES = {"VARCHAR": "text", "TIME": "time"}
# What DuckDB writes in its own way.
DIALECT = (
    (r"\binterval (\d+) (day|month|year)s?\b", r"interval '\1 \2'"),
    (r"(?i)\s*\blimit\s+\d+\s*;?\s*$", ""),
)


@dataclass
class Suite:
    """A benchmark as DuckDB's extension has it."""

    name: str
    queries: dict[int, str]
    tables: dict[str, list[tuple[str, str]]]

    placed: bool = False

    @property
    def keys(self) -> dict[str, tuple[str, dict[str, str]]]:
        """The partition keys here: what each holds, in PostgreSQL's words, and where it stands in which tables."""
        if self.placed:
            return PLACED
        columns = {c: (kind.lower(), {table: c}) for table, columns in self.tables.items() for c, kind in columns}
        wanted = H_KEYS.split() if self.name == "h" else [c for c in columns if c.endswith("_sk")]
        return {column: columns[column] for column in wanted}

    def indexed(self, table: str) -> set[str]:
        """The columns of a table that have an index: the first, the partition keys; where these are placed, all keys and their dates."""
        columns = [column for column, _ in self.tables[table]]
        keys = {places.get(table) for _, places in self.keys.values()} & set(columns)
        keys |= {c for c in columns if c.endswith("key") or c in ("l_shipdate", "o_orderdate")} if self.placed else set()
        return {columns[0], *(key for key in keys if key)}

    def keys_of(self, query: str) -> list[str]:
        """Those of whose tables a query reads one, and (TPC-DS has many) that it names."""
        words = set(re.findall(r"\w+", query))
        return [k for k, (_, places) in self.keys.items() if words & set(places) and (self.name == "h" or k in words)]


def suite(name: str) -> Suite:
    """Reads the texts and the columns."""
    with duckdb.connect() as connection:
        connection.execute("call dbgen(sf = 0)" if name == "h" else "call dsdgen(sf = 0)")
        tables: dict[str, list[tuple[str, str]]] = {}
        for table, column, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() where not internal"
            " order by table_name, column_index"
        ).fetchall():
            tables.setdefault(table, []).append((column, TYPES.get(kind, kind)))
        queries = {}
        for number, text in connection.execute(f"select query_nr, query from tpc{name}_queries()").fetchall():
            text = text.strip().rstrip(";")
            for found, written in DIALECT:
                text = re.sub(found, written, text)
            queries[number] = text
    return Suite(name, queries, tables)


def load(connection: psycopg.Connection[Any], of: Suite, scale: float) -> None:
    """Makes, fills and indexes the tables: the first column of each, and each partition key."""
    tool = Path(sys.executable).parent / ("tpchgen-cli" if of.name == "h" else "tpcgen-cli")
    with tempfile.TemporaryDirectory(prefix="tpc-") as folder:
        subprocess.run(
            [tool, *(["tpcds"] if of.name == "ds" else []), "csv", "-s", str(scale), "-o", folder],
            check=True,
            capture_output=True,
        )
        for table, columns in of.tables.items():
            connection.execute(
                sql.SQL("create table {} ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(
                        sql.SQL("{} " + kind).format(sql.Identifier(column)) for column, kind in columns
                    ),
                )
            )
            file = Path(folder) / f"{table}.csv"
            with file.open("rb") as data, connection.cursor() as cursor:
                # By their order: they are not called alike everywhere.
                if data.readline().count(b",") + 1 != len(columns):
                    raise SystemExit(f"Other columns than expected: {table}")
                statement = sql.SQL("copy {} from stdin (format csv)").format(sql.Identifier(table))
                with cursor.copy(statement) as copy:
                    while block := data.read(1 << 20):
                        copy.write(block)
            for column in sorted(of.indexed(table)):
                connection.execute(
                    sql.SQL("create index on {} ({})").format(sql.Identifier(table), sql.Identifier(column))
                )
    connection.execute("vacuum analyze")


class Session:
    """A session, and what it takes."""

    def __init__(self, connection: psycopg.Connection[Any], clock: bool) -> None:
        self.connection = connection
        self._schedstat = None if clock else Path(f"/proc/{connection.info.backend_pid}/schedstat")
        if not clock:
            connection.execute("set max_parallel_workers_per_gather = 0")

    def now(self) -> float:
        """Seconds so far."""
        return int(self._schedstat.read_text().split()[0]) / 1e9 if self._schedstat else time.perf_counter()

    def rows(self, query: str, limit: float = 0) -> tuple[float, Counter[tuple[Any, ...]] | None]:
        """Seconds of a query, and its rows in no order; none if it takes longer than the limit in seconds."""
        self.connection.execute(f"set statement_timeout = {int(limit * 1000)}".encode())
        started = self.now()
        try:
            rows = self.connection.execute(query.encode()).fetchall()
        except psycopg.errors.QueryCanceled:
            return self.now() - started, None
        finally:
            self.connection.execute("set statement_timeout = 0")
        return self.now() - started, Counter(rows)

    def value(self, query: str, *params: object) -> Any:
        """The one value that a query gives."""
        row = self.connection.execute(query.encode(), params).fetchone()
        assert row is not None
        return row[0]

    def worked(self, query: str, key: str) -> float:
        """Seconds that it takes to push a query and to work on it until nothing is left."""
        started = self.now()
        self.value("select partitioncache_push(%s, %s)", query, key)
        while self.value("select partitioncache_process_queue(max_seconds => 3600)"):
            pass
        return self.now() - started


@dataclass
class Asked:
    """What comes of asking for a query: whether it is restricted, and the seconds that it takes then, asking included."""

    restricted: bool
    seconds: float

    def slower(self, cold: float) -> bool:
        """By more than 5 % and a millisecond, asking included."""
        return self.seconds > 1.05 * cold + 0.001


@dataclass
class Found:
    """What was measured of a query under a partition key, in seconds; before any race, and after."""

    query: int
    key: str
    cold: float
    filling: float
    racing: float
    before: Asked
    after: Asked
    entries: int

    @property
    def runs(self) -> float:
        """Filling in cold runs."""
        return self.filling / self.cold

    @property
    def too_long(self) -> bool:
        """Whether filling missed its goal."""
        return self.filling > (0.03 if self.cold < 0.01 else 1.5 * self.cold)

    def __str__(self) -> str:
        return (
            f"{self.query:>5} {self.key:>22} {self.cold * 1e3:>9.1f} {self.filling * 1e3:>9.1f}"
            f" {self.runs:>7.2f}{'!' if self.too_long else ' '} {self.racing * 1e3:>9.1f} {self.entries:>7}"
            + "".join(
                f" {'yes' if asked.restricted else 'no':>10} {asked.seconds * 1e3:>9.1f} {self.cold / asked.seconds:>7.2f}"
                f"{'!' if asked.slower(self.cold) else ' '}"
                for asked in (self.before, self.after)
            )
        )


HEADER = (
    f"{'query':>5} {'partition key':>22} {'cold ms':>9} {'filling':>9} {'in runs':>7}  {'racing':>9} {'entries':>7} {'unraced':>10}"
    f" {'with ms':>9} {'ratio':>7}  {'raced':>10} {'with ms':>9} {'ratio':>7}"
)
LOG = """
    select l.execution_time_ms::numeric(9, 1), l.cost::bigint, l.status, l.key_count, l.error_msg, coalesce(e.query, d.query)
    from (select * from partitioncache_processor_log order by id desc limit 20) l
    left join partitioncache_entries(%(key)s) e on e.hash = l.query_hash
    left join partitioncache_deferred(%(key)s) d on d.hash = l.query_hash
    where l.created_at > now() - make_interval(secs => %(seconds)s)
    order by l.id"""


def asked_for(session: Session, query: str, key: str, cold: float, expected: Counter[tuple[Any, ...]]) -> tuple[Asked, float]:
    """Asks for a query, and runs what comes back beside it; the seconds, without the query where it is left alone, and the least that it takes."""
    session.value("select partitioncache_apply(%s, %s)", query, key)
    asking = []
    for _ in range(3):
        started = session.now()
        rewritten = session.value("select partitioncache_apply(%s, %s)", query, key)
        asking.append(session.now() - started)
    runs = [0.0]
    if rewritten != query:
        runs = []
        for _ in range(2):
            seconds, rows = session.rows(rewritten, max(20 * cold, 2))
            if rows is not None and rows != expected:
                raise SystemExit(f"Other rows: {key}\n{query}\n{rewritten}")
            runs.append(seconds)
            cold = min(cold, session.rows(query)[0])
    return Asked(rewritten != query, min(runs) + min(asking)), cold


def measured(session: Session, of: Suite, options: argparse.Namespace) -> Iterator[Found]:
    """Every query under every key."""
    for number, query in sorted(of.queries.items()):
        keys = [k for k in of.keys_of(query) if not options.keys or k in options.keys.split(",")]
        if not keys or (options.queries and str(number) not in options.queries.split(",")):
            continue
        try:
            before, expected = min((session.rows(query, options.limit) for _ in range(2)), key=lambda found: found[0])
        except psycopg.Error as error:
            print(f"{number:>5} left out: {str(error).splitlines()[0]}")
            continue
        if expected is None:
            print(f"{number:>5} left out: it takes more than {options.limit} s")
            continue
        for key in keys:
            cold = before
            datatype, places = of.keys[key]
            placements = json.dumps({table: where for table, where in places.items() if where != key})
            session.value("select partitioncache_register(%s, %s, placements => %s)", key, datatype, placements)
            session.value("select partitioncache_clear(%s)", key)
            # Looking after the cache is no learning: what a call takes that finds nothing is left out.
            for _ in range(2):
                started = session.now()
                session.value("select partitioncache_process_queue()")
                idle = session.now() - started
            filling = max(session.worked(query, key) - 2 * idle, 0)
            unraced, cold = asked_for(session, query, key, cold, expected)
            # Races have a budget of their own, and are run once for queries that differ in constants.
            session.value("select partitioncache_update_processor_config(race_budget => 4)")
            racing = max(session.worked(query, key) - 2 * idle, 0)
            session.value("select partitioncache_update_processor_config(race_budget => 0)")
            raced, cold = asked_for(session, query, key, cold, expected)
            entries = session.value("select partitioncache_count(%s)", key)
            # What is left alone takes what the query takes.
            for asked in (unraced, raced):
                asked.seconds += 0 if asked.restricted else cold
            yield Found(number, key, cold, filling, racing, unraced, raced, entries)
            if options.why and max(filling, unraced.seconds, raced.seconds) > options.why * cold:
                for row in session.connection.execute(LOG, {"key": key, "seconds": 60}):
                    print("     ", *row)
                explained = "select reason from partitioncache_explain(%s, %s)"
                print(session.value(explained, query, key) or session.value("select partitioncache_apply(%s, %s)", query, key))
            session.value("select partitioncache_clear(%s)", key)


def picture(found: list[Found], file: Path) -> None:
    """Filling, in cold runs, of each query and key, and the gain of those that are restricted."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tpc"}):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(sorted(f.runs for f in found), drawstyle="steps-mid")
        left.axhline(1.5, color="gray", linestyle=":")
        left.set(yscale="log", title="Filling, in cold runs of the query", xlabel="queries and keys, sorted")
        right.plot(sorted(f.cold / f.after.seconds for f in found if f.after.restricted), drawstyle="steps-mid")
        right.axhline(1, color="gray", linestyle=":")
        right.set(yscale="log", title="Times as fast, asking included", xlabel="restricted queries and keys, sorted")
        figure.savefig(file, format="svg", metadata={"Date": None})


def summary(found: list[Found]) -> None:
    """Prints what all of them have in common."""
    cold, filling = (sum(getattr(f, name) for f in found) for name in ("cold", "filling"))
    print(f"{len(found)} queries and keys, no row differs: {cold:.1f} s without, {sum(f.after.seconds for f in found):.1f} s with")
    if longer := [f for f in found if f.cold >= 0.01]:
        worst = max(longer, key=lambda f: f.runs)
        median = statistics.median(f.runs for f in longer)
        print(f"filling in cold runs: median {median:.2f}, worst {worst.runs:.2f} (query {worst.query}, {worst.key})")
    if short := [f.filling * 1e3 for f in found if f.cold < 0.01]:
        print(f"filling of queries below 10 ms: median {statistics.median(short):.0f} ms, worst {max(short):.0f} ms")
    print(f"racing all together {sum(f.racing for f in found):.1f} s")
    print(f"filling all together {filling:.1f} s; {sum(f.too_long for f in found)} of {len(found)} took too long")
    for when in ("before", "after"):
        asked = [(f, getattr(f, when)) for f in found]
        if restricted := [(f, a) for f, a in asked if a.restricted]:
            ratio = sum(f.cold for f, _ in restricted) / sum(a.seconds for _, a in restricted)
            worst, taken = max(restricted, key=lambda each: each[1].seconds / each[0].cold)
            print(
                f"{when} any race restricted {len(restricted)}: {ratio:.2f} times as fast all together;"
                f" {sum(a.slower(f.cold) for f, a in restricted)} slower,"
                f" the worst {taken.seconds / worst.cold:.2f} times as long (query {worst.query}, {worst.key})"
            )
        print(f"left alone, but slower by asking: {sum(a.slower(f.cold) for f, a in asked if not a.restricted)}")


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=("h", "ds"))
    parser.add_argument("--scale", type=float)
    parser.add_argument("--keys", default="", help="only these")
    parser.add_argument("--queries", default="", help="only these numbers")
    parser.add_argument("--limit", type=float, default=10, help="seconds after which a query is left out")
    parser.add_argument("--static", action="store_true", help="tables are asserted to be static, not tracked")
    parser.add_argument("--clock", action="store_true", help="time by the clock, parallel plans")
    parser.add_argument("--why", type=float, help="say why, where filling or the query takes so many cold runs")
    parser.add_argument("--placed", action="store_true", help="TPC-H's partition keys in the words of its tables; an index on every key")
    parser.add_argument("--set", action="append", default=[], help="a setting of the server, name=value")
    parser.add_argument("--picture", type=Path, help="an SVG file to write")
    options = parser.parse_args()
    of = suite(options.suite)
    of.placed = options.placed
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        settings = dict(each.split("=", 1) for each in options.set)
        with running_cluster(installation, settings) as cluster, cluster.create_database().connect() as connection:
            load(connection, of, options.scale or (0.2 if of.name == "h" else 0.05))
            session = Session(connection, options.clock)
            connection.execute("set client_min_messages = warning")
            session.value("select partitioncache_update_processor_config(race_budget => 0)")
            if options.static:
                session.value("select partitioncache_update_processor_config(untracked => 'static')")
            print(HEADER)
            found = []
            for one in measured(session, of, options):
                found.append(one)
                print(one, flush=True)
    if not found:
        raise SystemExit("Nothing was measured.")
    summary(found)
    if options.picture:
        # Inside the copy of the checkout that a run for root is made in, a relative path would be lost.
        picture(found, options.picture)
        print(f"{options.picture.resolve()} is written")


if __name__ == "__main__":
    main()
