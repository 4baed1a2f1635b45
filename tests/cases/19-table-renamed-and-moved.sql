-- A tracked table gets another name and another schema.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
create schema depot;
\set q 'select id from poi where kind = 3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
alter table poi rename to shop; alter table shop set schema depot;
insert into depot.shop values (9001, 50, 3);
\set q 'select id from depot.shop where kind = 3'
select md5(string_agg(x::text, ',' order by x::text)) as original_1_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_literal from (:rewritten) x;
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
insert into depot.shop values (9002, 51, 3);
select md5(string_agg(x::text, ',' order by x::text)) as original_2_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_literal from (:rewritten) x;
