"""``pcache advise``: finds the partition key that a person would choose, and says what to run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from partitioncache import advice
from partitioncache.report import render
from support.cluster import Cluster, Database

DATA = """
create table city (id integer primary key, name text not null, country text);
create table place (
    id integer primary key, city_id integer not null references city, kind integer not null, height float8
);
create table "Review" (
    id integer primary key, town integer not null references city(id), place_id integer not null references place,
    stars integer not null, text text
);
insert into city select g, 'city ' || g, 'c' || g % 20 from generate_series(0, 999) g;
insert into place
select g, g % 1000, abs(hashint4(g)) % 977, abs(hashint4(-g)) % 100 from generate_series(1, 100000) g;
insert into "Review"
select g, g % 1000, g % 100000 + 1, abs(hashint4(-g)) % 10, 'text' from generate_series(1, 50000) g;
create index on place (city_id);
analyze;
"""
QUERIES = """
select count(*) from place a join place b using (city_id) where a.kind = 7 and b.kind = 8 and a.height < b.height;
select count(*) from place p join "Review" r on r.town = p.city_id
where p.kind = 7 and p.height > 50 and r.stars = 9;
select count(*) from place p join city c on c.id = p.city_id where p.kind = 9 and c.country = 'c3';
select * from "Review" where id = 5;
select count(*) from place where city_id = 5 and kind = 7;
"""


def pcache(database: Database, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "partitioncache.cli.main", "advise", *options]
    return subprocess.run(command, env=database.environment(), capture_output=True, text=True, check=False)


def test_the_key_that_a_person_would_choose(empty_database: Database, tmp_path: Path) -> None:
    empty_database.psql(DATA)
    file = tmp_path / "queries.sql"
    file.write_text(QUERIES)
    page = tmp_path / "report.html"
    options = ("--seconds", "60", "--format", "json", "--html", str(page))
    run = pcache(empty_database, "--queries", str(file), *options)
    assert run.returncode == 0, run.stderr
    for words in ("city_id would do", "What it brings", "a.height &lt; b.height", "partitioncache_register("):
        assert words in page.read_text(), words
    best: dict[str, Any] = json.loads(run.stdout)[0]
    assert best["partition_key"] == "city_id"
    assert best["stands_in"] == 'place.city_id, "Review".town, city.id'
    assert best["partitions"] == 1000
    assert run.stderr.startswith("The best partition key is city_id: it saves ")
    assert best["restricted"] >= 2
    assert best["saved_ms"] is not None
    assert empty_database.execute("select count(*) from pg_namespace where nspname ~ 'partitioncache'") == [
        (0,)
    ]
    # What it says can be run.
    statements = run.stderr.split("run:\n")[1].split("The page is")[0]
    assert """select partitioncache_place('"Review"', 'town', 'city_id');""" in statements
    empty_database.psql(statements)
    assert empty_database.execute("select entries > 0 from partitioncache_status()") == [(True,)]


def test_what_is_no_partition_key(empty_database: Database, tmp_path: Path) -> None:
    """Few values, values that are all different, numbers with fractions; queries that ask for one partition."""
    empty_database.psql(DATA)
    file = tmp_path / "queries.sql"
    file.write_text("select count(*) from place where city_id = 5 and kind = 7;")
    run = pcache(empty_database, "--queries", str(file), "--tries", "0", "--format", "json")
    assert json.loads(run.stdout) == []
    page = render([], [], [], "<b>shop", datetime.now(timezone.utc))
    assert "No column would make a partition key" in page
    assert "<b>shop" not in page
    file.write_text("select 1; select")
    run = pcache(empty_database, "--queries", str(file))
    assert run.returncode == 1
    assert "No column would make a partition key for these queries." in run.stderr


def test_queries_of_pg_stat_statements(make_cluster: Callable[..., Cluster]) -> None:
    cluster = make_cluster({"shared_preload_libraries": "pg_cron,pg_stat_statements"})
    database = cluster.create_database(template="template1")
    database.psql(DATA)
    with psycopg.connect(database.conninfo()) as connection:
        said = advice.advise(connection, tries=0)
        assert (said.remark or "").startswith("The extension pg_stat_statements is not in this database")
        database.psql("create extension pg_stat_statements")
        connection.execute("select pg_stat_statements_reset()")
        connection.commit()
        database.psql(QUERIES)
        said = advice.advise(connection, tries=1, seconds=60)
        assert said.remark is None
        (best, *_) = said.candidates
        assert best.partition_key == "city_id"
        assert best.tried is not None
        assert len(best.queries) >= 3
        assert not any("$" in query for query in best.queries), "with values that the statistics know"
        assert best.restricted
    command = [sys.executable, "-m", "partitioncache.cli.main", "trial", "--partition-key", "city_id", "--no-picture"]
    tried = subprocess.run(command, env=database.environment(), capture_output=True, text=True, check=False)
    assert "All together" in tried.stderr, tried.stderr
    assert "from place" in tried.stdout.lower()


def test_queries_of_other_roles_are_not_run(make_cluster: Callable[..., Cluster]) -> None:
    """What another role has asked may call what that role has made: a superuser does not run it."""
    cluster = make_cluster({"shared_preload_libraries": "pg_cron,pg_stat_statements"})
    database = cluster.create_database(template="template1")
    database.psql(DATA)
    database.psql(
        "create extension pg_stat_statements; create role stranger; create schema s authorization stranger;"
        "set role stranger; create function s.rises() returns integer language plpgsql as "
        "$$ begin alter role stranger superuser; return 7; exception when others then return 7; end $$;"
    )
    database.psql("grant select on place to stranger")
    for _ in range(3):
        database.psql(
            "set role stranger; select count(*) from public.place a join public.place b using (city_id) "
            "where a.kind = s.rises() and b.kind = 3"
        )
    with psycopg.connect(database.conninfo()) as connection:
        said = advice.advise(connection, tries=1, seconds=20)
    assert "Queries of other roles (stranger) are not looked at" in (said.remark or "")
    assert database.execute("select rolsuper from pg_roles where rolname = 'stranger'") == [(False,)]


TPC = """
create table customer (c_custkey integer primary key, c_nationkey integer not null, c_name text not null);
create table orders (
    o_orderkey integer primary key, o_custkey integer not null, o_orderdate date not null, o_comment text not null
);
create table lineitem (
    l_orderkey integer not null, l_partkey integer not null, l_suppkey integer not null, l_quantity integer not null,
    l_shipdate date not null, l_comment text not null
);
create table part (p_partkey integer primary key, p_brand integer not null, p_name text not null);
insert into customer select g, g % 25, 'customer ' || g from generate_series(1, 3000) g;
insert into part select g, g % 25, 'part ' || g from generate_series(1, 4000) g;
insert into orders select g, abs(hashint4(g)) % 3000 + 1, date '1992-01-01' + abs(hashint4(g)) % 2400, md5(g::text)
from generate_series(1, 30000) g;
insert into lineitem
select g / 4 + 1, abs(hashint4(g)) % 4000 + 1, abs(hashint4(g)) % 200 + 1, abs(hashint4(-g)) % 50 + 1,
       date '1992-01-01' + abs(hashint4(g / 4 + 1)) % 2400 + abs(hashint4(g)) % 120, repeat(md5(g::text), 2)
