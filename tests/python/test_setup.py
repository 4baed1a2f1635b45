"""Installing the SQL, as an extension and over a connection, upgrading it, and looking at what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from psycopg import sql

from partitioncache.postgresql import Server
from partitioncache.setup import (
    Check,
    apply_plan,
    apply_removal,
    call_by_name,
    check_installation,
    check_processor,
    installed,
    plan,
    released,
    removal,
)
from partitioncache.setup.install import InstallError, Way
from partitioncache.setup.scripts import ScriptError, Scripts
from support.catalog import ONLY_AN_EXTENSION_HAS, assert_same, catalog
from support.cluster import Cluster, Database, running_cluster
from support.installation import CHECKOUT, copy_installation


def connect(database: Database, **others: Any) -> psycopg.Connection[Any]:
    return database.connect(**others)


def install(database: Database, **options: Any) -> None:
    with connect(database) as connection:
        apply_plan(connection, plan(connection, **options), options.get("scripts"))


@pytest.mark.parametrize("schema", ["public", "My Cache; drop"])
def test_both_ways_give_the_same_catalog(cluster: Cluster, schema: str) -> None:
    one, other = cluster.create_database("template1"), cluster.create_database("template1")
    try:
        install(one, way="extension", schema=schema)
        # the files that the server has: that those of the package are the same is another test's affair
        scripts = released(cluster.installation.extension_folder)
        install(other, way="connection", schema=schema, scripts=scripts)
        expected, found = catalog(one, schema), catalog(other, schema)
        for kind in ONLY_AN_EXTENSION_HAS:
            del expected[kind], found[kind]
        assert_same(found, expected)
        with connect(one) as first, connect(other) as second:
            there, over = installed(first), installed(second)
        assert there is not None
        assert over is not None
        assert (there.way, over.way) == ("extension", "connection")
        assert (there.version, there.schema) == (over.version, over.schema)
    finally:
        cluster.drop_database(one)
        cluster.drop_database(other)


def test_what_was_installed_over_a_connection_works(empty_database: Database) -> None:
    install(empty_database, way="connection", schema="cache")
    empty_database.execute("set search_path = public; create table poi (city_id int, kind int)")
    empty_database.psql(
        """
        insert into poi select i % 10, i % 7 from generate_series(1, 30) i;
        select cache.partitioncache_push('select * from poi where kind = 3', 'city_id');
        select cache.partitioncache_process_queue();
        """
    )
    assert empty_database.execute("select cache.partitioncache_count('city_id')") == [(1,)]


def test_a_second_run_changes_nothing(empty_database: Database) -> None:
    install(empty_database)
    before = catalog(empty_database, "partitioncache")
    with connect(empty_database) as connection:
        again = plan(connection)
        assert again.nothing_to_do
        assert again.statements == ()
        apply_plan(connection, again)
    assert catalog(empty_database, "partitioncache") == before


def test_the_functions_have_a_schema_of_their_own(empty_database: Database) -> None:
    empty_database.psql("alter database :\"DBNAME\" set search_path = 'Odd \"One\"', public")
    with connect(empty_database) as connection:
        apply_plan(connection, plan(connection))
        by_name = call_by_name(connection, "partitioncache")
    assert empty_database.execute(
        """select count(*) from pg_depend as d join pg_proc as p on p.oid = d.objid and d.deptype = 'n'
           where d.classid = 'pg_proc'::regclass and d.refobjid = 'public'::regnamespace
             and p.proname like 'partitioncache%'"""
    ) == [(0,)]
    assert by_name is not None
    empty_database.psql(f"set search_path = public; {by_name}")
    with connect(empty_database) as connection:
        assert connection.execute("show search_path").fetchone() == ('"Odd ""One""", public, partitioncache',)
        assert call_by_name(connection, "partitioncache") is None
        connection.execute("select partitioncache_version()")


