create function pc_find_queue(cache text) returns setof pc_finding
language plpgsql stable parallel restricted rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- After which time an item that nobody has begun with, or come back to, counts as stuck.
    patience constant interval := interval '10 min';
    status record;
    stuck record;
    problem text := nullif(pc_queue_problem(cache), '');
begin
    select s.incoming + s.outgoing - s.running as waiting, s.running, s.dead, s.enabled into status from partitioncache_processor_status(cache) s;
    select count(*) as items, min(q.due_at)::timestamptz(0) as since into stuck
    from pc_own_queue q where q.cache = pc_find_queue.cache and q.died_at is null and q.due_at < now() - patience;
    return query select 'queue', f.ok, f.detail, f.fix, f.place
        from (values
            (false, format('%s items wait since %s, and nobody works on them', stuck.items, stuck.since),
             case when status.enabled then format('select * from %s.partitioncache_processor_status(%L);', pc_people_schema(), cache)
                  else pc_mending_call('partitioncache_enable_processor', cache) end,
             'as an administrator, or let pcache-monitor work on them', stuck.items > 0),
            (false, problem,
             case when status.dead > 0 then pc_mending_call('partitioncache_requeue', cache)
                  else format('select * from %s.partitioncache_processor_log where cache = %L and status in (''failed'', ''timeout'') order by id desc;', pc_people_schema(), cache) end,
             case when status.dead > 0 then 'when what partitioncache_dead_items names is mended' else 'to see more' end, problem is not null),
            (true, format('%s items wait, %s are being worked on, none is dead', status.waiting, status.running), null, null,
             stuck.items = 0 and problem is null)) f(ok, detail, fix, place, here)
        where f.here;
end
$$;

comment on function pc_find_queue(text) is
'Whether queued items are dead, fail, or wait for somebody to work on them. Example: select * from pc_find_queue(''partitioncache'')';
