-- One text under two partition keys has two analyses and two key sets.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, district integer, kind integer);
insert into pois select n, n % 20, n % 7, n % 5 from generate_series(1, 100) n where n % 10 <> 3;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_register('district', 'integer', 'array');
select partitioncache_push($push$select * from pois where kind = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'district') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select * from pois where kind = 1 and id < 40$push$, 'district');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where kind = 1 and id < 40$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'district') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 1 and id < 40$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