def test_who_does_not_own_the_database_sets_a_search_path_for_oneself(empty_database: Database) -> None:
    role = 'setup "who" %s $1 Ü'
    name = sql.Identifier(role).as_string()
    empty_database.psql(f"create role {name} login; grant create on database :\"DBNAME\" to {name}")
    try:
        with connect(empty_database, user=role, options="-c search_path=elsewhere") as connection:
            apply_plan(connection, plan(connection))
            by_name = call_by_name(connection, "partitioncache")
            assert by_name is not None
            assert by_name.startswith(f"alter role {name} in database ")
            assert by_name.endswith(", partitioncache")
            assert "elsewhere" not in by_name  # what only this session says
            connection.execute(by_name.encode())
        with connect(empty_database, user=role) as connection:
            connection.execute("select partitioncache_version()")
            todo = removal(connection)
            assert todo is not None
            apply_removal(connection, todo)
            assert connection.execute("select to_regnamespace('partitioncache')").fetchone() == (None,)
    finally:
        empty_database.psql(f"drop owned by {name}; drop role {name}")


@pytest.mark.parametrize("way", ["extension", "connection"])
def test_a_schema_that_no_extension_may_be_in(empty_database: Database, way: Way) -> None:
    with connect(empty_database) as connection:
        for character in "\"'$\\":
            with pytest.raises(InstallError, match="may not have a"):
                plan(connection, schema=f"a{character}b", way=way)


def test_a_schema_that_holds_more_than_ours_stays(empty_database: Database) -> None:
    with connect(empty_database) as connection:
        apply_plan(connection, plan(connection))
        connection.execute("create table partitioncache.mine ()")
        todo = removal(connection)
        assert todo is not None
        apply_removal(connection, todo)
        connection.execute("table partitioncache.mine")


def test_the_usual_schema_in_somebody_elses_hands(empty_database: Database) -> None:
    """Who owns a schema could put a function there that fits a call better than ours."""
    empty_database.psql("create role setup_early; create schema partitioncache authorization setup_early")
    try:
        with connect(empty_database) as connection:
            for way in ("extension", "connection"):
                with pytest.raises(InstallError, match=r"role setup_early owns it.*--schema cache"):
                    plan(connection, way=way)
                empty_database.psql("drop schema partitioncache")
                todo = plan(connection, way=way)
                empty_database.psql("create schema partitioncache authorization setup_early")  # since then
                with pytest.raises(InstallError, match="role setup_early owns it"):
                    apply_plan(connection, todo)
                assert installed(connection) is None
            apply_plan(connection, plan(connection, schema="cache"))
    finally:
        empty_database.psql("drop schema partitioncache cascade; drop role setup_early")


def test_tools_that_look_at_schemas_find_nothing_of_ours(database: Database) -> None:
    """Alembic and Django's inspectdb take what they find here for tables of the application."""
    database.psql("create table poi as select 1 as id, 1 as city_id")
    database.psql("select partitioncache_push('select * from poi where id = 1', 'city_id')")
    # An application has no internal schema on its path; the tests' databases do.
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: database.connect(options="-c search_path=public"),
        poolclass=sqlalchemy.NullPool,
    )
    with engine.connect() as connection:
        inspector = sqlalchemy.inspect(connection)
        assert inspector.get_table_names() == ["poi"]
        assert inspector.get_foreign_keys("poi") == inspector.get_indexes("poi") == []


def test_the_extension_is_preferred_where_the_server_offers_it(empty_database: Database) -> None:
    with connect(empty_database) as connection:
        todo = plan(connection)
    assert todo.way == "extension"
    assert (
        todo.statements[-1]
        == f"create extension partitioncache schema \"partitioncache\" version '{released().newest}'"
    )


def test_the_other_way_round_is_refused(database: Database) -> None:
    with connect(database) as connection:
        with pytest.raises(InstallError, match="as an extension already"):
            plan(connection, way="connection")
        with pytest.raises(InstallError, match="in schema public, not in elsewhere"):
            plan(connection, schema="elsewhere")


