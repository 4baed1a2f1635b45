-- What stands in a sub-select is part of the condition: IN (SELECT … WHERE width = 2) is another one than
-- IN (SELECT … WHERE width = 3). A cache that left it out of its key answered one with the other's partitions.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois p where p.id in (select s.poi_id from streets s where s.width = 2)$push$, 'city_id');
select partitioncache_push($push$select * from pois p where exists (select 1 from streets s where s.poi_id = p.id and s.label = 'street 1')$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select p.id from pois p where p.id in (select s.poi_id from streets s where s.width = 2)$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where p.id in (select s.poi_id from streets s where s.width = 3)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where p.id in (select s.poi_id from streets s where s.width = 3 or s.width = 2)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where exists (select 1 from streets s where s.poi_id = p.id and s.label = 'street 2')$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where exists (select 1 from streets s where s.poi_id = p.id)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
