create function pc_me() returns oid
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select r.oid from pg_roles r where r.rolname = current_user
$$;

comment on function pc_me() is
'The role in force, by its OID: a renamed role is the same, a re-created one is not. Example: select pc_me()';
