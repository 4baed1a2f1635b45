"""Tables of every kind that can be tracked, queries on them that match in few partitions, and ways to write to them."""

from __future__ import annotations

from random import Random

CITIES = 60

SCHEMA = """
create table poi (id bigserial primary key, city_id int, kind int not null, size int not null);
create index on poi (city_id);
create table street (id bigserial primary key, city_id int not null, len int not null);
create table dim (kind int primary key, label text not null);
create table visit (id bigserial, city_id int, day int not null, stars int not null) partition by range (day);
create table visit_0 partition of visit for values from (0) to (10);
create table visit_1 partition of visit for values from (10) to (20) partition by hash (city_id);
create table visit_1a partition of visit_1 for values with (modulus 3, remainder 0);
create table visit_1b partition of visit_1 for values with (modulus 3, remainder 1);
create table visit_1c partition of visit_1 for values with (modulus 3, remainder 2);
create table visit_2 (like visit including defaults);
create table place (id bigserial, city_id int, area int not null);
create table park (trees int) inherits (place);
create view big_poi as select id, city_id, kind from poi where size > 990;

insert into dim select i, 'label ' || i from generate_series(0, 9) i;
insert into poi (city_id, kind, size)
select case when i % 200 <> 0 then i % 60 end, i % 10, (i * 7919) % 1000 from generate_series(1, 3000) i;
insert into street (city_id, len) select i % 60, (i * 31) % 100 from generate_series(1, 600) i;
insert into visit (city_id, day, stars) select i % 60, i % 20, (i * 17) % 100 from generate_series(1, 2000) i;
insert into place (city_id, area) select i % 60, (i * 13) % 500 from generate_series(1, 500) i;
insert into park (city_id, area, trees) select i % 60, (i * 11) % 500, i from generate_series(1, 500) i;
analyze;
"""

TRACKED = ("poi", "street", "dim", "visit", "place")

QUERIES = (
    "select id, city_id, size from poi where kind = 3 and size > 970",
    "select id, size from poi where kind = 4 and size < 15",
    """select p.id, s.id from poi p, street s
       where p.city_id = s.city_id and p.kind = 5 and p.size > 980 and s.len > 90""",
    """select p.id, d.label from poi p join dim d on p.kind = d.kind
       where d.label = 'label 7' and p.size > 985""",
    """select p.id from poi p
       where p.size > 985 and not exists (select from street s where s.city_id = p.city_id and s.len > 40)""",
    """select p.id from poi p
       where p.size < 20 and not exists (select from poi q where q.city_id = p.city_id and q.size > 950)""",
    """select p.id from poi p
       where p.size > 975 and exists (select from street s where s.len = 17 and s.city_id = p.city_id + 1)""",
    "select a.id, b.id from poi a, poi b where a.city_id = b.city_id and a.size > 988 and b.size < 12",
    "select a.id, b.id from poi a, poi b where a.city_id = b.city_id + 1 and a.size > 992 and b.size < 8",
    "select id, day from visit where stars = 99 and day < 15",
    """select v.id, p.id from visit v, poi p
       where v.city_id = p.city_id and v.stars > 97 and p.size > 990""",
    "select v.id from visit_1 v where v.stars = 98",
    "select id, area from place where area > 490",
    """select l.id, s.id from place l left join street s on s.city_id = l.city_id and s.len = 5
       where l.area < 6""",
    "select p.id, b.id from poi p, big_poi b where p.city_id = b.city_id and p.size < 10",
    "select city_id, count(*), max(size) from poi where kind = 8 and size > 960 group by city_id",
)

# (how often, what it is, statement); the values are those of `values`.
WRITES = (
    (8, "insert", "insert into poi (city_id, kind, size) select %(city)s, %(kind)s, %(size)s from generate_series(1, %(few)s)"),  # noqa: E501
    (6, "move", "update poi set city_id = %(city)s where id in (select id from poi where size > 980 order by random() limit %(few)s)"),  # noqa: E501
    (6, "change", "update poi set kind = %(kind)s, size = %(size)s where id in (select id from poi order by random() limit %(few)s)"),  # noqa: E501
    (6, "delete", "delete from poi where city_id = %(other)s and id %% 10 = %(kind)s"),
    (2, "merge", """merge into poi p using (select id from poi order by random() limit 3) s on p.id = s.id and p.id %% 2 = 0
                    when matched then update set city_id = %(city)s, size = %(size)s
                    when not matched then insert (city_id, kind, size) values (%(city)s, %(kind)s, %(size)s)"""),  # noqa: E501
    (2, "cte", """with gone as (delete from poi where city_id = %(other)s and kind = %(kind)s returning kind, size)
                  insert into poi (city_id, kind, size) select %(city)s, kind, size from gone"""),
    (3, "insert", "insert into street (city_id, len) values (%(other)s, %(len)s)"),
    (2, "move", "update street set city_id = %(other)s, len = %(len)s where id in (select id from street order by random() limit 2)"),  # noqa: E501
    (1, "upsert", """insert into street (id, city_id, len) select id, %(other)s, %(len)s from street order by random() limit 1
                     on conflict (id) do update set city_id = excluded.city_id"""),  # noqa: E501
    (2, "delete", "delete from street where city_id = %(other)s and len > 40"),
    (1, "change", "update dim set label = 'label ' || %(kind)s where kind = %(few)s"),
    (2, "insert", "insert into visit (city_id, day, stars) values (%(city)s, %(day)s, %(stars)s)"),
    (1, "insert", "insert into visit_1 (city_id, day, stars) values (%(city)s, 10 + %(day)s %% 10, %(stars)s)"),
    (2, "move", "update visit set day = (day + 10) %% 20, city_id = %(city)s where day < 20 and stars > 95 and city_id = %(other)s"),  # noqa: E501
    (1, "change", "update visit_0 set stars = %(stars)s where city_id = %(other)s and stars > 90"),
    (1, "delete", "delete from visit where stars > 90 and city_id = %(other)s"),
    (2, "insert", "insert into place (city_id, area) values (%(city)s, %(area)s)"),
    (1, "insert", "insert into park (city_id, area) values (%(city)s, %(area)s)"),
    (2, "move", "update place set city_id = %(city)s where area = %(area)s"),
    (1, "delete", "delete from place where area = %(area)s"),
    (0.1, "truncate", """truncate poi; insert into poi (city_id, kind, size)
                         select random() * 60, random() * 9, random() * 999 from generate_series(1, 2500)"""),
    (0.3, "truncate", """truncate street; insert into street (city_id, len)
                         select random() * 60, random() * 99 from generate_series(1, 600)"""),
    (0.3, "truncate", """truncate visit_0; insert into visit_0 (city_id, day, stars)
                         select random() * 60, random() * 9, random() * 99 from generate_series(1, 800)"""),
)  # fmt: skip


def values(random: Random) -> dict[str, int | None]:
    """Random values for a statement of `WRITES`; most are near where the conditions of `QUERIES` begin to hold."""
    return {
        "city": None if random.random() < 0.02 else random.randrange(CITIES + 5),
        "other": random.randrange(CITIES),
        "kind": random.randrange(10),
        "few": random.randint(1, 4),
        "size": random.choice([random.randrange(1000), random.randint(985, 999), random.randint(0, 12)]),
        "len": random.randrange(100),
        "day": random.randrange(20),
        "stars": random.randint(90, 99),
        "area": random.choice([random.randrange(500), random.randint(488, 499), random.randint(0, 7)]),
    }
