create function pc_push_again(owner oid, queue text, cache text, numbers bigint[], keys text[], hashes text[], priorities integer[]) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- As in pc_do_enqueue.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_bitmapscan = off
set jit = off
as $$
declare
    here bigint := pc_cluster();
    again record;
begin
    -- An item whose row is locked is being worked on at this moment: whoever pushes does not wait for that.
    for again in
        select i.priority, array_agg(q.id) as ids
        from unnest(numbers, keys, hashes, priorities) i(id, partition_key, hash, priority)
        cross join lateral (select k.id from partitioncache_queue k
                            where k.queue = pc_push_again.queue and k.cache = pc_push_again.cache and k.partition_key = i.partition_key
                              and k.hash = i.hash and k.owner = pc_push_again.owner and k.cluster = here and k.id <> i.id
                            limit 1 for update skip locked) q
        group by i.priority
    loop
        update partitioncache_queue q
        set priority = greatest(least(q.priority, 2147483646) + 1, again.priority),
            attempts = case when q.died_at is null then q.attempts else 0 end,
            status = case when q.died_at is null then q.status else 'ready' end,
            due_at = case when q.died_at is null then q.due_at else clock_timestamp() end,
            died_at = null
        where q.id = any (again.ids) and q.queue = pc_push_again.queue;
    end loop;
end
$$;

comment on function pc_push_again(oid, text, text, bigint[], text[], text[], integer[]) is
'Raises the priority of those items of a role that are in the queue under other numbers, by their partition keys and hashes: by one, or to the priority they are pushed with if that is more. Revives dead ones. Example: select pc_push_again(pc_me(), ''incoming'', ''partitioncache'', ''{7}'', ''{city_id}'', ''{...}'', ''{1}'')';
