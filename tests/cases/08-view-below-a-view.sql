-- A view that another view reads is replaced.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
create view inner_view as select id, city_id, kind from poi;
create view outer_view as select * from inner_view where kind < 10;
\set q 'select id from outer_view where kind > 4'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
create or replace view inner_view as select id, city_id, kind + 3 as kind from poi;
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
