-- Keys far apart in bit storage: what does not fit is no entry, never part of one.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id bigint, kind integer);
insert into pois values (1, -9223372036854775808, 1), (2, 9223372036854775807, 1), (3, 0, 1), (4, 5, 2), (5, 5000000000, 2), (6, 7, 3), (7, 70000, 3), (8, null, 3);
select partitioncache_register('city_id', 'bigint', 'bit');
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois where kind = 2$push$, 'city_id');
select partitioncache_push($push$select * from pois where kind = 3$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
