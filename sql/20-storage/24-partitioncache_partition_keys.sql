create function partitioncache_partition_keys(
    cache text default 'partitioncache',
    out partition_key text, out datatype text, out storage text, out entries bigint, out bytes bigint
) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    for partition_key, datatype, storage in
        select r.partition_key, r.datatype, r.storage from partitioncache_registration r
        where r.cache = partitioncache_partition_keys.cache order by 1
    loop
        execute format('select count(*) filter (where key_count is not null) from %s', pc_object_for('entries', cache, partition_key)) into entries;
        bytes := pg_total_relation_size(pc_object_for('cache', cache, partition_key)::regclass);
        return next;
    end loop;
end
$$;

comment on function partitioncache_partition_keys(text) is
'The registered partition keys of a cache: datatype, storage, entries = number of key sets that the role may see, bytes on disk with indexes. Example: select * from partitioncache_partition_keys()';
