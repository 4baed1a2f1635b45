create function pc_names(cache text, partition_key text) returns text[]
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select array(select pc_object_for(w, cache, partition_key)
                 from unnest('{cache,entries,store,matching,changes,written,log,usable,keys,contained,since,moved,held}'::text[]) w)
           || array[pc_counter(cache, 'hits'), pc_counter(cache, 'misses')]
$$;

comment on function pc_names(text, text) is
'What the objects of a partition key are called, and the counters of its cache. Example: select pc_names(''partitioncache'', ''city_id'')';

create function pc_check_names(cache text, partition_key text) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    other partitioncache_registration;
begin
    -- Partition key "b_log_c" of cache "a" and "c" of "a_log_b" would share a log.
    select r.* into other from partitioncache_registration r
    where r.cache <> pc_check_names.cache and pc_names(r.cache, r.partition_key) && pc_names(pc_check_names.cache, pc_check_names.partition_key)
    limit 1;
    if found then
        perform pc_fail('PC003', format('a table of partition key "%s" in cache "%s" would be called like one of partition key "%s" in cache "%s"',
                                        partition_key, cache, other.partition_key, other.cache), '', 'Choose another name for the cache.');
    end if;
end
$$;

comment on function pc_check_names(text, text) is
'Raises PC003 if objects of this partition key would be called like those of another cache. Example: select pc_check_names(''partitioncache'', ''city_id'')';
