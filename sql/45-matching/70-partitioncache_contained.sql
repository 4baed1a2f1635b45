create function partitioncache_contained(
    query text, partition_key text, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path'),
    out key_group integer, out columns text[], out hash text
) returns setof record
language plpgsql volatile parallel unsafe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    analysis partitioncache_analysis := pc_analyse(query, registration, pc_session(session_path));
begin
    return query
        select f.family, f.columns, h.hash
        from unnest(analysis.families) f
        left join lateral unnest(pc_contained_entries(registration, f.asked)) h(hash) on true
        order by f.family, h.hash;
end
$$;

comment on function partitioncache_contained(text, text, text, text) is
'The entries that a query contains: of which it says every condition, or more, so that its partitions are among their keys. key_group: which partition columns (columns) one set of keys restricts; hash: an entry that the role may use, for partitioncache_intersect, null for a key group of which nothing is known. No rows for a query that cannot be restricted. Raises PC002 (partition key not registered). Example: select * from partitioncache_contained(''select * from poi where kind = 1'', ''city_id'')';
