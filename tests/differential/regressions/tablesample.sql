-- TABLESAMPLE is part of the table's meaning: a sample's partitions are not the table's.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois tablesample system (0) where kind = 1$push$, 'city_id');
select partitioncache_push($push$select * from pois tablesample bernoulli (20) repeatable (3) where kind = 2$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select * from pois where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois where kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select * from pois tablesample bernoulli (90) repeatable (3) where kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
