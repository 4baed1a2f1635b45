-- A literal that contains the partition key's name, or a whole condition on it, is a literal.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text);
insert into pois values (1, 1, 'city_id'), (2, 2, 'p.city_id = 3'), (3, 3, ' AND p.city_id IN (1)'), (4, 4, 'x'), (5, 5, 'where city_id = 1 group by city_id');
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois p where p.name = 'city_id'$push$, 'city_id');
select partitioncache_push($push$select * from pois p where p.name = 'p.city_id = 3'$push$, 'city_id');
select partitioncache_push($push$select * from pois p where p.name <> 'where city_id = 1 group by city_id'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select p.id from pois p where p.name = 'city_id'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where p.name = 'p.city_id = 3'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id from pois p where p.name = ' AND p.city_id IN (1)'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select city_id, count(*) from pois p where p.name <> 'where city_id = 1 group by city_id' group by city_id$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
