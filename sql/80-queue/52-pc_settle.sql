create function pc_settle(queue text, id bigint, claim bigint, outcome text, error_msg text default null, key_count bigint default null) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    item partitioncache_queue;
    max_attempts integer;
begin
    if outcome in ('success', 'skipped') then
        delete from partitioncache_queue q
        where q.queue = pc_settle.queue and q.id = pc_settle.id and q.claim = pc_settle.claim and q.status = 'running'
        returning q.* into item;
    else
        select (pc_settings(q.cache)).max_attempts into max_attempts
        from partitioncache_queue q where q.queue = pc_settle.queue and q.id = pc_settle.id;
        update partitioncache_queue q
        set status = case when outcome = 'released' then 'ready' when q.attempts < max_attempts then outcome else 'dead' end,
            died_at = case when outcome = 'released' or q.attempts < max_attempts then null else clock_timestamp() end,
            attempts = q.attempts - (outcome = 'released')::integer,
            due_at = clock_timestamp() + case when outcome = 'released' then interval '0'
                                              else least(interval '10 s' * 4 ^ (q.attempts - 1), interval '1 h') end,
            error_msg = pc_settle.error_msg, worker_pid = null, worker_id = null
        where q.queue = pc_settle.queue and q.id = pc_settle.id and q.claim = pc_settle.claim and q.status = 'running'
        returning q.* into item;
    end if;
    if item.id is null then
        return false;
    end if;
    if outcome <> 'released' then
        perform pc_log(item.cache, item.queue, item.partition_key, item.hash, outcome, error_msg, key_count,
                       extract(epoch from clock_timestamp() - item.started_at) * 1000, item.attempts);
    end if;
    return true;
end
$$;

comment on function pc_settle(text, bigint, bigint, text, text, bigint) is
'Says what became of a claim: success or skipped (the item is done and deleted), failed or timeout (tried again after 10 s, 40 s, ..., or dead), released (back in the queue, the attempt does not count). False, and nothing changes, if the claim is no longer the item''s latest. Example: select pc_settle(''outgoing'', 7, 1, ''success'', null, 12)';
