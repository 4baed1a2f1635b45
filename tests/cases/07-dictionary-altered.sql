-- The dictionary of a text search configuration is altered, the configuration is not.
create extension partitioncache;
create text search dictionary plain (template = simple, accept = true);
create text search configuration terms (parser = default);
alter text search configuration terms add mapping for asciiword with plain, english_stem;
create table note (id integer, city_id integer, body text);
insert into note select n, n % 100, case when n % 100 < 10 then 'run' when n % 100 < 20 then 'runs' else 'sit' end from generate_series(1, 2000) n;
create index on note (city_id);
analyze note;
\set q 'select id from note where to_tsvector(''terms'', body) @@ ''run''::tsquery'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
alter text search dictionary plain (accept = false);
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
