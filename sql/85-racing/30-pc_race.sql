create function pc_timed_bounded(
    canonical text, families pc_family[], restrictions pc_restriction[], shape text, whatever_it_takes boolean, stop_at timestamptz, session_path text, closely boolean default false,
    out milliseconds double precision, out stopped boolean, out problem text
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    started timestamptz := clock_timestamp();
    statement text;
    looks text;
    stoppable boolean := false;
begin
    stopped := false;
    -- A plan that looks at the clock must be the one that would run without.
    foreach looks in array case when closely then '{all,pairs,tables,1,2,3}'::text[] else '{tables,1,2,3,pairs,all}' end loop
        statement := pc_guarded(canonical, families, restrictions, stop_at, looks);
        stoppable := pc_plan_shape(pc_plan(statement, session_path)) is not distinct from shape;
        exit when stoppable;
    end loop;
    if not stoppable then
        if not whatever_it_takes then
            return;
        end if;
        statement := pc_insert_restrictions(canonical, families, restrictions);
    end if;
    milliseconds := pc_timed(statement, session_path);
    -- The first run of a session fills caches and compiles functions: of what is short, that is the most.
    for n in 1 .. 2 loop
        exit when milliseconds > 20;
        milliseconds := least(milliseconds, pc_timed(statement, session_path));
    end loop;
exception when query_canceled then
    if clock_timestamp() < stop_at or pc_statement_is_over() then
        raise;
    end if;
    milliseconds := extract(epoch from clock_timestamp() - started) * 1000;
    stopped := true;
when others then
    problem := sqlerrm;
end
$$;

comment on function pc_timed_bounded(text, pc_family[], pc_restriction[], text, boolean, timestamptz, text, boolean) is
'Runs a canonical text with the restriction of each family (null: none) until it is done or this moment is over (stopped), and says how long that took, of what takes no more than 20 ms the least of three runs; null if it cannot be stopped without another plan than this shape (see pc_plan_shape), unless whatever_it_takes; closely: it is to be stopped in time, so the ways to look at the clock that look most often are tried first (see pc_guarded); problem: why it failed. Example: see pc_race';

create function pc_raced(
    analysis partitioncache_analysis, known pc_known, runners pc_candidate[], original jsonb, race_budget double precision, expected double precision, stop_at timestamptz, session_path text
) returns partitioncache_verdict
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    none constant pc_restriction[] := array(select null::pc_restriction from unnest(analysis.families));
    doubtful_before double precision := pc_doubtful_cost(original, (known.outcome).keys);
    verdict partitioncache_verdict;
    heats pc_candidate[] := array(
        select d.c from (select distinct on (c.shape) c, c.doubtful_cost, c.cost from unnest(runners) c order by c.shape, c.cost) d
        order by d.doubtful_cost > doubtful_before * 1.2, d.cost limit 6);
    candidate pc_candidate;
    best pc_candidate;
    run record;
    -- Whether the query itself was stopped, having taken twice as long as a form of it, which ran before it, on colder data.
    far_behind boolean := false;
    -- Whether any form has met the query: without that, a race would have said nothing.
    met boolean;
    spent double precision := 0;
    behind double precision;
    remaining double precision;
    measured jsonb := '[]'::jsonb;
begin
    verdict.original_shape := pc_plan_shape(original);
    -- What promises most runs first, a quarter of the time that the query is expected to take. So where the cache gains much, the race costs little.
    foreach candidate in array heats[1:2] loop
        select * into run from pc_timed_bounded(analysis.canonical, analysis.families, candidate.restrictions, candidate.shape, candidate.doubtful_cost <= doubtful_before * 1.2,
            least(stop_at, clock_timestamp() + interval '1 ms' * greatest(least(expected, 86400000) / 4, 60)), session_path);
        spent := spent + coalesce(run.milliseconds, 0);
        if run.milliseconds is not null and not run.stopped then
            best := candidate;
            best.milliseconds := run.milliseconds;
            measured := jsonb_build_array(jsonb_build_object('form', candidate.form, 'shape', candidate.shape, 'milliseconds', run.milliseconds));
            exit;
        end if;
    end loop;
    select * into run from pc_timed_bounded(analysis.canonical, analysis.families, none, verdict.original_shape, true,
        case when best.form is null then stop_at else least(stop_at, clock_timestamp() + interval '1 ms' * greatest(2 * best.milliseconds, 60)) end, session_path,
        best.form is not null);
    far_behind := run.stopped and best.form is not null;
    if run.stopped and not far_behind then
        return null;
    end if;
    if run.problem is not null then
        raise exception using errcode = 'PC000', message = run.problem;
    end if;
    verdict.original_ms := run.milliseconds;
    spent := spent + run.milliseconds;
    behind := spent;
    met := best.form is not null;
    foreach candidate in array heats loop
        continue when candidate.form = best.form;
        -- What the last heat takes is put by.
        remaining := case when verdict.original_ms >= 2 * best.milliseconds then behind + least(race_budget - 2, 2) * best.milliseconds else race_budget * verdict.original_ms end - spent
            - case when best.milliseconds > verdict.original_ms * 0.75 then verdict.original_ms + best.milliseconds else 0 end;
        exit when remaining <= 0 and met;
        select * into run from pc_timed_bounded(analysis.canonical, analysis.families, candidate.restrictions, candidate.shape, candidate.doubtful_cost <= doubtful_before * 1.2,
            least(stop_at, clock_timestamp() + interval '1 ms' * greatest(least(coalesce(best.milliseconds, verdict.original_ms), case when met then remaining end), 60)), session_path);
        if run.milliseconds is null then
            -- What fails where the query does not is never done.
            measured := measured || jsonb_strip_nulls(jsonb_build_object('form', candidate.form, 'shape', candidate.shape, 'problem', run.problem,
                                                                         'milliseconds', case when run.problem is not null then 1e6 * verdict.original_ms end));
            continue;
        end if;
        spent := spent + run.milliseconds;
        met := true;
        -- What was stopped before either had been as long at it says nothing.
        continue when run.stopped and run.milliseconds < 0.95 * least(coalesce(best.milliseconds, verdict.original_ms), verdict.original_ms);
        measured := measured || jsonb_strip_nulls(jsonb_build_object('form', candidate.form, 'shape', candidate.shape, 'milliseconds', run.milliseconds, 'stopped', nullif(run.stopped, false)));
        if not run.stopped and (best.form is null or run.milliseconds < best.milliseconds) then
            best := candidate;
            best.milliseconds := run.milliseconds;
        end if;
    end loop;
    -- The first to run reads from disk what the others find in memory, and any may have been disturbed: what is not far ahead meets the query once
    -- more, where the kind was asked often enough to pay for that.
    if not far_behind and best.milliseconds > verdict.original_ms * 0.75 and spent + best.milliseconds <= (race_budget - 1) * verdict.original_ms then
        select * into run from pc_timed_bounded(analysis.canonical, analysis.families, none, verdict.original_shape, true,
            least(stop_at, clock_timestamp() + interval '1 ms' * greatest(verdict.original_ms, 60)), session_path);
        verdict.original_ms := least(verdict.original_ms, run.milliseconds);
        select * into run from pc_timed_bounded(analysis.canonical, analysis.families, best.restrictions, best.shape, true,
            least(stop_at, clock_timestamp() + interval '1 ms' * greatest(verdict.original_ms, 60)), session_path);
        best.milliseconds := greatest(best.milliseconds, run.milliseconds);
    end if;
    verdict.measured := (
        select jsonb_agg(m.value || jsonb_build_object('milliseconds', round(t.took, 2), 'ratio', round(t.took / greatest(verdict.original_ms::numeric, 0.001), 3)) order by m.place)
        from jsonb_array_elements(jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
                 'form', 'none', 'shape', verdict.original_shape, 'milliseconds', verdict.original_ms, 'stopped', nullif(far_behind, false)))) || measured)
             with ordinality m(value, place)
        cross join lateral (select case when m.value ->> 'form' = best.form then best.milliseconds else (m.value ->> 'milliseconds')::double precision end::numeric as took) t);
    return verdict;
