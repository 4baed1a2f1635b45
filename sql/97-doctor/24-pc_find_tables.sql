create function pc_find_tables(cache text) returns setof pc_finding
language sql stable parallel safe rows 1
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select 'tracked table', false, format('%s for %s: %s', t.relation, t.partition_key, t.state),
           pc_mending_call('partitioncache_track', t.relation::text, t.partition_key, cache), 'as the owner of the table'
    from partitioncache_tracked_tables(cache) t where t.state <> 'tracking'
$$;

comment on function pc_find_tables(text) is
'Tracked tables that are not tracked as they should be: none, no row. Example: select * from pc_find_tables(''partitioncache'')';
