-- Keys too long for an index entry: every method still answers, or leaves the query as it is.
create extension if not exists partitioncache;
create table notes (id integer primary key, owner text, kind integer);
insert into notes select n, (select string_agg(md5(n::text || m::text), '') from generate_series(1, 400) m), n % 5 from generate_series(1, 20) n;
insert into notes values (30, repeat('x', 100000), 1), (31, repeat('x', 100001), 2), (32, null, 1);
select partitioncache_register('owner', 'text', 'array');
select partitioncache_push($push$select * from notes where kind = 1$push$, 'owner');
do $$ begin while partitioncache_process_queue('partitioncache') > 0 loop end loop; end $$;
select $query$select id from notes where kind = 1$query$ as query \gset
select partitioncache_apply(:'query', 'owner') as rewritten \gset
:query
;
:rewritten
;
