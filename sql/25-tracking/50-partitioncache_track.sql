create function pc_track(registration partitioncache_registration, relation oid) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_install_triggers(registration, relation);
    insert into partitioncache_tracked (cache, partition_key, relation, since, cluster)
    values (registration.cache, registration.partition_key, relation, pg_current_xact_id(), pc_cluster())
    on conflict on constraint partitioncache_tracked_pkey do update set since = excluded.since, cluster = excluded.cluster;
    perform pc_drop_triggers(registration.cache, registration.partition_key, relation, true);
end
$$;

comment on function pc_track(partitioncache_registration, oid) is
'Begins to track a table, or mends what is broken. Example: see partitioncache_track';

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
    refusal := pc_tracking_refusal(relation);
    if refusal is not null then
        perform pc_fail('PC008', format('writes to %s cannot be tracked', relation), refusal || '.',
            'Track the tables that hold the data; a table that is not tracked counts as unchanging.');
    end if;
    if pc_tracking_state(cache, partition_key, relation) = 'tracking' then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('partitioncache ' || pc_key_table(cache, partition_key), 0));
    perform pc_create_change_log(registration);
    perform pc_create_log_function(registration);
    perform pc_track(registration, relation);
end
$$;

comment on function partitioncache_track(regclass, text, text) is
'Logs every write to a table from now on, so that key sets of the partition key stay right while it changes. Tables without the partition column can be tracked too; then any write to them puts entries aside until they are evaluated again. Entries evaluated before are put aside. Waits for running writers of the table. Needs the ownership of the table. Tracking again mends what is broken, else does nothing. Raises PC002 if the partition key is not registered, PC008 for what cannot be tracked. Example: select partitioncache_track(''poi'', ''city_id'')';
