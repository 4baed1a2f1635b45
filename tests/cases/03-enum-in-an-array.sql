-- A label of an enum that stands in an array column is renamed, and another takes its name.
create extension partitioncache;
create type state as enum ('new', 'open', 'shut');
create table ticket (id integer, city_id integer, states state[]);
insert into ticket select n, n % 100, case when n % 100 < 5 then '{open,shut}'::state[] when n % 100 < 20 then '{new}' end from generate_series(1, 2000) n;
create index on ticket (city_id);
analyze ticket;
\set q 'select id from ticket where ''open'' = any (states)'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
alter type state rename value 'open' to 'old'; alter type state rename value 'new' to 'open';
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
