create function pc_find_processor(cache text) returns setof pc_finding
language plpgsql stable parallel restricted rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    workers bigint;
    problem text;
begin
    if not (pc_settings(cache)).enabled then
        return query select 'processor', false, format('not enabled for cache %s', cache),
            pc_mending_call('partitioncache_enable_processor', cache), 'as an administrator';
        return;
    end if;
    workers := (select count(*) from pc_workers(cache));
    problem := nullif(pc_processor_problem(cache, workers), '');
    return query select 'processor', problem is null, coalesce(problem, format('enabled for cache %s, %s sessions', cache, workers)),
        case when problem ~ 'partitioncache_enable_processor' then pc_mending_call('partitioncache_enable_processor', cache)
             when problem is not null then format('select * from %s.partitioncache_processor_jobs(%L);', pc_people_schema(), cache) end,
        case when problem ~ 'partitioncache_enable_processor' then 'as the role that is named' when problem is not null then 'to see the jobs' end;
end
$$;

comment on function pc_find_processor(text) is
'Whether the processor of a cache is enabled, and at work for every role whose items wait. Example: select * from pc_find_processor(''partitioncache'')';