end
$$;

comment on function pc_raced(partitioncache_analysis, pc_known, pc_candidate[], jsonb, double precision, double precision, timestamptz, text) is
'Runs a query in one or two forms that promise most (of runners), each no longer than a quarter of the time that the query is expected to take (milliseconds); then as it is, until it has taken twice as long; then in other forms, each stopped when it has taken as long as the fastest so far. All together that takes about race_budget times as long as the query itself at most; what it found; null if the query itself is not done at stop_at, nor far behind. Raises PC000 with the message of the query itself, if that fails. Example: see pc_race';

create function pc_asked_template(item partitioncache_queue) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return pc_template(item.query, item.session ->> 'search_path');
end
$$;

comment on function pc_asked_template(partitioncache_queue) is
'What kind of query an item is, as it was written: see pc_template. Example: see pc_may_race';

create function pc_asked_since(item partitioncache_queue, since timestamptz default '-infinity') returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
    return (select count(distinct d.digest) from pc_own_decision d
            where d.template = pc_asked_template(item) and d.cache = item.cache and d.partition_key = item.partition_key and d.made_at > since);
end
$$;

comment on function pc_asked_since(partitioncache_queue, timestamptz) is
'How many queries of the kind of an item this role has asked since then, as far as that is remembered. Example: select pc_asked_since(q) from partitioncache_queue q where q.id = 7';

