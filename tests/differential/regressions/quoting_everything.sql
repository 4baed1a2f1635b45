-- With quote_all_identifiers on, tracking and the fingerprints of tables are what they are without it.
-- Cause: the names of triggers were made from a quoted name, and the fingerprint held one, so that all entries were put aside.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create function half(n integer) returns integer language sql immutable as 'select n / 2';
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_track('pois', 'city_id');
select partitioncache_push($push$select * from pois where kind = 1 and half(id) > 3$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
set quote_all_identifiers = on;
select $query$select id from pois where kind = 1 and half(id) > 3$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select partitioncache_push($push$select * from pois where kind = 2 and half(id) > 5$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where kind = 2 and half(id) > 5$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
insert into pois values (901, 901, 'x', 2);
select $query$select id from pois where kind = 2 and half(id) > 5$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
reset quote_all_identifiers;
select $query$select id from pois where kind = 2 and half(id) > 5$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind = 1 and half(id) > 3$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
