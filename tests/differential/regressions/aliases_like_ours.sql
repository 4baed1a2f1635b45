-- Aliases t1, t2, p_1 in the user's query are the user's, whatever the canonical text calls its tables.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois t2, streets t1 where t1.city_id = t2.city_id and t2.kind = 3 and t1.width = 2$push$, 'city_id');
select partitioncache_push($push$select * from streets t1 where t1.width = 2$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select t1.id, t2.id from streets t1, pois t2 where t1.city_id = t2.city_id and t2.kind = 3 and t1.width = 2$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select t1.id, t2.id from pois t1, streets t2 where t1.city_id = t2.city_id and t1.kind = 3 and t2.width = 2$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select t2.id from pois t1, pois t2, pois p_1 where t1.city_id = t2.city_id and p_1.city_id = t1.city_id and t1.kind = 3 and t2.kind = 4 and p_1.kind = 0 and exists (select 1 from streets t1 where t1.city_id = t2.city_id and t1.width = 2)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select t1.t1 from (select id as t1, city_id, kind from pois) t1 where t1.kind = 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
