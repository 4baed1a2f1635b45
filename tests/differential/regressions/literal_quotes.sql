-- Quotes, backticks and backslashes in a literal or a name are part of it.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text, "na`me" text);
insert into pois values (1, 1, 'it''s', 'x'), (2, 2, 'its', '`x`'), (3, 3, '`its`', '"x"'), (4, 4, 'a\b', 'x'), (5, 5, '"its"', 'ab');
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois where name = 'it''s'$push$, 'city_id');
select partitioncache_push($push$select * from pois where name = '`its`'$push$, 'city_id');
select partitioncache_push($push$select * from pois where name = '"its"'$push$, 'city_id');
select partitioncache_push($push$select * from pois where "na`me" = '`x`'$push$, 'city_id');
select partitioncache_push($push$select * from pois where name = E'a\\b'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where name = 'it''s'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = 'its'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = '`its`'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = '"its"'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where "na`me" = '`x`'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where "na`me" = 'x'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = 'a\b'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
