create function partitioncache_delete(partition_key text, hash text, cache text default 'partitioncache') returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    return pc_call('delete', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'hashes', jsonb_build_array(hash)))::bigint > 0;
end
$$;

comment on function partitioncache_delete(text, text, text) is
'Deletes an entry and its query; true if there was one. Who may fill the cache deletes the entry that serves everybody, who may only push the one that serves the role alone. Raises PC002 (not registered), PC007 (no right). Example: select partitioncache_delete(''city_id'', ''pizza'')';
