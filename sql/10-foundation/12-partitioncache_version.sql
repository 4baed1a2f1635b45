create function partitioncache_version() returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select '0.2.0'::text
$$;

comment on function partitioncache_version() is
'The version of the installed SQL, as text. Example: select partitioncache_version()';
