create function pc_prepare_tracking(cache text, partition_key text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    wanted text := pc_log_function_body(registration);
begin
    if to_regclass(pc_object_for('changes', cache, partition_key)) is not null
        and exists (select from pg_proc p where p.oid = to_regprocedure(pc_object_for('log', cache, partition_key) || '()') and p.prosrc = wanted) then
        return;
    end if;
    insert into partitioncache_log_trimmed (cache, partition_key, below, cluster) values (cache, partition_key, '0', pc_cluster()) on conflict do nothing;
    perform pc_create_change_log(registration);
    perform pc_create_log_function(registration);
    perform pc_create_log_function(registration, p)
    from partitioncache_placement p where p.cache = pc_prepare_tracking.cache and p.partition_key = pc_prepare_tracking.partition_key;
end
$$;

comment on function pc_prepare_tracking(text, text) is
'Makes the change log of a partition key and the function that writes to it, where they are missing; for the installer, as whom they are registered. Raises PC002 if the partition key is not registered. Example: select pc_prepare_tracking(''partitioncache'', ''city_id'')';