def test_nothing_is_left_behind_when_the_server_refuses(empty_database: Database, tmp_path: Path) -> None:
    script = tmp_path / "partitioncache--1.0.sql"
    script.write_text("\\echo no \\quit\ncreate table @extschema@.half (x integer);\nselect 1 / 0;\n")
    with connect(empty_database) as connection:
        scripts = released(tmp_path)
        todo = plan(connection, way="connection", schema="fresh", scripts=scripts)
        with pytest.raises(InstallError, match="division by zero"):
            apply_plan(connection, todo, scripts)
        assert installed(connection) is None
    assert empty_database.execute("select to_regnamespace('fresh')") == [(None,)]


@pytest.fixture
def next_version(tmp_path: Path) -> Path:
    """The released files, and two later versions of which only upgrades exist."""
    for name, script in released().installs.items():
        (tmp_path / f"partitioncache--{name}.sql").write_text(script.read_text())
    newest = released().newest
    for old, new in ((newest, "9.0"), ("9.0", "9.1")):
        (tmp_path / f"partitioncache--{old}--{new}.sql").write_text(
            '\\echo Use "ALTER EXTENSION partitioncache UPDATE" to load this file. \\quit\n'
            f"create table @extschema@.added_in_{new.replace('.', '_')} (x integer);\n"
            "create or replace function partitioncache_internal.partitioncache_version() returns text\n"
            "language sql immutable parallel safe set search_path = pg_catalog, partitioncache_internal, pg_temp\n"
            f"return '{new}'::text;\n"
        )
    return tmp_path


def test_upgrade_over_a_connection(empty_database: Database, next_version: Path) -> None:
    install(empty_database, way="connection", schema="cache")
    scripts = released(next_version)
    with connect(empty_database) as connection:
        todo = plan(connection, scripts=scripts)
        assert (todo.start, todo.version, len(todo.statements)) == (released().newest, "9.1", 2)
        apply_plan(connection, todo, scripts)
        there = installed(connection)
        assert there is not None
        assert (there.way, there.version, there.schema) == ("connection", "9.1", "cache")
        assert plan(connection, scripts=scripts).nothing_to_do
    assert empty_database.execute("select to_regclass('cache.added_in_9_0') is not null") == [(True,)]


def test_a_fresh_installation_of_the_newest_version_runs_the_upgrades(
    empty_database: Database, next_version: Path
) -> None:
    install(empty_database, way="connection", scripts=released(next_version))
    with connect(empty_database) as connection:
        there = installed(connection)
    assert there is not None
    assert there.version == "9.1"


def test_paths_between_versions(tmp_path: Path) -> None:
    for name in ("1.0", "1.2", "1.0--1.1", "1.1--1.2", "1.2--1.10", "1.1--1.10"):
        (tmp_path / f"partitioncache--{name}.sql").touch()
    scripts = released(tmp_path)

    def names(start: str | None, end: str) -> list[str]:
        return [script.name.removeprefix("partitioncache--") for script in scripts.path(start, end)]

    assert scripts.newest == "1.10"
    assert names(None, "1.2") == ["1.2.sql"]
    assert names(None, "1.10") == ["1.2.sql", "1.2--1.10.sql"]
    assert names("1.0", "1.10") == ["1.0--1.1.sql", "1.1--1.10.sql"]
    assert names("1.1", "1.1") == []
    with pytest.raises(ScriptError, match=r"from version 1\.10 to 1\.0"):
        scripts.path("1.10", "1.0")
    with pytest.raises(ScriptError, match=r"no version 2\.0"):
        scripts.path(None, "2.0")
    with pytest.raises(ScriptError, match="lacks its SQL"):
        _ = Scripts({}, {}).newest


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_the_released_package_holds_the_released_sql(tmp_path: Path, kind: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", tmp_path], cwd=CHECKOUT / "python", check=True
    )
    (built,) = tmp_path.iterdir()
    shutil.unpack_archive(built, tmp_path / "unpacked", "zip" if kind == "wheel" else "gztar")
    found = {file.name: file.read_text() for file in (tmp_path / "unpacked").rglob("partitioncache--*.sql")}
    assert found == {file.name: file.read_text() for file in (CHECKOUT / "extension").glob("partitioncache--*.sql")}


