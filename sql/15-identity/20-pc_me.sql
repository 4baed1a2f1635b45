create function pc_me() returns oid
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- From the catalog of now, as current_user is: in an old snapshot a name may still be another role's.
    select quote_ident(current_user)::regrole::oid
$$;

comment on function pc_me() is
'The role in force, by its OID: a renamed role is the same, a re-created one is not. Example: select pc_me()';
