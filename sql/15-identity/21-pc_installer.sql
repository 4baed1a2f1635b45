create function pc_installer() returns oid
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (select n.nspowner from pg_namespace n where n.nspname = 'partitioncache_internal');
end
$$;

comment on function pc_installer() is
'The role that owns PartitionCache, by its OID. Example: select pc_installer()';
