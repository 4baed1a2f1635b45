-- A table partitioned by range with a default partition, IS NOT NULL beside every kind of list.
create extension partitioncache;
create table m (id integer, city_id integer, kind integer) partition by range (city_id);
create table m_low partition of m for values from (10) to (40);
create table m_rest partition of m default;
insert into m select n, n % 100, n % 100 from generate_series(1, 2000) n;
insert into m values (9001, null, 45);
create index on m (city_id);
analyze m;
\set q 'select id from m where kind between 35 and 45 and city_id is not null'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_IN from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'IN') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_IN from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_VALUES from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'VALUES') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_VALUES from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_subquery from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'subquery') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_subquery from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_TMP_TABLE_IN from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'TMP_TABLE_IN') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_TMP_TABLE_IN from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_TMP_TABLE_JOIN from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'TMP_TABLE_JOIN') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_TMP_TABLE_JOIN from (:rewritten) x;
\set q 'select id from m where kind between 35 and 45'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_literal from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_IN from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'IN') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_IN from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_VALUES from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'VALUES') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_VALUES from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_subquery from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'subquery') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_subquery from (:rewritten) x;
