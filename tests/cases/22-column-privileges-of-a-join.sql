-- A role that may read all columns but the key of one of two tables.
create extension partitioncache;
create role case_reader;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
create table street (id integer, city_id integer, len integer);
insert into street select n, n % 100, n % 50 from generate_series(1, 2000) n;
create index on street (city_id);
analyze street;
select partitioncache_register('city_id', 'integer'), partitioncache_grant('case_reader', 'read');
grant select (id, kind) on poi to case_reader; grant select on street to case_reader;
\set q 'select p.id, s.id from poi p, street s where p.kind = 3 and s.len = 7 and p.id = s.id + 4'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
set role case_reader;
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
reset role;
