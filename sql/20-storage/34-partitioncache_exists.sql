create function partitioncache_exists(partition_key text, hash text, cache text default 'partitioncache') returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    found_one boolean;
begin
    perform pc_registration(cache, partition_key);
    execute format('select exists (select from %s where hash = $1 and key_count is not null and serves)', pc_object_for('entries', cache, partition_key))
    into found_one using hash;
    return found_one;
end
$$;

comment on function partitioncache_exists(text, text, text) is
'Whether a key set, empty or not, is stored under the hash. Example: select partitioncache_exists(''city_id'', ''pizza'')';
