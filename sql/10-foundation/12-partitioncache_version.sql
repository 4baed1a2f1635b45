create function partitioncache_version() returns text
language sql immutable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
return '0.1.0'::text;

comment on function partitioncache_version() is
'The version of the installed SQL, as text. Example: select partitioncache_version()';
