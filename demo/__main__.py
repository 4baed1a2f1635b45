"""Loads data, asks, lets the cache learn, asks again; prints what that gains.

make demo        places of the world, in PostgreSQL from the package index; the processor is called here
make demo-cron   the same on the system's PostgreSQL 15; pg_cron runs the processor
make demo-osm    what is near what on a map of OpenStreetMap, on the system's PostgreSQL 15 with PostGIS
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import psycopg

from demo import places, queries
from demo.asking import Asker, console, one
from demo.server import CHECKOUT, DemoError, running_server
from partitioncache.web.pictures import write_before_after

READ_NEXT = """\
Read next: [bold]README.md[/] to try it on your own data, [bold]{questions}[/] for the questions as SQL,
{page}, [bold]docs/soundness.md[/] for why rows never change."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="demo/run", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--cron", action="store_true", help="the system's PostgreSQL 15, where pg_cron does the work"
    )
    parser.add_argument("--osm", action="store_true", help="OpenStreetMap with the system's PostGIS")
    map_ = parser.add_argument_group("with --osm")
    map_.add_argument("--extract", type=Path, help="another map: a file that ends in .osm.pbf")
    map_.add_argument(
        "--copies", type=int, help="how often the map is laid side by side (40; 1 of another map)"
    )
    map_.add_argument("--load", metavar="CONNINFO", help="only load the map, into a database of yours")
    arguments = parser.parse_args()
    if arguments.cron and arguments.osm:
        parser.error("--cron and --osm are two demonstrations")
    if not arguments.osm and (arguments.extract, arguments.copies, arguments.load) != (None, None, None):
        parser.error("--extract, --copies and --load belong to --osm")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if arguments.osm:
            _map(arguments.extract, arguments.copies, arguments.load)
        else:
            _places(arguments.cron)
    except DemoError as error:
        console.print(f"[red]{error}")
        sys.exit(1)
    except psycopg.Error as error:
        console.print(f"[red]PostgreSQL says: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left behind.")
        sys.exit(130)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _places(with_cron: bool) -> None:
    began = time.monotonic()
    _introduce()
    with (
        running_server(system=with_cron, with_cron=with_cron) as conninfo,
        psycopg.connect(conninfo) as connection,
    ):
        with console.status("Loading the places of geonames.org …"):
            started = time.monotonic()
            count = places.load(connection)
            if with_cron:
                connection.execute("create extension pg_cron")
            connection.execute("create extension partitioncache")
            # Nobody writes to it; else its writes would be followed, at the price of a look-up in each query.
            connection.execute("select partitioncache_assert_static('place')")
            (regions,) = one(connection, "select count(distinct region) from place")
            (server,) = one(connection, "show server_version")
        console.print(
            f"PostgreSQL {server.split()[0]}, {count:,} places in {regions:,} regions, loaded in "
            f"{time.monotonic() - started:.0f} s and asserted not to change. The partition key is the region.\n"
        )
        asker = Asker(connection, conninfo, "region", regions)
        asker.run(queries.FIRST, queries.NEW, with_cron=with_cron)
        asker.show(queries.FIRST[-1])
    _end(asker, "demo", began)
    console.print(
        READ_NEXT.format(
            questions="demo/queries.py", page="[bold]docs/how-it-works.md[/] for the walk of one query"
        )
    )


def _map(extract: Path | None, copies: int | None, load: str | None) -> None:
    from demo import nearby, openstreetmap

    copies = copies if copies is not None else 40 if extract is None and load is None else 1
    extract = extract or openstreetmap.helsinki()
    if load is not None:
        with psycopg.connect(load) as connection:
            console.print(openstreetmap.load(connection, extract, copies))
        return
    began = time.monotonic()
    _introduce()
    with (
        running_server(system=True, settings={"jit": "off"}) as conninfo,
        psycopg.connect(conninfo, autocommit=True) as connection,
    ):
        with console.status("Loading the map …"):
            loaded = openstreetmap.load(connection, extract, copies)
            connection.execute("create extension partitioncache")
            cells = openstreetmap.place(connection)
            (server,) = one(connection, "select version()")
            (postgis,) = one(connection, "select extversion from pg_extension where extname = 'postgis'")
        console.print(f"PostgreSQL {server.split()[1]} with PostGIS {postgis}. {loaded}")
        console.print(
            f"The partition key is the cell of the map, {cells:,} of them; all tables are asserted not to change.\n"
        )
        asker = Asker(connection, conninfo, openstreetmap.KEY, cells)
        asker.run(nearby.FIRST, nearby.NEW, with_cron=False)
        near, apart = one(connection, nearby.BORDERS)
        console.print(
            f"{near:,} pairs of a cafe and a tram stop are less than 100 m apart; {apart:,} lie in different cells."
            "\nEach table is restricted by cells of its own, so none of them is lost.\n"
        )
        asker.show(nearby.FIRST[0])
    _end(asker, "openstreetmap", began)
    console.print(
        READ_NEXT.format(questions="demo/nearby.py", page="[bold]docs/openstreetmap.md[/] for each step")
    )
    console.print(openstreetmap.COPYRIGHT)


def _introduce() -> None:
    console.rule("[bold]PartitionCache")
    console.print("It remembers which partitions match the parts of a query, and searches only those.\n")


def _end(asker: Asker, name: str, began: float) -> None:
    picture = CHECKOUT / ".build" / f"{name}.svg"
    write_before_after(asker.measured, picture)
    console.print(f"\nAs a picture: [bold]{picture}[/]", soft_wrap=True)
    console.print(f"\nAll of it took {time.monotonic() - began:.0f} s; nothing is left behind.")


if __name__ == "__main__":
    main()
