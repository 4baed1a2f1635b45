create type pc_known as (
    outcome pc_rewritten,
    candidates pc_candidate[],
    stamps text[],
    lasting boolean
);

comment on type pc_known is
'What is known of a query: outcome, whose applied says whether anything restricts it; the candidates; stamps: which evaluation of each entry it was; lasting: whether they stay right as long as the entries do: a list alone is exact for this moment, if its tables are written to.';

create function pc_consider(analysis partitioncache_analysis, registration partitioncache_registration, method text, original jsonb, session_path text, contained text[] default null) returns pc_known
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    forms text[] := '{all}'::text[];
    family pc_family;
    hashes text[];
    restricted pc_restricted;
    families pc_restricted[] := '{}'::pc_restricted[];
    outcome pc_rewritten := row(false, null, null, 0, null, null, null, '{}', null, null, null, null);
    known pc_known;
begin
    known.lasting := true;
    known.stamps := '{}'::text[];
    contained := coalesce(contained, pc_all_contained(registration, analysis.families));
    if not exists (select from unnest(contained) c where c <> '{}') then
        known.outcome := outcome;
        known.outcome.reason := format('none of the query''s fragments is in cache "%s"', registration.cache);
        return known;
    end if;
    -- Each takes about a millisecond to plan; where a table of very many partitions is left as it is in one, as long as the query itself.
    if method = 'auto' and original -> 'Guessed' is null then
        forms := pc_forms(analysis.families, least(1 + ((original ->> 'Total Cost')::double precision / 1000)::bigint, 12)::integer);
    end if;
    foreach family in array analysis.families loop
        hashes := contained[family.family]::text[];
        execute format('select * from pc_restrict_family($1, $2, $3, null::%s, $4, $5, $6)', pc_native_type(registration.datatype))
        into restricted using family, registration, method, forms, analysis.canonical, hashes;
        families := families || restricted;
        outcome.hits := outcome.hits + restricted.hits;
        outcome.hashes := outcome.hashes || coalesce(restricted.used, '{}');
        outcome.partitions := coalesce(outcome.partitions, restricted.partitions);
        outcome.reason := coalesce(outcome.reason, restricted.reason);
        if restricted.restrictions is not null then
            outcome.applied := true;
            outcome.keys := least(outcome.keys, restricted.keys);
            outcome.own_keys := least(outcome.own_keys, restricted.own_keys);
            known.stamps := known.stamps || restricted.stamps;
            known.lasting := known.lasting and (not restricted.tracked or not exists (select from unnest(restricted.methods) m where not (pc_method_of(m)).asks));
        end if;
    end loop;
    if outcome.applied then
        outcome.reason := null;
        known.candidates := pc_candidates(analysis, families, forms, original, outcome, session_path);
    end if;
    known.outcome := outcome;
    return known;
end
$$;

comment on function pc_consider(partitioncache_analysis, partitioncache_registration, text, jsonb, text, text[]) is
'What is known of an analysed query, and the ways to write it into it. original: the plan of the query itself, null unless the method is auto; contained: see pc_all_contained. Example: see pc_decide';
