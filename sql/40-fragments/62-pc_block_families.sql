create function pc_block_families(
    tokens text[], spaced boolean[], closes integer[], block pc_block,
    registration partitioncache_registration, unfit oid[], doubtful boolean, most integer,
    out family pc_family, out fragments pc_fragment[]
) returns setof record
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    key text := quote_ident((registration).partition_key);
    aliases text[];
    relations text[];
    relids oid[];
    keyed boolean[];
    templates text[];
    all_templates text[];
    conjunct_tables bigint[];
    classes integer[];
    one_class integer;
    all_fragments pc_fragment[];
begin
    select array_agg(t.alias order by t.n), array_agg(t.relation order by t.n), array_agg(t.relid order by t.n), array_agg(t.keyed order by t.n)
    into aliases, relations, relids, keyed
    from pc_block_tables(tokens, closes, block, (registration).partition_key, (registration).datatype, unfit) t;
    if not true = any (keyed) or keyed is null then
        return;
    end if;

    -- To look at one by itself takes a millisecond: so at no more than pay.
    select coalesce(array_agg(c.template order by c.template collate "C"), '{}') into templates
    from (select c.template, c.unsure, row_number() over (partition by c.unsure order by c.template collate "C") as place
          from (select distinct c.template, doubtful or c.holds_query as unsure
                from pc_block_conjuncts(tokens, spaced, closes, block, aliases) c
                where c.resolved and c.tables <> 0) c) c
    where case when not c.unsure then true when c.place > 60 then false else pc_is_immutable_template(c.template, aliases, relations) end;
    classes := pc_key_classes(templates, relids, keyed, (registration).partition_key, (registration).datatype, (registration).partition_local);

    all_templates := templates;
    -- Conditions on the partition columns alone stay in the query and restrict it there; in fragments they would only cost hits.
    templates := array(select t from unnest(templates) t
                       where not pc_is_key_condition(t, key, keyed) limit 60);
    conjunct_tables := array(select pc_template_tables(t.template) from unnest(templates) with ordinality t(template, n) order by t.n);

    all_fragments := array(select f from pc_block_fragments(relations, relids, classes, templates, conjunct_tables,
                                                            (registration).partition_key, most) f);
    for one_class in select distinct c from unnest(classes) c where c is not null order by 1 loop
        fragments := array(select f from unnest(all_fragments) f where f.family = one_class and not f.looked_up_only);
        continue when cardinality(fragments) = 0;
        family := row(null, null, null, null,
            array(select format('%s.%s', aliases[c.n], key) from unnest(classes) with ordinality c(class, n) where c.class = one_class order by c.n),
            relations[one_class + 1],
            (select count(*) = 1 from unnest(classes) c where c = one_class),
            array(select distinct f.hash from unnest(fragments) f),
            array(select f.hash from unnest(all_fragments) f where f.family = one_class and f.looked_up_only
                  except select f.hash from unnest(fragments) f),
            false,
            pc_block_form(relations, all_templates, classes, one_class, (registration).partition_key), null)::pc_family;
        family.signatures := pc_looked_under(family.form);
        return next;
    end loop;
end
$$;

comment on function pc_block_families(text[], boolean[], integer[], pc_block, partitioncache_registration, oid[], boolean, integer) is
'The families of one block with their fragments. unfit: relations that are no part of fragments; doubtful: something in the query is not surely immutable, so that each condition is looked at by itself. Example: see pc_take_apart';

create function pc_template_tables(template text) returns bigint
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select bit_or(1::bigint << m[1]::integer) from regexp_matches(template, E'\x01(\\d+)\x02', 'g') m);
end
$$;

comment on function pc_template_tables(text) is
'The tables of a conjunct, as bits. Example: select pc_template_tables(E''(\x010\x02.a = \x012\x02.b)'')';

create function pc_is_key_condition(template text, key text, keyed boolean[]) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        select template !~ '\mSELECT\M'
           and (select bool_and(coalesce(keyed[m[1]::integer + 1], false) and m[2] = key)
                from regexp_matches(template, E'\x01(\\d+)\x02\\.("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*|\\*)', 'g') m)
           and (bit_count(pc_template_tables(template)::bit(64)) = 1 or (pc_equality(template)).left_table is not null)
    );
end
$$;

comment on function pc_is_key_condition(text, text, boolean[]) is
'Whether a conjunct is about the partition column of one table alone, or equates those of two. Example: select pc_is_key_condition(E''(\x010\x02.city_id = 3)'', ''city_id'', ''{t}'')';

create function pc_is_immutable_template(template text, aliases text[], relations text[]) returns boolean
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    condition text := template;
    n integer;
begin
    foreach n in array pc_bits(pc_template_tables(template)) loop
        condition := replace(condition, E'\x01' || n || E'\x02', aliases[n + 1]);
    end loop;
    return pc_is_immutable_condition(condition, (
        select string_agg(format('%s %s', relations[t.number + 1], aliases[t.number + 1]), ', ')
        from unnest(pc_bits(pc_template_tables(template))) t(number)));
end
$$;

comment on function pc_is_immutable_template(text, text[], text[]) is
'pc_is_immutable_condition for a conjunct of a block. Example: select pc_is_immutable_template(E''(\x010\x02.kind = 1)'', ''{p}'', ''{public.poi}'')';
