-- A view that shows each role rows of its own, asked by two roles.
create extension partitioncache;
create role case_north; create role case_south;
create table every (id integer, city_id integer, kind integer, who text);
insert into every select n, n % 100, n % 10, case when n % 100 < 50 then 'case_north' else 'case_south' end from generate_series(1, 2000) n;
create index on every (city_id);
analyze every;
create view mine as select id, city_id, kind from every where who = current_user;
grant select on mine to case_north, case_south;
select partitioncache_register('city_id', 'integer'), partitioncache_grant('case_north', 'fill'), partitioncache_grant('case_south', 'fill');
\set q 'select id from mine where kind = 3'
set role case_north;
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
set role case_south;
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
reset role;