from generate_series(0, 119999) g;
create index on orders (o_custkey);
create index on lineitem (l_orderkey);
create index on lineitem (l_partkey);
create index on lineitem (l_suppkey);
vacuum analyze;
"""
TPC_QUERIES = (
    # large orders
    "select c_name, o_orderkey, sum(l_quantity) from customer, orders, lineitem where o_orderkey in (select l_orderkey"
    " from lineitem group by l_orderkey having sum(l_quantity) > 190) and c_custkey = o_custkey"
    " and o_orderkey = l_orderkey group by c_name, o_orderkey",
    # shipped late
    "select c_nationkey, count(*) from customer, orders, lineitem where c_custkey = o_custkey"
    " and l_orderkey = o_orderkey and o_orderdate < '1993-01-01'"
    " and l_shipdate > o_orderdate + 118 and l_quantity > 45 group by c_nationkey",
    # by brand: nearly every part of a brand was ordered
    "select p_brand, sum(l_quantity) from part, lineitem"
    " where p_partkey = l_partkey and p_brand < 20 group by p_brand",
    # all of it
    "select l_suppkey, sum(l_quantity) from lineitem where l_shipdate < '1998-06-01' group by l_suppkey",
    "select o_custkey, count(*) from orders group by o_custkey",
)


def test_orders_and_their_lines(empty_database: Database) -> None:
    """TPC-H's shape: the key that two large tables share and that leaves few partitions, tried or not."""
    empty_database.psql(TPC)
    with psycopg.connect(empty_database.conninfo()) as connection:
        for tries in (0, 2):
            (best, *others) = advice.advise(connection, TPC_QUERIES, tries=tries, seconds=60).candidates
            assert set(best.stands_in) == {"orders.o_orderkey", "lineitem.l_orderkey"}, (tries, best, others)
            assert best.saves is not None
            assert best.saves > advice.LITTLE
            assert all((each.saves or 0) <= best.saves for each in others)
    assert best.tried is not None
    assert best.restricted


def test_no_key_would_pay(empty_database: Database, tmp_path: Path) -> None:
    """Where nothing is left out, the first line says so, and there is nothing to run."""
    empty_database.psql(TPC)
    file = tmp_path / "queries.sql"
    file.write_text(";".join(TPC_QUERIES[2:]))
    run = pcache(empty_database, "--queries", str(file), "--seconds", "30", "--format", "json")
    assert run.returncode == 1, run.stderr
    assert run.stderr.startswith("No ")
    assert "partitioncache_register" not in run.stderr


def test_names_with_quotes(empty_database: Database) -> None:
    """Names decide nothing in what is advised, and what is advised can be run."""
    names = "The \"Town's\" places; --", 'Town "id" \\'
    table, column = (sql.Identifier(name).as_string() for name in names)
    empty_database.psql(
        DATA + f"create table {table} as select g as id, g % 1000 as {column}, g % 977 as kind, g % 7 as v"
        f" from generate_series(1, 60000) g; create index on {table} ({column}); analyze {table};"
    )
    query = f"select count(*) from {table} a join {table} b using ({column}) where a.kind = 7 and b.kind = 8"
    with psycopg.connect(empty_database.conninfo()) as connection:
        (best, *_) = advice.advise(connection, [query], tries=1, seconds=30).candidates
    assert best.partition_key == names[1]
    assert best.restricted
    empty_database.psql("create extension if not exists partitioncache;" + "\n".join(best.statements))
    assert empty_database.execute("select entries > 0 from partitioncache_status()") == [(True,)]
