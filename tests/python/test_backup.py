"""Backups are made by whoever may read, restored in any order and anywhere, and lose nothing; rows stay right."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from partitioncache.setup import apply_plan, plan, released
from partitioncache.setup.install import Way
from support.cluster import Cluster, Database
from support.installation import Installation, fetched_installation
from support.services import free_port

WAYS: list[Way] = ["extension", "connection"]
ROLES = ("backup_reader", "backup_app", "backup_gone")
QUERY = "select id from poi where kind = 3"
CONTENT = """
    create role backup_reader login; grant pg_read_all_data to backup_reader;
    create role backup_app login; create role backup_gone login;
    create table poi as select n as id, n % 100 as city_id, n % 100 as kind from generate_series(1, 2000) n;
    create table parted (id integer, city_id integer, kind integer) partition by range (city_id);
    create table parted_low partition of parted for values from (0) to (50);
    create table parted_rest partition of parted default;
    insert into parted select n, n % 100, n % 100 from generate_series(1, 2000) n;
    grant select on poi, parted to backup_app, backup_gone;
    select partitioncache_register('city_id', 'integer'), partitioncache_register('K"e''y', 'text', cache => 'other');
    create table visit (id integer, poi_id integer, at timestamp);
    insert into visit select n, n % 100, timestamp '2024-01-01' + n * interval '1 h' from generate_series(1, 500) n;
    grant select on visit to backup_app, backup_gone;
    select partitioncache_place('visit', 'poi_id', 'city_id');
    select partitioncache_register('day', 'date', placements => '{"visit": "at::date"}');
    select partitioncache_track('visit', 'day'), partitioncache_track('visit', 'city_id');
    select partitioncache_track('poi', 'city_id'), partitioncache_track('parted', 'city_id');
    select partitioncache_grant('backup_app', 'push'), partitioncache_grant('backup_gone', 'fill');
    select partitioncache_push('select id from poi where kind = 3', 'city_id');
    select partitioncache_push('select id from parted where kind = 3', 'city_id');
    select partitioncache_process_queue();
    select partitioncache_set('K"e''y', 'mine', array['a', null], 'why', cache => 'other');
    select partitioncache_push('select id from poi where kind = 4', 'city_id');
    set role backup_app;
    select partitioncache_push('select id from poi where kind = 5', 'city_id');
    set role backup_gone;
    select partitioncache_push('select id from poi where kind = 6', 'city_id');
    reset role;
    select partitioncache_forbid('city_id', 'not this'), partitioncache_force('city_id', 'this');
    insert into poi values (9001, 50, 3);
