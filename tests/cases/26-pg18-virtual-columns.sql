-- PostgreSQL 18: the key, and a condition, by virtual generated columns; then their expressions change.
create extension partitioncache;
create table device (id integer, serial text, city_id integer generated always as (length(serial)), kind integer generated always as (id % 100) virtual);
insert into device (id, serial) select n, repeat('x', n % 60) from generate_series(1, 2000) n;
analyze device;
\set q 'select id from device where kind = 3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
insert into device (id, serial) values (9003, 'xxx');
update device set serial = 'xxxxx' where id = 3;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_literal from (:rewritten) x;
alter table device alter kind set expression as (id % 50);
select md5(string_agg(x::text, ',' order by x::text)) as original_2_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_literal from (:rewritten) x;
alter table device alter city_id set expression as (length(serial) + 1);
select md5(string_agg(x::text, ',' order by x::text)) as original_3_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_3_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_literal from (:rewritten) x;
