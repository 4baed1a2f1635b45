"""Which servers and which databases take the extension: every version from 15 on, every encoding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from partitioncache.setup import apply_plan, check_installation, plan
from partitioncache.setup.install import InstallError
from support.cluster import Cluster, Database, running_cluster
from support.installation import installation_of

REFUSAL = "PartitionCache needs PostgreSQL 15 or newer; this server is {}"
# encodings of a server, a text that each of them can write, and that text's bytes
ENCODINGS = {
    "UTF8": ("größer “…”", "utf-8"),
    "LATIN1": ("größer", "latin-1"),
    "EUC_JP": ("東京", "euc_jp"),
    "EUC_KR": ("서울", "euc_kr"),
    "EUC_CN": ("北京", "gb2312"),
    "SQL_ASCII": ("größer", "latin-1"),
}


@pytest.mark.parametrize("major", [13, 14])
def test_an_older_server_refuses_the_extension_with_the_reason(tmp_path: Path, major: int) -> None:
    installation = installation_of(major, tmp_path / "installation")
    with running_cluster(installation, {"shared_preload_libraries": ""}, template=False) as cluster:
        database = cluster.database("test")
        with database.connect() as connection:
            refusal = REFUSAL.format(connection.info.parameter_status("server_version"))
            with pytest.raises(psycopg.Error, match="needs") as refused:
                connection.execute("create extension partitioncache")
            assert (refused.value.diag.sqlstate, refused.value.diag.message_primary) == ("PC001", refusal)
            with pytest.raises(InstallError, match="PostgreSQL 15 or newer"):
                apply_plan(connection, plan(connection, way="connection"))
            assert {check.name: check.ok for check in check_installation(connection)}["server"] is False
        assert database.execute("select count(*) from pg_namespace where nspname ~ 'partitioncache'") == [
            (0,)
        ]


@contextmanager
def database_in(cluster: Cluster, encoding: str) -> Iterator[Database]:
    name = f"in_{encoding}".lower()
    cluster.database().psql(f"create database {name} template template0 encoding '{encoding}' locale 'C'")
    try:
        yield cluster.database(name)
    finally:
        cluster.drop_database(cluster.database(name))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding(any_cluster: Cluster, encoding: str) -> None:
    text, codec = ENCODINGS[encoding]
    with (
        database_in(any_cluster, encoding) as database,
        database.connect(client_encoding=encoding) as connection,
    ):

        def ask(statement: str) -> list[tuple[object, ...]]:
            # bytes all the way: psycopg reads no text of a database in SQL_ASCII
            cursor = psycopg.ClientCursor(connection) if encoding != "SQL_ASCII" else connection.cursor()
            cursor.execute(statement.encode(codec))
            return cursor.fetchall() if cursor.description else []

        ask("create extension partitioncache")
        ask("create table poi (id integer, city_id integer, name text)")
        ask(
            f"""insert into poi select n, n % 100, case n % 100 when 7 then '{text}' else 'x' end
                from generate_series(1, 2000) n"""
        )
        query = f"select count(*) from poi where name = '{text}'"
        assert ask(query) == [(20,)]
        ask(f"select partitioncache_push($q${query}$q$, 'city_id')")
        ask("select partitioncache_process_queue()")
        ((applied,),) = ask(f"select partitioncache_apply($q${query}$q$, 'city_id', method => 'literal')")
        rewritten = applied if isinstance(applied, bytes) else str(applied).encode(codec)
        assert connection.execute(rewritten).fetchall() == [(20,)]
        assert ask("select partitioncache_count('city_id')") == [(1,)]
        assert b"city_id" in rewritten
