-- The nullable side of an outer join never restricts the other side; conditions in ON are not conditions of the query.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table streets (id integer primary key, city_id integer, poi_id integer, label text, width integer);
insert into streets select n, n % 17, (n * 7) % 100, 'street ' || n % 9, n % 6 from generate_series(1, 80) n;
insert into pois values (901, null, 'x', 1), (902, 50, 'x', 1);
insert into streets values (901, null, 1, 'x', 2), (902, 60, 1, 'x', 2);
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois p, streets s where p.city_id = s.city_id and p.kind = 1 and s.width = 2$push$, 'city_id');
select partitioncache_push($push$select * from pois p left join streets s on p.city_id = s.city_id and s.width = 2 where p.kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from streets s where s.width = 2$push$, 'city_id');
select partitioncache_push($push$select * from pois p where p.kind = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select p.id, s.id from pois p left join streets s on p.city_id = s.city_id and s.width = 2 where p.kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p left join streets s on p.city_id = s.city_id and p.kind = 1 and s.width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p right join streets s on p.city_id = s.city_id and p.kind = 1 where s.width = 2$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p full join streets s on p.city_id = s.city_id where p.kind = 1 and s.width = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p full join streets s on p.city_id = s.city_id$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id from pois p left join streets s on p.city_id = s.city_id and s.width = 2 where p.kind = 1 and s.id is null$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id, q.id from pois p left join (streets s join pois q on s.city_id = q.city_id and q.kind = 1) on p.city_id = s.city_id and s.width = 2 where p.kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, s.id, city_id from pois p left join streets s using (city_id) where p.kind = 1 and (s.width = 2 or s.width is null)$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
