-- A schema called as a table of the query, or as our own aliases, is a schema: in FROM of a sub-select, before a function, a type, an operator, a collation.
create extension if not exists partitioncache;
create schema p;
create schema t1;
create table pois (id integer primary key, city_id integer, kind integer);
insert into pois select n, n % 20, n % 5 from generate_series(1, 100) n;
create table p.streets (id integer primary key, city_id integer, width integer);
create table t1.streets (id integer primary key, city_id integer, width integer);
insert into p.streets select n, n % 7, n % 4 from generate_series(1, 40) n;
insert into t1.streets values (1, 15, 2);
create function p.half(n integer) returns integer language sql immutable as 'select n / 2';
create function t1.half(n integer) returns integer language sql immutable as 'select n';
create domain p.small as integer;
create table t1.pois (id integer primary key, city_id integer, kind integer);
create table p.pois (id integer primary key, city_id integer, kind integer);
insert into p.pois select n, n % 3, n % 5 from generate_series(1, 30) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from public.pois p where p.kind = 1 and exists (select 1 from p.streets s where s.city_id = p.city_id and s.width = 2)$push$, 'city_id');
select partitioncache_push($push$select * from public.pois p where p.half(p.kind) = 1$push$, 'city_id');
select partitioncache_push($push$select * from p.pois p where p.kind = 2$push$, 'city_id');
select partitioncache_push($push$select * from public.pois t1 where exists (select 1 from t1.streets where t1.city_id = streets.city_id)$push$, 'city_id');
select partitioncache_push($push$select * from public.pois p where p.kind::p.small = 3 and p.id in (select q.id from p.pois q)$push$, 'city_id');
select partitioncache_push($push$select * from public.pois x where x.id in (select pois.id from p.pois where pois.kind = x.kind)$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select p.id from public.pois p where p.kind = 1 and exists (select 1 from p.streets s where s.city_id = p.city_id and s.width = 2)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from public.pois p where p.half(p.kind) = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from p.pois p where p.kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select t1.id from public.pois t1 where exists (select 1 from t1.streets where t1.city_id = streets.city_id)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from public.pois p where p.kind::p.small = 3 and p.id in (select q.id from p.pois q)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select x.id from public.pois x where x.id in (select pois.id from p.pois where pois.kind = x.kind)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
