create type pc_rewritten as (
    applied boolean,
    reason text,
    method text,
    hits integer,
    keys bigint,
    partitions bigint,
    rewritten text,
    hashes text[],
    own_keys bigint
);

comment on type pc_rewritten is
'The outcome of a rewrite. reason: why nothing was done, null if applied; hits: how many entries say something of it; keys: partitions that remain (of the smallest family); partitions: how many there are by the planner''s statistics; rewritten: the text to run; hashes: the entries that were used; own_keys: how many partitions the conditions on one of its tables alone would leave.';

create function pc_rewrite(query text, partition_key text, cache text, method text, session_path text) returns pc_rewritten
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    registration partitioncache_registration;
    analysis partitioncache_analysis;
    family pc_family;
    restrictions pc_restriction[] := '{}'::pc_restriction[];
    alternatives pc_restriction[] := '{}'::pc_restriction[];
    alternative_method text;
    restricted pc_restricted;
    result pc_rewritten := row(false, null, null, 0, null, null, query, '{}', null);
begin
    perform pc_check_method(method);
    begin
        select r.* into registration from partitioncache_registration r
        where r.cache = pc_rewrite.cache and r.partition_key = pc_rewrite.partition_key;
        if not found or query is null then
            result.reason := case when query is null then 'the query is null'
                                  else format('partition key "%s" is not registered in cache "%s"', partition_key, cache) end;
            return result;
        end if;
        analysis := pc_analyse(query, registration, pc_session(session_path));
        result.reason := analysis.reason;
        if result.reason is not null then
            return result;
        end if;

        foreach family in array analysis.families loop
            execute format('select * from pc_restrict_family($1, $2, $3, null::%s)', pc_native_type(registration.datatype))
            into restricted using family, registration, method;
            alternative_method := coalesce(restricted.alternative_method, alternative_method);
            restrictions := restrictions || restricted.restriction;
            alternatives := alternatives || case when restricted.alternative_method is null then restricted.restriction else restricted.alternative end;
            result.hits := result.hits + restricted.hits;
            result.hashes := result.hashes || coalesce(restricted.used, '{}');
            result.partitions := coalesce(result.partitions, restricted.partitions);
            result.reason := coalesce(result.reason, restricted.reason);
            if (restricted.restriction).conditions is not null then
                result.applied := true;
                result.keys := least(result.keys, restricted.keys);
                result.own_keys := least(result.own_keys, restricted.own_keys);
                result.method := coalesce(result.method, restricted.method_used);
            end if;
        end loop;

        -- Between the analysis and the look-up the partition key may have been placed elsewhere.
        if result.applied and (pc_registration(cache, partition_key)).generation <> registration.generation then
            result.applied := false;
            result.reason := 'the cache was cleared or changed at this very moment';
        elsif result.applied then
            result.rewritten := pc_insert_restrictions(analysis.canonical, analysis.families, restrictions);
            result.reason := null;
            if method = 'auto' then
                result := pc_gate(result, query, session_path, alternative_method, case when alternative_method is not null then
                    pc_insert_restrictions(analysis.canonical, analysis.families, alternatives) end);
            else
                -- Planned as this role: where it may not read the partition column, say, the rewritten query would fail.
                perform pc_plan(result.rewritten, session_path);
            end if;
        end if;
        perform pc_count_use(registration, case when result.applied then result.hashes end);
    exception when others then
        -- The caller asked for a faster query, not for an opinion on it: the query itself still runs.
        result.reason := case when result.applied then 'the rewritten query would fail: ' else '' end || sqlerrm;
        result.applied := false;
        result.method := null;
        result.rewritten := query;
    end;
    return result;
end
$$;

comment on function pc_rewrite(text, text, text, text, text) is
'Analyses a query, finds the entries that it contains and restricts each family of partition columns that something is known of. Fails only for a bad method. Example: select (pc_rewrite(''select * from poi where kind = 1'', ''city_id'', ''partitioncache'', ''auto'', ''public'')).rewritten';

create function pc_check_method(method text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if method is null or method not in ('auto', 'literal', 'current', 'subquery', 'IN', 'VALUES', 'TMP_TABLE_IN', 'TMP_TABLE_JOIN') then
        perform pc_fail('PC001', format('"%s" is no method', method), '',
            'Methods are auto, literal, current, subquery, IN, VALUES, TMP_TABLE_IN and TMP_TABLE_JOIN.');
    end if;
end
$$;

comment on function pc_check_method(text) is
'Raises PC001 for a word that is no method of rewriting. Example: select pc_check_method(''auto'')';
