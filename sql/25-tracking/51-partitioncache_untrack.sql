create function partitioncache_untrack(relation regclass, partition_key text, cache text default 'partitioncache') returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    if pc_tracking_state(cache, partition_key, relation) is null then
        return false;
    end if;
    perform pc_require_writable('end the tracking of tables');
    -- With its triggers the table's fingerprint changes, which puts aside every entry that depends on it. What the log holds of it, no entry needs.
    perform pc_drop_triggers(cache, partition_key, relation);
    return true;
end
$$;

comment on function partitioncache_untrack(regclass, text, text) is
'Ends the tracking of a table. Entries that depend on it are put aside, until it is tracked again, or partitioncache_assert_static says that it does not change, and they have been evaluated again. False if it was not tracked. Needs the ownership of the table. Example: select partitioncache_untrack(''poi'', ''city_id'')';
