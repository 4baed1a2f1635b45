-- The empty text is a key like others, and another than NULL.
create extension if not exists partitioncache;
create table notes (id integer primary key, owner text, kind integer);
insert into notes values (1, '', 1), (2, null, 1), (3, 'a', 2), (4, '', 2), (5, null, 3), (6, ' ', 3);
select partitioncache_register('owner', 'text', 'array');
select partitioncache_push($push$select * from notes where kind = 1$push$, 'owner');
select partitioncache_push($push$select * from notes where kind = 2$push$, 'owner');
select partitioncache_push($push$select * from notes where kind = 3$push$, 'owner');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from notes where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from notes where kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
select $query$select id from notes where kind = 3$query$ as query \gset
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
