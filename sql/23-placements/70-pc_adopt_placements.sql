create function pc_adopt_placements(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    delete from partitioncache_placement p
    where p.cache = pc_adopt_placements.cache and (p.database, p.cluster) = (pc_database(), pc_cluster())
      and not exists (select from pg_class c where c.oid = p.relation);
    insert into partitioncache_placement (cache, partition_key, relation, relation_name, database, cluster, template, columns, column_types, type, plain, untrusted, placed_by, created_at)
    select p.cache, p.partition_key, c.oid, p.relation_name, pc_database(), pc_cluster(), p.template, p.columns, p.column_types, p.type, p.plain, p.untrusted, p.placed_by, p.created_at
    from partitioncache_placement p
    join pg_class c on c.oid = to_regclass(p.relation_name)
    where p.cache = pc_adopt_placements.cache and (p.database, p.cluster) <> (pc_database(), pc_cluster())
    on conflict do nothing;
    delete from partitioncache_placement p
    where p.cache = pc_adopt_placements.cache and (p.database, p.cluster) <> (pc_database(), pc_cluster());
end
$$;

comment on function pc_adopt_placements(text) is
'Notes under the OIDs of here where partition keys stood in tables before a restore, and forgets it of tables that are gone. Example: select pc_adopt_placements(''partitioncache'')';
