create function pc_stored_as(cache text) returns oid
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select case when pc_has_level(pc_me(), cache, 'fill') then 0::oid else pc_me() end
$$;

comment on function pc_stored_as(text) is
'Whom an entry serves that the role in force stores: everybody (0) if it may fill the cache, else the role alone. Example: select pc_stored_as(''partitioncache'')';
