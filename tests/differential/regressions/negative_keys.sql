-- Negative keys, in arrays and in bits: −5 is not the fifth bit from the end.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, district bigint, kind integer);
insert into pois select n, n % 12 - 6, (n % 12 - 6) * 1000003, n % 5 from generate_series(1, 100) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_register('district', 'bigint', 'bit');
select partitioncache_register('kind', 'integer', 'bit');
select partitioncache_push($push$select * from pois where id % 7 = 0$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select partitioncache_push($push$select * from pois where id % 7 = 0$push$, 'district');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from pois where id % 7 = 0$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where id % 7 = 0$query$ as query \gset
select partitioncache_apply(:'query', 'district') as rewritten \gset
:query
;
:rewritten
;
