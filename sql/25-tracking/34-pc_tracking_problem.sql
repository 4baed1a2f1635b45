create function pc_tracking_problem(cache text, partition_key text, roots oid[]) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select string_agg(format('tracking of %s is %s', r::regclass, pc_tracking_state(cache, partition_key, r)), '; ' order by r)
    from unnest(roots) r
    where pc_tracking_state(cache, partition_key, r) <> 'tracking'
$$;

comment on function pc_tracking_problem(text, text, oid[]) is
'Why writes to tracked tables are not surely logged; null if they are. Example: select pc_tracking_problem(''partitioncache'', ''city_id'', ''{}'')';
