create function pc_fragment_text(
    tables integer[], relations text[], templates text[], keys text[], members integer[], classes integer[],
    out fragment text, out conjuncts text[]
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    tried record;
    written record;
begin
    -- The order of the tables does not depend on how the query names or orders them; twins are settled by the smallest text.
    for tried in select o.tables from pc_table_orders(tables, relations, templates) o(tables) loop
        select * into written
        from pc_render_fragment(tried.tables, relations, templates, keys, members, classes);
        if fragment is null or written.fragment collate "C" < fragment collate "C" then
            fragment := written.fragment;
            conjuncts := written.conjuncts;
        end if;
    end loop;
end
$$;

comment on function pc_fragment_text(integer[], text[], text[], text[], integer[], integer[]) is
'The canonical text of a fragment and its conditions. tables: numbers; relations: by number; templates: its conjuncts; keys: by number, where the partition keys stand; members: its tables whose partition key is wanted; classes: by number, as pc_key_classes gives them. Example: select * from pc_fragment_text(''{0}'', ''{public.poi}'', array[E''(\x010\x02.kind = 1)''], array[E''\x010\x02.city_id''], ''{0}'', ''{0}'')';

create function pc_table_orders(tables integer[], relations text[], templates text[]) returns setof integer[]
language plpgsql immutable parallel safe rows 2
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- Without twins the names decide.
    if (select count(distinct relations[t + 1]) from unnest(tables) t) = cardinality(tables) then
        return next array(select t from unnest(tables) t order by relations[t + 1] collate "C");
        return;
    end if;
    return query
        with recursive likeness as (
            select t.n, dense_rank() over (order by relations[t.n + 1] collate "C", coalesce(own.conditions, '') collate "C") as rank
            from unnest(tables) t(n)
            left join lateral (
                select string_agg(replace(c, E'\x01' || t.n || E'\x02', ''), ';' order by replace(c, E'\x01' || t.n || E'\x02', '') collate "C") as conditions
                from unnest(templates) c
                where position(E'\x01' || t.n || E'\x02' in c) > 0 and position(E'\x01' in replace(c, E'\x01' || t.n || E'\x02', '')) = 0
            ) own on true
        ), twins as (
            select max(c) as most from (select count(*) as c from likeness group by rank) r
        ), ordered as (
            -- Past three twins any fixed order: that costs hits, never truth.
            select array[]::integer[] as tables
            union all
            select o.tables || l.n
            from ordered o, likeness l, twins t
            where l.n <> all (o.tables)
              and l.rank = (select min(x.rank) from likeness x where x.n <> all (o.tables))
              and (t.most <= 3 or l.n = (select min(x.n) from likeness x where x.n <> all (o.tables) and x.rank = l.rank))
        )
        select o.tables from ordered o where cardinality(o.tables) = cardinality(pc_table_orders.tables) limit 36;
end
$$;

comment on function pc_table_orders(integer[], text[], text[]) is
'The orders in which a fragment''s tables could be named: by relation and own conditions, with all permutations of up to three that are alike. Example: select pc_table_orders(''{0,1}'', ''{public.b,public.a}'', ''{}'')';

create function pc_render_fragment(
    tables integer[], relations text[], templates text[], keys text[], members integer[], classes integer[],
    out fragment text, out conjuncts text[]
)
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    -- Tables of sub-selects keep the names they have, so ours are others; what constants say makes no difference.
    prefix text := (
        select p.prefix from generate_series(0, 50) n(n), lateral (select 't' || repeat('_', n.n) as prefix) p
        where not exists (select from unnest(templates) c
                          where position('SELECT' in c) > 0 and regexp_replace(c, '("(?:[^"]|"")*")|''(?:[^'']|'''')*''', '\1', 'g') ~ ('\m' || p.prefix || '\d'))
        order by n.n limit 1);
    template text;
    rendered text;
    sides text[];
    named text[] := array(select replace(keys[t.id + 1], E'\x01' || t.id || E'\x02', prefix || t.n) from unnest(tables) with ordinality t(id, n) order by t.n);
begin
    conjuncts := '{}';
    foreach template in array templates loop
        rendered := template;
        for n in 1 .. cardinality(tables) loop
            rendered := replace(rendered, E'\x01' || tables[n] || E'\x02', prefix || n);
        end loop;
        -- Two columns are no longer than that, and long lists of constants cost much to look through.
        if length(template) < 600 and template like '% = %' and (pc_equality(template)).left_table is not null then
            sides := string_to_array(substr(rendered, 2, length(rendered) - 2), ' = ');
            if cardinality(sides) = 2 and sides[1] collate "C" > sides[2] collate "C" then
                rendered := format('(%s = %s)', sides[2], sides[1]);
            end if;
        end if;
        conjuncts := conjuncts || rendered;
    end loop;
    -- What the query implies of the partition columns, always written the same way.
    conjuncts := array(
        select distinct c collate "C" from (
            select unnest(conjuncts) as c
            union all
            select format('(%s = %s)', named[k.first], named[k.n])
            from (select t.n, first_value(t.n) over (partition by classes[t.id + 1] order by t.n) as first
                  from unnest(tables) with ordinality t(id, n)
                  where classes[t.id + 1] is not null) k
            where k.n <> k.first
        ) all_conjuncts
        where length(c) > 600 or c !~ format('^\(%1$s(\d+)\.(.*) = %1$s\1\.\2\)$', prefix)
        order by 1);
    fragment := format('SELECT DISTINCT %s FROM %s%s',
        named[(select min(t.n) from unnest(tables) with ordinality t(id, n) where t.id = any (members))],
        (select string_agg(format('%s %s%s', relations[t.id + 1], prefix, t.n), ', ' order by t.n) from unnest(tables) with ordinality t(id, n)),
        ' WHERE ' || nullif(array_to_string(conjuncts, ' AND '), ''));
end
$$;

comment on function pc_render_fragment(integer[], text[], text[], text[], integer[], integer[]) is
'The text of a fragment with its tables named t1, t2, ... (or t_1, t_2, ..., if a sub-select has such names) in the given order, its conditions sorted. Example: see pc_fragment_text';
