create type pc_taken_apart as (
    reason text,
    canonical text,
    families pc_family[],
    fragments pc_fragment[],
    named oid[],
    relations oid[],
    functions oid[],
    operators oid[],
    types oid[],
    closure pc_object[],
    state bigint,
    passing boolean
);

comment on type pc_taken_apart is
'What a query consists of. reason: why it cannot be restricted, null if it can; named: the relations that its text names; relations: those and all behind views; functions, operators, types: what it uses; closure: what that hangs on, see pc_closure; state: the fingerprint of all this (see pc_analysis_state), if it was asked for; passing: that is true at this moment only, because the text says today or the like.';

create function pc_take_apart_as(query text, registration partitioncache_registration, session jsonb, with_state boolean, max_fragments integer, accepted boolean) returns pc_taken_apart
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set quote_all_identifiers = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    begun pg_snapshot;
    parsed pc_parsed;
    behind_views record;
    result pc_taken_apart;
    tokens text[];
    spaced boolean[];
    closes integer[];
    ends integer[];
    block pc_block;
    blocks pc_block[];
    nested boolean;
    handed pc_handed[] := '{}'::pc_handed[];
    own text[];
    links pc_link[];
    sources integer[] := '{}'::integer[];
    family pc_family;
    families pc_family[] := '{}'::pc_family[];
    part record;
    unfit oid[];
    prunes_wrongly boolean;
    doubtful boolean;
    placed record;
