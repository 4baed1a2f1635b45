-- Under a collation that ignores letter case, 'a' = 'A'. Tables of different collations do not share key sets.
create extension if not exists partitioncache;
create collation blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table plain (id integer primary key, owner text, kind integer);
create table folded (id integer primary key, owner text collate blind, kind integer);
insert into plain values (1, 'a', 1), (2, 'A', 2), (3, 'b', 1), (4, 'c', 3);
insert into folded values (1, 'a', 1), (2, 'A', 2), (3, 'B', 1), (4, 'b', 2);
select partitioncache_register('owner', 'text', 'array');
select partitioncache_push($push$select * from folded where kind = 1$push$, 'owner');
select partitioncache_push($push$select * from plain where kind = 1$push$, 'owner');
select partitioncache_push($push$select * from plain p, folded f where p.owner = f.owner collate blind and p.kind = 2 and f.kind = 1$push$, 'owner');
select partitioncache_push($push$select * from folded f, folded g where f.owner = g.owner and f.kind = 1 and g.kind = 2$push$, 'owner');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from folded where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
select $query$select p.id, f.id from plain p, folded f where p.owner = f.owner collate blind and p.kind = 2 and f.kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
select $query$select f.id, g.id from folded f, folded g where f.owner = g.owner and f.kind = 1 and g.kind = 2$query$ as query \gset
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
