create function pc_create_cache(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    counter text;
begin
    insert into partitioncache_settings (cache) values (cache) on conflict do nothing;
    if not found then
        return;
    end if;
    if octet_length(cache || '_misses') > 63 then
        perform pc_fail('PC001', 'the name of the cache is too long', format('%I has %s bytes.', cache, octet_length(cache)), 'A name may have 56 bytes; fewer with a long partition key.');
    end if;
    foreach counter in array array[pc_counter(cache, 'hits'), pc_counter(cache, 'misses')] loop
        execute format('create sequence %s', counter);
        perform pc_take_back(counter::regclass);
    end loop;
end
$$;

comment on function pc_create_cache(text) is
'Makes the settings and the counters of a cache, if they are not there. Raises PC001 if its name is too long. Example: select pc_create_cache(''partitioncache'')';
