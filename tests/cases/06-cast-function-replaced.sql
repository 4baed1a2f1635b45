-- What a cast does is decided by a function, which is replaced.
create extension partitioncache;
create type grade as (g integer);
create function to_grade(integer) returns grade language sql immutable as 'select row($1 % 10)::grade';
create cast (integer as grade) with function to_grade(integer);
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
\set q 'select id from poi where kind::grade = row(3)::grade'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
create or replace function to_grade(integer) returns grade language sql immutable as 'select row(($1 + 1) % 10)::grade';
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
