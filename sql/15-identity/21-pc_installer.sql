create function pc_installer() returns oid
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select n.nspowner from pg_namespace n where n.nspname = 'partitioncache_internal'
$$;

comment on function pc_installer() is
'The role that owns PartitionCache, by its OID. Example: select pc_installer()';
