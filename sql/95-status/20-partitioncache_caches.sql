create function partitioncache_caches(out cache text, out settings jsonb) returns setof record
language sql stable parallel safe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select s.cache, to_jsonb(s) - 'cache' from partitioncache_settings s order by 1
$$;

comment on function partitioncache_caches() is
'The caches of this database, each with its settings. Example: select * from partitioncache_caches()';
