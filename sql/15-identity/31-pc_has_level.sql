create function pc_has_level(role oid, cache text, level text) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- Members have what their group was granted, as with any right; superusers are members of every role.
    if pg_has_role(pc_has_level.role, pc_installer(), 'usage') then
        return true;
    end if;
    return exists (
        select from partitioncache_role g, (select pc_cluster() as here offset 0) c
        where g.cache = pc_has_level.cache
          and (g.level = pc_has_level.level or pc_level_rank(g.level) >= pc_level_rank(pc_has_level.level)
               or g.level = 'administer' and pc_has_level.level = 'monitor')
          -- In another cluster than that of the grant a role is found by its name, until pc_adopt_roles has noted its OID.
          and pg_has_role(pc_has_level.role, case when g.cluster = c.here then g.role
                                                  else (select r.oid from pg_roles r where r.rolname = g.role_name) end, 'usage'));
end
$$;

comment on function pc_has_level(oid, text, text) is
'Whether a role has a level of rights in a cache: monitor, read, push, fill or administer, each of the last four with those before. The installer, its members and superusers have all. Example: select pc_has_level(pc_me(), ''partitioncache'', ''push'')';
