create function partitioncache_queue_lengths(cache text default 'partitioncache', out incoming bigint, out outgoing bigint)
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select count(*) filter (where q.queue = 'incoming'), count(*) filter (where q.queue = 'outgoing')
    from pc_own_queue q
    where q.cache = partitioncache_queue_lengths.cache and q.died_at is null
$$;

comment on function partitioncache_queue_lengths(text) is
'How many items are still to be done, waiting, being worked on, or to be tried again: incoming = queries, outgoing = fragments. Dead items do not count. You see your own; who may monitor or administer the cache sees all. Example: select * from partitioncache_queue_lengths()';
