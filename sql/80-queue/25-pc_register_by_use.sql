create function pc_register_by_use(queries text[], partition_key text, cache text, session jsonb, storage text default 'array') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    found_type text;
begin
    if cardinality(queries) = 0
        or exists (select from partitioncache_registration r
                   where r.cache = pc_register_by_use.cache and r.partition_key = pc_register_by_use.partition_key) then
        return;
    end if;
    select k.datatype into found_type
    from unnest(queries) q(query), pc_key_type(q.query, pc_register_by_use.partition_key, session) k(datatype)
    where k.datatype is not null limit 1;
    if found_type is null then
        perform pc_fail('PC002', format('partition key "%s" is not registered in cache "%s", and no table of the query has a column of that name and a fitting type', partition_key, cache),
            '', format('Check the spelling, or call partitioncache_register(%L, <datatype>, cache => %L) first.', partition_key, cache));
    end if;
    if not pc_has_level(pc_me(), cache, 'administer') then
        perform pc_fail('PC007', format('partition key "%s" is not registered in cache "%s", and role "%s" may not register it', partition_key, cache, current_user),
            '', format('Let a role that administers PartitionCache call partitioncache_register(%L, %L, cache => %L).', partition_key, found_type, cache));
    end if;
    perform partitioncache_register(partition_key, found_type, storage, cache);
end
$$;

comment on function pc_register_by_use(text[], text, text, jsonb, text) is
'Registers a partition key that is not registered yet, with the type that its column has in these queries. Raises PC002 where none of their tables has it, PC007 where this role may not register. Example: select pc_register_by_use(array[''select * from poi''], ''city_id'', ''partitioncache'', pc_session(''public''))';
