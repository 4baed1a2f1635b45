create function pc_side(node jsonb, side text) returns jsonb
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- Among the plans below a node there are also those of its sub-selects.
    return jsonb_path_query_first(node, '$.Plans[*] ? (@."Parent Relationship" == $side)', jsonb_build_object('side', side));
end
$$;

comment on function pc_side(jsonb, text) is
'What a join in a plan (as EXPLAIN gives it in JSON) joins: Outer, what it loops over, or Inner. Example: select pc_side(''{"Node Type": "Result"}'', ''Inner'')';

create function pc_blind_loops(plan jsonb) returns bigint
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select count(*)
        from jsonb_path_query(plan, 'strict $.** ? (@."Node Type" == "Nested Loop")') n, lateral (select pc_side(n, 'Inner') as inner_side offset 0) i
        where inner_side ->> 'Node Type' in ('CTE Scan', 'Subquery Scan') or inner_side ->> 'Node Type' = 'Materialize' and inner_side -> 'Plans' -> 0 -> 'Plans' is not null);
end
$$;

comment on function pc_blind_loops(jsonb) is
'In how many places a plan (as EXPLAIN gives it in JSON) compares each row with each of a CTE or of a join: that is good for very few rows only. Example: select pc_blind_loops(''{"Node Type": "Result"}'')';

create function pc_restricted_scans(plan jsonb) returns bigint
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select count(*)
        from jsonb_path_query(plan, 'strict $.** ? (exists (@."Relation Name"))') n
        where strpos(concat_ws(' ', n ->> 'Index Cond', n ->> 'Recheck Cond', n ->> 'Filter'), '= ANY (') > 0);
end
$$;

comment on function pc_restricted_scans(jsonb) is
'How many tables a plan (as EXPLAIN gives it in JSON) restricts by lists. Example: select pc_restricted_scans(''{"Node Type": "Result"}'')';

