create function pc_general_analysis(made partitioncache_analysis, literals text[]) returns partitioncache_analysis
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    -- Constants move what follows them: so what is remembered of a place is its number.
    places constant integer[] := array(
        select p.place from unnest(made.families) f, lateral (select f.from_at union all select f.where_at union all select c.where_at from unnest(f.carried) c) p(place)
        group by 1 order by 1);
    family pc_family;
    general partitioncache_analysis := made;
begin
    if translate(made.canonical, E'\x05\x06\x07', '') <> made.canonical then
        return null;
    end if;
    general.canonical := (select string_agg(substr(made.canonical, p.place + 1, coalesce(p.next, length(made.canonical)) - p.place), E'\x05' order by p.place)
                          from (select m.place, lead(m.place) over (order by m.place) as next from unnest(0 || places) m(place)) p);
    general.families := case when made.families is not null then '{}'::pc_family[] end;
    foreach family in array coalesce(made.families, '{}') loop
        general.canonical := general.canonical || E'\x06' || array_to_string(family.said, E'\x07');
        family.said := null;
        family.asked.sought := null;
        family.asked.form.conditions := null;
        family.from_at := array_position(places, family.from_at);
        family.where_at := array_position(places, family.where_at);
        family.carried := array(select row(c.column_name, array_position(places, c.where_at), c.has_where)::pc_carried
                                from unnest(family.carried) with ordinality c(column_name, where_at, has_where, n) order by c.n);
        general.families := general.families || family;
    end loop;
    general.canonical := pc_places(general.canonical, literals);
    return case when general.canonical is not null then general end;
end
$$;

comment on function pc_general_analysis(partitioncache_analysis, text[]) is
'What a query was found to consist of, for all that differ from it in their plain constants alone (literals, see pc_masked): with patterns for format in the place of texts, canonical with what the families say behind it, and numbers in the place of positions; to be asked for where it speaks for them (see pc_speaks_for). Null where a text cannot be a pattern. Example: see pc_analyse';

create function pc_particular_analysis(general partitioncache_analysis, literals text[]) returns partitioncache_analysis
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    texts constant text[] := string_to_array(format(general.canonical, variadic literals), E'\x06');
    pieces constant text[] := string_to_array(texts[1], E'\x05');
    places constant integer[] := array(select sum(length(p)) over (rows unbounded preceding) from unnest(pieces) p);
    family pc_family;
    families pc_family[] := '{}'::pc_family[];
    made partitioncache_analysis := general;
begin
    made.canonical := array_to_string(pieces, '');
    foreach family in array coalesce(general.families, '{}') loop
        family.asked.form := pc_block_form(((family.asked).form).relations, string_to_array(texts[cardinality(families) + 2], E'\x07'), ((family.asked).form).classes,
                                           ((family.asked).form).classes[((family.asked).form).members[1] + 1], family.keys);
        family.asked.sought := pc_sought((family.asked).form);
        family.from_at := places[family.from_at];
        family.where_at := places[family.where_at];
        family.carried := case when family.carried <> '{}' then array(
            select row(c.column_name, places[c.where_at], c.has_where)::pc_carried
            from unnest(family.carried) with ordinality c(column_name, where_at, has_where, n) order by c.n) end;
        families := families || family;
    end loop;
    made.families := case when general.families is not null then families end;
    return made;
end
$$;

comment on function pc_particular_analysis(partitioncache_analysis, text[]) is
'pc_general_analysis for one of the queries that it stands for: that with these constants. Example: see pc_analyse';