"""
#: What a restored database has to have as the one that was saved, whatever is made of it.
KEPT = {
    "settings": "select to_jsonb(s) from partitioncache_internal.partitioncache_settings s order by cache",
    "registrations": """
        select cache, partition_key, datatype, storage, partition_local
        from partitioncache_internal.partitioncache_registration order by 1, 2""",
    "tracked": """
        select cache, partition_key, relation::text
        from partitioncache_internal.partitioncache_tracked order by 1, 2, 3""",
    "placements": """
        select partition_key, relation::text, expression, state, tracked
        from partitioncache_internal.partitioncache_placements()""",
    "roles": "select cache, role_name, level from partitioncache_internal.partitioncache_role order by 1, 2, 3",
    "queue": """
        select q.queue, q.id, q.query, q.status, q.owner_name
        from partitioncache_internal.partitioncache_queue q order by 1, 2""",
    "entries": 'select hash, query, key_count from partitioncache_internal."partitioncache_cache_city_id" order by 1',
    "said": """
        select cache, partition_key, hash, state from partitioncache_internal.partitioncache_learning
        where owner = 0 order by 1, 2, 3""",
    "asserted": """select partitioncache_get('K"e''y', 'mine', null::text, cache => 'other')""",
    "triggers": """
        select tgrelid::regclass::text, count(*) from pg_trigger
        where tgname like 'partitioncache%' group by 1 order by 1""",
}


def kept(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    return {what: database.execute(question) for what, question in KEPT.items()}


@pytest.fixture
def fresh() -> Iterator[Callable[[Cluster], Database]]:
    """Makes databases, and removes them and the roles afterwards."""
    made: list[Database] = []

    def create(cluster: Cluster) -> Database:
        made.append(cluster.create_database("template0", settings=False))
        return made[-1]

    yield create
    for database in made:
        database.cluster.drop_database(database)
    for database in made:
        for role in ROLES:
            database.cluster.database().psql(f"drop role if exists {role}")


@pytest.fixture
def source(dumped_cluster: Cluster, fresh: Callable[[Cluster], Database]) -> Database:
    return fresh(dumped_cluster)


@pytest.fixture
def target(dumped_cluster: Cluster, fresh: Callable[[Cluster], Database]) -> Database:
    return fresh(dumped_cluster)


def fill(database: Database, way: Way) -> None:
    scripts = released(database.cluster.installation.extension_folder)
    with database.connect() as connection:
        apply_plan(connection, plan(connection, way=way, schema="public", scripts=scripts), scripts)
    database.psql(CONTENT)


def dump(
    database: Database,
    target: Path,
    *options: str,
    user: str = "backup_reader",
    programs: Installation | None = None,
) -> None:
    run = subprocess.run(
        [(programs or database.cluster.installation).program("pg_dump"), *options, "-f", str(target)],
        env=database.environment(PGUSER=user), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")


def restore(database: Database, source: Path, *options: str, programs: Installation | None = None) -> str:
    run = subprocess.run(
        [(programs or database.cluster.installation).program("pg_restore"), *options, "-d", database.name, str(source)],
        env=database.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.stderr


def assert_right_rows(database: Database) -> None:
    """Of a query that was evaluated before the backup: now, after more writes, and evaluated again."""
    for statement in (
        "select",
        "insert into poi values (9002, 51, 3), (9003, null, 3)",
        "update poi set kind = 3 where id in (52, 9001)",
        "insert into parted values (9002, 51, 3), (9003, null, 3)",
        "select partitioncache_process_queue()",
        "select partitioncache_push('select id from poi where kind = 3', 'city_id'), partitioncache_process_queue()",
        "insert into poi values (9004, 53, 3)",
    ):
        database.execute(statement)
        for query in (QUERY, QUERY.replace("poi", "parted")):
            for method in ("auto", "literal", "subquery"):
                (row,) = database.execute(
                    "select partitioncache_apply(%s, 'city_id', method => %s)", [query, method]
                )
                assert sorted(database.execute(row[0])) == sorted(database.execute(query)), (
                    statement,
                    method,
                )


@pytest.mark.parametrize("way", WAYS)
def test_whoever_may_read_makes_a_backup(
    source: Database, target: Database, way: Way, tmp_path: Path
) -> None:
    fill(source, way)
    expected = kept(source)
    dump(source, tmp_path / "plain")
    dump(source, tmp_path / "custom", "-Fc")
    dump(source, tmp_path / "folder", "-Fd", "-j2")
    dump(source, tmp_path / "data", "--data-only", "--disable-triggers")
    target.psql_file(tmp_path / "plain")
    assert kept(target) == expected
    assert_right_rows(target)


@pytest.mark.parametrize("way", WAYS)
def test_a_parallel_restore_loses_nothing(
    dumped_cluster: Cluster, source: Database, fresh: Callable[[Cluster], Database], way: Way, tmp_path: Path
) -> None:
    fill(source, way)
    expected = kept(source)
    dump(source, tmp_path / "custom", "-Fc")
    for _ in range(3):
        restored = fresh(dumped_cluster)
        assert restore(restored, tmp_path / "custom", "-j4") == ""
        assert kept(restored) == expected
    assert_right_rows(restored)


@pytest.mark.parametrize("way", WAYS)
def test_schema_and_data_restored_one_after_the_other(
    source: Database, target: Database, way: Way, tmp_path: Path
) -> None:
    fill(source, way)
    dump(source, tmp_path / "custom", "-Fc")
    for section in ("pre-data", "data", "post-data"):
        assert restore(target, tmp_path / "custom", f"--section={section}") == ""
    assert kept(target) == kept(source)
    assert_right_rows(target)


@pytest.mark.parametrize("way", WAYS)
def test_another_cluster_without_the_roles(
    make_cluster: Callable[[Mapping[str, str] | None], Cluster],
    cluster: Cluster,
    fresh: Callable[[Cluster], Database],
    way: Way,
    tmp_path: Path,
) -> None:
    source = fresh(cluster)
    fill(source, way)
    expected = kept(source)
    dump(source, tmp_path / "custom", "-Fc")

    elsewhere = make_cluster(None)
    # the role that comes back has another OID there, one that is somebody else's here
    elsewhere.database().psql("create role backup_other; create role backup_app login")
    target = elsewhere.create_database("template0", settings=False)
    complaints = restore(target, tmp_path / "custom", "-j4")
    assert set(re.findall(r"ERROR: +(.*)", complaints)) == {'role "backup_gone" does not exist'}
    assert kept(target) == expected
    assert_right_rows(target)
    # Rights and items of the role that is there are its own again; those of the other one wait.
    target.execute(
        "grant select on poi to backup_app"
    )  # pg_restore gives nothing where one of several roles is missing
    with target.connect(user="backup_app") as app:
        for _ in range(3):
            app.execute("select partitioncache_process_queue(max_seconds => 30)")
        assert app.execute("select * from partitioncache_queue_lengths()").fetchall() == [(0, 0)]
    assert target.execute("select owner_name from partitioncache_internal.partitioncache_queue") == [
        ("backup_gone",)
    ]


@dataclass(frozen=True)
class Served:
    """What a Database asks of its cluster."""

    installation: Installation
    socket_folder: str
    port: int


@contextmanager
def served(installation: Installation, data: Path) -> Iterator[Database]:
    """Runs a server on a data folder, reachable by a socket beside it; its database postgres."""
    place = Served(installation, str(data.parent), free_port())
    options = f"-c listen_addresses= -c unix_socket_directories={data.parent} -c fsync=off -p {place.port}"
    control = [installation.program("pg_ctl"), "-D", str(data), "-w", "-l", str(data.parent / "log")]
    subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL)
    try:
        yield Database(cast(Cluster, place), "postgres")
    finally:
        subprocess.run([*control, "-m", "fast", "stop"], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        (15, 16, "extension"),
        (16, 17, "connection"),
        (17, 17, "extension"),
        (17, 18, "extension"),
        (15, 18, "extension"),
    ],
)
def test_a_dump_leads_to_a_newer_server(
    cluster_of: Callable[[int], Cluster],
    fresh: Callable[[Cluster], Database],
    old: int,
    new: int,
    way: Way,
    tmp_path: Path,
) -> None:
    """By the newer one's programs, as PostgreSQL advises, where they are there and know all of the older one."""
    source, target = fresh(cluster_of(old)), fresh(cluster_of(new))
    fill(source, way)
    expected = kept(source)
    # Debian's 15 notes versions of columns, which nothing but its own pg_dump leaves out (see docs/upgrade.md).
    dumps, restores = (
        cluster_of(major).installation for major in (15 if old == 15 else new, 15 if new == 16 else new)
    )
    # Some of the builds have no lz4.
    dump(source, tmp_path / "custom", "-Fc", "--no-toast-compression", programs=dumps)
    if old != new:
        target.psql("; ".join(f"create role {role} login" for role in ROLES))
    assert restore(target, tmp_path / "custom", "-j4", programs=restores) == ""
    assert kept(target) == expected
    assert_right_rows(target)


