-- An INSERT that makes a new partition match is seen at once, once the tables are tracked: also an update of the key, an upsert, COPY's like, a write to a
-- partition or a child, and the transaction's own.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, kind integer);
insert into pois select n, n % 20, n % 5 from generate_series(1, 100) n;
create table streets (id integer, city_id integer, width integer) partition by list (city_id);
create table streets_1 partition of streets for values in (1, 2, 3, null);
create table streets_rest partition of streets default;
insert into streets select n, n % 9, n % 4 from generate_series(1, 60) n;
create table kinds (kind integer primary key, label text);
insert into kinds select n, 'k' || n from generate_series(0, 4) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_track('pois', 'city_id');
select partitioncache_track('streets', 'city_id');
select partitioncache_track('kinds', 'city_id');
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois p, streets s where p.city_id = s.city_id and p.id = s.id and p.kind = 1 and s.width = 1$push$, 'city_id');
select partitioncache_push($push$select * from streets_1 where width = 2$push$, 'city_id');
select partitioncache_push($push$select * from pois p, kinds k where p.kind = k.kind and k.label = 'k3'$push$, 'city_id');
select partitioncache_push($push$select * from pois p where not exists (select 1 from streets s where s.city_id = p.city_id)$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
insert into pois values (901, 500, 1), (902, null, 1);
select $query$select id from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
update pois set city_id = 600 where id = 1;
select $query$select id from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
insert into pois values (2, 700, 1) on conflict (id) do update set city_id = 701, kind = 1;
select $query$select id from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
insert into streets_1 values (901, 2, 2);
update streets set city_id = 3, width = 2 where id = 8;
update streets_1 set width = 2 where id = 10;
select $query$select id from streets_1 where width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p, streets s where p.city_id = s.city_id and p.id = s.id and p.kind = 1 and s.width = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
update kinds set label = 'k3' where kind = 2;
select $query$select p.id from pois p, kinds k where p.kind = k.kind and k.label = 'k3'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
delete from streets where city_id = 5;
select $query$select p.id from pois p where not exists (select 1 from streets s where s.city_id = p.city_id)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
truncate streets;
select $query$select p.id from pois p where not exists (select 1 from streets s where s.city_id = p.city_id)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
begin;
insert into pois values (999, 999, 1);
commit;
alter table pois disable trigger all;
insert into pois values (1000, 1000, 1);
alter table pois enable trigger all;
select $query$select id from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
