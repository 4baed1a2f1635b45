create function pc_level_rank(level text) returns integer
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select array_position('{read,push,fill,administer}'::text[], level)
$$;

comment on function pc_level_rank(text) is
'The levels of rights in their order, each of which holds those before: read 1, push 2, fill 3, administer 4; null for monitor, which stands beside them. Example: select pc_level_rank(''push'')';
