-- Views that ask who is asking, or when, give everybody other rows: what one role's query matched says nothing of another's.
create extension if not exists partitioncache;
do $$ begin create role differential_guest; exception when duplicate_object then null; end $$;
create table notes (id integer primary key, city_id integer, owner text, kind integer);
insert into notes select n, n, case when n % 2 = 0 then 'postgres' else 'differential_guest' end, n % 3 from generate_series(1, 60) n;
create table limits (low integer);
insert into limits values (1);
create function low() returns integer language sql stable as 'select low from public.limits';
create view mine as select * from notes where owner = current_user;
create view deep as select * from mine where kind < 3;
create view above as select * from notes where kind > low();
grant select on mine, deep, above, notes, limits to differential_guest;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_grant('differential_guest');
select partitioncache_push($push$select * from mine where kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from deep where kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from above where owner = 'postgres'$push$, 'city_id');
select partitioncache_push($push$select * from notes n, mine m where n.city_id = m.city_id and n.kind = 1 and m.kind = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from mine where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
set role differential_guest;
select $query$select * from mine where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from deep where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select n.id from notes n, mine m where n.city_id = m.city_id and n.kind = 1 and m.kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
reset role;
update limits set low = 0;
select $query$select * from above where owner = 'postgres'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
