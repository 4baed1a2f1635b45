create function pc_do_register(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    asked partitioncache_registration := jsonb_populate_record(null::partitioncache_registration, argument);
    known partitioncache_registration;
begin
    perform pc_check_registration(asked.partition_key, asked.datatype, asked.storage, asked.cache, asked.partition_local);
    perform pc_require_new_cache(caller, asked.cache);
    -- Two that register at once: the second waits, and finds it done.
    insert into partitioncache_registration (cache, partition_key, datatype, storage, partition_local)
    values (asked.cache, asked.partition_key, asked.datatype, asked.storage, asked.partition_local)
    on conflict do nothing;
    if not found then
        select r.* into known from partitioncache_registration r where r.cache = asked.cache and r.partition_key = asked.partition_key;
        if (known.datatype, known.storage, known.partition_local) is distinct from (asked.datatype, asked.storage, asked.partition_local) then
            perform pc_fail('PC003', format('partition key "%s" is already registered in cache "%s" in another way', asked.partition_key, asked.cache),
                format('Registered: datatype %s, storage %s, partition_local %s. Asked for: datatype %s, storage %s, partition_local %s.',
                       known.datatype, known.storage, known.partition_local, asked.datatype, asked.storage, asked.partition_local),
                'Use the registered form, or another cache.');
        end if;
        return null;
    end if;

    perform pc_check_names(asked.cache, asked.partition_key);
    perform pc_create_cache(asked.cache);
    perform pc_create_key_table(asked.cache, asked.partition_key, asked.datatype, asked.storage);
    perform pc_prepare_tracking(asked.cache, asked.partition_key);
    return null;
end
$$;

comment on function pc_do_register(oid, jsonb) is
'partitioncache_register for a caller: {cache, partition_key, datatype, storage, partition_local}. Example: see pc_call';

create function pc_require_new_cache(caller oid, cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- A new cache touches nobody's. Who makes it administers it.
    if not exists (select from partitioncache_settings s where s.cache = pc_require_new_cache.cache)
        and not pc_has_level(caller, cache, 'administer')
        and exists (select from partitioncache_role g where g.level = 'administer' and pc_has_level(caller, g.cache, 'administer')) then
        perform pc_create_cache(cache);
        perform pc_grant_level(caller, 'administer', cache);
    end if;
    perform pc_require(caller, cache, 'administer');
end
$$;

comment on function pc_require_new_cache(oid, text) is
'Raises PC007 unless the caller administers the cache; where there is none of that name and the caller administers another, makes it and grants it to the caller. Example: see pc_do_register';
