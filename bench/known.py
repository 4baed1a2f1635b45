"""What it costs to ask for a known query where very many are known.

Two databases beside each other, asked in turns: one with what one user has learned, and one with a million remembered
decisions and a hundred thousand entries. Three queries: one that is left alone, one that few keys restrict, and one
that the keys of a fifth of the partitions would, which auto leaves alone: it is asked with method subquery.

    scripts/bench known [--decisions 1000000] [--entries 100000] [--keys 100000] [--repeat 101]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from lookup import FILL
from server_time import Session

from support.cluster import running_cluster
from support.installation import copy_installation

SETUP = """
create table poi as
select g as id, g % (5 * {keys}) as city_id, case when g % (5 * {keys}) < 50 then 96 else g % 50 end as kind,
       (g % (5 * {keys})) / {keys} as fifth, repeat('x', 100) as filler
from generate_series(1, 5 * {keys}) g;
create index on poi (city_id);
analyze poi;
select partitioncache_register('city_id', 'integer');
select partitioncache_update_processor_config(least_cost => 0);
"""
QUERIES = {
    "left alone": "select id from poi where kind < 1000",
    "few keys": "select id from poi where kind = 96",
    "many keys": "select id from poi where fifth = 3 and filler like 'x%'",
}
# Of one entry, not of all that are there.
FILL_ENTRIES = FILL.replace("not like 'made %') e", "not like 'made %' limit 1) e")
FILL_DECISIONS = """
insert into partitioncache_decision
select (jsonb_populate_record(d, jsonb_build_object(
            'digest', encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), 'owner', d.owner::bigint + n % 100))).*
from generate_series(1, {decisions}) n,
     partitioncache_decision d
where d.ctid = (select o.ctid from partitioncache_decision o order by (o.outcome).applied desc limit 1)
"""
APPLY = "select partitioncache_apply(%s, 'city_id', method => %s)"
METHODS = {QUERIES["many keys"]: "subquery"}


def milliseconds(session: Session, query: str) -> float:
    """How long one call keeps the server's processor busy: what else is written to the disk does not count."""
    begun = session.busy()
    session.run(APPLY, [query, METHODS.get(query, "auto")])
    return (session.busy() - begun) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=101)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with running_cluster(installation) as cluster:
            databases = [cluster.create_database() for _ in range(2)]
            with databases[0].connect() as few, databases[1].connect() as many:
                for connection in (few, many):
                    connection.execute(SETUP.format(**vars(options)).encode())
                    for query in QUERIES.values():
                        connection.execute("select partitioncache_push(%s, 'city_id')", [query])
                        while connection.execute("select partitioncache_process_queue()").fetchone() != (0,):
                            pass
                        connection.execute(APPLY, [query, METHODS.get(query, "auto")])
                many.execute("set search_path = partitioncache_internal, public")
                many.execute(FILL_ENTRIES.format(entries=options.entries).encode())
                many.execute(FILL_DECISIONS.format(**vars(options)).encode())
                many.execute("reset search_path")
                for connection in (few, many):
                    connection.execute("vacuum analyze")
                    # What the filling has left to be written disturbs what is measured.
                    connection.execute("checkpoint")
                print(
                    f"{options.decisions} decisions, {options.entries} entries; ms of the processor, medians"
                )
                print(
                    f"{'query':>12} {'keys':>8} {'method':>9} {'few known':>10} {'many known':>11} {'ratio':>6}"
                )
                for name, query in QUERIES.items():
                    row = many.execute(
                        "select keys, coalesce(method_used, '-') from partitioncache_explain(%s, 'city_id')",
                        [query],
                    ).fetchone()
                    assert row is not None
                    times: dict[Session, list[float]] = {Session(few): [], Session(many): []}
                    for _ in range(options.repeat):
                        for session, taken in times.items():
                            taken.append(milliseconds(session, query))
                    medians = [statistics.median(taken) for taken in times.values()]
                    print(
                        f"{name:>12} {row[0] or 0:>8} {row[1]:>9} {medians[0]:>10.2f} {medians[1]:>11.2f}"
                        f" {medians[1] / medians[0]:>6.2f}"
                    )


if __name__ == "__main__":
    main()
