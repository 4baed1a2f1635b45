create function pc_level_rank(level text) returns integer
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return array_position('{read,push,fill,administer}'::text[], level);
end
$$;

comment on function pc_level_rank(text) is
'The levels of rights in their order, each of which holds those before: read 1, push 2, fill 3, administer 4; null for monitor, which stands beside them. Example: select pc_level_rank(''push'')';
