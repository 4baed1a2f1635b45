create function pc_me() returns oid
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- From the catalog of now, as current_user is: in an old snapshot a name may still be another role's.
    return quote_ident(current_user)::regrole::oid;
end
$$;

comment on function pc_me() is
'The role in force, by its OID: a renamed role is the same, a re-created one is not. Example: select pc_me()';
