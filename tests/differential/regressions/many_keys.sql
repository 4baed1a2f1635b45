-- A key set of 20,000 keys comes whole, in each storage and by each method.
create extension if not exists partitioncache;
create table readings (id integer primary key, sensor integer, value integer);
insert into readings select n, n % 25000, n % 10 from generate_series(1, 60000) n;
analyze readings;
select partitioncache_register('sensor', 'integer', 'array');
select partitioncache_push($push$select * from readings where value < 8$push$, 'sensor');
select partitioncache_push($push$select * from readings where value = 3 and id % 2 = 1$push$, 'sensor');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select count(*), sum(sensor) from readings where value < 8$query$ as query \gset
select partitioncache_apply(:'query', 'sensor') as rewritten \gset
:query
;
:rewritten
;
select $query$select count(*), sum(sensor) from readings where value = 3 and id % 2 = 1$query$ as query \gset
select partitioncache_apply(:'query', 'sensor') as rewritten \gset
:query
;
:rewritten
;
