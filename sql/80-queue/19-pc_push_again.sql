create function pc_push_again(queue text, cache text, pushed pc_queue_item[]) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
-- As in pc_enqueue.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
begin
    -- An item whose row is locked is being worked on at this moment: whoever pushes does not wait for that.
    with again as (
        select q.id, i.priority
        from unnest(pushed) i
        join partitioncache_queue q on q.queue = pc_push_again.queue and q.cache = pc_push_again.cache
            and q.partition_key = i.partition_key and q.hash = i.hash and q.owner = current_user
        where q.id <> i.id
        order by q.id
        for update of q skip locked
    )
    update partitioncache_queue q
    set priority = greatest(least(q.priority, 2147483646) + 1, a.priority),
        attempts = case when q.died_at is null then q.attempts else 0 end,
        status = case when q.died_at is null then q.status else 'ready' end,
        due_at = case when q.died_at is null then q.due_at else clock_timestamp() end,
        died_at = null
    from (select id, max(priority) as priority from again group by id) a
    where q.queue = pc_push_again.queue and q.id = a.id;
end
$$;

comment on function pc_push_again(text, text, pc_queue_item[]) is
'Raises the priority of those items that are in the queue under other numbers: by one, or to the priority they are pushed with if that is more. Revives dead ones. Example: select pc_push_again(''incoming'', ''partitioncache'', pc_queue_items(''[{"partition_key": "city_id", "query": "select 1"}]''))';
