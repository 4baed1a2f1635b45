"""A session whose catalog caches are reset in the midst of its work answers as before."""

from __future__ import annotations

from differential.compare import Session
from support.cluster import Database

# More changes of the catalog than the server keeps for a session that reads none: it then forgets all it knew.
EXPLAIN = "select applied, reason from public.partitioncache_explain($1, 'city_id', method => 'literal')"

STORM = "do $$ begin for n in 1..1200 loop create temp table storm (n integer); drop table storm; end loop; end $$"


def test_types_are_found_again_under_any_search_path(database: Database) -> None:
    """Cause of a defect: a type was looked up by its bare name while the query's search_path was in force."""
    with database.connect() as first, database.connect() as second:
        reader, other = Session(first), Session(second)
        reader.must("create schema apart")
        reader.must("create table apart.pois (id integer primary key, city_id integer, kind integer)")
        reader.must("insert into apart.pois select n, n % 20, n % 5 from generate_series(1, 100) n")
        reader.must("select partitioncache_register('city_id', 'integer')")
        reader.must("select partitioncache_update_processor_config(least_cost => 0)")
        reader.must("set search_path = apart")
        reasons = set()
        for kind in range(3):
            query = f"select * from pois where kind = {kind}"
            for call in ("push($1, 'city_id')", "process_queue()", "process_queue()"):
                done = reader.call(
                    f"select public.partitioncache_{call}", *([query] if "push" in call else [])
                )
                assert not done.error, done.error
            explained = reader.call(EXPLAIN, query)
            reasons.add(explained.rows[0])
            other.must(STORM)
        assert reasons == {(b"t", None)}
