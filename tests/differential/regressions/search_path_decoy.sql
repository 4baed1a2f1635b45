-- One text, two schemas: what an unqualified name means depends on who asks.
create extension if not exists partitioncache;
create schema one;
create schema two;
create table one.pois (id integer primary key, city_id integer, kind integer);
create table two.pois (id integer primary key, city_id integer, kind integer);
insert into one.pois values (1, 1, 1), (2, 2, 2);
insert into two.pois values (1, 5, 1), (2, 6, 1), (3, 1, 2);
select partitioncache_register('city_id', 'integer', 'array');
set search_path = one, public;
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
set search_path = two, public;
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
set search_path = one, public;
select $query$select * from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
