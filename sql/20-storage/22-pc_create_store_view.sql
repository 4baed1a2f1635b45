create function pc_create_store_view(cache text, partition_key text, datatype text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    store text := pc_object_for('store', cache, partition_key);
begin
    -- As pc_call_channel, with keys of the right type.
    execute format($sql$
        create view %s with (security_barrier) as
        select null::oid as caller, null::text as hash, null::%s[] as keys, null::text as query, null::pc_evaluation as evaluation, null::bigint as generation
        where false
        $sql$, store, pc_native_type(datatype));
    execute format('alter view %s alter column caller set default quote_ident(current_user)::regrole::oid', store);
    execute format('comment on view %s is %L', store,
        format('Where entries of partition key %I in cache %I are handed to the installer''s rights to be stored.', partition_key, cache));
    execute format('create trigger store instead of insert on %s for each row execute function pc_store(%L, %L)', store, cache, partition_key);
    perform pc_take_back(store::regclass);
    perform pc_share(cache, store, 'push', 'insert (hash, keys, query, evaluation, generation)');
end
$$;

comment on function pc_create_store_view(text, text, text) is
'Makes the view through which entries of a partition key are stored, and shares it with those that were granted the cache. Example: select pc_create_store_view(''partitioncache'', ''city_id'', ''integer'')';
