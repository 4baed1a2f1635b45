-- Functions that are not immutable do not enter a key set: what they said yesterday is not what they say today. Volatile ones keep the query as it is.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, kind integer);
insert into pois select n, n % 20, 'name ' || n % 7, n % 5 from generate_series(1, 100) n;
create table limits (low integer);
insert into limits values (3);
create function low() returns integer language sql stable as 'select low from limits';
create function drift(n integer) returns integer language plpgsql volatile as 'begin return n; end';
create function below(a integer, b integer) returns boolean language sql stable as 'select a < b - (select low from limits)';
create operator <<~ (leftarg = integer, rightarg = integer, function = below);
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois where kind > low()$push$, 'city_id');
select partitioncache_push($push$select * from pois where kind <<~ 5 and name = 'name 1'$push$, 'city_id');
select partitioncache_push($push$select * from pois where drift(kind) = 2$push$, 'city_id');
select partitioncache_push($push$select * from pois where name = 'name 2'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
update limits set low = 0;
select $query$select id from pois where kind > low()$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind > low() and name = 'name 2'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where kind <<~ 5 and name = 'name 1'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where drift(kind) = 2 and name = 'name 2'$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id, drift(2) from pois where name = 'name 2'$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = 'name 2' order by random() < 2, id$query$ as query \gset
-- expect: unchanged
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
