create function partitioncache_intersect(
    partition_key text, hashes text[], of_type anyelement, cache text default 'partitioncache', out keys anyarray, out hits integer
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    with_null boolean;
begin
    perform pc_check_key_type(registration, pg_typeof(of_type));
    execute format('select l.keys, cardinality(l.usable), l.matches_null from pc_lookup($1, $2, null::%s) l', pc_native_type(registration.datatype))
    into keys, hits, with_null using registration, hashes;
    if with_null then
        keys := array_append(keys, null);
    end if;
end
$$;

comment on function partitioncache_intersect(text, text[], anyelement, text) is
'The partition keys that all entries under these hashes have in common, as an array of of_type, and how many entries there are (hits); null and 0 if none. A null among the keys: rows without a partition key match too. Raises PC002 (not registered), PC004 (of_type is another type). Example: select * from partitioncache_intersect(''city_id'', ''{pizza,open_late}'', null::integer)';