#: The wheel's 17 has lz4, and the one's 18 has not; packaged servers all have it.
WITHOUT_LZ4 = """
do $$
declare
    compressed regclass;
begin
    for compressed in
        select a.attrelid from pg_attribute a join pg_class c on c.oid = a.attrelid
        where a.attcompression = 'l' and c.relkind = 'r' and c.relnamespace = 'partitioncache_internal'::regnamespace
    loop
        execute format('alter table %s alter keys set compression default', compressed);
    end loop;
end
$$;
"""


def upgradable(major: int, cluster_of: Callable[[int], Cluster], folder: Path) -> Installation:
    """A server that any build's pg_upgrade can read: of 15, not Debian's, which notes versions of columns."""
    if major != 15:
        return cluster_of(major).installation
    installation = fetched_installation(major, folder / "installation")
    for name in ("pg_controldata", "pg_resetwal"):
        shutil.copy(cluster_of(major).installation.program(name), installation.bindir)
    installation.install_extension()
    return installation


@pytest.mark.parametrize(
    ("old", "new", "way"), [(15, 17, "extension"), *((17, 18, way) for way in WAYS)]
)
def test_pg_upgrade(cluster_of: Callable[[int], Cluster], old: int, new: int, way: Way) -> None:
    """The new server has another identifier, so entries are evaluated again; all else goes on."""
    with tempfile.TemporaryDirectory(prefix="pc-") as name:
        folder = Path(name)
        installed = {major: upgradable(major, cluster_of, folder) for major in (old, new)}
        for major, installation in installed.items():
            (folder / str(major)).mkdir()
            # From 18 on, initdb would have checksums, which must be as they were.
            checksums = ["--no-data-checksums"] if major >= 18 else []
            subprocess.run(
                [installation.program("initdb"), "-D", str(folder / str(major) / "data"), "-U", "postgres",
                 "-A", "trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", *checksums],
                check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        before, after = (folder / str(major) / "data" for major in installed)
        with served(installed[old], before) as database:
            fill(database, way)
            database.psql(WITHOUT_LZ4)
            expected = kept(database)
        upgraded = subprocess.run(
            [installed[new].program("pg_upgrade"), "--no-sync", "-U", "postgres", "-s", str(folder), "-d", str(before),
             "-D", str(after), "-b", str(installed[old].bindir), "-B", str(installed[new].bindir)],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        logs = after.glob("pg_upgrade_output.d/*/log/pg_upgrade_*.log")
        said = upgraded.stdout + "\n".join(log.read_text()[-1500:] for log in logs)
        assert upgraded.returncode == 0, said
        with served(installed[new], after) as database:
            assert kept(database) == expected
            assert_right_rows(database)
