create function pc_insert_restrictions(canonical text, families pc_family[], restrictions pc_restriction[]) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    rewritten text := canonical;
    place record;
begin
    -- From the end, so that what stands before keeps its place.
    for place in
        select p.at, string_agg(p.text, '' order by p.is_condition, p.at_family) as text
        from (
            select f.from_at as at, ', ' || r.from_item as text, false as is_condition, f.family as at_family
            from unnest(families) f join lateral (select * from unnest(restrictions) with ordinality x(conditions, from_item, n) where x.n = f.family) r on true
            where r.from_item is not null
            union all
            select b.at, case when b.has_where then E'\n  AND ' else E'\n WHERE ' end || b.conditions, true, b.family
            from (select f.where_at as at, f.has_where, string_agg(r.conditions, E'\n  AND ' order by f.family) as conditions, min(f.family) as family
                  from unnest(families) f join lateral (select * from unnest(restrictions) with ordinality x(conditions, from_item, n) where x.n = f.family) r on true
                  where r.conditions is not null
                  group by 1, 2) b
        ) p
        group by p.at
        order by p.at desc
    loop
        rewritten := overlay(rewritten placing place.text from place.at + 1 for 0);
    end loop;
    return rewritten;
end
$$;

comment on function pc_insert_restrictions(text, pc_family[], pc_restriction[]) is
'The canonical text with the restriction of each family (null: none) put into its block: PostgreSQL writes brackets round a WHERE condition, so that AND may follow it. Example: see pc_rewrite';
