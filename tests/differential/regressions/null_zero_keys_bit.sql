-- Rows whose key is NULL or 0 are rows like others.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, kind integer);
insert into pois values (1, 0, 1), (2, null, 1), (3, 1, 1), (4, 2, 2), (5, null, 2), (6, 0, 3), (7, 5, 4), (8, null, 4);
create table streets (id integer primary key, city_id integer, width integer);
insert into streets values (1, 0, 1), (2, null, 1), (3, 3, 1), (4, 1, 2);
select partitioncache_register('city_id', 'integer', 'bit');
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois where kind = 2$push$, 'city_id');
select partitioncache_push($push$select * from pois where kind = 3$push$, 'city_id');
select partitioncache_push($push$select * from pois p, streets s where p.city_id = s.city_id and s.width = 1 and p.kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois p, streets s where p.kind = s.width and s.width = 1 and p.kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois where kind = 9$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where kind = 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p, streets s where p.city_id = s.city_id and s.width = 1 and p.kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p, streets s where p.kind = s.width and s.width = 1 and p.kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*) from pois where kind = 9$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p left join streets s on p.city_id = s.city_id and s.width = 1 where p.kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
