-- An entry serves a query that says more, and no other: bounds at their borders, twins, outer joins, types and constants that only look alike.
create extension if not exists partitioncache;
create extension if not exists citext;
create collation blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create type pair as (a integer, b text);
create table pois (
    id integer primary key, city_id integer, kind integer, area numeric, f float8, r real, c char(5), v varchar(8), ci text collate blind, u citext,
    seen timestamptz, built timestamp, day date, p pair, tags text[], "we ird" integer, ip inet);
insert into pois
select n, nullif(n % 23, 22) - 3, n % 7, (n % 40) * 25.5, case n % 11 when 0 then 'NaN'::float8 when 1 then '-0'::float8 else n % 11 end, (n % 13) / 10.0,
       chr(97 + n % 5), chr(97 + n % 6), case when n % 2 = 0 then chr(97 + n % 4) else chr(65 + n % 4) end, case when n % 2 = 0 then chr(97 + n % 4) else chr(65 + n % 4) end,
       timestamptz '2024-01-01 00:00+00' + n * interval '7 hours', timestamp '2024-01-01' + n * interval '5 hours', date '2024-01-01' + n % 60,
       case n % 4 when 0 then row(n % 3, null)::pair when 1 then row(n % 3, 'x')::pair when 2 then row(null, null)::pair end,
       case n % 3 when 0 then '{a,b}'::text[] when 1 then array['NULL'] else array[null] end, n % 9, case when n % 2 = 0 then inet '10.0.0.1' else '10.0.0.1/8' end
