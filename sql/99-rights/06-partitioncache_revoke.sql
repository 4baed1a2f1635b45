create function partitioncache_revoke(role regrole, cache text default 'partitioncache', level text default null) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if role is null or coalesce(cache, '') = '' then
        perform pc_fail('PC001', 'a role and a cache are needed', '', 'Name them as in partitioncache_revoke(''app'', ''partitioncache'').');
    end if;
    return pc_call('revoke', jsonb_build_object('role', role::oid, 'cache', cache, 'level', level))::boolean;
end
$$;

comment on function partitioncache_revoke(regrole, text, text) is
'Takes from a role what partitioncache_grant gave it in a cache (all, or one level, as monitor); false if there was nothing. Its queued items and entries stay, and serve nobody else. To be called by administrators of the cache; the right to administer is taken by the installer. Example: select partitioncache_revoke(''app'')';

create function pc_do_revoke(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    role oid := (argument ->> 'role')::oid;
    cache text := argument ->> 'cache';
    before text[];
    taken bigint;
begin
    perform pc_require(caller, cache, 'administer');
    lock table partitioncache_role in share row exclusive mode;
    perform pc_adopt_roles(cache);
    before := pc_held_privileges(role);
    delete from partitioncache_role g
    where g.cache = argument ->> 'cache' and g.role = (argument ->> 'role')::oid and g.level = coalesce(argument ->> 'level', g.level)
      and (g.level <> 'administer' or pg_has_role(caller, pc_installer(), 'usage'));
    get diagnostics taken = row_count;
    perform pc_change_privileges(role, before, pc_held_privileges(role));
    perform pc_follow_rights(cache);
    return to_jsonb(taken > 0);
end
$$;

comment on function pc_do_revoke(oid, jsonb) is
'partitioncache_revoke for a caller: {role: its OID, cache, level or null}. Example: see pc_call';
