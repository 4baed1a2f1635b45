create function pc_grant_level(role oid, level text, cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    before text[];
begin
    -- Two at once: PostgreSQL does not let two transactions grant something on the same function.
    lock table partitioncache_role in share row exclusive mode;
    perform pc_adopt_roles(cache);
    if exists (select from partitioncache_role g
               where g.cache = pc_grant_level.cache and g.role = pc_grant_level.role and g.level = pc_grant_level.level and g.cluster = pc_cluster()) then
        return;  -- what an administrator has taken away since stays away
    end if;
    before := pc_held_privileges(role);
    delete from partitioncache_role g
    where g.cache = pc_grant_level.cache and g.role = pc_grant_level.role and (g.level = 'monitor') = (pc_grant_level.level = 'monitor');
    insert into partitioncache_role (cache, role, role_name, cluster, level)
    values (cache, role, pg_get_userbyid(role), pc_cluster(), level)
    on conflict on constraint partitioncache_role_pkey do update set cluster = excluded.cluster, role_name = excluded.role_name;
    perform pc_change_privileges(role, before, pc_held_privileges(role));
end
$$;

comment on function pc_grant_level(oid, text, text) is
'Gives a role a level of rights in a cache, and takes those away that it had beyond; does nothing if it has just that level. Example: select pc_grant_level(pc_me(), ''read'', ''partitioncache'')';

create function pc_held_privileges(role oid) returns text[]
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select coalesce(array_agg(distinct format('%s on %s', p.privilege, p.target)), '{}')
    from partitioncache_role g cross join lateral pc_privileges(g.cache, g.level) p
    where g.role = pc_held_privileges.role and g.cluster = pc_cluster()
$$;

comment on function pc_held_privileges(oid) is
'The privileges that a role should have by all that it was granted, as "privilege on target". Example: select pc_held_privileges(pc_me())';

create function pc_change_privileges(role oid, before text[], after text[]) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changed text;
begin
    for changed in select b from unnest(before) b where b <> all (after) loop
        execute format('revoke %s from %s', changed, role::regrole);
    end loop;
    for changed in select a from unnest(after) a where a <> all (before) loop
        execute format('grant %s to %s', changed, role::regrole);
    end loop;
end
$$;

comment on function pc_change_privileges(oid, text[], text[]) is
'Takes those privileges of a role away that are no longer in the list, and gives those that are new in it. Example: select pc_change_privileges(pc_me(), ''{}'', ''{}'')';
