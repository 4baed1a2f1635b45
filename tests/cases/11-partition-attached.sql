-- A partition with rows is attached, and one is detached.
create extension partitioncache;
create table m (id integer, city_id integer, kind integer) partition by list (city_id);
create table m_0 partition of m for values in (0, 1, 2, 3, 4);
create table m_1 partition of m for values in (5, 6, 7, 8, 9);
create table m_2 (id integer, city_id integer, kind integer);
insert into m select n, n % 10, n % 10 from generate_series(1, 2000) n;
insert into m_2 select n, 10 + n % 5, 3 from generate_series(1, 50) n;
analyze m;
\set q 'select id from m where kind = 3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
alter table m attach partition m_2 for values in (10, 11, 12, 13, 14);
select md5(string_agg(x::text, ',' order by x::text)) as original_1_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_literal from (:rewritten) x;
insert into m values (9001, 12, 3), (9002, 7, 3);
select md5(string_agg(x::text, ',' order by x::text)) as original_2_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_literal from (:rewritten) x;
alter table m detach partition m_0;
select md5(string_agg(x::text, ',' order by x::text)) as original_3_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_3_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_literal from (:rewritten) x;
insert into m values (9003, 6, 3);
select md5(string_agg(x::text, ',' order by x::text)) as original_4_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_4_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_4_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_4_literal from (:rewritten) x;
