-- Keys equated through a third table, also one that calls its key otherwise, are one class; without the chain they are two.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
create table cities (id integer primary key, region text);
insert into cities select n, 'r' || n % 3 from generate_series(0, 19) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois p, streets s, cities c where p.city_id = c.id and s.city_id = c.id and p.kind = 1 and s.width = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois p, cities c where p.city_id = c.id and c.region = 'r1'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select p.id, s.id from pois p, streets s, cities c where p.city_id = c.id and s.city_id = c.id and p.kind = 1 and s.width = 1 and c.region = 'r1'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p, streets s, cities c where p.city_id = c.id and s.poi_id = c.id and p.kind = 1 and s.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
