-- Rows without a key, on either side of joins that keep unmatched rows.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
insert into poi values (9001, null, 3), (9002, null, 4);
create table street (id integer, city_id integer, len integer);
insert into street select n, n % 120, n % 50 from generate_series(1, 2400) n;
insert into street values (9001, null, 7), (9002, null, null);
create index on street (city_id);
analyze;
\set q 'select p.id, s.id from poi p left join street s on s.city_id = p.city_id and s.len = 7 where p.kind in (3, 4)'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_0_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_0_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_0_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_0_literal from (:rewritten) x;
\set q 'select p.id, s.id from poi p right join street s on s.city_id = p.city_id and p.kind = 3 where s.len = 7'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_literal from (:rewritten) x;
\set q 'select p.id, s.id from poi p full join street s on s.city_id = p.city_id where p.kind = 3 or s.len = 7'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_literal from (:rewritten) x;
\set q 'select p.id from poi p where p.kind = 3 and not exists (select from street s where s.city_id = p.city_id and s.len = 3)'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_3_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_3_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_literal from (:rewritten) x;
\set q 'select p.id from poi p where p.city_id is not distinct from (select s.city_id from street s where s.id = 9001) and p.kind = 3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_4_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_4_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_4_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_4_literal from (:rewritten) x;
\set q 'select p.id from poi p where p.kind = 3 and p.city_id not in (select s.city_id from street s where s.len = 9 and s.city_id is not null)'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_5_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_5_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_5_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_5_literal from (:rewritten) x;
