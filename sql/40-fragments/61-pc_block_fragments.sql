create function pc_bits(mask bigint) returns integer[]
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select array(select n from generate_series(0, 62) n where mask & (1::bigint << n) <> 0 order by n));
end
$$;

comment on function pc_bits(bigint) is
'The numbers of the bits that are set, from 0. Example: select pc_bits(5)';

create function pc_keyed_tables(
    tables integer[], relations text[], relids oid[], classes integer[], class integer, templates text[]
) returns text[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        select coalesce(array_agg(distinct regexp_replace(relations[t.n + 1], '^ONLY ', '')), '{}')
        from unnest(tables) t(n)
        where classes[t.n + 1] = class
          -- in no other part of the fragment, where a change in one partition could make another one match
          and not exists (select from unnest(tables) o(n) where relids[o.n + 1] = relids[t.n + 1] and classes[o.n + 1] is distinct from class)
          and not exists (select from unnest(templates) c where c ~ '\mSELECT\M' and position(regexp_replace(relations[t.n + 1], '^ONLY ', '') in c) > 0)
    );
end
$$;

comment on function pc_keyed_tables(integer[], text[], oid[], integer[], integer, text[]) is
'Those tables of a fragment of which a changed row can only make its own partition match. Example: select pc_keyed_tables(''{0}'', ''{public.poi}'', ''{1}'', ''{0}'', 0, ''{}'')';

create function pc_block_fragments(
    relations text[], relids oid[], classes integer[], templates text[], conjunct_tables bigint[], keys text[], most integer
) returns setof pc_fragment
language plpgsql stable parallel safe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with written as materialized (
            select row_number() over () as n, c.tables, c.conjuncts, c.class, used.numbers, used.templates,
                   f.fragment, f.conjuncts as texts, pc_sha256(f.fragment) as hash
            from pc_fragment_choices(conjunct_tables, classes, most) c
            cross join lateral (
                select pc_bits(c.tables) as numbers,
                       array(select t.template from unnest(pc_block_fragments.templates) with ordinality t(template, n)
                             where c.conjuncts & (1::bigint << (t.n::integer - 1)) <> 0 order by t.n) as templates offset 0) used
            cross join lateral pc_fragment_text(
                used.numbers, relations, used.templates, pc_block_fragments.keys,
                array(select n from unnest(used.numbers) n where classes[n + 1] = c.class), classes) f
        )
        select w.class, w.hash, w.fragment,
               array(select relations[n + 1] from unnest(w.numbers) n),
               w.texts,
               pc_keyed_tables(w.numbers, relations, relids, classes, w.class, w.templates),
               array(select distinct p.hash from written p
                     where p.class = w.class and p.hash <> w.hash
                       and p.tables & w.tables = p.tables and p.conjuncts & w.conjuncts = p.conjuncts)
        from written w
        order by w.n;
end
$$;

comment on function pc_block_fragments(text[], oid[], integer[], text[], bigint[], text[], integer) is
'The fragments of a block, small ones first; family is the class of partition keys. relations, relids, classes, keys: by table number; templates, conjunct_tables: its conjuncts as pc_block_conjuncts gives them. Example: select * from pc_block_fragments(''{public.poi}'', ''{1}'', ''{0}'', array[E''(\x010\x02.kind = 1)''], ''{1}'', array[E''\x010\x02.city_id''], 64)';
