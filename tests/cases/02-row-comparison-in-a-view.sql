-- The same behind a view, with a range.
create extension partitioncache;
create table visit (id integer, city_id integer, at timestamptz);
insert into visit select n, n % 100, timestamptz '2024-03-01 00:00+00' + (n % 100) * interval '1 hour' from generate_series(1, 2000) n;
create index on visit (city_id);
analyze visit;
create view early as select * from visit where row(at, id) <= row(date '2024-03-02', 7);
\set q 'select id from early'
set timezone = 'UTC';
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
set timezone = 'America/Los_Angeles';
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
