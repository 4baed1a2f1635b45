-- ALTER FUNCTION ... SET changes what a function returns, and not a letter of it.
create extension partitioncache;
create table item (id integer, city_id integer, x double precision);
insert into item select n, n % 100, (n % 100) / 7.0 from generate_series(1, 2000) n;
create index on item (city_id);
analyze item;
create function shown(double precision) returns text language sql immutable as 'select $1::text';
\set q 'select id from item where length(shown(x)) < 6'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
alter function shown(double precision) set extra_float_digits = -12;
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
