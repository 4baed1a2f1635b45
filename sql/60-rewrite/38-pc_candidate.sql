create type pc_candidate as (
    form text,
    method text,
    restrictions pc_restriction[],
    text text,
    cost double precision,
    rows double precision,
    doubtful_cost double precision,
    blind boolean,
    shape text,
    problem text,
    milliseconds double precision
);

comment on type pc_candidate is
'One way to write what is known into a query: form (see pc_forms), method, what each family is restricted by, and the text that comes of it; cost and rows: what the planner expects; doubtful_cost: what it would cost if the keys mislead the planner (see pc_misled_cost); blind: it compares each row with each of what it does not know (see pc_blind_loops); shape: of its plan (see pc_plan_shape); problem: why it cannot run; milliseconds: as measured, null if it was not.';

create function pc_plan_shape(plan jsonb) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select md5(string_agg(concat_ws(' ', n ->> 'Parent Relationship', n ->> 'Node Type', n ->> 'Join Type', n ->> 'Strategy', n ->> 'Relation Name', n ->> 'Alias', n ->> 'Index Name',
                                        case when strpos(n ->> 'Index Cond', '= ANY') > 0 then 'listed' when strpos(concat(n ->> 'Filter', n ->> 'Join Filter'), '= ANY') > 0 then 'filtered' end), '|' order by o))
        from jsonb_path_query(plan, 'strict $.** ? (exists (@."Node Type"))') with ordinality p(n, o));
end
$$;

comment on function pc_plan_shape(jsonb) is
'What a plan (as EXPLAIN gives it in JSON) does, without its numbers and constants: equal for two queries that are run the same way. Example: select pc_plan_shape(''{"Node Type": "Result"}'')';

create function pc_candidates(
    analysis partitioncache_analysis, restricted pc_restricted[], forms text[], original jsonb, outcome pc_rewritten, session_path text
) returns pc_candidate[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    blind bigint := pc_blind_loops(original);
    most_rows double precision := (select max((n #>> '{}')::double precision) from jsonb_path_query(original, 'strict $.**."Plan Rows"') n);
    -- Without a key there is nothing to loop over.
    overflows boolean := (outcome).keys > 0 and pc_overflows(original);
    -- Of an expression without statistics the planner takes each value for one of 200.
    partitions double precision := coalesce((outcome).partitions, 200);
    -- The planner multiplies the selectivity of the keys with that of the conditions they come from, as if one knew nothing of the other:
    -- it expects so many times fewer rows than there are. What the keys of other tables' conditions leave out, they do leave out. Where nothing
    -- is known of the conditions on one table alone, they are taken to leave the geometric mean of what remains and of all.
    factor double precision := case when (outcome).keys > 0 then
        greatest(partitions / greatest(coalesce((outcome).own_keys, sqrt((outcome).keys::double precision * partitions)), (outcome).keys), 1) else 1 end;
    -- Where the planner guesses what joins leave, what it says of their plans is compared as far as it does not hang on that.
    guessed boolean := (outcome).keys > 0 and pc_has_guessed_joins(original);
    sure_before double precision := case when guessed then (pc_sure_cost(original)).cost end;
    doubtful_before double precision := case when guessed then pc_doubtful_cost(original, (outcome).keys) end;
    surely double precision;
    listed jsonb;
    judged pc_restriction[];
    otherwise boolean;
    started timestamptz;
    plan jsonb;
    candidate pc_candidate;
    candidates pc_candidate[] := '{}'::pc_candidate[];
begin
    for place in 1 .. cardinality(forms) loop
        -- Where planning takes long, as it does with many partitions, no more time goes into it than into half of the query, or a tenth of a second.
        exit when clock_timestamp() > started + interval '1 ms' * greatest((original ->> 'Total Cost')::double precision / 1000, 100);
        candidate := null;
        candidate.form := forms[place];
        -- Where a form says nothing of a family, it is restricted as in the first.
        select min(r.methods[place]), array_agg(r.restrictions[w.form] order by o),
               array_agg(case when (r.judged[w.form]).conditions is null then r.restrictions[w.form] else r.judged[w.form] end order by o),
               coalesce(bool_or((r.judged[w.form]).conditions is not null), false)
        into candidate.method, candidate.restrictions, judged, otherwise
        from unnest(restricted) with ordinality r(restrictions, judged, methods, hits, keys, own_keys, partitions, used, reason, stamps, tracked, o)
        cross join lateral (select case when r.methods[place] is null then 1 else place end as form) w;
        candidate.text := pc_insert_restrictions(analysis.canonical, analysis.families, candidate.restrictions);
        continue when candidate.method is null or exists (select from unnest(candidates) c where c.text = candidate.text);
        begin
            plan := pc_plan(case when otherwise then pc_insert_restrictions(analysis.canonical, analysis.families, judged) else candidate.text end, session_path);
            candidate.cost := (plan ->> 'Total Cost')::double precision;
            candidate.rows := (plan ->> 'Plan Rows')::double precision;
            candidate.doubtful_cost := candidate.cost + pc_misled_cost(plan, factor, most_rows, overflows);
            if candidate.doubtful_cost > candidate.cost * 1.2 or guessed then
                listed := coalesce(listed, pc_listed_rows(analysis.families, restricted, forms, session_path, original));
            end if;
            if listed is not null or candidate.method = 'subquery' then
                candidate.doubtful_cost := candidate.cost + pc_misled_cost(plan, factor, most_rows, overflows, coalesce(listed, '{}') || jsonb_build_object('', (outcome).keys));
            end if;
            if guessed then
                -- Some milliseconds either way are neither here nor there.
                surely := (pc_sure_cost(plan, listed)).cost / (sure_before + 500);
                if surely > 1.2 then
                    candidate.doubtful_cost := greatest(candidate.doubtful_cost, doubtful_before * surely);
                end if;
            end if;
            candidate.blind := (outcome).keys > 0 and pc_blind_loops(plan) > blind;
            candidate.shape := pc_plan_shape(plan);
            if otherwise then
                perform pc_plan(candidate.text, session_path);  -- as this role
            end if;
        exception when others then
            -- Where the role may not read the column of one table, that of another may do.
            candidate.problem := sqlerrm;
        end;
        candidates := candidates || candidate;
        started := coalesce(started, clock_timestamp());
    end loop;
    return candidates;
end
$$;

comment on function pc_candidates(partitioncache_analysis, pc_restricted[], text[], jsonb, pc_rewritten, text) is
'The texts that come of writing what is known of each family (restricted) into a query in each of these forms, with what the planner says of each; original: the plan of the query itself; outcome: what is known of the keys. Example: see pc_decide';
