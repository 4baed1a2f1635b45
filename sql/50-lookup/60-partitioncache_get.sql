create function partitioncache_get(
    partition_key text, hash text, of_type anyelement, cache text default 'partitioncache'
) returns anyarray
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select i.keys from partitioncache_intersect(partition_key, array[hash], of_type, cache) i where i.hits > 0
$$;

comment on function partitioncache_get(text, text, anyelement, text) is
'The partition keys of an entry as an array of of_type, null among them if rows without a partition key match; null if there is no such entry or it is put aside. Example: select partitioncache_get(''city_id'', ''pizza'', null::integer)';
