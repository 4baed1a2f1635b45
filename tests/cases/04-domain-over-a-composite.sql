-- An attribute of the composite type below a domain is renamed.
create extension partitioncache;
create type span as (low integer, high integer);
create domain limits as span check ((value).low is not null);
create table area (id integer, city_id integer, size limits);
insert into area select n, n % 100, row(n % 100, 100 - n % 100)::span from generate_series(1, 2000) n;
create index on area (city_id);
analyze area;
\set q 'select id from area where (size).low < 5'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
alter type span rename attribute low to x; alter type span rename attribute high to low; alter type span rename attribute x to high;
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
