-- A fragment that fails (here by dividing by zero, because another condition guarded it) leaves no key set, and no partial one.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, kind integer, divisor integer);
insert into pois select n, n % 20, n % 5, n % 3 from generate_series(1, 100) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois where case when divisor = 0 then false else 10 / divisor = 5 end and kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois where 10 / divisor = 5 and kind = 1$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where case when divisor = 0 then false else 10 / divisor = 5 end and kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
