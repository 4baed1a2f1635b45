create function pc_find_queue(cache text) returns setof pc_finding
language plpgsql stable parallel restricted rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    -- After which time an item that nobody has begun with, or come back to, counts as stuck.
    patience constant interval := interval '10 min';
    found record;
    problem text := nullif(pc_queue_problem(cache), '');
begin
    select count(*) filter (where q.died_at is null and q.queue in ('incoming', 'outgoing')) - count(*) filter (where q.status = 'running') as waiting,
           count(*) filter (where q.status = 'running') as running, count(q.died_at) as dead,
           count(*) filter (where q.died_at is null and q.due_at < now() - patience) as stuck,
           (min(q.due_at) filter (where q.died_at is null and q.due_at < now() - patience))::timestamptz(0) as since
    into found
    from pc_own_queue q where q.cache = pc_find_queue.cache;
    return query select 'queue', f.ok, f.detail, f.fix, f.place
        from (values
            (false, format('%s items wait since %s, and nobody works on them', found.stuck, found.since),
             case when (pc_settings(cache)).enabled then format('select * from %s.partitioncache_processor_status(%L);', pc_people_schema(), cache)
                  else pc_mending_call('partitioncache_enable_processor', cache) end,
             'as an administrator, or let pcache-monitor work on them', found.stuck > 0),
            (false, problem,
             case when found.dead > 0 then pc_mending_call('partitioncache_requeue', cache)
                  else format('select * from %s.partitioncache_processor_log where cache = %L and status in (''failed'', ''timeout'') order by id desc;', pc_people_schema(), cache) end,
             case when found.dead > 0 then 'when what partitioncache_dead_items names is mended' else 'to see more' end, problem is not null),
            (true, format('%s items wait, %s are being worked on, none is dead', found.waiting, found.running), null, null,
             found.stuck = 0 and problem is null)) f(ok, detail, fix, place, here)
        where f.here;
end
$$;

comment on function pc_find_queue(text) is
'Whether queued items are dead, fail, or wait for somebody to work on them. Example: select * from pc_find_queue(''partitioncache'')';
