"""What each framework gains on the demo's data, with nothing but its adapter switched on: the adapter learns by itself.

    scripts/bench frameworks [--rounds 5]

Three queries of the demo, in each framework's own words, are asked in rounds: as they are; then with the adapter,
beginning with an empty cache, until nothing is left to learn; then again. Rows are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import asyncpg
import django
import psycopg
import sqlalchemy as sa
from django.conf import settings
from sqlalchemy.orm import DeclarativeBase, Session, aliased, mapped_column

import partitioncache.asyncpg
import partitioncache.psycopg
import partitioncache.sqlalchemy
from demo import places
from partitioncache.adapters import Acceleration
from support.cluster import Database, running_cluster
from support.installation import copy_installation

Rows = list[list[tuple[Any, ...]]]
Round = Callable[[], Rows]
OPTIONS: dict[str, Any] = {"partition_key": "region", "learn_seconds": 600}
ZONES = """
select a.id, b.id from place a join place b on a.region = b.region
where a.population > {} and b.population > {} and a.timezone < b.timezone and km(a.spot, b.spot) < {}
"""
CASTLES = """
select a.id, b.id from place a join place b on a.region = b.region
where a.name ~* {} and b.name ~* {} and km(a.spot, b.spot) < {}
"""
TWICE = "select id, name from place where name ~ {}"
QUERIES: list[tuple[str, list[Any]]] = [
    (ZONES, [5000, 5000, 15]),
    (CASTLES, ["(castle|schloss|burg|zamek)", "(abbey|kloster|monaster)", 5]),
    (TWICE, [r"^(.{3,})[ -]\1$"]),
]


class Base(DeclarativeBase):
    """The models of SQLAlchemy."""


class Place(Base):
    """A place of the demo."""

    __tablename__ = "place"
    id = mapped_column(sa.Integer, primary_key=True)
    region = mapped_column(sa.Text)
    name = mapped_column(sa.Text)
    spot = mapped_column(sa.Text)
    population = mapped_column(sa.Integer)
    timezone = mapped_column(sa.Text)


@contextmanager
def of_psycopg(database: Database) -> Iterator[tuple[Round, Round, Acceleration]]:
    """Texts with %s."""

    def asked(connection: psycopg.Connection[Any]) -> Rows:
        texts = [text.format(*["%s"] * len(values)) for text, values in QUERIES]
        return [
            connection.execute(text.encode(), values).fetchall()
            for text, (_, values) in zip(texts, QUERIES, strict=True)
        ]

    with (
        psycopg.connect(database.conninfo(), autocommit=True) as plain,
        partitioncache.psycopg.connect(database.conninfo(), autocommit=True, **OPTIONS) as connection,
    ):
        yield lambda: asked(plain), lambda: asked(connection), connection.cursor_factory.acceleration  # type: ignore[attr-defined]


@contextmanager
def of_sqlalchemy(database: Database) -> Iterator[tuple[Round, Round, Acceleration]]:
    """Models, joined by their region."""
    a, b = aliased(Place), aliased(Place)
    joined = sa.select(a.id, b.id).join(b, a.region == b.region)
    near = sa.func.km(a.spot, b.spot)
    (_, zones), (_, castles), (_, twice) = QUERIES
    statements = [
        joined.where(
            a.population > zones[0], b.population > zones[1], a.timezone < b.timezone, near < zones[2]
        ),
        joined.where(
            a.name.regexp_match(castles[0], "i"), b.name.regexp_match(castles[1], "i"), near < castles[2]
        ),
        sa.select(Place.id, Place.name).where(Place.name.regexp_match(twice[0])),
    ]

    def asked(engine: sa.Engine) -> Rows:
        with Session(engine) as session:
            return [[tuple(row) for row in session.execute(statement)] for statement in statements]

    url = sa.URL.create("postgresql+psycopg", query=psycopg.conninfo.conninfo_to_dict(database.conninfo()))
    plain, engine = sa.create_engine(url), sa.create_engine(url)
    acceleration = partitioncache.sqlalchemy.accelerate(engine, **OPTIONS)
    yield lambda: asked(plain), lambda: asked(engine), acceleration
    plain.dispose()
    engine.dispose()


@contextmanager
def of_django(database: Database) -> Iterator[tuple[Round, Round, Acceleration]]:
    """Models; joins of a table with itself as raw queries."""
    given = psycopg.conninfo.conninfo_to_dict(database.conninfo())
    place = {
        "ENGINE": "django.db.backends.postgresql", "NAME": given["dbname"], "USER": given["user"],
        "HOST": given["host"], "PORT": given["port"],
    }  # fmt: skip
    settings.configure(
        DATABASES={"default": {**place}, "plain": {**place}},
        INSTALLED_APPS=["partitioncache.django"],
        PARTITIONCACHE={"default": OPTIONS},
    )
    django.setup()
    from django.db import connections, models

    from partitioncache.django.wrapper import wrapper_for

    class Spot(models.Model):  # type: ignore[misc]  # Django states no types
        """A place of the demo."""

        id = models.IntegerField(primary_key=True)
        name = models.TextField()

        class Meta:
            """Where it is."""

            app_label = "bench"
            db_table = "place"
            managed = False

    def asked(using: str) -> Rows:
        found = []
        for text, values in QUERIES[:2]:
            raw = text.replace("b.id", "b.id as other").format(*["%s"] * len(values))
            found.append([(row.id, row.other) for row in Spot.objects.using(using).raw(raw, values)])
        named = Spot.objects.using(using).filter(name__regex=QUERIES[2][1][0])
        return [*found, list(named.values_list("id", "name"))]

    wrapper = wrapper_for("default")
    assert wrapper is not None
    yield lambda: asked("plain"), lambda: asked("default"), wrapper.acceleration
    connections.close_all()


@contextmanager
def of_asyncpg(database: Database) -> Iterator[tuple[Round, Round, Acceleration]]:
    """Texts with $1."""
    given = psycopg.conninfo.conninfo_to_dict(database.conninfo())
    place = {
        "host": given["host"],
        "port": given["port"],
        "user": given["user"],
        "database": given["dbname"],
    }
    loop = asyncio.new_event_loop()
    plain = loop.run_until_complete(asyncpg.connect(**place))
    connection = loop.run_until_complete(partitioncache.asyncpg.connect(**place, **OPTIONS))

    async def asked(of: Any) -> Rows:
        found = []
        for text, values in QUERIES:
            numbered = text.format(*[f"${n}" for n in range(1, len(values) + 1)])
            found.append([tuple(row) for row in await of.fetch(numbered, *values)])
        return found

    yield (
        lambda: loop.run_until_complete(asked(plain)),
        lambda: loop.run_until_complete(asked(connection)),
        connection.acceleration,
    )
    loop.run_until_complete(connection.close())
    loop.run_until_complete(plain.close())
    loop.close()


FRAMEWORKS = {"psycopg": of_psycopg, "SQLAlchemy": of_sqlalchemy, "Django": of_django, "asyncpg": of_asyncpg}


def timed(asked: Round) -> tuple[float, Rows]:
    """Milliseconds of a round, and its rows in order."""
    began = time.perf_counter()
    found = asked()
    return (time.perf_counter() - began) * 1e3, [sorted(rows) for rows in found]


def measured(database: Database, name: str, rounds: int) -> None:
    """Prints one line."""
    database.execute("select partitioncache_clear()")
    with FRAMEWORKS[name](database) as (plain, accelerated, acceleration):
        expected = timed(plain)[1]
        began = time.monotonic()
        until = 0
        while until < 4 or acceleration.learner.pushed == 0:
            until += 1
            if timed(accelerated)[1] != expected:
                raise SystemExit(f"{name}: other rows")
            acceleration.learner.wait(600)
            if until >= 12:
                break
        learning = time.monotonic() - began
        without, within = [], []
        for _ in range(rounds):
            for asked, times in ((plain, without), (accelerated, within)):
                ms, found = timed(asked)
                if found != expected:
                    raise SystemExit(f"{name}: other rows")
                times.append(ms)
        acceleration.tell(now=True)
        acceleration.learner.wait(60)
    before, after = sorted(without)[rounds // 2], sorted(within)[rounds // 2]
    print(f"{name:12} {before:10.0f} {after:10.0f} {before / after:8.1f} {learning:10.1f}", flush=True)


def main() -> None:
    """Each framework in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with running_cluster(installation) as cluster:
            database = cluster.create_database()
            with psycopg.connect(database.conninfo()) as connection:
                places.load(connection)
            database.execute("select partitioncache_register('region', 'text')")
            print(
                "Milliseconds of three queries of the demo, medians of rounds; learning in seconds, rounds included"
            )
            print(f"{'':12} {'without':>10} {'with':>10} {'faster':>8} {'learning':>10}")
            for name in FRAMEWORKS:
                measured(database, name, rounds)
            for row in database.execute("select what, restricted_runs, round(original_ms), round(restricted_ms), "
                                        "round(saved_ms) from partitioncache_gain() limit 12"):  # fmt: skip
                print(
                    f"{row[1]:6} runs {row[2] or 0:8} ms -> {row[3] or 0:8} ms, {row[4] or 0:8} ms saved: {row[0][:60]}"
                )


if __name__ == "__main__":
    main()
