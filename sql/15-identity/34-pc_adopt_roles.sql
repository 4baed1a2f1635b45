create function pc_adopt_roles(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    here bigint := pc_cluster();
    restored partitioncache_role[] := array(select g from partitioncache_role g
                                            where g.cache = pc_adopt_roles.cache and g.cluster <> here and exists (select from pg_roles r where r.rolname = g.role_name)
                                            for update);
begin
    if restored <> '{}' then
        -- First away, then back: in the two clusters the same OIDs may be those of different roles.
        delete from partitioncache_role g
        using unnest(restored) o
        where g.cache = o.cache and g.role = o.role and g.level = o.level and g.cluster = o.cluster;
        insert into partitioncache_role (cache, role, role_name, cluster, level, granted_at)
        select o.cache, r.oid, o.role_name, here, o.level, o.granted_at
        from unnest(restored) o join pg_roles r on r.rolname = o.role_name
        on conflict do nothing;
        -- Where one role of several is missing, pg_restore gives the others nothing either.
        perform pc_change_privileges(r.oid, '{}', pc_held_privileges(r.oid))
        from pg_roles r
        where r.rolname in (select o.role_name from unnest(restored) o) and not has_schema_privilege(r.oid, 'partitioncache_internal', 'usage');
    end if;
    return cardinality(restored);
end
$$;

comment on function pc_adopt_roles(text) is
'Has what was granted in another cluster, and came from there with a dump, hold for the roles of this one by the same names, with the privileges, where pg_restore could not give them; how many grants. Example: select pc_adopt_roles(''partitioncache'')';