# Where it may not be installed


def test_a_schema_in_which_others_may_create_objects(empty_database: Database) -> None:
    empty_database.psql(
        """create role setup_other; create role setup_owner login;
           create schema theirs authorization setup_other;
           create schema shared; grant create on schema shared to setup_other;
           create schema open_to_all; grant create on schema open_to_all to public;
           do $$ begin execute format('grant create on database %I to setup_owner', current_database()); end $$;"""
    )
    try:
        with connect(empty_database) as connection:
            for schema, why in (
                ("theirs", "role setup_other owns it"),
                ("shared", "role setup_other may create objects in it"),
                ("open_to_all", "everybody may create objects in it"),
            ):
                with pytest.raises(InstallError, match=f"{why}.*--schema partitioncache"):
                    plan(connection, way="connection", schema=schema)
            plan(connection, way="connection", schema="public")
        with connect(empty_database, user="setup_owner") as connection:
            with pytest.raises(InstallError, match="role pg_database_owner owns it"):
                plan(connection, way="connection", schema="public")
            apply_plan(connection, plan(connection, way="connection", schema="partitioncache"))
            there = installed(connection)
            assert there is not None
            assert there.schema == "partitioncache"
    finally:
        empty_database.psql("drop owned by setup_owner, setup_other cascade; drop role setup_owner, setup_other")


def test_a_schema_that_is_called_like_ours(empty_database: Database) -> None:
    empty_database.psql(
        "create role setup_squatter; create schema partitioncache_internal authorization setup_squatter"
    )
    try:
        with connect(empty_database) as connection:
            assert installed(connection) is None
            for way in ("extension", "connection"):
                with pytest.raises(InstallError, match="already, of role setup_squatter"):
                    plan(connection, way=way)
    finally:
        empty_database.psql("drop owned by setup_squatter; drop role setup_squatter")


def test_what_is_only_called_like_ours_is_not_run(empty_database: Database) -> None:
    for schema in ("mallory", "partitioncache_internal"):
        empty_database.psql(
            f"""do $$ begin create role setup_mallory login; exception when duplicate_object then null; end $$;
               create schema {schema} authorization setup_mallory;
               set role setup_mallory;
               create function {schema}.partitioncache_version() returns text language plpgsql as
               $$ begin raise exception 'run'; return '0.2.0'::text; end $$;"""
        )
    try:
        with connect(empty_database) as connection:
            there = installed(connection)
            assert there is not None
            assert there.version == "0.2.0"
        with pytest.raises(InstallError, match="Role setup_mallory installed PartitionCache here"):
            Server(conninfo=empty_database.conninfo())
        empty_database.psql("drop schema partitioncache_internal cascade")
        with connect(empty_database) as connection:
            assert installed(connection) is None
            assert plan(connection).start is None
    finally:
        empty_database.psql("drop owned by setup_mallory; drop role setup_mallory")


def test_two_set_ups_at_once(empty_database: Database) -> None:
    failed: list[Exception] = []

    def run() -> None:
        try:
            install(empty_database, way="connection", schema="cache")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_only_who_installed_it_removes_it(empty_database: Database) -> None:
    install(empty_database, way="connection", schema="cache")
    empty_database.psql("create role setup_other login")
    try:
        with connect(empty_database) as connection:
            todo = removal(connection)
            assert todo is not None
        empty_database.psql("select cache.partitioncache_grant('setup_other', 'administer')")
        with connect(empty_database, user="setup_other") as connection:
            with pytest.raises(InstallError, match="Role postgres installed PartitionCache here"):
                removal(connection)
            with pytest.raises(InstallError, match="The server refused"):
                apply_removal(connection, todo)
    finally:
        empty_database.psql("drop owned by setup_other; drop role setup_other")


