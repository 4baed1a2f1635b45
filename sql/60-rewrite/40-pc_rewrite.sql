create function pc_rewrite(query text, partition_key text, cache text, method text, session_path text, counted boolean default true) returns pc_rewritten
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    session jsonb;
    digest text;
    known partitioncache_decision;
    result pc_rewritten;
begin
    if octet_length(query) > 1000000 then
        perform pc_check_method(method);
        result := row(false, format('the text is too long (%s bytes) to be taken apart', octet_length(query)), null, null, null, null, query, '{}', null, null, null, null);
        return result;
    end if;
    begin
        session := pc_session(session_path);
        digest := pc_decision_digest(query, cache, partition_key, method, session);
        known := pc_known_decision(digest, cache, partition_key, query, session);
        if known.digest is not null then
            result := known.outcome;
            result.rewritten := coalesce(result.rewritten, query);
            if counted then
                perform pc_count_use(cache, partition_key, case when result.applied then result.hashes end, digest, known.counted_at);
                -- To note it is to write, and to wait for the disk: what is little is noted now and then, and more of it.
                if known.deferred is not null and known.saved > 100
                    and extract(microseconds from clock_timestamp())::bigint % 1009 * known.credited_at_once < 1009 * known.saved then
                    perform pc_credit(cache, partition_key, known.deferred, known.credited_at_once, digest);
                end if;
            end if;
            return result;
        end if;
    exception when others then
        null;  -- found out anew
    end;
    perform pc_check_method(method);
    return pc_decide(query, partition_key, cache, method, session_path, digest, counted);
end
$$;

comment on function pc_rewrite(text, text, text, text, text, boolean) is
'What becomes of a query that is asked: as it was decided before, where that holds, else as it is decided now. counted: whether that is a use of its entries, and credit for what is deferred. Fails only for a bad method. Example: select (pc_rewrite(''select * from poi where kind = 1'', ''city_id'', ''partitioncache'', ''auto'', ''public'')).rewritten';

create function pc_decide(query text, partition_key text, cache text, method text, session_path text, digest text, counted boolean) returns pc_rewritten
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    registration partitioncache_registration;
    session jsonb := pc_session(session_path);
    early partitioncache_analysis;
    -- Null while nothing hangs on it.
    analysis partitioncache_analysis;
    revision bigint;
    settings partitioncache_settings;
    asking_time double precision;
    least_cost double precision;
    original jsonb;
    -- The best order of many joins takes ten times as long to find as any, which is as dear at least. So it is looked for where something is known.
    quickly boolean := method = 'auto' and length(query) < 20000 and regexp_count(query, 'from|join|,', 1, 'i') > 6;
    guessed jsonb;
    -- By family, what pc_contained_entries gives, as text.
    contained text[];
    first_cost double precision;
    considered boolean := false;
    known pc_known;
    -- Whether the outcome will hold as long as the entries do.
    lasting boolean := (pc_method_of(method)).lasting is not false and pg_trigger_depth() = 0;
    deferred text;
    kept double precision;
    deferred_cost double precision;
    saved double precision;
    template text := pc_template(query, session_path);
    begun constant pg_snapshot := pg_current_snapshot();
    result pc_rewritten := row(false, null, null, null, null, null, query, '{}', null, null, null, null);
