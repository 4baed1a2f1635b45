create function partitioncache_register(
    partition_key text,
    datatype text,
    storage text default 'array',
    cache text default 'partitioncache',
    partition_local boolean default false
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_registration(partition_key, datatype, storage, cache, partition_local);
    perform pc_call('register', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'datatype', datatype, 'storage', storage,
                                                   'partition_local', partition_local));
end
$$;

comment on function partitioncache_register(text, text, text, text, boolean) is
'Registers a partition key. datatype: integer, bigint, float, numeric, text, uuid, date, timestamp or timestamptz; storage: array (all datatypes) or bit (integer, bigint); partition_local: your assertion that no match ever crosses partitions, and that rows without a partition key match none of another table. Registering the same again changes nothing. Needs the level administer in the cache; a new cache may be made by whoever administers another, and is then administered by that role. Raises PC001 for a bad argument, PC003 if it is registered in another way, PC004 if the storage cannot hold the datatype, PC007 without the right. Example: select partitioncache_register(''city_id'', ''integer'')';
