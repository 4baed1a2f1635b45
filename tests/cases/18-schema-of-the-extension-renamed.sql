-- Its schema gets another name; tracking, look-ups and writes go on.
create schema pc;
create extension partitioncache schema pc;
set search_path = public, pc;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
\set q 'select id from poi where kind = 3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
alter schema pc rename to "the Cache";
set search_path = public, "the Cache";
insert into poi values (9001, 50, 3);
update poi set city_id = 51 where id = 9001;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_literal from (:rewritten) x;
select partitioncache_process_queue() >= 0 as processed;
delete from poi where id = 3;
insert into poi values (9002, 52, 3);
select md5(string_agg(x::text, ',' order by x::text)) as original_2_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_literal from (:rewritten) x;
