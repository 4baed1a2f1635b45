create function pc_block_families(
    tokens text[], spaced boolean[], closes integer[], block pc_block,
    registration partitioncache_registration, unfit oid[], doubtful boolean, listed integer, handed text[],
    out family pc_family, out fragments pc_fragment[]
) returns setof record
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    aliases text[];
    relations text[];
    relids oid[];
    keys text[];
    templates text[];
    all_templates text[];
    classes integer[];
    one_class integer;
    all_fragments pc_fragment[];
begin
    select array_agg(t.alias order by t.n), array_agg(t.relation order by t.n), array_agg(t.relid order by t.n), array_agg(t.key order by t.n)
    into aliases, relations, relids, keys
    from pc_block_tables(tokens, closes, block, (registration).partition_key, (registration).datatype, unfit, (registration).cache) t;
    if array_remove(keys, null) = '{}' or keys is null then
        return;
    end if;

    -- To look at one by itself takes a millisecond: so at no more than pay.
    select coalesce(array_agg(c.template order by c.template collate "C"), '{}') into templates
    from (select c.template, c.unsure, row_number() over (partition by c.unsure order by c.template collate "C") as place
          from (select distinct c.template, doubtful or c.holds_query as unsure
                from (select c.template, c.holds_query from pc_block_conjuncts(tokens, spaced, closes, block, aliases) c where c.resolved and c.tables <> 0
                      union all
                      select h, false from unnest(pc_numbered(handed, aliases)) h) c) c) c
    where case when not c.unsure then true when c.place > 60 then false else pc_is_immutable_template(c.template, aliases, relations) end;
    classes := pc_key_classes(templates, relids, keys, (registration).datatype, (registration).partition_local);

    all_templates := templates;
    -- Conditions on the partition columns alone stay in the query and restrict it there; in fragments they would only cost hits.
    templates := array(select t from unnest(templates) t
                       where case when exists (select from unnest(keys) k where position(k in t) > 0) then not pc_is_key_condition(t, keys) else true end);
    if listed > 0 then
        all_fragments := array(select f from pc_block_fragments(relations, relids, classes, templates[1:60],
                                                                array(select pc_template_tables(t) from unnest(templates[1:60]) with ordinality t(t, n) order by t.n),
                                                                keys, listed) f);
    end if;
    for one_class in
        select distinct classes[n + 1] from unnest(pc_bits((select bit_or(pc_template_tables(t)) from unnest(templates) t))) n
        where classes[n + 1] is not null order by 1
    loop
        family := row(null, null, null, null,
            array(select pc_named(keys[c.n], c.n::integer - 1, aliases[c.n]) from unnest(classes) with ordinality c(class, n) where c.class = one_class order by c.n),
            pc_keys_of(relations[one_class + 1], replace(keys[one_class + 1], format(E'\x01%s\x02', one_class), E'\x01\x02'), (registration).partition_key),
            (select count(*) = 1 from unnest(classes) c where c = one_class),
            false,
            row(pc_block_form(relations, all_templates, classes, one_class, keys), null), null, all_templates, keys)::pc_family;
        family.asked.sought := pc_sought((family.asked).form);
        fragments := array(select f from unnest(all_fragments) f where f.family = one_class);
        return next;
    end loop;
end
$$;

comment on function pc_block_families(text[], boolean[], integer[], pc_block, partitioncache_registration, oid[], boolean, integer, text[]) is
'The families of one block, of those columns on whose tables there are conditions, with their fragments. unfit: relations that are no part of fragments; doubtful: something in the query is not surely immutable, so that each condition is looked at by itself; listed: how many fragments, none for 0; handed: conditions from outside, see pc_handed_down. Example: see pc_take_apart';

create function pc_numbered(handed text[], aliases text[]) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    alias text;
    n integer := 0;
begin
    foreach alias in array case when handed = '{}' then '{}'::text[] else aliases end loop
        handed := array(select replace(h, E'\x03' || alias || E'\x04', E'\x01' || n || E'\x02') from unnest(handed) h);
        n := n + 1;
    end loop;
    return array(select h from unnest(handed) h where h !~ E'[\x03\x04]');
end
$$;

comment on function pc_numbered(text[], text[]) is
'The conditions handed down to a block as its own are written, those on its tables alone. Example: select pc_numbered(array[E''(\x03p\x04.kind = 1)''], ''{p}'')';

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

create function pc_is_key_condition(template text, keys text[]) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    tables bigint := pc_template_tables(template);
    rest text := template;
    n integer;
begin
    if strpos(template, 'SELECT') > 0 and template ~ '\mSELECT\M' then
        return false;
    elsif bit_count(tables::bit(64)) > 1 then
        return template in (select format('(%s = %s)', a, b) from unnest(keys) a, unnest(keys) b)
            or exists (select from pc_equality(template) e
                       where format(E'\x01%s\x02.%s', e.left_table, e.left_column) = any (keys) and format(E'\x01%s\x02.%s', e.right_table, e.right_column) = any (keys));
    end if;
    foreach n in array pc_bits(tables) loop
        if keys[n + 1] is null or position(keys[n + 1] in rest) = 0 then
            return false;
        end if;
        rest := case when pc_plain_key(keys[n + 1]) is null then replace(rest, keys[n + 1], '')
                     else regexp_replace(rest, replace(pc_column_in(pc_plain_key(keys[n + 1])), E'\x01\x02', format(E'\x01%s\x02', n)), '', 'g') end;
    end loop;
    return position(E'\x01' in rest) = 0;
end
$$;

comment on function pc_is_key_condition(text, text[]) is
'Whether a conjunct is about the partition key of one table alone, or equates those of two. keys: by table number, as pc_block_tables gives them. Example: select pc_is_key_condition(E''(\x010\x02.city_id = 3)'', array[E''\x010\x02.city_id''])';

create function pc_plain_key(key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
begin
    return substring(key from E'^\x01\\d*\x02[.]("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)$');
end
$$;

comment on function pc_plain_key(text) is
'The column, quoted, if a partition key stands in one as it is; else null. Example: select pc_plain_key(E''\x010\x02.city_id'')';

create function pc_named(key text, number integer, alias text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
begin
    return replace(case when pc_plain_key(key) is null and not key ^@ '(' then format('(%s)', key) else key end, format(E'\x01%s\x02', number), alias);
end
$$;

comment on function pc_named(text, integer, text) is
'A partition key, as pc_block_tables gives it for the table of this number, with the name of the table. Example: select pc_named(E''\x010\x02.city_id'', 0, ''p'')';

create function pc_keys_of(relation text, template text, partition_key text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        select case when pc_plain_key(template) is not distinct from quote_ident(partition_key) then relation
                    else format('(SELECT %s AS %I FROM %s s)', replace(template, E'\x01\x02', 's'), partition_key, relation) end
    );
end
$$;

comment on function pc_keys_of(text, text, text) is
'What a query reads all partition keys of a table from, as a column of the name of the key: the table, or a sub-select. template: as pc_key_of gives it. Example: select pc_keys_of(''public.orders'', E''\x01\x02.o_custkey'', ''customer'')';

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
