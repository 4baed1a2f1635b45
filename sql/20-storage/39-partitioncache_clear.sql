create function partitioncache_clear(partition_key text default null, cache text default 'partitioncache') returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    cleared bigint;
    total bigint := 0;
    key_table text;
begin
    if partition_key is not null then
        perform pc_registration(cache, partition_key);
    end if;
    for key_table in
        select pc_key_table(r.cache, r.partition_key) from partitioncache_registration r
        where r.cache = partitioncache_clear.cache and r.partition_key = coalesce(partitioncache_clear.partition_key, r.partition_key)
    loop
        execute format('delete from %s', key_table);
        get diagnostics cleared = row_count;
        total := total + cleared;
    end loop;
    delete from partitioncache_entry_use u
    where u.cache = partitioncache_clear.cache and u.partition_key = coalesce(partitioncache_clear.partition_key, u.partition_key);
    return total;
end
$$;

comment on function partitioncache_clear(text, text) is
'Deletes all entries of one partition key, or of all in the cache; the number deleted. Registrations and queues stay. Example: select partitioncache_clear(''city_id'')';
