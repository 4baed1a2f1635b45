create function pc_sync_table(registration partitioncache_registration, relation oid) returns text
language plpgsql volatile parallel unsafe
-- The triggers wait for writers, and new writers wait behind them: better to try again later.
set lock_timeout = '200ms'
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    refusal text := pc_tracking_refusal(relation);
begin
    if refusal is not null then
        return refusal;
    end if;
    perform pc_create_change_log(registration);
    perform pc_create_log_function(registration);
    perform pc_track(registration, relation);
    return null;
exception
    when lock_not_available then
        return format('%s is being written to; the next run tries again', relation::regclass);
    when insufficient_privilege then
        return format('%s; partitioncache_track(%L, %L, %L), called by the owner of the table, mends it',
                      sqlerrm, relation::regclass, registration.partition_key, registration.cache);
end
$$;

comment on function pc_sync_table(partitioncache_registration, oid) is
'Mends the tracking of one table without waiting for its writers; what is in the way, or null. Example: select pc_sync_table(pc_registration(''partitioncache'', ''city_id''), ''poi''::regclass)';

create function pc_forget_dropped_tables(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    gone record;
begin
    for gone in
        delete from partitioncache_tracked t
        where t.cache = pc_forget_dropped_tables.cache and not exists (select from pg_class c where c.oid = t.relation)
        returning t.partition_key, t.relation::oid as relation
    loop
        execute format('delete from %s where relation = $1', pc_changes_table(cache, gone.partition_key)) using gone.relation;
    end loop;
end
$$;

comment on function pc_forget_dropped_tables(text) is
'Removes what is kept of tracked tables that have been dropped. Example: select pc_forget_dropped_tables(''partitioncache'')';

create function pc_sync_tracking(cache text, out partition_key text, out relation regclass, out problem text) returns setof record
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_forget_dropped_tables(cache);
    for partition_key, relation in
        select t.partition_key, t.relation
        from partitioncache_tracked t
        where t.cache = pc_sync_tracking.cache and pc_tracking_state(t.cache, t.partition_key, t.relation) <> 'tracking'
        order by 1, 2
    loop
        problem := pc_sync_table(pc_registration(cache, partition_key), relation);
        return next;
    end loop;
end
$$;

comment on function pc_sync_tracking(text) is
'Mends the tracking of tables that have new partitions, lost triggers or were restored, and forgets dropped ones. One row a table that needed it: problem is null where it is tracking again. Entries are put aside until then. Called by the processor. Example: select * from pc_sync_tracking(''partitioncache'')';
