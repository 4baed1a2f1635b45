create function pc_find_entries(cache text) returns setof pc_finding
language sql stable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- A reason names tables, as whoever made them called them: nothing is read out of it that somebody is to run.
    with counted as (
        select g.*, (select a.call from pc_untracked_advice(g.deps, pc_find_entries.cache, g.partition_key) with ordinality a
                     where g.reason = pc_untracked_reason(g.deps, pc_find_entries.cache, g.partition_key) order by a.ordinality limit 1) as advice
        from (select k.partition_key, e.reason, count(*) as entries, min(e.deps) filter (where e.reason is not null) as deps
              from partitioncache_partition_keys(cache) k cross join pc_entry_state(cache, k.partition_key, scope => 'visible') e
              group by 1, 2) g
    )
    select 'entries', case when c.advice is not null then false end,
           format('%s of %s are not used: %s%s', c.entries, c.partition_key, c.reason,
                  case when c.advice is null then '; the processor evaluates them again' end),
           case when c.advice is not null then pc_mending_call(c.advice[1], variadic c.advice[2:]) end, 'as the owner of the table, if it is so'
    from counted c where c.reason is not null
    union all
    select 'entries', true, format('used: %s; tracked tables: %s', coalesce(sum(c.entries) filter (where c.reason is null), 0),
                                   (select count(*) from partitioncache_tracked_tables(cache))), null, null
    from counted c
    having count(*) filter (where c.reason is null) > 0 or count(*) = 0
$$;

comment on function pc_find_entries(text) is
'How many entries of a cache are used, and which are not, by their reasons. Example: select * from pc_find_entries(''partitioncache'')';
