create function pc_shown(template text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select translate(template, E'\x01\x02', '#')
$$;

comment on function pc_shown(text) is
'A template as people read it: with #0, #1, ... for the tables of these numbers. Example: select pc_shown(E''(\x010\x02.kind = 1)'')';

create function pc_block_reading(
    tokens text[], spaced boolean[], closes integer[], block pc_block, registration partitioncache_registration, unfit oid[],
    out part text, out number integer, out said text, out type text, out constants text[], out placement text, out reason text
) returns setof record
language plpgsql volatile parallel unsafe rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    aliases text[];
    relations text[];
    relids oid[];
    keys text[];
    templates text[] := '{}'::text[];
    item record;
    conjunct record;
    condition pc_condition;
    outcome text;
begin
    select array_agg(t.alias order by t.n), array_agg(t.relation order by t.n), array_agg(t.relid order by t.n), array_agg(t.key order by t.n)
    into aliases, relations, relids, keys
    from pc_block_tables(tokens, closes, block, (registration).partition_key, (registration).datatype, unfit, (registration).cache) t;
    return query
        select 'table', t.n::integer - 1, concat_ws(' ', relations[t.n], nullif(t.alias, split_part(relations[t.n], '.', 2))), null::text, null::text[],
               pc_named(keys[t.n], t.n::integer - 1, t.alias), null::text
        from unnest(aliases) with ordinality t(alias, n) order by t.n;
    for item in
        select i.kind, i.nullable, i.alias,
               (select string_agg(case when spaced[n] and n > i.starts then ' ' else '' end || tokens[n], '' order by n) from generate_series(i.starts, i.ends) n) as text
        from pc_from_items(tokens, closes, (block).from_starts, (block).from_ends) i
    loop
        reason := case
            when item.kind = 'query' then 'a sub-select: a block of its own'
            when item.kind = 'opaque' then 'no plain table: a function, VALUES, a CTE, a system catalog, TABLESAMPLE, columns with other names, or a join with an alias'
            when item.kind in ('on', 'using') then case when item.nullable then 'an outer join: what its condition says need not hold for a row of the query' end
            when item.nullable then 'an outer join can leave it out'
            when item.alias <> all (coalesce(aliases, '{}')) then 'a temporary table, or a view whose rows can differ from one reading to the next' end;
        if reason is not null then
            part := 'opaque'; number := null; said := item.text;
            return next;
        end if;
    end loop;
    reason := null;
    for conjunct in
        select distinct c.template, c.resolved, c.tables from pc_block_conjuncts(tokens, spaced, closes, block, coalesce(aliases, '{}')) c order by c.template
    loop
        outcome := case
            when not conjunct.resolved then 'it names something that is none of the tables here'
            when conjunct.tables = 0 then 'it is about none of the tables here'
            when not pc_is_immutable_template(conjunct.template, aliases, relations) then 'what it calls or reads is not surely immutable' end;
        if outcome is not null then
            part := 'opaque'; number := null; said := pc_shown(conjunct.template); type := null; constants := null; reason := outcome;
            return next;
            continue;
        end if;
        templates := templates || conjunct.template;
        condition := (pc_conditions_of(array[conjunct.template]))[1];
        part := 'condition';
        number := cardinality(templates);
        said := pc_shown(case condition.kind
            when 'bound' then format('%s %s $1', condition.expression, condition.operator)
            when 'set' then condition.expression || case when cardinality(condition.constants) = 1 then ' = $1' else ' = ANY ($1)' end
            when 'present' then condition.expression || ' IS NOT NULL'
            else condition.expression end);
        type := condition.type;
        constants := condition.constants;
        reason := case when bit_count(conjunct.tables::bit(64)) = 1 and pc_is_key_condition(conjunct.template, keys) then 'about the partition key alone: in no entry' end;
        return next;
    end loop;
    return query
        select 'key group', k.class, string_agg(pc_named(keys[k.n], k.n::integer - 1, aliases[k.n]), ', ' order by k.n), (registration).datatype, null::text[], null::text, null::text
        from unnest(pc_key_classes(templates, relids, keys, (registration).datatype, (registration).partition_local)) with ordinality k(class, n)
        where k.class is not null
        group by k.class order by k.class;
end
$$;

comment on function pc_block_reading(text[], boolean[], integer[], pc_block, partitioncache_registration, oid[]) is
'How a block of a query is understood, as partitioncache_form shows it. unfit: of pc_unfit_relations. Example: see partitioncache_form';

create function partitioncache_form(
    query text, partition_key text, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path'), params text[] default null,
    out block integer, out part text, out number integer, out said text, out type text, out constants text[], out placement text, out reason text
) returns setof record
language plpgsql volatile parallel unsafe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set quote_all_identifiers = off
as $$
#variable_conflict use_column
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    session jsonb := pc_session(session_path);
    apart pc_taken_apart;
    tokens text[];
    spaced boolean[];
    closes integer[];
begin
    if query is null then
        perform pc_fail('PC001', 'the query is null', '', 'Pass one SELECT.');
    end if;
    apart := pc_take_apart(case when params is null then pc_bind_unknown(query, session) else pc_bind(query, params, session) end, partition_key, cache, session, false, false);
    -- What speaks against the whole query speaks against each block.
    if apart.reason is not null and apart.families is null then
        part := 'opaque';
        said := apart.canonical;
        reason := apart.reason;
        return next;
        return;
    end if;
    select array_agg(t.token order by t.n), array_agg(t.spaced order by t.n), array_agg(t.closes order by t.n) into tokens, spaced, closes
    from pc_tokens(apart.canonical) t;
    return query
        select b.block, r.part, r.number, r.said, r.type, r.constants, r.placement, r.reason
        from pc_query_blocks(tokens, closes) b
        cross join lateral pc_block_reading(tokens, spaced, closes, b, registration, pc_unfit_relations(apart.named)) with ordinality
            r(part, number, said, type, constants, placement, reason, place)
        order by b.block, r.place;
end
$$;

comment on function partitioncache_form(text, text, text, text, text[]) is
'How a query is understood. One row for each part of each block (a SELECT of its own: the query, a branch of UNION, a CTE, a sub-select in FROM). part: table (number, said = relation and alias, placement = where its partition key stands, null without one); condition (said = its template, in which #0, #1, ... are the tables of these numbers and $1 the constants of the type; of one that is not understood any further, its text); key group (said = partition keys that are equal to one another, number = its first table); opaque (said, and the reason why no entry can say it). Two conditions with the same template and type differ in their constants alone, and one may follow from the other. params: as for partitioncache_apply; without them, NULL of its type stands for each parameter, as in the texts of pg_stat_statements. Raises PC002 (partition key not registered), PC001 for null, and PostgreSQL''s own error for a query that it does not accept. Example: select part, number, said, type, constants from partitioncache_form(''select * from poi where kind in (1, 2) and id > 900'', ''city_id'')';
