create function partitioncache_count(partition_key text default null, cache text default 'partitioncache') returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if partition_key is not null then
        perform pc_registration(cache, partition_key);
    end if;
    return (select coalesce(sum(k.entries), 0) from partitioncache_partition_keys(cache) k
            where k.partition_key = coalesce(partitioncache_count.partition_key, k.partition_key));
end
$$;

comment on function partitioncache_count(text, text) is
'The number of entries of one partition key, or of all in the cache. Example: select partitioncache_count(''city_id'')';