# Checks


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_all_is_well(cron_database: Database) -> None:
    with connect(cron_database) as connection:
        checks = [*check_installation(connection), *check_processor(connection)]
    assert [check.name for check in checks if check.ok is False] == []
    assert by_name(checks)["pg_cron created"].detail.endswith("each job loops for a minute")


def test_not_installed(empty_database: Database) -> None:
    with connect(empty_database) as connection:
        found = by_name(check_installation(connection))
    assert found["partitioncache"].ok is False
    assert found["partitioncache"].fix == "pcache-manage setup"


def test_missing_rights_are_named_with_the_statement(empty_database: Database) -> None:
    empty_database.psql('create role "check; no rights" login')
    try:
        with connect(empty_database, user="check; no rights") as connection:
            check = by_name(check_installation(connection))["right to install"]
            assert check.ok is False
            with pytest.raises(InstallError, match="permission denied"):
                apply_plan(connection, plan(connection, schema="new"))
        empty_database.psql(check.fix)
        with connect(empty_database, user="check; no rights") as connection:
            assert "right to install" not in by_name(check_installation(connection))
    finally:
        empty_database.psql(
            f'revoke all on database {empty_database.name} from "check; no rights"; drop role "check; no rights"'
        )


def test_pg_cron_in_another_database(database: Database) -> None:
    with connect(database) as connection:
        found = by_name(check_processor(connection))
    assert "lives in database test" in found["pg_cron loaded"].detail
    assert found["pg_cron in another database"].ok is None


def test_pg_cron_not_created_and_not_allowed(cron_database: Database) -> None:
    cron_database.execute("drop extension pg_cron")
    with connect(cron_database) as connection:
        check = by_name(check_processor(connection))["pg_cron created"]
        assert check.ok is False
    cron_database.psql(check.fix)
    cron_database.psql("create role check_cron login")
    try:
        with connect(cron_database, user="check_cron") as connection:
            check = by_name(check_processor(connection))["right to schedule"]
            assert check.ok is False
        cron_database.psql(check.fix)
        with connect(cron_database, user="check_cron") as connection:
            assert by_name(check_processor(connection))["right to schedule"].ok is True
    finally:
        cron_database.psql("drop owned by check_cron; drop role check_cron")


def test_pg_cron_not_loaded(make_cluster: Callable[[Mapping[str, str] | None], Cluster]) -> None:
    cluster = make_cluster({"shared_preload_libraries": ""})
    database = cluster.database("test")
    with connect(database) as connection:
        (check,) = check_processor(connection)
    assert check.ok is False
    assert "not loaded" in check.detail
    for statement in filter(None, check.fix.split("; ")):
        database.execute(statement.rstrip(";"))
    written = (Path(str(cluster.folder)) / "data" / "postgresql.auto.conf").read_text()
    assert "shared_preload_libraries = 'pg_cron'" in written
    assert "cron.database_name = 'test'" in written


def test_a_server_without_our_files(tmp_path: Path) -> None:
    root = tmp_path / "bare"
    bare = copy_installation(root)
    try:
        with running_cluster(bare, template=False) as cluster:
            database = cluster.database("test")
            with connect(database) as connection:
                assert "does not offer" in by_name(check_installation(connection))["partitioncache"].detail
                with pytest.raises(InstallError, match="does not offer"):
                    plan(connection, way="extension")
                todo = plan(connection)
                assert todo.way == "connection"
                apply_plan(connection, todo)
                assert by_name(check_installation(connection))["partitioncache"].ok is True
            assert database.execute("select partitioncache.partitioncache_version()") == [(released().newest,)]
    finally:
        shutil.rmtree(root, ignore_errors=True)
