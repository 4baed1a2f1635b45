create function pc_create_cache(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    counter text;
begin
    insert into partitioncache_settings (cache) values (cache) on conflict do nothing;
    foreach counter in array array[pc_counter(cache, 'hits'), pc_counter(cache, 'misses')] loop
        if to_regclass(counter) is null then
            execute format('create sequence %s', counter);
        end if;
    end loop;
end
$$;

comment on function pc_create_cache(text) is
'Makes the settings and the counters of a cache, if they are not there. Example: select pc_create_cache(''partitioncache'')';
