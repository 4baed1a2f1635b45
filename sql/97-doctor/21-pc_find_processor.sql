create function pc_find_processor(cache text) returns setof pc_finding
language plpgsql stable parallel restricted rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    status record;
    problem text;
begin
    select s.enabled, s.workers into status from partitioncache_processor_status(cache) s;
    if not status.enabled then
        return query select 'processor', false, format('not enabled for cache %s', cache),
            pc_mending_call('partitioncache_enable_processor', cache), 'as an administrator';
        return;
    end if;
    problem := nullif(pc_processor_problem(cache, status.workers), '');
    return query select 'processor', problem is null, coalesce(problem, format('enabled for cache %s, %s sessions', cache, status.workers)),
        case when problem ~ 'partitioncache_enable_processor' then pc_mending_call('partitioncache_enable_processor', cache)
             when problem is not null then format('select * from %s.partitioncache_processor_jobs(%L);', pc_people_schema(), cache) end,
        case when problem ~ 'partitioncache_enable_processor' then 'as the role that is named' when problem is not null then 'to see the jobs' end;
end
$$;

comment on function pc_find_processor(text) is
'Whether the processor of a cache is enabled, and at work for every role whose items wait. Example: select * from pc_find_processor(''partitioncache'')';
