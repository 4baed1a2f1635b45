create function pc_share(cache text, relation text, level text, privilege text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    kind text := regexp_replace(privilege, ' .*', '');
    reader regrole;
begin
    perform pc_adopt_roles(cache);
    for reader in
        select distinct g.role
        from partitioncache_role g join pg_roles r on r.oid = g.role
        where g.cache = pc_share.cache and g.cluster = pc_cluster()
          and (g.level = pc_share.level or pc_level_rank(g.level) >= pc_level_rank(pc_share.level))
          -- What an administrator has taken away for one partition key is not given for the next.
          and not exists (
              select from partitioncache_registration k
              cross join lateral (select to_regclass(case when relation = pc_object_for('entries', k.cache, o.partition_key) then pc_object_for('entries', k.cache, k.partition_key)
                                                          when relation = pc_object_for('store', k.cache, o.partition_key) then pc_object_for('store', k.cache, k.partition_key)
                                                          when relation = pc_object_for('matching', k.cache, o.partition_key) then pc_object_for('matching', k.cache, k.partition_key)
                                                          else pc_object_for('written', k.cache, k.partition_key) end) as sibling
                                  from partitioncache_registration o
                                  where o.cache = k.cache
                                    and relation in (pc_object_for('entries', o.cache, o.partition_key), pc_object_for('store', o.cache, o.partition_key),
                                                     pc_object_for('matching', o.cache, o.partition_key), pc_object_for('written', o.cache, o.partition_key))) s
              where k.cache = pc_share.cache and s.sibling <> to_regclass(relation)
                and not has_any_column_privilege(g.role, s.sibling, kind))
    loop
        execute format('grant %s on %s to %s', privilege, relation, reader);
    end loop;
end
$$;

comment on function pc_share(text, text, text, text) is
'Gives a privilege on a view that was just made to every role that has the level of rights in the cache and the like privilege on the views of other partition keys. Example: select pc_share(''partitioncache'', pc_object_for(''entries'', ''partitioncache'', ''city_id''), ''read'', ''select'')';
