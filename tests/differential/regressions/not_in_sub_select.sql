-- NOT IN and NOT EXISTS keep their meaning, with and without NULL in the sub-select.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
insert into streets values (900, null, null, 'none', 3);
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois p where p.kind = 2 and p.city_id not in (select s.city_id from streets s where s.width = 3)$push$, 'city_id');
select partitioncache_push($push$select * from pois p where p.city_id not in (select s.city_id from streets s where s.width = 3 and s.city_id is not null)$push$, 'city_id');
select partitioncache_push($push$select * from pois p where not exists (select 1 from streets s where s.city_id = p.city_id and s.width = 3)$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select p.id from pois p where p.city_id not in (select s.city_id from streets s where s.width = 3)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where p.kind = 2 and p.city_id not in (select s.city_id from streets s where s.width = 3 and s.city_id is not null)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where p.kind = 2 and not exists (select 1 from streets s where s.city_id = p.city_id and s.width = 3)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where p.city_id not in (select s.city_id from streets s where s.width = 4 and s.city_id is not null)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
