-- Floats, NaN, intervals, money, bits, JSON, regclass, and texts full of quotes.
create extension partitioncache;
create table thing (id integer, city_id integer, r real, d double precision, n numeric, i interval, b bit(4), j jsonb, t text, c oid);
insert into thing select n, n % 100, (n % 100) / 3.0::real, case when n % 100 = 7 then 'NaN' when n % 100 = 8 then '-Infinity' else (n % 100) / 3.0 end, (n % 100) / 10.0,
    (n % 100) * interval '1 hour', (n % 16)::bit(4), jsonb_build_object('a', n % 100, 'b', null), case n % 100 when 3 then E'it''s "a" \\ $$ -- /* x' when 4 then E'line\nend' else 'x' end,
    case n % 100 when 3 then 'pg_class'::regclass else 'pg_type'::regclass end from generate_series(1, 2000) n;
create index on thing (city_id);
analyze thing;
\set q 'select id from thing where r = 1.6666666::real'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_0_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_0_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_0_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_0_literal from (:rewritten) x;
\set q 'select id from thing where d = ''NaN'' or d = ''-Infinity'''
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_1_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_1_literal from (:rewritten) x;
\set q 'select id from thing where d = 1e0/3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_2_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_2_literal from (:rewritten) x;
\set q 'select id from thing where n = 1.10'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_3_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_3_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_3_literal from (:rewritten) x;
\set q 'select id from thing where i > interval ''1 day 2 hours'' and i < ''P3DT4H'''
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_4_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_4_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_4_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_4_literal from (:rewritten) x;
\set q 'select id from thing where b = b''0011'''
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_5_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_5_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_5_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_5_literal from (:rewritten) x;
\set q 'select id from thing where j @> ''{"a": 3}'' or j ->> ''a'' = ''04'''
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_6_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_6_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_6_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_6_literal from (:rewritten) x;
\set q 'select id from thing where t = E''it\\''s "a" \\\\ $$ -- /* x'''
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_7_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_7_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_7_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_7_literal from (:rewritten) x;
\set q 'select id from thing where t = E''line\\nend'''
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_8_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_8_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_8_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_8_literal from (:rewritten) x;
\set q 'select id from thing where c = ''pg_class''::regclass'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_9_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_9_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_9_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_9_literal from (:rewritten) x;
