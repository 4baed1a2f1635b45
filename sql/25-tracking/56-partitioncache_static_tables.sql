create function partitioncache_static_tables(
    cache text default 'partitioncache', out relation regclass, out asserted_by name, out asserted_at timestamptz
) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select c.oid::regclass, case when s.cluster = pc_cluster() then pg_get_userbyid(s.owner) else s.owner_name end, s.created_at
    from partitioncache_static s
    join pg_class c on c.oid = case when (s.database, s.cluster) = (pc_database(), pc_cluster()) then s.relation else to_regclass(s.relation_name) end
    where s.cache = partitioncache_static_tables.cache
    order by c.oid::regclass::text
$$;

comment on function partitioncache_static_tables(text) is
'The tables that somebody asserts to be static, by whom and since when. Example: select * from partitioncache_static_tables()';
