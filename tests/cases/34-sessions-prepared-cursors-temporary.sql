-- The rewritten text kept and used later: prepared, in a cursor, in a view, in a function; temporary tables and other paths that change what it names.
create extension partitioncache;
create table poi (id integer, city_id integer, kind integer);
insert into poi select n, n % 100, n % 70 from generate_series(1, 20000) n;
analyze poi;
\set q 'select id from poi where kind = 7'
\ir _learn.sql
select partitioncache_apply(:'q', 'city_id') as rewritten \gset
prepare kept as :rewritten;
begin;
declare kept cursor with hold for :rewritten;
create temporary table fetched as select id from (:rewritten) x;
insert into poi values (90001, 91, 7);
commit;
select count(*) as original_prepared from (:q) x;
create temporary table rows as execute kept;
select count(*) as rewritten_rows_prepared from rows;
create view seen as :rewritten;
insert into poi values (90002, 92, 7);
select count(*) as original_view from (:q) x;
select count(*) as rewritten_rows_view from seen;
create temporary table poi as select 1 as id, 1 as city_id, 7 as kind;
\ir _check.sql
\ir _learn.sql
\ir _check.sql
drop table pg_temp.poi;
\ir _check.sql
create schema app;
create table app.poi (id integer, city_id integer, kind integer);
insert into app.poi values (1, 5, 7);
set search_path = app, public;
\ir _check.sql
\ir _learn.sql
insert into app.poi values (2, 6, 7);
\ir _check.sql
reset search_path;
\ir _check.sql
begin isolation level repeatable read;
\ir _check.sql
insert into poi values (90003, 93, 7);
\ir _check.sql
savepoint a;
delete from poi where id = 90003;
insert into poi values (90004, 94, 7);
\ir _check.sql
rollback to a;
\ir _check.sql
commit;
\ir _check.sql
\set q 'select id from poi where kind = 7 for update'
begin;
select count(*) as original_locked from poi where kind = 7;
select partitioncache_apply(:'q', 'city_id') as rewritten \gset
select :'rewritten' = :'q' as unchanged;
with locked as (:rewritten) select count(*) as rewritten_rows_locked from locked;
rollback;
