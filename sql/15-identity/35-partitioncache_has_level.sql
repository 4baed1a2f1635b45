create function partitioncache_has_level(level text, cache text default 'partitioncache') returns boolean
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_level(level);
    return pc_has_level(pc_me(), cache, level);
end
$$;

comment on function partitioncache_has_level(text, text) is
'Whether the current role has a level of rights in a cache: monitor, read, push, fill or administer, each of the last four with those before, and administer with monitor. Raises PC001 for another level. Example: select partitioncache_has_level(''push'')';
