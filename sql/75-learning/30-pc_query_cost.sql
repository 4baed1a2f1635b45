create function pc_query_cost(query text, session jsonb, partition_key text default null, cache text default null, out cost double precision, out present double precision)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    outcome pc_rewritten;
begin
    begin
        perform pc_enter_session(session);
        cost := pc_plan_cost(query, session ->> 'search_path');
        present := cost;
        -- To find out costs some ten milliseconds.
        if cache is not null and cost > 5 * pc_free_allowance() then
            outcome := pc_rewrite(query, partition_key, cache, 'auto', session ->> 'search_path', false);
            present := case when outcome.applied then least(cost, pc_plan_cost(outcome.rewritten, session ->> 'search_path')) else cost end;
        end if;
        raise exception using errcode = 'PC000';
    exception when others then
        -- What cannot be planned says so when it is taken apart.
        null;
    end;
end
$$;

comment on function pc_query_cost(text, jsonb, text, text) is
'What the planner expects a query to cost in the session that wrote it; null if it cannot plan it. present: what it costs with what the cache knows of it, if one is given. Example: select * from pc_query_cost(''select 1'', pc_session(''public''))';

create function pc_share(keys double precision, partitions bigint) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- least() alone would take what is not known for all of them, and nothing would ever be gained by it.
    return case when partitions is not null then least(keys / partitions, 1) end;
end
$$;

comment on function pc_share(double precision, bigint) is
'Which share of so many partitions so many keys are, at most 1; null where it is not known how many there are. Example: select pc_share(3, 12)';

create function pc_fragment_cost(fragment text, partition_key text, out cost double precision, out kept double precision)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set IntervalStyle = 'postgres'
set TimeZone = 'UTC'
set standard_conforming_strings = on
as $$
declare
    plan jsonb;
begin
    plan := pc_plan(fragment, 'pg_catalog');
    cost := (plan ->> 'Total Cost')::double precision;
    kept := pc_share((plan ->> 'Plan Rows')::double precision, pc_partition_estimate(pc_key_source(fragment, partition_key), partition_key));
exception when others then
    null;  -- evaluating it will say what is wrong
end
$$;

comment on function pc_fragment_cost(text, text) is
'What the planner expects the evaluation of a fragment to cost, and which share of the partitions it expects to be left; nulls where it cannot say. Example: select * from pc_fragment_cost(''SELECT DISTINCT t1.city_id FROM public.poi t1'', ''city_id'')';

create function pc_fragment_costs(fragments text[], partition_key text, out cost double precision, out kept double precision) returns setof record
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set DateStyle = 'ISO, YMD'
set IntervalStyle = 'postgres'
set TimeZone = 'UTC'
set standard_conforming_strings = on
-- Each plan by itself, in the order of the texts.
set enable_parallel_append = off
as $$
#variable_conflict use_column
declare
    plans jsonb;
    batch text[];
begin
    for at in 1 .. coalesce(cardinality(fragments), 0) by 50 loop
        batch := fragments[at:at + 49];
        plans := null;
        -- One statement has them all planned, each as if it were alone.
        begin
            if cardinality(batch) > 1 then
                plans := pc_plan(array_to_string(batch, ' UNION ALL '), 'pg_catalog');
                plans := case when plans ->> 'Node Type' = 'Append' and jsonb_array_length(plans -> 'Plans') = cardinality(batch) then plans -> 'Plans' end;
            end if;
        exception when others then
            null;  -- one by one, for the sake of the others
        end;
        if plans is null then
            return query select c.cost, c.kept from unnest(batch) with ordinality f(fragment, n) cross join lateral pc_fragment_cost(f.fragment, partition_key) c order by f.n;
        else
            return query
                with source as materialized (
                    -- What stands before the conditions says where the keys are.
                    select s.start, pc_partition_estimate(pc_key_source(s.fragment, partition_key), partition_key) as partitions
                    from (select split_part(f, ' WHERE ', 1) as start, min(f) as fragment from unnest(batch) f group by 1) s
                )
                select (p.plan ->> 'Total Cost')::double precision, pc_share((p.plan ->> 'Plan Rows')::double precision, s.partitions)
                from jsonb_array_elements(plans) with ordinality p(plan, n) join source s on s.start = split_part(batch[p.n], ' WHERE ', 1)
                order by p.n;
        end if;
    end loop;
end
$$;

comment on function pc_fragment_costs(text[], text) is
'pc_fragment_cost of several fragments, in their order, in a fraction of the time. Example: select * from pc_fragment_costs(array[''SELECT DISTINCT t1.city_id FROM public.poi t1''], ''city_id'')';

create function pc_pace(cache text, owner oid) returns double precision
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (
        select coalesce(sum(l.execution_time_ms) / nullif(sum(least(l.cost, 1e15)), 0), 0.1)
        from (select l.execution_time_ms, l.cost from partitioncache_processor_log l
              -- What others say of theirs decides nothing.
              where l.cache = pc_pace.cache and l.owner = pc_pace.owner and l.queue = 'outgoing' and l.status in ('success', 'timeout') and l.cost > 1000 order by l.id desc limit 100) l);
end
$$;

comment on function pc_pace(text, oid) is
'How many milliseconds a unit of the planner''s takes, by the fragments of that role that were evaluated last. Example: select pc_pace(''partitioncache'', pc_me())';

create function pc_learning_limit(cache text, cost double precision, pace double precision) returns interval
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- A plan may take four times what others of its cost take: what is stopped was spent in vain. More is not what was bought. What seems to cost next to nothing is not timed so closely:
    -- a function that waits, a table that is on the disk.
    return interval '1 ms' * least(greatest(case when cost < 5000 then 5000 else 1000 * greatest((pc_settings(cache)).learning_budget, 1) end,
                                            4 * pace * least(coalesce(cost, 'infinity'), 1e15)), 86400000);
end
$$;

comment on function pc_learning_limit(text, double precision, double precision) is
'How long the evaluation of a fragment may take that is expected to cost so much, in the planner''s units; pace: see pc_pace. Example: select pc_learning_limit(''partitioncache'', 50000, 0.1)';
