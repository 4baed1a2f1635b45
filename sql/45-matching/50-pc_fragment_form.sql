create function pc_block_form(
    relations text[], templates text[], classes integer[], class integer, keys text[]
) returns pc_form
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
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

create function pc_fragment_form(fragment text, registration partitioncache_registration) returns pc_form
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
    relations text[];
    relids oid[];
    keys text[];
    templates text[];
    classes integer[];
    selected integer;
    understood boolean;
    at integer;
    form pc_form;
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
        return null;
    end if;
    classes := pc_key_classes(templates, relids, keys, registration.datatype, false);
    form := pc_block_form(relations, templates, classes, classes[selected + 1], keys);
    -- Nothing else stands in the text: written from what was read, it is the same.
    if (pc_render_fragment(array(select generate_series(0, cardinality(relations) - 1)), relations, templates, keys,
                           form.members, classes)).fragment is distinct from fragment then
        return null;
    end if;
    return form;
end
$$;

comment on function pc_fragment_form(text, partitioncache_registration) is
'The form of a fragment, read from its canonical text; null for a text that says anything beside it. Example: select pc_fragment_form(''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', pc_registration(''partitioncache'', ''city_id''))';
