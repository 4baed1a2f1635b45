create function partitioncache_delete(partition_key text, hash text, cache text default 'partitioncache') returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    deleted bigint;
begin
    perform pc_registration(cache, partition_key);
    execute format('delete from %s where hash = $1', pc_key_table(cache, partition_key)) using hash;
    get diagnostics deleted = row_count;
    delete from partitioncache_entry_use u
    where u.cache = partitioncache_delete.cache and u.partition_key = partitioncache_delete.partition_key and u.hash = partitioncache_delete.hash;
    return deleted > 0;
end
$$;

comment on function partitioncache_delete(text, text, text) is
'Deletes an entry and its query; true if there was one. Example: select partitioncache_delete(''city_id'', ''pizza'')';
