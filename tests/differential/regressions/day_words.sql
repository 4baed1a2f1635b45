-- 'today' and 'now' in a literal are read when the query is: a key set of yesterday's today is not one of today's.
create extension if not exists partitioncache;
create table visits (id integer primary key, city_id integer, on_day date, at timestamptz);
insert into visits select n, n, current_date + n - 20, now() + (n - 20) * interval '1 day' from generate_series(1, 60) n;
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from visits where on_day = 'today'$push$, 'city_id');
select partitioncache_push($push$select * from visits where at > 'tomorrow'$push$, 'city_id');
select partitioncache_push($push$select * from visits where on_day < date 'yesterday'$push$, 'city_id');
select partitioncache_push($push$select * from visits where on_day < current_date and id > 3$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from visits where on_day = 'today'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from visits where at > 'tomorrow'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from visits where on_day < date 'yesterday'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from visits where on_day < current_date and id > 3$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
