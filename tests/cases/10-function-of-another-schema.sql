-- What is not qualified inside a function means another function since one was made in front of it.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
create schema front;
create function public.pick(integer) returns boolean language sql immutable as 'select $1 = 3';
create function chosen(integer) returns boolean language sql immutable set search_path = front, public as 'select pick($1)';
\set q 'select id from poi where chosen(kind)'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
create function front.pick(integer) returns boolean language sql immutable as 'select $1 = 4';
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
