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
        with restricted as (
            select f.family, f.columns, f.from_at, f.where_at, f.has_where, f.carried as carried_to, r.conditions, r.from_item, r.carried
            from unnest(families) f
            join lateral (select * from unnest(restrictions) with ordinality x(conditions, from_item, with_item, ranges_asked, carried, n) where x.n = f.family) r on true
        )
        select p.at, string_agg(p.text, '' order by p.is_condition, p.at_family) as text
        from (
            select f.from_at as at, ', ' || f.from_item as text, false as is_condition, f.family as at_family
            from restricted f
            where f.from_item is not null
            union all
            select b.at, case when b.has_where then E'\n  AND ' else E'\n WHERE ' end || b.conditions, true, b.family
            from (select c.at, c.has_where, string_agg(c.conditions, E'\n  AND ' order by c.family) as conditions, min(c.family) as family
                  from (select f.where_at as at, f.has_where, f.conditions, f.family from restricted f
                        union all
                        select c.where_at, c.has_where, f.carried[c.n::integer], f.family
                        from restricted f, unnest(f.carried_to) with ordinality c(column_name, where_at, has_where, n)
                        -- Two lists for one column would make the planner expect far too few rows.
                        where not exists (select from restricted o where o.where_at = c.where_at and c.column_name = any (o.columns)
                                                                     and length(o.conditions) <= length(f.carried[c.n::integer]) * cardinality(o.columns))) c
                  where c.conditions is not null
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
