create function partitioncache_clear(partition_key text default null, cache text default 'partitioncache') returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if partition_key is not null then
        perform pc_registration(cache, partition_key);
    end if;
    return pc_call('clear', jsonb_build_object('cache', cache, 'partition_key', partition_key))::bigint;
end
$$;

comment on function partitioncache_clear(text, text) is
'Deletes all entries of one partition key, or of all in the cache; the number deleted. What is being evaluated at this moment is discarded and evaluated again. Registrations and queues stay. Who may fill the cache deletes those that serve everybody, and administrators all; who may only push deletes the entries that serve the role alone. Raises PC002 (not registered), PC007 (no right). Example: select partitioncache_clear(''city_id'')';
