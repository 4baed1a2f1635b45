create function pc_block_form(
    relations text[], templates text[], classes integer[], class integer, keys text[]
) returns pc_form
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return (
        select row(relations, classes,
                   array(select c.n::integer - 1 from unnest(classes) with ordinality c(class, n) where c.class = pc_block_form.class order by 1),
                   array(select distinct c from unnest(pc_conditions_of(array(
                         select unnest(templates)
                         union
                         -- what follows of the partition columns
                         select format('(%s = %s)', keys[a.n], keys[b.n])
                         from unnest(classes) with ordinality a(class, n) join unnest(classes) with ordinality b(class, n) on a.class = b.class and a.n < b.n))) c)
                  )::pc_form
    );
end
$$;

comment on function pc_block_form(text[], text[], integer[], integer, text[]) is
'The form of a block for one of its key groups. relations: by table number; templates: its conjuncts; classes: as pc_key_classes gives them; class: the key group; keys: by table number. Example: select pc_block_form(''{public.poi}'', array[E''(\x010\x02.kind = 1)''], ''{0}'', 0, array[E''\x010\x02.city_id''])';

create function pc_read_fragment(
    fragment text, registration partitioncache_registration,
    out relations text[], out templates text[], out classes integer[], out class integer, out keys text[]
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set quote_all_identifiers = off
as $$
declare
    tokens text[];
    spaced boolean[];
    closes integer[];
    ends integer[];
    written text := fragment;
    block pc_block;
    aliases text[];
    relids oid[];
    selected integer;
    understood boolean;
    at integer;
begin
    -- PostgreSQL writes brackets round conditions joined by AND, a fragment's text does not.
    for round in 1 .. 2 loop
        select array_agg(t.token order by t.n), array_agg(t.spaced order by t.n), array_agg(t.closes order by t.n), array_agg(t.ends order by t.n)
        into tokens, spaced, closes, ends
        from pc_tokens(written) t;
        block := (select b from pc_query_blocks(tokens, closes) b order by b.block limit 1);
        at := block.where_starts;
        while at <= block.where_ends and tokens[at] <> 'AND' loop
            at := coalesce(closes[at], at) + 1;
        end loop;
        exit when round = 2 or not coalesce(at <= block.where_ends, false);
        written := left(written, ends[block.where_starts - 1]) || ' (' || substr(written, ends[block.where_starts - 1] + 1) || ')';
    end loop;
    select array_agg(t.alias order by t.n), array_agg(t.relation order by t.n), array_agg(t.relid order by t.n), array_agg(t.key order by t.n)
    into aliases, relations, relids, keys
    from pc_block_tables(tokens, closes, block, registration.partition_key, registration.datatype, '{}', registration.cache) t;
    -- The first of its tables that is named is the one whose key it selects.
    selected := array_position(aliases, (select t.token from unnest(tokens) with ordinality t(token, n)
                                         where t.n < block.from_starts and t.token = any (aliases) and tokens[t.n + 1] = '.' order by t.n limit 1)) - 1;
    select array_agg(c.template), coalesce(bool_and(c.resolved and c.tables <> 0), false) into templates, understood
    from pc_block_conjuncts(tokens, spaced, closes, block, aliases) c;
    if selected is null or not understood then
        relations := null;
        return;
    end if;
    classes := pc_key_classes(templates, relids, keys, registration.datatype, false);
    class := classes[selected + 1];
    -- Nothing else stands in the text: written from what was read, it is the same.
    if (pc_render_fragment(array(select generate_series(0, cardinality(relations) - 1)), relations, templates, keys,
                           array(select c.n::integer - 1 from unnest(classes) with ordinality c(class, n) where c.class = pc_read_fragment.class order by 1), classes)).fragment
        is distinct from fragment then
        relations := null;
    end if;
end
$$;

comment on function pc_read_fragment(text, partitioncache_registration) is
'What pc_block_form makes a form of, read from the canonical text of a fragment; relations is null for a text that says anything beside it. Example: select * from pc_read_fragment(''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', pc_registration(''partitioncache'', ''city_id''))';

create function pc_fragment_form(fragment text, registration partitioncache_registration) returns pc_form
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (
        select pc_block_form(r.relations, r.templates, r.classes, r.class, r.keys)
        from pc_read_fragment(fragment, registration) r
        where r.relations is not null);
end
$$;

comment on function pc_fragment_form(text, partitioncache_registration) is
'The form of a fragment, read from its canonical text; null for a text that says anything beside it. Example: select pc_fragment_form(''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', pc_registration(''partitioncache'', ''city_id''))';

create function pc_fragment_forms(fragments text[], registration partitioncache_registration, kinds text[] default null) returns pc_form[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    forms pc_form[] := array_fill(null::pc_form, array[cardinality(fragments)]);
    alike integer[];
    n integer;
    leader text;
    literals text[];
    own text[];
    read record;
    pattern text;
    patterns text[];
begin
    for alike in
        select array_agg(f.n order by f.n)
        from (select t.n, case when registration.placed = 0 then coalesce(kinds[t.n], md5(pc_masked(t.fragment))) end as mask from unnest(fragments) with ordinality t(fragment, n) offset 0) f
        group by f.mask, case when f.mask is null then f.n end
    loop
        leader := fragments[alike[1]];
        literals := pc_literals(leader);
        read := pc_read_fragment(leader, registration);
        pattern := pc_places(leader, literals);
        patterns := case when cardinality(alike) > 1 and pc_stands_for(leader, literals)
                         then array(select pc_places(t.t, literals) from unnest(read.templates) with ordinality t(t, n) order by t.n) end;
        foreach n in array alike loop
            own := pc_literals(fragments[n]);
            if n = alike[1] then
                forms[n] := case when read.relations is not null then pc_block_form(read.relations, read.templates, read.classes, read.class, read.keys) end;
            -- Texts that differ in plain constants alone say the same of other constants.
            elsif read.relations is not null and patterns is not null and format(pattern, variadic own) = fragments[n] then
                forms[n] := pc_block_form(read.relations, array(select format(p.p, variadic own) from unnest(patterns) with ordinality p(p, n) order by p.n),
                                          read.classes, read.class, read.keys);
            else
                forms[n] := pc_fragment_form(fragments[n], registration);
            end if;
        end loop;
    end loop;
    return forms;
end
$$;

comment on function pc_fragment_forms(text[], partitioncache_registration, text[]) is
'pc_fragment_form of several fragments, in a fraction of the time where they differ in plain constants alone. kinds: where it is known which do so, a text that these have in common. Example: select pc_fragment_forms(array[''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)''], pc_registration(''partitioncache'', ''city_id''))';
