create function partitioncache_track(relation regclass, partition_key text, cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    refusal text;
begin
    if relation is null then
        perform pc_fail('PC001', 'a table is needed', '', 'Name the table whose writes are to be tracked, as in partitioncache_track(''poi'', ''city_id'').');
    end if;
    refusal := pc_tracking_refusal(relation, partition_key, cache);
    if refusal is not null then
        perform pc_fail('PC008', format('writes to %s cannot be tracked', relation), refusal || '.',
            format('Track the tables that hold the data; of one that does not change, partitioncache_assert_static(%L, %L) says so.', relation, cache));
    end if;
    if pc_tracking_state(cache, partition_key, relation) = 'tracking' then
        return;
    end if;
    perform pc_require_writable('track tables');
    perform pc_prepare_tracking(cache, partition_key);
    perform pc_install_triggers(registration, relation);
end
$$;

comment on function partitioncache_track(regclass, text, text) is
'Logs every write to a table from now on, so that key sets of the partition key stay right while it changes. Tables without the partition column can be tracked too; then any write to them puts entries aside until they are evaluated again. Entries evaluated before are put aside. Waits for running writers of the table. Needs the level push in the cache and the ownership of the table. Tracking again mends what is broken, else does nothing. Raises PC002 if the partition key is not registered, PC008 for what cannot be tracked. Example: select partitioncache_track(''poi'', ''city_id'')';
