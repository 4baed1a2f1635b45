-- A table, a temporary table, a function or an operator that comes to stand earlier in the search_path is what the name means from then on.
create extension if not exists partitioncache;
create schema early;
create table pois (id integer primary key, city_id integer, kind integer);
insert into pois values (1, 1, 1), (2, 2, 2), (3, 3, 1);
create function weight(n integer) returns integer language sql immutable as 'select n';
create function same(a integer, b integer) returns boolean language sql immutable as 'select a = b';
create operator ==== (leftarg = integer, rightarg = integer, function = same);
select partitioncache_register('city_id', 'integer', 'array');
set search_path = early, public;
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois where weight(kind) = 2$push$, 'city_id');
select partitioncache_push($push$select * from pois where kind ==== 2$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where weight(kind) = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where kind ==== 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create function early.weight(n integer) returns integer language sql immutable as 'select 3 - n';
select $query$select * from pois where weight(kind) = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create function early.differs(a integer, b integer) returns boolean language sql immutable as 'select a <> b';
create operator early.==== (leftarg = integer, rightarg = integer, function = early.differs);
select $query$select * from pois where kind ==== 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create table early.pois (id integer primary key, city_id integer, kind integer, more text);
insert into early.pois values (7, 70, 1, 'x'), (8, 80, 2, 'y');
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create temp table pois (id integer primary key, city_id integer, kind integer);
insert into pg_temp.pois values (9, 90, 1);
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from public.pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
drop table pg_temp.pois;
drop table early.pois;
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