create function pc_may_race(item partitioncache_queue, sure boolean default false) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    raced bigint;
    latest timestamptz;
begin
    select count(*), max(v.made_at) into raced, latest from pc_own_verdict v
    where v.asked = pc_asked_template(item) and v.cache = item.cache and v.partition_key = item.partition_key
      and v.generation = (pc_registration(item.cache, item.partition_key)).generation;
    -- Each time when three times as many were asked since as the time before: what all races cost stays in proportion to what was asked.
    if raced > 0 then
        return pc_asked_since(item, latest) >= 3 ^ least(raced, 30);
    end if;
    return not sure or exists (select from pc_own_decision d
                               where d.template = pc_asked_template(item) and d.cache = item.cache and d.partition_key = item.partition_key and (d.outcome).applied);
end
$$;

comment on function pc_may_race(partitioncache_queue, boolean) is
'Whether enough queries of a kind (see pc_asked_template) were asked to race one: the first at once (sure: if some of them were restricted), each further one when three times as many were asked since as the time before. Example: select pc_may_race(q) from partitioncache_queue q where q.id = 7';

create function pc_race(item partitioncache_queue, stop_at timestamptz) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(item.cache, item.partition_key);
    race_budget double precision := (pc_settings(item.cache)).race_budget;
    session_path text := item.session ->> 'search_path';
    analysis partitioncache_analysis;
    original jsonb;
    known pc_known;
    template text;
    measured jsonb;
    runners pc_candidate[];
    verdict partitioncache_verdict;
    reason text;
    finished boolean := false;
begin
    begin
        perform pc_enter_session(item.session);
        analysis := pc_analyse(item.query, registration, item.session);
        template := pc_template(analysis.canonical, '');
        reason := coalesce(analysis.reason, case
            when template is null then 'the query is too long to be raced'
            when race_budget = 0 then 'races are switched off (race_budget)'
            when not pc_may_race(item) then 'queries of the kind were raced before, and few were asked since' end);
        if reason is null then
            original := pc_plan(item.query, session_path);
            known := pc_consider(analysis, registration, 'auto', original, session_path);
            measured := pc_measured(registration, template, (known.outcome).keys, pc_plan_shape(original), analysis.relations);
            runners := array(select c from unnest(known.candidates) c
                             where c.problem is null and not c.blind and not exists (select from jsonb_array_elements(measured) m where m ->> 'form' = c.form and m ->> 'shape' = c.shape));
            reason := case when not (known.outcome).applied then (known.outcome).reason
                           when (pc_gate(known.outcome, item.query, original, known.candidates, 0, measured)).measured then 'a query of the kind was measured before'
                           when runners = '{}' then 'no form of it promises anything' end;
            if reason is null then
                begin
                    -- As much as was asked of the kind: the first race costs little, and finds out what matters most.
                    verdict := pc_raced(analysis, known, runners, original, least(race_budget, 1 + greatest(pc_asked_since(item), 1)),
                                        -- See pc_do_enter_race.
                                        extract(epoch from item.time_limit) * 1000 / (4 * race_budget), stop_at, session_path);
                    reason := case when verdict.measured is null then 'the query takes too long to be raced' end;
                exception when sqlstate 'PC000' then
                    reason := 'the query itself fails: ' || sqlerrm;
                end;
            end if;
            if reason is null then
                verdict.template := template;
                verdict.keys := (known.outcome).keys;
                select b.bytes, b.rows, b.state into verdict.bytes, verdict.rows, verdict.definitions from pc_basis(analysis.relations) b;
            end if;
        end if;
        finished := true;
        raise exception using errcode = 'PC000', message = 'leaving the session that pushed the query';
    exception when sqlstate 'PC000' then
        if not finished then
            raise;
        end if;
    end;
    if verdict.template is not null then
        verdict.cache := item.cache;
        verdict.partition_key := item.partition_key;
        verdict.generation := registration.generation;
        verdict.asked := pc_asked_template(item);
        perform pc_call('verdict', to_jsonb(verdict));
    end if;
    return reason;
end
$$;

comment on function pc_race(partitioncache_queue, timestamptz) is
'Races the forms in which a queued query can be restricted, as the role that pushed it, read-only, and keeps the verdict; null, or the reason why there was nothing to race. Example: select pc_race(q, now() + interval ''1 min'') from partitioncache_queue q where q.id = 7';
