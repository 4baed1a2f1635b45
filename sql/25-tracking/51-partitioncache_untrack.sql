create function partitioncache_untrack(relation regclass, partition_key text, cache text default 'partitioncache') returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    if pc_tracking_state(cache, partition_key, relation) is null then
        return false;
    end if;
    -- With its triggers the table's fingerprint changes, which puts aside every entry that depends on it.
    perform pc_drop_triggers(cache, partition_key, relation, false);
    delete from partitioncache_tracked t
    where t.cache = partitioncache_untrack.cache and t.partition_key = partitioncache_untrack.partition_key
      and t.relation = partitioncache_untrack.relation;
    execute format('delete from %s where relation = $1', pc_changes_table(cache, partition_key)) using relation::oid;
    return true;
end
$$;

comment on function partitioncache_untrack(regclass, text, text) is
'Ends the tracking of a table: from now on it counts as unchanging, by your assertion. Entries that depend on it are put aside until they are evaluated again. False if it was not tracked. Needs the ownership of the table. Example: select partitioncache_untrack(''poi'', ''city_id'')';
