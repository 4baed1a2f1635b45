create function pc_claim(
    queues text[], cache text, amount integer, lease interval, worker_pid integer, worker_id text, only_checked boolean
) returns setof partitioncache_queue
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
-- As in pc_enqueue; here the plan walks the index, which ends at the first item that is due.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
    max_attempts integer := (pc_settings(cache)).max_attempts;
    taken partitioncache_queue[];
begin
    loop
        with chosen as materialized (
            select q.id from partitioncache_queue q
            where q.queue = any (queues) and q.cache = pc_claim.cache and q.owner = current_user
              and q.died_at is null and q.due_at <= clock_timestamp() and (q.checked or not only_checked)
            order by q.priority desc, q.id
            limit amount for update skip locked
        ), claimed as (
            update partitioncache_queue q
            set status = case when q.attempts < max_attempts then 'running' else 'dead' end,
                died_at = case when q.attempts < max_attempts then null else clock_timestamp() end,
                attempts = q.attempts + (q.attempts < max_attempts)::integer,
                claim = q.claim + 1,
                error_msg = case when q.status = 'running' then coalesce(q.error_msg, 'the worker did not answer within its lease')
                                 when q.attempts >= max_attempts then q.error_msg end,
                worker_pid = pc_claim.worker_pid, worker_id = pc_claim.worker_id,
                started_at = clock_timestamp(), due_at = clock_timestamp() + lease
            where q.id = any (array(select c.id from chosen c)) and q.queue = any (queues)
            returning q as item
        )
        select array_agg(c.item order by (c.item).priority desc, (c.item).id) into taken from claimed c;
        perform pc_log(t.cache, t.queue, t.partition_key, t.hash, 'failed', t.error_msg, null, 0, t.attempts - (t.status = 'running')::integer)
        from unnest(taken) t where t.error_msg is not null;
        -- What nobody may try again was buried on the way; if that was all, there may be more behind it.
        exit when taken is null or exists (select from unnest(taken) t where t.status = 'running');
    end loop;
    return query select t.* from unnest(taken) t where t.status = 'running';
end
$$;

comment on function pc_claim(text[], text, integer, interval, integer, text, boolean) is
'Claims up to amount items of these queues that are due, most urgent first, for the time of a lease, and skips what others hold. An item whose lease is over counts as failed: it is claimed again, or dead if that was its last attempt. Only items of the current role. Example: select * from pc_claim(''{outgoing}'', ''partitioncache'', 1, ''5 min'', pg_backend_pid(), pc_worker_id(), true)';
