"""What it costs to find the entries that a query contains, by how many entries there are.

A tenth of the entries are about the table that is asked of: bounds, constants, lists, two conditions together; the others
about a hundred other tables. The last column is what 100 entries cost, times. First in PostgreSQL, then in the
catalogue that a client of Redis or RocksDB holds in memory; what reading the query takes is in neither.

    scripts/bench lookup [--repeat 15]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from partitioncache.analysis import analyse
from partitioncache.analysis.matching import Catalogue, Known
from support.cluster import running_cluster
from support.installation import copy_installation

SETUP = """
create table poi as select g as id, g % 500 as city_id, g % 97 as kind, g % 10000 as area, 'name ' || g % 1000 as name from generate_series(1, 20000) g;
create index on poi (city_id);
analyze poi;
select partitioncache_push('select * from poi where kind = 96', 'city_id');
select partitioncache_process_queue();
"""

# Entries as evaluations would have left them, with what one of these depends on.
FILL = """
with wanted as (
    select n, case when n % 10 = 0 then 'public.poi' else 'public.other_' || n % 100 end as relation,
           array(select c from unnest(array[
               case when n / 10 % 4 in (0, 3) then row(E'\\x010\\x02.area', 'bound', '>', 'integer', array[(n / 4)::text])::pc_condition end,
               case when n / 10 % 4 in (1, 3) then row(E'\\x010\\x02.kind', 'set', null, 'integer', array[(n % 997)::text])::pc_condition end,
               case when n / 10 % 4 = 2 then row(E'\\x010\\x02.name', 'set', null, 'text', array['name ' || n % 1000, 'name ' || n % 999])::pc_condition end
           ]) c where (c).kind is not null) as conditions
    from generate_series(1, {entries}) n
), formed as (
    select w.n, row(array[w.relation], '{{0}}', '{{0}}', w.conditions)::pc_form as form from wanted w
), filed as (
    select f.n, f.form, array_agg(x.signature) as signatures, (array_agg(x.signature))[1] as signature, (array_agg(x.rank))[1] as rank
    from formed f cross join lateral pc_filings(f.form) x(signature, rank) group by f.n, f.form
)
insert into partitioncache_cache_city_id (hash, keys, key_count, generation, owner, owner_name, evaluated_at, evaluation)
select 'made ' || f.n, array(select generate_series(1, 1 + f.n % 400)), 1 + f.n % 400, e.generation, e.owner, e.owner_name, e.evaluated_at,
       jsonb_populate_record(e.evaluation, jsonb_build_object('form', f.form, 'signatures', f.signatures, 'filed_under', f.signature, 'filed_rank', f.rank))
from filed f, (select * from partitioncache_cache_city_id where hash not like 'made %') e
"""

SIZES = (100, 1000, 10000, 100000)
QUERIES = {
    "a constant": "select * from poi where kind = {0}",
    "a bound": "select * from poi where area > {0}",
    "both, and more": "select * from poi where kind = {0} and area > {0} and name = 'name {0}' and id > 5",
    "nothing known": "select * from poi where id = {0}",
}


def milliseconds(connection: psycopg.Connection[Any], query: str) -> float:
    """How long the search takes for a query whose form is known."""
    with connection.transaction(force_rollback=True):
        row = connection.execute(
            "select (f).asked from pc_analyse(%s, pc_registration('partitioncache', 'city_id'), pc_session('public')) a,"
            " unnest(a.families) f",
            [query],
        ).fetchone()
        assert row is not None
        started = time.perf_counter()
        connection.execute(
            "select pc_contained_entries(pc_registration('partitioncache', 'city_id'), %s::pc_asked)",
            [row[0]],
        )
        return (time.perf_counter() - started) * 1e3


TYPES = {"poi": {"id": "integer", "city_id": "integer", "kind": "integer", "area": "integer", "name": "text"}}
ALL = "select * from poi where area > 7 and kind = 7 and name in ('7', '8')"


def catalogue(entries: int) -> Catalogue:
    """As FILL, in the memory of a client."""
    form = analyse(ALL, "city_id", schema=TYPES).form
    assert form is not None
    area, kind, name = form.conditions
    made = Catalogue()
    for n in range(1, entries + 1):
        bound = replace(area, constants=(str(n // 4),))
        equal = replace(kind, constants=(str(n % 997),))
        listed = replace(name, constants=(f"'name {n % 1000}'", f"'name {n % 999}'"))
        said = ((bound,), (equal,), (listed,), (bound, equal))[n // 10 % 4]
        tables = ("poi" if n % 10 == 0 else f"other_{n % 100}",)
        made.put(f"made {n}", Known(replace(form, tables=tables, conditions=said), 1 + n % 400, 0.0))
    return made


def milliseconds_of_python(made: Catalogue, query: str) -> float:
    """How long the processor is busy with the search in a client's memory; the least of three."""
    analysis = analyse(query, "city_id", schema=TYPES)
    taken = []
    for _ in range(3):
        started = time.thread_time()
        analysis.contained(made)
        taken.append(time.thread_time() - started)
    return min(taken) * 1e3


def table(title: str, repeat: int) -> Callable[[int, Callable[[str], float]], None]:
    """Prints the head of a table; what is returned measures and prints a line."""
    print(f"{title}, medians of {repeat}")
    print(f"{'entries':>8} " + " ".join(f"{name:>15}" for name in QUERIES) + f" {'against 100':>12}")
    sums: list[float] = []

    def line(entries: int, measured: Callable[[str], float]) -> None:
        row = [
            statistics.median(measured(query.format(100 + n)) for n in range(repeat))
            for query in QUERIES.values()
        ]
        sums.append(sum(row))
        print(
            f"{entries:>8} "
            + " ".join(f"{value:>15.3f}" for value in row)
            + f" {sums[-1] / sums[0]:>10.2f} x",
            flush=True,
        )

    return line


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=15)
    repeat = parser.parse_args().repeat
    line = table("Milliseconds to find what is contained, in Python", repeat)
    for entries in SIZES:
        line(entries, partial(milliseconds_of_python, catalogue(entries)))
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        line = table("The same in PostgreSQL", repeat)
        with running_cluster(installation) as cluster:
            for entries in SIZES:
                with cluster.create_database().connect() as connection:
                    connection.execute(SETUP.encode())
                    connection.execute("set search_path = partitioncache_internal, public")
                    connection.execute(FILL.format(entries=entries).encode())
                    connection.execute("analyze partitioncache_cache_city_id")
                    line(entries, partial(milliseconds, connection))


if __name__ == "__main__":
    main()
