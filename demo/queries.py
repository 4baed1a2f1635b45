"""The questions of the demonstration. Every one of them joins or filters places within one region."""

from __future__ import annotations

from demo.asking import Question

# Asked first: the cache learns from these.
FIRST = (
    Question(
        "Neighbouring towns that live in different time zones, up to 15 km apart",
        """
        select a.name, a.timezone, b.name, b.timezone
        from place a join place b on a.region = b.region
        where a.population > 5000 and b.population > 5000
          and a.timezone < b.timezone and km(a.spot, b.spot) < 15
        """,
    ),
    Question(
        "A castle and an abbey, by their names, less than 5 km apart",
        """
        select a.name as castle, b.name as abbey, round(km(a.spot, b.spot)::numeric, 1) as km
        from place a, place b
        where a.region = b.region
          and a.name ~* '(castle|château|castell|schloss|burg|zamek|hrad)'
          and b.name ~* '(abbey|abbaye|kloster|monaster|münster|minster)'
          and km(a.spot, b.spot) < 5
        order by km
        """,
    ),
    Question(
        "Harbour towns within 10 km of a spa",
        """
        select a.name as harbour, b.name as spa, a.country
        from place a join place b using (region)
        where a.name ~* '(port|haven|puerto|porto)'
          and b.name ~* '(spa|bad |terme|bains)'
          and km(a.spot, b.spot) < 10
        """,
    ),
    Question(
        "New towns of 10,000 people within 5 km of an old one (Nova…, Neu…; Old…, Alt…)",
        """
        select a.name, a.population, b.name
        from place a join place b on a.region = b.region
        where a.name ~ '^(New|Nueva|Nova|Neu|Nouvelle|Novo)'
          and b.name ~ '^(Old|Alt|Vieux|Vieja|Staro)'
          and a.population > 10000 and km(a.spot, b.spot) < 5
        order by a.population desc
        """,
    ),
    Question(
        "Villages of 500 to 800 people less than 200 m apart",
        """
        select a.region, a.name, b.name, a.population + b.population as together
        from place a join place b on a.region = b.region and a.id < b.id
        where a.population between 500 and 800 and b.population between 500 and 800
          and km(a.spot, b.spot) < 0.2
        """,
    ),
    Question(
        "Three places of one name, less than 15 km from each to the next",
        """
        select a.region, a.name, count(*)
        from place a
        join place b on b.region = a.region and b.name = a.name and b.id > a.id
        join place c on c.region = b.region and c.name = b.name and c.id > b.id
        where km(a.spot, b.spot) < 15 and km(b.spot, c.spot) < 15
        group by a.region, a.name
        """,
    ),
    Question(
        "Neighbours of which one has exactly ten times as many people as the other",
        """
        select a.name, a.population, b.name, b.population
        from place a join place b on a.region = b.region
        where a.population = b.population * 10 and a.population > 20000 and km(a.spot, b.spot) < 20
        order by a.population desc, b.id
        """,
    ),
    Question(
        "A city, a town within 3 km of it, and a village within 3 km of the town",
        """
        select a.name as city, b.name as town, c.name as village
        from place a
        join place b on b.region = a.region
        join place c on c.region = a.region
        where a.population between 50000 and 60000 and b.population between 5000 and 6000
          and c.population between 500 and 700 and km(a.spot, b.spot) < 3 and km(b.spot, c.spot) < 3
        """,
    ),
    Question(
        "Places known by more than 60 names, less than 12 km apart",
        """
        select a.name, b.name, a.known_as + b.known_as as names
        from place a join place b on a.region = b.region
        where a.known_as > 60 and b.known_as > 60 and a.id < b.id and km(a.spot, b.spot) < 12
        """,
    ),
    Question(
        "Places whose name says the same thing twice",
        """
        select name, country, population
        from place
        where name ~ '^(.{3,})[ -]\\1$'
        order by population desc, id
        """,
    ),
    Question(
        "Names of six letters or more that read the same backwards",
        """
        select name, country from place
        where length(name) > 5 and lower(name) = reverse(lower(name))
        """,
    ),
)

# Asked afterwards, and never seen before: each shares some of its conditions with one or two of the first.
NEW = (
    Question(
        "Time zone neighbours by country: how many pairs, how many people",
        """
        select c.name, count(*) as pairs, sum(a.population + b.population) as people
        from place a
        join place b on b.region = a.region
        join country c on c.code = a.country
        where a.population > 5000 and b.population > 5000
          and a.timezone < b.timezone and km(a.spot, b.spot) < 15
        group by c.name
        """,
    ),
    Question(
        "A castle within 20 km of two neighbours in different time zones",
        """
        select a.name, b.name, c.name as castle
        from place a
        join place b on b.region = a.region
        join place c on c.region = a.region
        where a.population > 5000 and b.population > 5000
          and a.timezone < b.timezone and km(a.spot, b.spot) < 15
          and c.name ~* '(castle|château|castell|schloss|burg|zamek|hrad)' and km(a.spot, c.spot) < 20
        """,
    ),
    Question(
        "How many European castles have an abbey within 5 km, by country",
        """
        select c.name, count(distinct a.id) as castles
        from place a
        join place b on b.region = a.region
        join country c on c.code = a.country
        where a.name ~* '(castle|château|castell|schloss|burg|zamek|hrad)'
          and b.name ~* '(abbey|abbaye|kloster|monaster|münster|minster)'
          and km(a.spot, b.spot) < 5 and c.continent = 'EU'
        group by c.name
        """,
    ),
    Question(
        "The largest new town with an old one beside it, by continent",
        """
        select distinct on (c.continent) c.continent, a.name, a.population, b.name as old
        from place a
        join place b on b.region = a.region
        join country c on c.code = a.country
        where a.name ~ '^(New|Nueva|Nova|Neu|Nouvelle|Novo)'
          and b.name ~ '^(Old|Alt|Vieux|Vieja|Staro)'
          and a.population > 10000 and km(a.spot, b.spot) < 5
        order by c.continent, a.population desc, a.id, b.id
        """,
    ),
    Question(
        "A harbour within 20 km of neighbours of which one has ten times the people",
        """
        select a.name, b.name, c.name as harbour
        from place a, place b, place c
        where a.region = b.region and b.region = c.region
          and a.population = b.population * 10 and a.population > 20000 and km(a.spot, b.spot) < 20
          and c.name ~* '(port|haven|puerto|porto)' and km(a.spot, c.spot) < 20
        """,
    ),
    Question(
        "The largest town within 30 km of each place whose name says the same thing twice",
        """
        select distinct on (a.id) a.name, b.name as town, b.population
        from place a join place b on a.region = b.region
        where a.name ~ '^(.{3,})[ -]\\1$' and b.population > a.population and km(a.spot, b.spot) < 30
        order by a.id, b.population desc, b.id
        """,
    ),
)
