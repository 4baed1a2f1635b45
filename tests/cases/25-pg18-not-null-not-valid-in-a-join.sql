-- PostgreSQL 18: a NOT NULL constraint that is NOT VALID proves nothing of the rows that are there.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 100 from generate_series(1, 2000) n;
create index on poi (city_id);
analyze poi;
insert into poi values (9001, null, 3), (9002, null, 3);
create table street (id integer, city_id integer, len integer);
insert into street select n, n % 100, n % 50 from generate_series(1, 2000) n;
analyze;
alter table poi add constraint known not null city_id not valid;
\set q 'select p.id from poi p left join street s on s.city_id = p.city_id and s.len = 90 where p.kind = 3'
select partitioncache_push(:'q', 'city_id') > 0 and partitioncache_process_queue(max_seconds => 60) > 0 as filled;
select md5(string_agg(x::text, ',' order by x::text)) as original_auto from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'auto') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_auto from (:rewritten) x;
select md5(string_agg(x::text, ',' order by x::text)) as original_literal from (:q) x;
select partitioncache_apply(:'q', 'city_id', method => 'literal') as rewritten \gset
select md5(string_agg(x::text, ',' order by x::text)) as rewritten_rows_literal from (:rewritten) x;