begin
    -- What is found out belongs to what was parsed: the catalog can change in between.
    loop
        begun := pg_current_snapshot();
        parsed := pc_parse(query, session, accepted);
        result.canonical := parsed.canonical;
        result.named := parsed.relations;
        result.relations := array(select distinct c.relation from pc_relation_closure(parsed.relations) c);
        select * into behind_views
        from pc_tree_facts(pc_view_trees(array(select c.oid from pg_class c where c.oid = any (result.relations) and c.relkind = 'v')));
        result.functions := parsed.functions || coalesce(behind_views.functions, '{}');
        result.operators := parsed.operators;
        result.types := parsed.types;
        -- Where the partition key stands in an expression, that is added to the query: it has to mean there what it means to us.
        for placed in
            select p.relation, p.raw, pc_expression(p.relation, p.raw, session) as expression
            from (select r as relation, replace(p.template, E'\x01\x02', 'partitioncache_row') as raw
                  from unnest(parsed.relations) r cross join lateral pc_key_of(registration.cache, registration.partition_key, registration.datatype, r) p
                  where registration.placed > 0 and p.template is not null and p.plain is null offset 0) p
        loop
            if not starts_with(regexp_replace((placed.expression).written, '\s+', ' ', 'g'), regexp_replace(format('SELECT %s AS partitioncache_key ', placed.raw), '\s+', ' ', 'g')) then
                result.reason := format('under the settings of this session the placement of the partition key in %s would mean something else', placed.relation::regclass);
            end if;
            result.functions := result.functions || (placed.expression).functions;
            result.operators := result.operators || (placed.expression).operators;
            result.types := result.types || (placed.expression).types;
            parsed.roots := parsed.roots || (placed.expression).roots;
        end loop;
        result.closure := pc_closure(parsed.roots, result.relations);
        -- Taken before the catalog is read any further: what changes meanwhile shows.
        exit when not with_state;
        result.state := pc_analysis_state(result.named, result.relations, result.functions, result.operators, result.types, result.closure);
        exit when pc_still_parses_so(query, session, parsed.tree, begun);
    end loop;
    -- PostgreSQL reads 'today' as a date once, when it parses. Whatever could hide such a word (escapes) counts as one.
    result.passing := parsed.holds_date and (query ~* 'now|today|tomorrow|yesterday|\\|u&' or parsed.canonical ~ 'time with time zone');
    result.reason := coalesce(result.reason, pc_refusal(result.relations, result.functions));
    if result.reason is not null then
        return result;
    end if;

    select array_agg(t.token order by t.n), array_agg(t.spaced order by t.n), array_agg(t.closes order by t.n), array_agg(t.ends order by t.n)
    into tokens, spaced, closes, ends
    from pc_tokens(parsed.canonical) t;
    -- A row that another session changes meanwhile is judged again as it is then, by a list of keys from before.
    if 'FOR' = any (tokens) and array_to_string(tokens, E'\x01') ~ E'\x01FOR\x01(UPDATE|SHARE|NO|KEY)\x01?' then
        result.reason := 'it locks the rows that it reads';
        return result;
    end if;
    unfit := pc_unfit_relations(parsed.relations);
    prunes_wrongly := pc_prunes_wrongly(parsed.canonical, result.relations);
    doubtful := parsed.odd_nodes or result.closure is null or exists (
        select from pg_proc p where p.oid = any (parsed.functions) and p.provolatile <> 'i');

    result.families := '{}';
    result.fragments := '{}';
    -- Of each block its own tokens: each function that is given all would look through all.
    blocks := array(select b::pc_block from pc_query_blocks(tokens, closes) b order by b.block);
    nested := cardinality(blocks) > 1 or tokens && '{EXISTS,IN}'::text[];
    foreach block in array blocks loop
        own := array(select h.condition from unnest(handed) h where h.to_block = block.from_starts);
        if cardinality(blocks) > 1 then
            handed := handed || array(select h::pc_handed from pc_handed_down(tokens, spaced, closes, block, own) h);
        end if;
        for part in
            select * from pc_block_families(tokens[block.from_starts - 1:coalesce(block.where_ends, block.from_ends)], spaced[block.from_starts - 1:coalesce(block.where_ends, block.from_ends)],
                                            array(select c.closes - block.from_starts + 2
                                                  from unnest(closes[block.from_starts - 1:coalesce(block.where_ends, block.from_ends)]) with ordinality c(closes, n) order by c.n),
                                            row(block.block, 2, block.from_ends - block.from_starts + 2, block.where_starts - block.from_starts + 2, block.where_ends - block.from_starts + 2)::pc_block,
                                            registration, unfit, doubtful, max_fragments, own)
        loop
            family := part.family;
            family.family := cardinality(families) + 1;
            family.prunes_wrongly := prunes_wrongly;
            family.from_at := ends[block.from_ends];
            family.where_at := ends[coalesce(block.where_ends, block.from_ends)];
            family.has_where := block.where_ends is not null;
            families := families || family;
            sources := sources || block.from_starts;
            result.fragments := result.fragments || array(
                select row(family.family, f.hash, f.fragment, f.tables, f.conjuncts, f.keyed_tables, f.parts)::pc_fragment
                from unnest(part.fragments) f);
        end loop;
    end loop;
    if nested and cardinality(families) > 0 then
        links := pc_all_links(tokens, spaced, closes, blocks);
        families := array(select pc_with_carried(f, sources[f.family], links, registration.datatype, ends) from unnest(families) f order by f.family);
    end if;
    result.families := families;
    if cardinality(families) = 0 then
        result.reason := case
            when exists (select from pc_query_blocks(tokens, closes) b, pc_block_tables(tokens, closes, b, registration.partition_key, registration.datatype, unfit, registration.cache) t where t.keyed)
                then format('no condition on the tables that have the column "%s" could be cached', registration.partition_key)
            else format('no table that surely takes part in every row has a column "%s" of the registered datatype (%s)%s',
                        registration.partition_key, registration.datatype,
                        (select '; ' || string_agg(format('%s is placed, but %s', r::regclass, pc_placement_problem(pc_placement_of(registration.cache, registration.partition_key, r), r)), '; ')
                         from unnest(result.named) r
                         where pc_placement_problem(pc_placement_of(registration.cache, registration.partition_key, r), r) is not null))
            end;
    end if;
    return result;
end
$$;

comment on function pc_take_apart_as(text, partitioncache_registration, jsonb, boolean, integer, boolean) is
'Takes a query apart into families of columns to restrict and the fragments that restrict them, at most so many, or says why it cannot be. with_state: the fingerprint is wanted, too; accepted: see pc_parse. Raises PostgreSQL''s own error for a query that it does not accept. Example: select (pc_take_apart_as(''select 1'', pc_registration(''partitioncache'', ''city_id''), pc_session(''public''), false, 64, false)).reason';

create function pc_take_apart(query text, partition_key text, cache text, session jsonb, with_state boolean default false, with_fragments boolean default true) returns pc_taken_apart
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return pc_take_apart_as(query, pc_registration(cache, partition_key), session, with_state, case when with_fragments then (pc_settings(cache)).max_fragments else 0 end, false);
end
$$;

comment on function pc_take_apart(text, text, text, jsonb, boolean, boolean) is
'pc_take_apart_as for a partition key that is registered, with as many fragments as its cache is set to. Raises PC002 (partition key not registered) and PostgreSQL''s own error for a query that it does not accept. Example: select (pc_take_apart(''select 1'', ''city_id'', ''partitioncache'', pc_session(''public''))).reason';