create function pc_overflows(plan jsonb) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select coalesce(sum(c.relpages), 0) * current_setting('block_size')::bigint > least(pg_size_bytes(current_setting('shared_buffers')) / 2, 64 * 1024 * 1024)
        from pg_class c
        where c.relkind in ('r', 'm') and c.relname = any (array(select n #>> '{}' from jsonb_path_query(plan, 'strict $.**."Relation Name"') n)));
end
$$;

comment on function pc_overflows(jsonb) is
'Whether the tables of a plan (as EXPLAIN gives it in JSON, without their schemas) take up more than half of shared_buffers, or than the 64 MB that a processor keeps near at best, so that each row found by an index has to be fetched from farther away than the planner thinks. Example: select pc_overflows(''{"Node Type": "Result"}'')';

create function pc_misled_cost(plan jsonb, factor double precision, most_rows double precision, overflows boolean default false, listed jsonb default '{}') returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
begin
    return (
        -- Each side is looked for once, not wherever it is mentioned.
        with loop as materialized (
            select pc_side(n, 'Outer') as outer_side, pc_side(n, 'Inner') as inner_side
            from jsonb_path_query(plan, 'strict $.** ? (@."Node Type" == "Nested Loop")') n
        ), described as materialized (
            select (outer_side ->> 'Plan Rows')::double precision as rows,
                   case when outer_side ->> 'Node Type' like '%Scan' and pc_restricted_scans(outer_side) > 0 then (listed ->> (outer_side ->> 'Alias'))::double precision end as listed_rows,
                   -- The planner does not know how many keys a look-up will find.
                   case when outer_side #>> '{Plans,0,Function Name}' = 'partitioncache_lookup' or outer_side ->> 'Function Name' = 'partitioncache_lookup' then (listed ->> '')::double precision end as keys,
                   (inner_side ->> 'Plan Rows')::double precision as inner_rows,
                   (inner_side ->> 'Total Cost')::double precision as inner_cost,
                   inner_side ->> 'Node Type' in ('Materialize', 'Memoize', 'CTE Scan', 'WorkTable Scan') as kept,
                   -- Each list says once more what the others say: the joins of what they restrict are thought so many times smaller again.
                   least(power(least(factor, 1e9), greatest(pc_restricted_scans(outer_side) - 1, 1)), 1e30) as times,
                   overflows and inner_side ->> 'Node Type' not in ('Materialize', 'Memoize') and jsonb_path_exists(inner_side, 'strict $.** ? (@."Node Type" == "Index Scan" || @."Node Type" == "Bitmap Heap Scan")') as fetched,
                   inner_side -> 'Filter' is null and inner_side ->> 'Node Type' = 'Index Scan' as all_used,
                   -- Where nothing but the keys chooses the rows of a table, there are as many as expected.
                   outer_side ->> 'Node Type' like '%Scan' and outer_side -> 'CTE Name' is null and outer_side -> 'Filter' is null
                       and coalesce(outer_side ->> 'Index Cond', outer_side ->> 'Recheck Cond', '') ~ '^(\(+[^ ]+ = ANY \([^)]*\)\)( OR \([^ ]+ (= ANY \([^)]*\)|IS NULL)\))*\)?)?$' as sure
            from loop
        )
        -- The planner takes a page that one loop has read for there in all the others: of one loop it expects what it takes.
        select coalesce(sum(more.rows * case when not d.fetched then more.cost when d.all_used then greatest(more.cost, 3 + d.inner_rows) else least(10, greatest(d.rows, 1)) * more.cost end
                            - d.rows * more.cost), 0)
        from described d,
             lateral (select greatest(d.rows, d.keys, case when not d.sure then least(d.rows * d.times, most_rows, d.listed_rows) end) as rows,
                             case when d.kept then 0.02 * d.inner_rows * factor else d.inner_cost end as cost) more
    );
end
$$;

comment on function pc_misled_cost(jsonb, double precision, double precision, boolean, jsonb) is
'What the nested loops of a plan (as EXPLAIN gives it in JSON) would cost more, in the planner''s units, if what they loop over had as many rows as the planner expects divided by the selectivity of the keys, once for each restricted table after the first (factor times as many, but no more than most_rows, nor than the keys alone leave of a table, by its alias in listed; as many as there are keys, under '''' there, where they are looked up), and, where the tables are so large (see pc_overflows), if each row that a loop looks at had to be fetched. Example: select pc_misled_cost(''{"Node Type": "Result"}'', 100, 1000000)';

create function pc_listed_rows(families pc_family[], restricted pc_restricted[], forms text[], session_path text, original jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    place record;
    listed jsonb := '{}'::jsonb;
begin
    for place in
        select c.alias, r.relation, x.with_item, x.conditions
        from unnest(families) f
        cross join lateral unnest(f.columns) with ordinality u(name, n)
        cross join lateral (select (pc_aliases_in(u.name))[1] as alias) c
        cross join lateral (select (((f.asked).form).relations[(((f.asked).form).members[u.n] + 1)]) as relation) r
        cross join lateral (select (restricted[f.family].restrictions[array_position(forms, case when cardinality(f.columns) = 1 then 'all' else u.n::text end)]).*) x
        where x.conditions is not null and x.aliases is null
    loop
        begin
            listed := listed || jsonb_build_object((parse_ident(place.alias))[1], least(
                (pc_plan(concat('WITH ' || place.with_item, ' SELECT FROM ', place.relation, ' ', place.alias, ' WHERE ', place.conditions), session_path) ->> 'Plan Rows')::double precision,
                (select max((n ->> 'Plan Rows')::double precision * case when (n ->> 'Parallel Aware')::boolean then 3 else 1 end)
                 from jsonb_path_query(original, 'strict $.** ? (exists (@."Relation Name"))') n
                 where n ->> 'Alias' = (parse_ident(place.alias))[1] and cardinality(pc_aliases_in((pc_scan_conditions(n - 'Plans'))[1])) = 0)));
        exception when others then
            null;  -- not known, then
        end;
    end loop;
    return listed;
end
$$;

comment on function pc_listed_rows(pc_family[], pc_restricted[], text[], text, jsonb) is
'How many rows the planner expects of each table that is restricted by keys, by its alias, if nothing else chose among them; as far as each can be restricted alone (see pc_forms), and no more than the plan of the query as it is (original) reads of it. Example: see pc_candidates';

create function pc_doubtful_cost(original jsonb, keys bigint) returns double precision
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select (original ->> 'Total Cost')::double precision
               + pc_misled_cost(original, 1, (select max((n #>> '{}')::double precision) from jsonb_path_query(original, 'strict $.**."Plan Rows"') n), keys > 0 and pc_overflows(original)));
end
$$;

comment on function pc_doubtful_cost(jsonb, bigint) is
'What a query may cost as it is, if each row that a loop looks at has to be fetched; original: its plan (as EXPLAIN gives it in JSON), keys: how many would remain. Example: select pc_doubtful_cost(''{"Node Type": "Result", "Total Cost": 1}'', 1)';
