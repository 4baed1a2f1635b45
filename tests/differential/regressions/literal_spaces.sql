-- Spaces in a literal are part of it: 'a=b', 'a = b' and 'a  =  b' are three names,
-- and a key set of one must not serve another.
create extension if not exists partitioncache;
create table pois (id integer primary key, city_id integer, name text);
insert into pois values (1, 1, 'a=b'), (2, 2, 'a = b'), (3, 3, 'a  =  b'), (4, 4, 'a  = b'), (5, 5, 'other');
select partitioncache_register('city_id', 'integer', 'array');
select partitioncache_push($push$select * from pois where name = 'a=b'$push$, 'city_id');
select partitioncache_push($push$select * from pois where name='a  =  b'$push$, 'city_id');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from pois where name = 'a=b'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = 'a = b'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois  where  name  =  'a  =  b'$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from pois where name = 'a  = b'$query$ as query \gset
select partitioncache_apply(:'query', 'city_id') as rewritten \gset
:query
;
:rewritten
;
