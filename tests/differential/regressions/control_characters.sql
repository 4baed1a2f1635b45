-- A literal may hold the very characters with which we mark a table's place in a condition; it stays a literal.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text);
insert into pois values (1, 1, E'\x010\x02'), (2, 2, 't1'), (3, 3, E'\x01'), (4, 4, E'\x011\x02.x'), (5, 5, E'a\x02b');
create table streets (id integer primary key, city_id integer, label text);
insert into streets values (1, 1, E'\x010\x02.name'), (2, 4, 't1');
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois where name = E'\x010\x02'$push$, 'city_id');
select partitioncache_push($push$select * from pois where name = E'\x011\x02.x'$push$, 'city_id');
select partitioncache_push($push$select * from pois p, streets s where p.city_id = s.city_id and p.name = E'\x010\x02' and s.label = E'\x010\x02.name'$push$, 'city_id');
select partitioncache_push($push$select * from pois where name <> E'\x01' and name > E'\x02'$push$, 'city_id');
select partitioncache_push($push$select * from pois where name = 't1'$push$, 'city_id');
select partitioncache_push($push$select * from pois p, streets s where p.id = s.id and p.name || s.label = E'\x010\x02\x010\x02.name'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where name = E'\x010\x02'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = E'\x011\x02.x'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p, streets s where p.city_id = s.city_id and p.name = E'\x010\x02' and s.label = E'\x010\x02.name'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name <> E'\x01' and name > E'\x02'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = 't1'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p, streets s where p.id = s.id and p.name || s.label = E'\x010\x02\x010\x02.name'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
