create function pc_check_registration(partition_key text, datatype text, storage text, cache text, partition_local boolean) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    datatypes text[];
begin
    if coalesce(partition_key, '') = '' or coalesce(cache, '') = '' or partition_local is null then
        perform pc_fail('PC001', 'a partition key, a cache and partition_local are needed',
            format('partition_key %L, cache %L, partition_local %L', partition_key, cache, partition_local),
            'Name the column that splits your data, as in partitioncache_register(''city_id'', ''integer'').');
    end if;
    if pc_native_type(datatype) is null then
        datatypes := array(select d.datatype from pc_datatypes() d);
        perform pc_fail('PC004', format('"%s" is no datatype of a partition key', datatype), '',
            format('Datatypes are %s and %s.', array_to_string(trim_array(datatypes, 1), ', '), datatypes[cardinality(datatypes)]));
    end if;
    if (pc_storage_of(storage)).storage is null then
        perform pc_fail('PC001', format('"%s" is no storage', storage), '', format('Storage is %s.', (select string_agg(s.storage, ' or ') from pc_storages() s)));
    end if;
    if not pc_can_store(storage, datatype) then
        perform pc_fail('PC004', format('%s storage holds %s, not %s', storage, array_to_string((pc_storage_of(storage)).datatypes, ' and '), datatype), '',
            'Register it with storage ''array'', which holds every datatype.');
    end if;
    if octet_length(cache || '_changes_' || partition_key) > 63 then
        perform pc_fail('PC001', 'the names of the cache and the partition key are too long together',
            format('%I has %s bytes; a table name has at most 63.', cache || '_changes_' || partition_key,
                   octet_length(cache || '_changes_' || partition_key)),
            'Choose a shorter name for the cache.');
    end if;
end
$$;

comment on function pc_check_registration(text, text, text, text, boolean) is
'Raises PC001 or PC004 if these arguments cannot be registered. Example: select pc_check_registration(''city_id'', ''integer'', ''bit'', ''partitioncache'', false)';
