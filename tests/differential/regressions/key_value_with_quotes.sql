-- A key that holds quotes, or SQL, is a value: it neither breaks the rewritten query nor lifts its restriction.
create extension if not exists partitioncache;
create table notes (id integer primary key, owner text, kind integer);
insert into notes values (1, 'it''s', 1), (2, ''') or true --', 1), (3, '{a,"b"}', 1), (4, E'back\\slash', 1), (5, '$$', 1), (6, '$q$', 1),
    (7, '', 1), (8, 'NULL', 1), (9, null, 1), (10, 'it''s', 2), (11, 'quiet', 2), (12, ' ', 1), (13, E'new\nline', 1);
select partitioncache_register('owner', 'text', 'array');
select partitioncache_push($push$select * from notes where kind = 1$push$, 'owner');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id, owner from notes where kind = 1$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
select $query$select owner, count(*) from notes where kind = 1 group by owner$query$ as query \gset
-- expect: rewritten
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
