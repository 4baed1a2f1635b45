create function pc_insert_restrictions(canonical text, families pc_family[], restrictions pc_restriction[]) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    rewritten text := canonical;
    place record;
    with_items text := (select string_agg(r.with_item, ', ') from unnest(restrictions) r where r.with_item is not null);
begin
    -- From the end, so that what stands before keeps its place.
    for place in
        select p.at, string_agg(p.text, '' order by p.is_condition, p.at_family) as text
        from (
            select f.from_at as at, ', ' || r.from_item as text, false as is_condition, f.family as at_family
            from unnest(families) f join lateral (select * from unnest(restrictions) with ordinality x(conditions, from_item, with_item, ranges_asked, n) where x.n = f.family) r on true
            where r.from_item is not null
            union all
            select b.at, case when b.has_where then E'\n  AND ' else E'\n WHERE ' end || b.conditions, true, b.family
            from (select f.where_at as at, f.has_where, string_agg(r.conditions, E'\n  AND ' order by f.family) as conditions, min(f.family) as family
                  from unnest(families) f join lateral (select * from unnest(restrictions) with ordinality x(conditions, from_item, with_item, ranges_asked, n) where x.n = f.family) r on true
                  where r.conditions is not null
                  group by 1, 2) b
        ) p
        group by p.at
        order by p.at desc
    loop
        rewritten := overlay(rewritten placing place.text from place.at + 1 for 0);
    end loop;
    if with_items is not null then
        rewritten := case when rewritten ~ '^\s*WITH ' then regexp_replace(rewritten, '^(\s*WITH (RECURSIVE )?)', '\1' || replace(with_items, '\', '\\') || ', ')
                          else format('WITH %s ', with_items) || ltrim(rewritten, E' \n') end;
    end if;
    return rewritten;
end
$$;

comment on function pc_insert_restrictions(text, pc_family[], pc_restriction[]) is
'The canonical text with the restriction of each family (null: none) put into its block: PostgreSQL writes brackets round a WHERE condition, so that AND may follow it. Example: see pc_rewrite';
