-- What was learned of yesterday's tables, views and functions is not used for today's.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
create view chosen as select * from pois where kind = 1;
create function wide(n integer) returns boolean language sql immutable as 'select n > 3';
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from chosen where name = 'name 1'$push$, 'city_id');
select partitioncache_push($push$select * from streets where wide(width)$push$, 'city_id');
select partitioncache_push($push$select * from pois p, streets s where p.city_id = s.city_id and p.kind = 1 and s.width = 2$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from chosen where name = 'name 1'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from streets where wide(width)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
alter table pois add column more integer default 7;
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create or replace view chosen as select id, city_id, name, kind from pois where kind = 2;
select $query$select * from chosen where name = 'name 1'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
create or replace function wide(n integer) returns boolean language sql immutable as 'select n < 3';
select $query$select * from streets where wide(width)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
alter table pois rename column kind to sort;
alter table pois rename column more to kind;
select $query$select * from pois where kind = 7$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where sort = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
alter table streets alter column width type text;
select $query$select * from streets where width = '2'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
drop table streets cascade;
create table streets (id integer, city_id integer, width text);
insert into streets values (1, 555, '2'), (2, 5, '2');
select $query$select * from streets where width = '2'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
truncate streets;
insert into streets values (1, 77, '2');
select $query$select * from streets where width = '2'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
