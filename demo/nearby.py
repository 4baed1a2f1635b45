"""The questions on the map: what is near what."""

from __future__ import annotations

from demo.asking import Question

# Asked first: the cache learns from these.
FIRST = (
    Question(
        "Pubs within 100 m of a church",
        """
        select p.name as pub, b.name as church
        from poi p
        join building b on st_dwithin(p.shape, b.shape, 100)
        where p.kind = 'pub' and b.kind = 'church'
        """,
    ),
    Question(
        "Cafes within 200 m of a playground and 100 m of a tram stop",
        """
        select c.name as cafe, t.name as stop
        from poi c
        join area p on st_dwithin(c.shape, p.shape, 200)
        join poi t on st_dwithin(c.shape, t.shape, 100)
        where c.kind = 'cafe' and p.kind = 'playground' and t.kind = 'tram_stop'
        """,
    ),
    Question(
        "Tram stops with a cafe, a bank and a pharmacy within 80 m",
        """
        select t.name as stop, c.name as cafe, b.name as bank, p.name as pharmacy
        from poi t
        join poi c on st_dwithin(t.shape, c.shape, 80)
        join poi b on st_dwithin(t.shape, b.shape, 80)
        join poi p on st_dwithin(t.shape, p.shape, 80)
        where t.kind = 'tram_stop' and c.kind = 'cafe' and b.kind = 'bank' and p.kind = 'pharmacy'
        """,
    ),
    Question(
        "Cafes for wheelchairs with a tree and a bench within 60 m, a tram stop within 120 m",
        """
        select c.name as cafe, s.name as stop, count(distinct t.id) as trees
        from poi c
        join poi b on st_dwithin(c.shape, b.shape, 60)
        join poi t on st_dwithin(c.shape, t.shape, 60)
        join poi s on st_dwithin(c.shape, s.shape, 120)
        where c.kind = 'cafe' and c.tags ->> 'wheelchair' = 'yes'
          and b.kind = 'bench' and t.kind = 'tree' and s.kind = 'tram_stop'
        group by c.name, s.name
        """,
    ),
    Question(
        "Primary streets that cross a tram line up to 200 m from a school",
        """
        select s.name as street, b.name as school
        from street s
        join street r on st_intersects(s.shape, r.shape)
        join building b on st_dwithin(s.shape, b.shape, 200)
        where s.kind = 'primary' and r.kind = 'tram' and b.kind = 'school'
        """,
    ),
    Question(
        "Bus stops on a cycleway with a bench within 30 m",
        """
        select s.name as stop, b.id as bench
        from poi s
        join street w on st_dwithin(s.shape, w.shape, 3)
        join poi b on st_dwithin(s.shape, b.shape, 30)
        where s.kind = 'bus_stop' and w.kind = 'cycleway' and b.kind = 'bench'
        """,
    ),
    Question(
        "Works of art in a park, up to 150 m from the water",
        """
        select a.name as work, p.name as park, w.name as water
        from poi a
        join area p on st_intersects(a.shape, p.shape)
        join area w on st_dwithin(a.shape, w.shape, 150)
        where a.kind in ('artwork', 'memorial') and p.kind = 'park' and w.kind = 'water'
        """,
    ),
    Question(
        "Crossings without lights on a large street, up to 150 m from a school",
        """
        select x.id, s.name as street, b.name as school
        from poi x
        join street s on st_dwithin(x.shape, s.shape, 1)
        join building b on st_dwithin(x.shape, b.shape, 150)
        where x.kind = 'crossing' and x.tags ->> 'crossing' = 'uncontrolled'
          and s.kind in ('primary', 'secondary') and b.kind = 'school'
        """,
    ),
    Question(
        "Restaurants within 30 m of a tram stop and 100 m of a park",
        """
        select r.name as restaurant, t.name as stop, p.name as park
        from poi r
        join poi t on st_dwithin(r.shape, t.shape, 30)
        join area p on st_dwithin(r.shape, p.shape, 100)
        where r.kind = 'restaurant' and t.kind = 'tram_stop' and p.kind = 'park'
        """,
    ),
    Question(
        "Shops in one building with a hotel and a restaurant",
        """
        select s.name as shop, h.name as hotel, r.name as restaurant
        from building b
        join poi s on st_intersects(s.shape, b.shape)
        join poi h on st_intersects(h.shape, b.shape)
        join poi r on st_intersects(r.shape, b.shape)
        where s.kind = 'shop' and h.kind = 'hotel' and r.kind = 'restaurant'
        """,
    ),
    Question(
        "Ways that lead through a park for more than 60 m",
        """
        select s.id, p.name as park
        from street s
        join area p on st_intersects(s.shape, p.shape)
        where s.kind in ('footway', 'cycleway', 'path') and p.kind = 'park'
          and st_length(st_intersection(s.shape, p.shape)) > 60
        """,
    ),
)

# Never asked before; each says more than one of the first.
NEW = (
    Question(
        "Pubs within 100 m of a church and 150 m of a tram stop",
        """
        select p.name as pub, b.name as church, t.name as stop
        from poi p
        join building b on st_dwithin(p.shape, b.shape, 100)
        join poi t on st_dwithin(p.shape, t.shape, 150)
        where p.kind = 'pub' and b.kind = 'church' and t.kind = 'tram_stop'
        """,
    ),
    Question(
        "Works of art in a park by the water, and the benches around each",
        """
        select a.name as work, count(distinct b.id) as benches
        from poi a
        join area p on st_intersects(a.shape, p.shape)
        join area w on st_dwithin(a.shape, w.shape, 150)
        join poi b on st_dwithin(a.shape, b.shape, 50)
        where a.kind in ('artwork', 'memorial') and p.kind = 'park' and w.kind = 'water' and b.kind = 'bench'
        group by a.name
        """,
    ),
    Question(
        "Tram stops with all three, and the chairs outside of the cafe",
        """
        select t.name as stop, c.name as cafe
        from poi t
        join poi c on st_dwithin(t.shape, c.shape, 80)
        join poi b on st_dwithin(t.shape, b.shape, 80)
        join poi p on st_dwithin(t.shape, p.shape, 80)
        where t.kind = 'tram_stop' and c.kind = 'cafe' and b.kind = 'bank' and p.kind = 'pharmacy'
          and c.tags ? 'outdoor_seating'
        """,
    ),
    Question(
        "Crossings without lights near a school, where no lamp is within 20 m",
        """
        select x.id, s.name as street, b.name as school
        from poi x
        join street s on st_dwithin(x.shape, s.shape, 1)
        join building b on st_dwithin(x.shape, b.shape, 150)
        where x.kind = 'crossing' and x.tags ->> 'crossing' = 'uncontrolled'
          and s.kind in ('primary', 'secondary') and b.kind = 'school'
          and not exists (select from poi l where l.kind = 'street_lamp' and st_dwithin(x.shape, l.shape, 20))
        """,
    ),
)

#: How many cafes and tram stops are near each other, and how many of these pairs lie in different cells.
BORDERS = """
select count(*), count(*) filter (where st_geohash(c.shape::geometry, 7) <> st_geohash(t.shape::geometry, 7))
from poi c
join poi t on st_dwithin(c.shape, t.shape, 100)
where c.kind = 'cafe' and t.kind = 'tram_stop'
"""
