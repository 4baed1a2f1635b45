create function partitioncache_register(
    partition_key text,
    datatype text,
    storage text default 'array',
    cache text default 'partitioncache',
    partition_local boolean default false,
    placements jsonb default null,
    session_path text default pg_catalog.current_setting('search_path')
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    placed record;
begin
    perform pc_check_registration(partition_key, datatype, storage, cache, partition_local);
    perform pc_call('register', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'datatype', datatype, 'storage', storage,
                                                   'partition_local', partition_local));
    if jsonb_typeof(placements) <> 'object' then
        perform pc_fail('PC001', 'the placements are no object of tables and expressions', format('They are %s.', placements), 'Pass them as in {"orders": "o_custkey"}.');
    end if;
    for placed in select p.key as relation, p.value as expression from jsonb_each_text(placements) p order by 1 loop
        perform partitioncache_place(pc_relation_called(placed.relation, session_path), placed.expression, partition_key, cache, session_path);
    end loop;
end
$$;

comment on function partitioncache_register(text, text, text, text, boolean, jsonb, text) is
'Registers a partition key. datatype: integer, bigint, float, numeric, text, uuid, date, timestamp or timestamptz; storage: array (all datatypes) or bit (integer, bigint); partition_local: you promise that no match ever crosses partitions, and that a row without a partition key never matches a row of another table; placements: where the partition key is not the column of its name, as an object of tables and expressions (see partitioncache_place). Registering the same again changes nothing. Needs the level administer in the cache; a new cache may be made by whoever administers another, and is then administered by that role. Raises PC001 for a bad argument, PC003 if it is registered in another way, PC004 if the storage cannot hold the datatype, PC007 without the right. Example: select partitioncache_register(''city_id'', ''integer'')';

create function pc_relation_called(name text, session_path text) returns regclass
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    found_one oid;
begin
    perform set_config('search_path', session_path, true);
    found_one := pg_catalog.to_regclass(name);
    perform pg_catalog.set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
    if found_one is null then
        perform pc_fail('PC001', format('there is no table %s', name), format('The search path is %s.', session_path), 'Name it with its schema.');
    end if;
    return found_one;
end
$$;

comment on function pc_relation_called(text, text) is
'The relation of a name under a search path. Raises PC001 if there is none. Example: select pc_relation_called(''pg_class'', ''pg_catalog'')';
