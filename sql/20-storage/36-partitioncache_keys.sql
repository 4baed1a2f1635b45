create function partitioncache_keys(partition_key text, cache text default 'partitioncache') returns setof text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_registration(cache, partition_key);
    return query execute format('select distinct hash from %s where key_count is not null and serves order by hash', pc_object_for('entries', cache, partition_key));
end
$$;

comment on function partitioncache_keys(text, text) is
'The hashes of all entries of a partition key that serve the role. Example: select * from partitioncache_keys(''city_id'')';
