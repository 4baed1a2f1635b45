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
declare
    known partitioncache_registration;
begin
    perform pc_check_registration(partition_key, datatype, storage, cache, partition_local);
    perform pg_advisory_xact_lock(hashtextextended('partitioncache ' || cache, 0));

    select r.* into known from partitioncache_registration r
    where r.cache = partitioncache_register.cache and r.partition_key = partitioncache_register.partition_key;
    if found then
        if (known.datatype, known.storage, known.partition_local) is distinct from (datatype, storage, partition_local) then
            perform pc_fail('PC003', format('partition key "%s" is already registered in cache "%s" in another way', partition_key, cache),
                format('Registered: datatype %s, storage %s, partition_local %s. Asked for: datatype %s, storage %s, partition_local %s.',
                       known.datatype, known.storage, known.partition_local, datatype, storage, partition_local),
                'Use the registered form, or another cache.');
        end if;
        return;
    end if;

    perform pc_create_cache(cache);
    insert into partitioncache_registration (cache, partition_key, datatype, storage, partition_local)
    values (cache, partition_key, datatype, storage, partition_local);
    perform pc_create_key_table(cache, partition_key, datatype, storage);
end
$$;

comment on function partitioncache_register(text, text, text, text, boolean) is
'Registers a partition key. datatype: integer, bigint, float, numeric, text, uuid, date, timestamp or timestamptz; storage: array (all datatypes) or bit (integer, bigint); partition_local: your assertion that no match ever crosses partitions, and that rows without a partition key match none of another table. Registering the same again changes nothing. Raises PC001 for a bad argument, PC003 if it is registered in another way, PC004 if the storage cannot hold the datatype. Example: select partitioncache_register(''city_id'', ''integer'')';
