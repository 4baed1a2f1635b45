create function partitioncache_placements(
    cache text default 'partitioncache',
    out partition_key text, out relation regclass, out expression text, out type regtype, out state text, out tracked text, out placed_by name, out placed_at timestamptz
) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        select p.partition_key, c.oid::regclass, replace(p.template, E'\x01\x02.', ''), p.type,
               case when pc_top(c.oid) <> c.oid then format('not used: it is a part of %s', pc_top(c.oid)::regclass)
                    else coalesce('not used: ' || pc_placement_problem(p, c.oid), 'used') end,
               coalesce(pc_tracking_state(p.cache, p.partition_key, c.oid), 'no: ' || pc_tracking_refusal(c.oid, p.partition_key, p.cache), 'no'),
               p.placed_by, p.created_at
        from partitioncache_placement p
        join pg_class c on c.oid = case when (p.database, p.cluster) = (pc_database(), pc_cluster()) then p.relation else to_regclass(p.relation_name) end
        where p.cache = partitioncache_placements.cache
        order by p.partition_key, c.oid::regclass::text;
end
$$;

comment on function partitioncache_placements(text) is
'Where partition keys stand in tables, other than in the column of their name: the expression and its type; state: used, or not used and why (a column of it is gone, renamed or of another type: place it anew); tracked: tracking, broken and why, or no (and why it cannot be); by whom it was placed and when. Example: select * from partitioncache_placements()';
