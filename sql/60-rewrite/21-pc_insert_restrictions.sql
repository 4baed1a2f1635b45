create function pc_replaced_items(canonical text, families pc_family[], restrictions pc_restriction[], out at integer, out length integer, out text text, out family integer) returns setof record
language plpgsql immutable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    tokens text[];
    closes integer[];
    last integer[];
begin
    if not exists (select from unnest(restrictions) r where r.items <> '{}') then
        return;
    end if;
    select array_agg(t.token order by t.n), array_agg(t.closes order by t.n), array_agg(t.ends order by t.n) into tokens, closes, last from pc_tokens(canonical) t;
    return query
        select last[i.starts] - pg_catalog.length(tokens[i.starts]), last[i.ends] - last[i.starts] + pg_catalog.length(tokens[i.starts]), n.item, f.family
        from unnest(families) f
        join unnest(restrictions) with ordinality r(conditions, from_item, with_item, ranges_asked, carried, aliases, items, n) on r.n = f.family
        join pc_query_blocks(tokens, closes) b on last[b.from_ends] = f.from_at
        cross join unnest(r.aliases, r.items) n(alias, item)
        join pc_from_items(tokens, closes, b.from_starts, b.from_ends) i on i.kind = 'table' and i.alias = n.alias;
end
$$;

comment on function pc_replaced_items(text, pc_family[], pc_restriction[]) is
'Which tables of the canonical text the restrictions replace: what follows so many characters, that long, by the text. Example: see pc_insert_restrictions';

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
            join lateral (select * from unnest(restrictions) with ordinality x(conditions, from_item, with_item, ranges_asked, carried, aliases, items, n) where x.n = f.family) r on true
        )
        select p.at, p.length, string_agg(p.text, '' order by p.is_condition, p.at_family) as text
        from (
            select i.at, i.length, i.text, false as is_condition, i.family as at_family from pc_replaced_items(canonical, families, restrictions) i
            union all
            select f.from_at, 0, ', ' || f.from_item, false, f.family
            from restricted f
            where f.from_item is not null
            union all
            select b.at, 0, case when b.has_where then E'\n  AND ' else E'\n WHERE ' end || b.conditions, true, b.family
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
        group by p.at, p.length
        order by p.at desc, p.length
    loop
        rewritten := overlay(rewritten placing place.text from place.at + 1 for place.length);
    end loop;
    if with_items is not null then
        rewritten := case when ltrim(rewritten, E' \n') ^@ 'WITH ' then regexp_replace(rewritten, '^(\s*WITH (RECURSIVE )?)', '\1' || replace(with_items, '\', '\\') || ', ')
                          else format('WITH %s ', with_items) || ltrim(rewritten, E' \n') end;
    end if;
    return rewritten;
end
$$;

comment on function pc_insert_restrictions(text, pc_family[], pc_restriction[]) is
'The canonical text with the restriction of each family (null: none) put into its block: PostgreSQL writes brackets round a WHERE condition, so that AND may follow it. Example: see pc_rewrite';
