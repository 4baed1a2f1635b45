create function pc_check_hash(hash text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if coalesce(hash, '') = '' then
        perform pc_fail('PC001', 'the hash of an entry is null or empty', '', 'Pass the hash of a fragment, or a name of your own.');
    end if;
end
$$;

comment on function pc_check_hash(text) is
'Raises PC001 for a null or empty hash. Example: select pc_check_hash(''berlin_pizza'')';

create function pc_check_key_type(registration partitioncache_registration, element regtype) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    datatype text := pc_datatype_of(element);
begin
    if datatype is not distinct from registration.datatype
        or (datatype in ('integer', 'bigint') and registration.datatype in ('integer', 'bigint', 'numeric')) then
        return;
    end if;
    perform pc_fail('PC004', format('partition key "%s" holds %s, not %s', registration.partition_key, registration.datatype, element), '',
        format('Cast the keys to %s[], or register another partition key.', pc_native_type(registration.datatype)));
end
$$;

comment on function pc_check_key_type(partitioncache_registration, regtype) is
'Raises PC004 if keys of that type cannot be keys of the partition key. Example: select pc_check_key_type(pc_registration(''partitioncache'', ''city_id''), ''integer'')';