begin
    select r.* into registration from partitioncache_registration r where r.cache = pc_decide.cache and r.partition_key = pc_decide.partition_key;
    if registration.cache is null or query is null then
        result.reason := case when query is null then 'the query is null'
                              else format('partition key "%s" is not registered in cache "%s"', partition_key, cache) end;
        return result;
    end if;
    begin
        if method = 'auto' then
            settings := pc_settings(cache);
            least_cost := settings.least_cost;
            asking_time := pc_asking_time(query);
            if settings.apply_limit > 0 and asking_time > settings.apply_limit then
                result.reason := format('to ask for so large a query is expected to take %s ms, more than %s (apply_limit)', round(asking_time), settings.apply_limit);
            else
                select pc_guessed_plan(o.partitions, o.rows) into guessed from pc_opened_partitions(query) o;
                if guessed is not null then
                    -- The name of a column, say, can be that of a table of anybody.
                    early := pc_analyse(query, registration, session);
                    select pc_guessed_plan(o.partitions, o.rows) into guessed from pc_opened_partitions(query, early.relations) o;
                end if;
                begin
                    original := case when guessed is null then pc_plan(query, session_path, quickly) end;
                exception when others then
                    null;  -- the analysis will say what is wrong
                end;
            end if;
            if (original ->> 'Total Cost')::double precision < least_cost then
                result.reason := format('the query is cheaper than asking: the planner expects it to cost %s, less than %s (least_cost)',
                                        round((original ->> 'Total Cost')::numeric), least_cost);
            end if;
        end if;
        if result.reason is null and method = 'auto' then
            result.reason := pc_measured_reason(template);
        end if;
        if result.reason is null and length(query) > 2000 then
            original := coalesce(original, case when guessed is null then pc_plan(query, session_path) end);
            result.reason := pc_too_long(query, (coalesce(original, guessed) ->> 'Total Cost')::double precision);
        end if;
        if result.reason is not null then
            revision := pc_revision(cache, '');
            perform pc_remember_decision(digest, registration, result, revision, analysis, pc_relations_of_plan(original, session_path), '{}', template => template);
            if counted then
                perform pc_count_use(cache, partition_key, null);
            end if;
            return result;
        end if;
        revision := pc_revision(cache, partition_key);
        if early is null then
            -- What begins so and could be explained is one query, which this role may run.
            early := pc_analyse(query, registration, session, original is not null and query ~* E'^\\s*select\\M(?!.*\\minto\\M)');
        end if;
        analysis := early;
        result.reason := coalesce(analysis.reason, case when strpos(analysis.canonical, 'partitioncache_changed_') > 0 and analysis.canonical ~ 'partitioncache_changed_[0-9]'
            then 'it holds a name that is put in front of rewritten queries (partitioncache_changed_...), as one that is rewritten already does' end);
        if result.reason is not null then
            if analysis.state is not null then
                perform pc_remember_decision(digest, registration, result, revision, analysis, analysis.relations, '{}', template => template);
            end if;
            return result;
        end if;

        if method = 'auto' then
            contained := pc_all_contained(registration, analysis.families);
            if quickly and exists (select from unnest(contained) c where c <> '{}') then
                -- The first order of joins that is found costs as much as the best or more: what saves too little beside it does so beside the best.
                first_cost := (original ->> 'Total Cost')::double precision;
                if first_cost < 1000 and not exists (select from pc_own_verdict v where v.template = pc_template(analysis.canonical, '')) then
                    known := pc_consider(analysis, registration, method, original, session_path, contained);
                    considered := (known.outcome).applied is not true or not exists (
                        select from unnest(known.candidates) c where c.problem is not null or c.cost <= 0.8 * first_cost and c.cost <= first_cost - least_cost);
                end if;
                if not considered then
                    quickly := false;
                    original := null;
                end if;
            end if;
            original := coalesce(original, guessed, pc_plan(query, session_path));
        end if;
        if not considered then
            known := pc_consider(analysis, registration, method, original, session_path, contained);
        end if;
        -- Unless what is left is answered sooner than the query would be planned.
        if (known.outcome).applied and original = guessed
            and not exists (select from unnest(known.candidates) c where c.problem is null and not c.blind and c.doubtful_cost < 0.8 * (guessed ->> 'Total Cost')::double precision) then
            original := pc_plan(query, session_path);
            known := pc_consider(analysis, registration, method, original, session_path, contained);
        end if;
        result := known.outcome;
        result.rewritten := query;
        -- Between the analysis and the look-up the partition key may have been placed elsewhere, and the cache may have been cleared.
        if result.applied and (pc_registration(cache, partition_key)).generation <> registration.generation then
            result.applied := false;
            result.reason := 'the cache was cleared or changed at this very moment';
        elsif result.applied and method = 'auto' then
            result := pc_gate(result, query, original, known.candidates, least_cost,
                              pc_measured(registration, pc_template(analysis.canonical, ''), result.keys, pc_plan_shape(original), analysis.relations));
        elsif result.applied then
            result.applied := (known.candidates[1]).problem is null;
            result.reason := 'the rewritten query would fail: ' || (known.candidates[1]).problem;
            result.method := (known.candidates[1]).method;
            result.form := (known.candidates[1]).form;
            result.rewritten := case when result.applied then (known.candidates[1]).text else query end;
        end if;
        if method = 'auto' then
            select d.hash, d.kept, d.cost into deferred, kept, deferred_cost from pc_deferred_for(registration, analysis.families) d;
            if deferred is not null then
                saved := (1 - kept) * case when result.applied then pc_plan_cost(result.rewritten, session_path)
                                                    else coalesce(case when not quickly then (original ->> 'Total Cost')::double precision end, pc_plan_cost(query, session_path)) end;
                if counted then
                    perform pc_credit(cache, partition_key, deferred, saved);
                end if;
            end if;
        end if;
        if analysis.state is not null and (lasting and known.lasting or not result.applied) then
            perform pc_remember_decision(digest, registration, result, revision, analysis, analysis.relations, known.stamps, deferred, saved, template, greatest(saved, deferred_cost / 20), begun);
        end if;
        if counted then
            perform pc_count_use(cache, partition_key, case when result.applied then result.hashes end);
        end if;
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

comment on function pc_decide(text, text, text, text, text, text, boolean) is
'Leaves a query alone that costs less than asking; else analyses it, finds the entries that it contains and restricts each family of partition columns that something is known of. The outcome is remembered under the digest, where it will stay right. Never fails. Example: see pc_rewrite';
