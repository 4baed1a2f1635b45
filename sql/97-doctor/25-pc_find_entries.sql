create function pc_find_entries(cache text) returns setof pc_finding
language sql stable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with counted as (
        select k.partition_key, e.reason, count(*) as entries,
               -- what a reason advises: the first call in it
               substring(e.reason from E'\\m(partitioncache_\\w+\\((?:''(?:[^'']|'''')*''(?:, )?)+)\\)') as advice
        from partitioncache_partition_keys(cache) k cross join pc_entry_state(cache, k.partition_key, scope => 'visible') e
        group by 1, 2
    )
    select 'entries', case when c.advice is not null then false end,
           format('%s of %s are not used: %s%s', c.entries, c.partition_key, c.reason,
                  case when c.advice is null then '; the processor evaluates them again' end),
           format('select %s.%s, cache => %L);', pc_people_schema(), c.advice, cache), 'as the owner of the table, if it is so'
    from counted c where c.reason is not null
    union all
    select 'entries', true, format('used: %s; tracked tables: %s', coalesce(sum(c.entries) filter (where c.reason is null), 0),
                                   (select count(*) from partitioncache_tracked_tables(cache))), null, null
    from counted c
    having count(*) filter (where c.reason is null) > 0 or count(*) = 0
$$;

comment on function pc_find_entries(text) is
'How many entries of a cache are used, and which are not, by their reasons. Example: select * from pc_find_entries(''partitioncache'')';
