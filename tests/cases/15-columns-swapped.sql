-- Two columns change names; the partition column changes its type.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer, other integer);
insert into poi select n, n % 100, n % 100, 99 - n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
\set q 'select id from poi where kind = 3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
alter table poi rename kind to x; alter table poi rename other to kind; alter table poi rename x to other;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_literal from (:rewritten) x;
alter table poi alter city_id type bigint using city_id + 1;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_literal from (:rewritten) x;
insert into poi values (9001, 77, 1, 3);
select md5(string_agg(x::text, ',' order by x::text)) as original_3_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_3_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_literal from (:rewritten) x;