from generate_series(1, 460) n;
insert into pois (id, city_id, kind, area) values (1001, null, 1, 2000), (1002, 0, 1, 3000), (1003, -5, 1, 2500), (1004, 70, 1, 'NaN'), (1005, 71, 1, null);
create table streets (id integer primary key, city_id integer, poi_id integer, width integer, n numeric, m numeric);
insert into streets select n, n % 19 - 2, n * 7 % 460, n % 6, n % 8, case when n % 2 = 0 then n % 8 else (n % 8)::numeric(9, 2) end from generate_series(1, 300) n;
insert into streets values (1001, null, 1001, 2, 1.0, 1.00), (1002, 60, 1, 2, 1.0, 1), (1003, 0, 1002, 2, 2, 2.0);
create table events (id integer primary key, city_id integer, n numeric, m numeric);
insert into events select n, n % 21, case when n % 2 = 0 then n % 8 else (n % 8)::numeric(9, 2) end, n % 8 from generate_series(1, 200) n;
create table visits (id integer, city_id integer, kind integer) partition by list (city_id);
create table visits_0 partition of visits for values in (0, 1, 2, null);
create table visits_rest partition of visits default;
insert into visits select n, nullif(n % 12, 11), n % 5 from generate_series(1, 100) n;
create table things (id integer, city_id integer, kind integer);
create table things_old () inherits (things);
insert into things select n, n % 9, n % 4 from generate_series(1, 60) n;
insert into things_old select n, 30 + n % 9, n % 4 from generate_series(1, 60) n;
create view big as select id, city_id, kind, area from pois where area > 500;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_register('city_id', 'integer', 'array', cache => 'nearby', partition_local => true);
select partitioncache_push($push$select id from pois where area > 900$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where area > 1000$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area >= 900$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > 900.00$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > 899.999999$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where 1000 < area$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area = 950$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area in (920, 940)$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area in (900, 940)$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area between 901 and 1200$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > 900 and kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > 'NaN'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area = 'NaN'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area >= 'Infinity'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area is not null$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > 1000 or kind = 1$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where not area > 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where not area <= 1000$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where (area > 1000) is true$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where (area > 1000) is not false$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area < 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > any (array[1000, 1100])$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > null$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area::float8 > 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > 1000::float8$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where -area < -1000$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where coalesce(area, 9999) > 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from big where area > 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from (select * from pois where area > 1000) x where kind = 2$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$with x as materialized (select * from pois where area > 1000) select count(*) from x, streets s where s.city_id = x.city_id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where area > 1000 union all select id from pois where area > 800$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets s left join pois p on p.city_id = s.city_id and p.area > 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets s left join pois p on p.city_id = s.city_id where p.area > 1000$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p left join streets s on p.city_id = s.city_id and p.area > 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets s where exists (select from pois p where p.city_id = s.city_id and p.area > 1000)$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets s where s.poi_id in (select p.id from pois p where p.area > 1000)$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, pois q where p.area > 1000 and q.area > 200 and p.id = q.id + 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, pois q where p.kind = 1 and q.area > 1000 and p.city_id = q.city_id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, lateral (select * from pois q where q.area > 1000 and q.city_id = p.city_id limit 3) x$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from (select * from pois order by id limit 50) p where area > 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from only pois where area > 1000$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select id from pois where kind in (3, 4, 5)$push$, 'city_id');
select partitioncache_push($push$select id from pois where kind is not null$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where kind = 3$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind in (4, 5)$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind in (4, 5, null)$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind in (2, 4)$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = any ('{3,4}')$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = any ('{{3,4},{5,6}}')$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 3::bigint$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 3.0$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind <> 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind not in (3, 4)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = any ('{}')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind is distinct from 3$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind is null$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = kind$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 3 or kind = 4$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind in (3, 4) is not false$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select id from pois where c in ('a', 'b')$push$, 'city_id');
select partitioncache_push($push$select id from pois where v in ('a', 'b')$push$, 'city_id');
select partitioncache_push($push$select id from pois where ci in ('a', 'b')$push$, 'city_id');
select partitioncache_push($push$select id from pois where u in ('a', 'b')$push$, 'city_id');
select partitioncache_push($push$select id from pois where f >= 0$push$, 'city_id');
select partitioncache_push($push$select id from pois where f in (0, 2)$push$, 'city_id');
select partitioncache_push($push$select id from pois where r > 0.1$push$, 'city_id');
select partitioncache_push($push$select id from pois where r > 0.1::real$push$, 'city_id');
select partitioncache_push($push$select id from pois where p is not null$push$, 'city_id');
select partitioncache_push($push$select id from pois where tags[1] in ('NULL', 'a')$push$, 'city_id');
select partitioncache_push($push$select id from pois where "we ird" between 2 and 6$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where c = 'a'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where c = 'a   '$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where c = 'a '::text$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where c = 'a'::bpchar$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where c::text = 'a'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where c = 'A'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where v = 'a'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where v = 'a '$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where v = 'a'::char(3)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where v in ('b', 'c')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where ci = 'A'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where ci = 'a'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where ci = 'a' collate "C"$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where ci collate "C" = 'a'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where u = 'A'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where u = 'a'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where u::text = 'a'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where u = 'A'::text$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where f = '-0'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where f > '-0'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where f >= '-0'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where f = 'NaN'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where f > 'Infinity'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where f in ('-0', 2)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where f = 2::real$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where r > 0.1::real$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where r > 0.10000000149011612$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where r > 0.1::float8$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where r = 0.1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where r = 0.2::real$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where r > 0.2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where p = row(1, 'x')::pair$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where p is not null$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where p = row(1, null)::pair$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where not p is null$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where (p).a is not null$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where (p).a = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where tags[1] = 'NULL'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where tags[1] is null$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where tags[1] = any ('{NULL,b}')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where tags[1] = any (array['NULL'])$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where "we ird" = 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where "we ird" between 3 and 5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where "we ird" between 1 and 5$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select id from pois where seen > '2024-02-01 00:00+00'$push$, 'city_id');
select partitioncache_push($push$select id from pois where built >= '2024-01-10'$push$, 'city_id');
select partitioncache_push($push$select id from pois where day > '2024-01-15'$push$, 'city_id');
select partitioncache_push($push$select id from pois where day >= date '2024-02-01' and day < date '2024-02-10'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
set timezone = 'Asia/Kathmandu';
set datestyle = 'SQL, DMY';
select $query$select id from pois where seen > '2024-02-01 00:00'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where seen > '2024-02-01 05:45'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where seen > '01/02/2024 05:45:01'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where seen >= '2024-02-01 00:00+00'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where seen > timestamp '2024-02-01 05:45'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where seen > date '2024-02-02'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where built > '2024-01-10'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where built > date '2024-01-10'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where built >= date '2024-01-10'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where built >= '2024-01-09 23:59:59.9999999'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where built = 'infinity'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where built > '10/01/2024'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where day > '2024-01-15'::timestamp$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where day > '2024-01-16'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where day >= '2024-01-16'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where day = '2024-02-03'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where day in ('2024-02-03', '2024-02-10')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where day between '2024-02-02' and '2024-02-09'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
reset timezone;
reset datestyle;
select partitioncache_push($push$select count(*) from pois p, streets s where p.city_id = s.city_id and p.id = s.poi_id and p.area > 100 and s.width in (1, 2, 3)$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select count(*) from pois p, streets s where s.poi_id = p.id and s.city_id = p.city_id and 200 < p.area and s.width = 2$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, streets s where p.id = s.poi_id and p.area > 200 and s.width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, streets s where p.city_id = s.city_id and p.area > 200 and s.width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, streets s where p.city_id >= s.city_id and p.id = s.poi_id and p.area > 200 and s.width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets t1 join pois t2 on t2.id = t1.poi_id join events e on e.city_id = t2.city_id where t1.city_id = t2.city_id and t2.area > 100 and t1.width in (2, 1)$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets a join events e on e.city_id = a.city_id join pois p on p.city_id = e.city_id and p.id = a.poi_id where p.area > 150 and a.width = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets a, pois p, streets b where a.city_id = p.city_id and b.poi_id = p.id and p.area > 150 and a.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets a, pois p, streets b where a.city_id = p.city_id and b.poi_id = p.id and b.city_id = p.city_id and p.area > 150 and a.width = 1 and b.width in (1, 5)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from streets a, pois p, streets b where a.city_id = p.city_id and b.poi_id = p.id and b.city_id = p.city_id and p.area > 150 and a.width = 1 and b.width in (1, 3)$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p left join streets s on p.city_id = s.city_id and p.id = s.poi_id and s.width = 2 where p.area > 200$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, streets s where p.city_id is not distinct from s.city_id and p.id = s.poi_id and p.area > 200 and s.width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select count(*) from pois p, pois q where p.city_id = q.city_id and p.id = q.id + 23 and p.kind = 1 and q.area > 100$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select count(*) from pois p, pois q where p.city_id = q.city_id and p.id = q.id + 23 and q.kind = 1 and p.area > 200$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, pois q where p.city_id = q.city_id and q.id = p.id + 23 and q.kind = 1 and p.area > 200$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, pois q where p.city_id = q.city_id and p.id = q.id + 23 and p.kind = 1 and p.area > 200$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, pois q where p.city_id = q.city_id and p.id = q.id + 23 and p.kind = 1 and q.kind = 1 and q.area > 200 and p.area > 300$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p where p.city_id = p.city_id and p.kind = 1 and p.area > 200$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select count(*) from events e, streets s where e.n::text = s.n::text and e.city_id = s.city_id and s.width = 2$push$, 'city_id');
select partitioncache_push($push$select count(*) from events e, streets s where e.n = s.m and e.city_id = s.city_id$push$, 'city_id');
select partitioncache_push($push$select count(*) from pois p, pois q where p.ip::text = q.ip::text and p.city_id = q.city_id and p.kind = 1$push$, 'city_id');
select partitioncache_push($push$select count(*) from pois p, pois q where p.u::text = q.u::text and p.city_id = q.city_id and p.kind = 2$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select count(*) from events e, streets s where s.n = e.n and e.city_id = s.city_id and s.width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from events e, streets s where s.n::text = e.n::text and e.city_id = s.city_id and s.width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from events e, streets s where s.m = e.n and s.city_id = e.city_id and s.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, pois q where q.ip = p.ip and p.city_id = q.city_id and p.kind = 1 and q.kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, pois q where q.u = p.u and p.city_id = q.city_id and p.kind = 2 and q.kind = 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select count(*) from visits where kind in (1, 2)$push$, 'city_id');
select partitioncache_push($push$select count(*) from things where kind in (1, 2)$push$, 'city_id');
select partitioncache_push($push$select count(*) from only things where kind in (1, 2, 3)$push$, 'city_id');
select partitioncache_push($push$select count(*) from big where kind in (1, 2)$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select count(*) from visits where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from visits_0 where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from visits where kind = 1 and city_id is null$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from only visits where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from things where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from only things where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from things where kind = 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from things_old where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from big where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from big where kind = 1 and area > 600$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois where kind = 1 and area > 600$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select count(*) from pois p, streets s where p.id = s.poi_id and p.area > 100$push$, 'city_id', 'nearby');
do $$ begin while partitioncache_process_queue('nearby') > 0 loop end loop; end $$;
select $query$select count(*) from pois p, streets s where p.id = s.poi_id and p.area > 200 and p.city_id = s.city_id$query$ as query \gset
select partitioncache_apply(:'query', 'city_id', 'nearby') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, streets s where p.city_id = s.city_id and p.area > 200$query$ as query \gset
select partitioncache_apply(:'query', 'city_id', 'nearby') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p where p.area > 200$query$ as query \gset
select partitioncache_apply(:'query', 'city_id', 'nearby') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select id from pois where exists (select from streets s where s.poi_id = pois.id and s.width = 2)$push$, 'city_id');
select partitioncache_push($push$select id from pois where pois.id in (select s.poi_id from streets s where s.width in (1, 2))$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select count(*) from pois p where exists (select from streets s where s.poi_id = p.id and s.width = 2) and p.kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p, pois s_1 where exists (select from streets s where s.poi_id = p.id and s.width = 2) and s_1.kind = 1 and s_1.id = p.id + 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois s where exists (select from streets where streets.poi_id = s.id and width = 2)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p where exists (select from streets s where s.poi_id = p.id and s.width in (1, 2))$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois p where p.id in (select s.poi_id from streets s where s.width = 1)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
