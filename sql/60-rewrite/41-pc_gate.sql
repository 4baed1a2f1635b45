create function pc_considered(original jsonb, candidates pc_candidate[], measured jsonb) returns jsonb
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('form', c.form, 'method', c.method, 'cost', round(c.cost::numeric), 'rows', c.rows,
                                                              'doubtful_cost', case when c.doubtful_cost > c.cost then round(c.doubtful_cost::numeric) end, 'problem', c.problem,
                                                              'milliseconds', m.milliseconds, 'stopped', m.stopped)) order by c.place)
        from (select 0 as place, 'none' as form, null as method, (original ->> 'Total Cost')::double precision as cost, (original ->> 'Plan Rows')::double precision as rows,
                     null::double precision as doubtful_cost, null as problem, pc_plan_shape(original) as shape
              union all
              select u.place, u.form, u.method, u.cost, u.rows, u.doubtful_cost, u.problem, u.shape
              from unnest(candidates) with ordinality u(form, method, restrictions, text, cost, rows, doubtful_cost, blind, shape, problem, milliseconds, place)) c
        left join lateral (select r.milliseconds, r.stopped from jsonb_to_recordset(measured) r(form text, shape text, milliseconds double precision, stopped boolean)
                           where r.form = c.form and r.shape = c.shape limit 1) m on true);
end
$$;

comment on function pc_considered(jsonb, pc_candidate[], jsonb) is
'What partitioncache_explain says of the candidates: for each, and for the query as it is (none), what the planner expects, and what was measured of it (see pc_measured). Example: see pc_gate';

create function pc_gate(outcome pc_rewritten, query text, original jsonb, candidates pc_candidate[], least_cost double precision, measured jsonb default '[]') returns pc_rewritten
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    before double precision := (original ->> 'Total Cost')::double precision;
    doubtful_before double precision := pc_doubtful_cost(original, (outcome).keys);
    chosen record;
    cost double precision;
begin
    outcome.candidates := pc_considered(original, candidates, measured);
    select c.*, m.faster, m.ratio into chosen
    from unnest(candidates) c
    left join lateral (select r.ratio, r.ratio <= 0.9 and r.milliseconds * (1 / nullif(r.ratio, 0) - 1) >= 0.7 as faster
                       from jsonb_to_recordset(measured) r(form text, shape text, milliseconds double precision, ratio double precision)
                       where r.form = c.form and r.shape = c.shape limit 1) m on true
    order by c.problem is not null, m.faster desc nulls last, m.ratio, c.blind or c.doubtful_cost > doubtful_before * 1.05, c.cost
    limit 1;
    -- What was written since, the restricted query asks while it runs, once for each family: that takes about as long as asking for the query does, and
    -- the planner does not see it.
    cost := chosen.cost + case when (pc_method_of(chosen.method)).asks then least_cost * (select count(*) from unnest(chosen.restrictions) r where r.conditions is not null) else 0 end;
    -- Where what promised most was slower, what promises less is not believed either.
    outcome.measured := chosen.faster is not null;
    outcome.method := chosen.method;
    outcome.form := chosen.form;
    outcome.rewritten := chosen.text;
    -- Asking costs as well, and estimates are no more than that: what saves less than a fifth has been seen to lose as often as to gain.
    outcome.reason := case
        when chosen.problem is not null then 'the rewritten query would fail: ' || chosen.problem
        when chosen.faster then null
        when chosen.ratio >= 1e6 then 'measured: restricted, it fails'
        when not chosen.faster then
            format('measured: restricted, it takes %s times as long as it does as it is, or more', round(chosen.ratio::numeric, 2))
        when cost > before * 1.1 then
            format('the planner expects the rewritten query to cost more (%s instead of %s): it would not pay', round(cost::numeric), round(before::numeric))
        when cost > before * 0.8 or cost > before - least_cost then
            format('the planner expects the rewritten query to cost hardly less (%s instead of %s): it would not pay', round(cost::numeric), round(before::numeric))
        when chosen.blind then
            'the planner would be misled by the keys: it would expect so few rows that it compares each with each'
        -- It loses no more than a twentieth also if nothing is left out by the keys but what the query itself leaves out.
        when chosen.doubtful_cost > doubtful_before * 1.05 then
            format('the planner would be misled by the keys: for the rows that are really there, its plan would cost up to %s instead of %s',
                   round(chosen.doubtful_cost::numeric), round(doubtful_before::numeric)) end;
    if outcome.reason is not null then
        outcome.applied := false;
        outcome.rewritten := query;
        outcome.method := null;
        outcome.form := null;
    end if;
    return outcome;
end
$$;

comment on function pc_gate(pc_rewritten, text, jsonb, pc_candidate[], double precision, jsonb) is
'Chooses among the candidates what was measured to be fastest (measured: see pc_measured), else what the planner takes for cheapest, and takes it back where it does not expect it to be faster than the query itself (original: its plan) by a fifth and by least_cost, or where its plan is good only for the few rows that the planner expects because the keys say once more what the query says. Example: see pc_decide';
