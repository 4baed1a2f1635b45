create function pc_home() returns oid
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- The functions for people belong to the installer, or they are not ours.
    select p.pronamespace from pg_proc p
    where p.proname = 'partitioncache_version' and p.proowner = pc_installer() and p.pronamespace <> 'partitioncache_internal'::regnamespace
    limit 1
$$;

comment on function pc_home() is
'The schema in which the functions for people are, by its OID; null while the script runs that makes them. Example: select pc_home()';

create function pc_people_view(cache text, partition_key text) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('%I.%I', n.nspname, cache || '_cache_' || partition_key) from pg_namespace n where n.oid = pc_home()
$$;

comment on function pc_people_view(text, text) is
'The view in which people look at the entries of a partition key, in the schema of the functions for people. Example: select pc_people_view(''partitioncache'', ''city_id'')';

create function pc_create_people_view(cache text, partition_key text, storage text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    target text := pc_people_view(cache, partition_key);
    granted record;
begin
    -- What somebody else has put there under this name stays: nothing of ours looks at it.
    if target is null or to_regclass(target) is not null then
        return;
    end if;
    execute format('create view %s with (security_barrier) as
                    select hash, %s, key_count, matches_null, query, pg_get_userbyid(owner) as owner, nullif(role, 0)::regrole as serves, created_at, evaluated_at, evaluation_ms
                    from %s', target, array_to_string((pc_storage_of(storage)).columns, ', '), pc_object_for('entries', cache, partition_key));
    execute format('comment on view %s is %L', target,
        format('The key sets of partition key %I in cache %I that the role may see; how they stand: partitioncache_entries. serves: the one role that it serves, null for everybody.', partition_key, cache));
    perform pc_take_back(target::regclass);
    for granted in
        select distinct a.grantee::regrole::text as role from pg_class c, aclexplode(c.relacl) a
        where c.oid = pc_object_for('entries', cache, partition_key)::regclass and a.grantee not in (0, c.relowner) and a.privilege_type = 'SELECT'
    loop
        execute format('grant select on %s to %s', target, granted.role);
    end loop;
end
$$;

comment on function pc_create_people_view(text, text, text) is
'Makes the view in which people look at the entries of a partition key; who may see them there may see them here. Example: select pc_create_people_view(''partitioncache'', ''city_id'', ''array'')';
