-- Two tables are restricted together only where the query equates their keys; also <, OR, IS NOT DISTINCT FROM are not equality.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
insert into pois values (900, null, 'x', 1);
insert into streets values (900, null, 900, 'x', 1);
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois p, streets s where p.city_id = s.city_id and p.kind = 1 and s.width = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois p, streets s where p.id = s.poi_id and p.kind = 1 and s.width = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois p, streets s where p.city_id is not distinct from s.city_id and p.kind = 1 and s.width = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select p.id, s.id from pois p, streets s where p.id = s.poi_id and p.kind = 1 and s.width = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p, streets s where p.city_id < s.city_id and p.kind = 1 and s.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p, streets s where p.city_id is not distinct from s.city_id and p.kind = 1 and s.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p, streets s where (p.city_id = s.city_id or p.kind = 4) and p.kind = 1 and s.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p, streets s where p.city_id = s.city_id + 1 and p.kind = 1 and s.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p join streets s on p.city_id <> s.city_id and p.kind = 1 and s.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
