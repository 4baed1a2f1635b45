create function pc_partition_estimate(relation text, partition_key text) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    placed text[];
    described record;
begin
    if relation ^@ '(' then
        -- What pc_keys_of gives for a column; of an expression the statistics say nothing, unless there is an index on it.
        placed := regexp_match(relation, '^[(]SELECT s[.]("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*) AS ("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*) FROM (.*) s[)]$');
        return case when placed is not null then pc_partition_estimate(placed[3], (parse_ident(placed[1]))[1]) else pc_expression_estimate(relation) end;
    end if;
    select c.relname, n.nspname, c.reltuples into described
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass(case when relation ^@ 'ONLY ' then substr(relation, 6) else relation end);
    -- By its name, as a parameter: in a join, PostgreSQL would read the statistics of every table with such a column.
    return (
        select greatest(case when s.n_distinct >= 0 then s.n_distinct else -s.n_distinct * described.reltuples end, 1)::bigint
        from pg_stats s
        where s.schemaname = described.nspname and s.tablename = described.relname and s.attname = partition_key
        order by s.inherited desc
        limit 1
    );
end
$$;

comment on function pc_partition_estimate(text, text) is
'How many partitions a table has, by the planner''s statistics; null if it was never analysed. relation: as pc_keys_of gives it. Example: select pc_partition_estimate(''public.poi'', ''city_id'')';

create function pc_expression_estimate(source text) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    placed text[] := regexp_match(source, '^[(]SELECT (.*) AS (?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*) FROM (?:ONLY )?(.*) s[)]$');
begin
    return (
        select case when s.n_distinct >= 0 then s.n_distinct else -s.n_distinct * c.reltuples end::bigint
        from pg_index i
        join pg_class c on c.oid = i.indexrelid
        join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = i.indexrelid and i.indkey[a.attnum - 1] = 0
        join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname
        where i.indrelid = to_regclass(placed[2]) and i.indpred is null
          -- Where brackets and blanks stand says nothing that another expression over these columns would say as well.
          and translate(pg_get_indexdef(i.indexrelid, a.attnum, false), '() ', '') = translate(replace(placed[1], 's.', ''), '() ', '')
        limit 1
    );
end
$$;

comment on function pc_expression_estimate(text) is
'How many partitions a table has whose partition key stands in an expression, by the statistics of an index on that expression; null without one. source: as pc_keys_of gives it. Example: select pc_expression_estimate(''(SELECT lower(s.country) AS land FROM public.orders s)'')';

create function pc_plan(query text, session_path text, quickly boolean default false) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    plan pg_catalog.jsonb;
    explained refcursor;
    planning pg_catalog.jsonb := case when quickly then pc_enter_quick_planning() end;
begin
    perform pg_catalog.set_config('search_path', session_path, true);
    -- A cursor takes one statement and no more, and then its text is one behind "explain" as well.
    open explained for execute pg_catalog.concat('explain (format json) ', query);
    fetch explained into plan;
    close explained;
    perform pg_catalog.set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
    if quickly then
        perform pc_enter_session(planning);
    end if;
    return plan -> 0 -> 'Plan';
end
$$;

comment on function pc_plan(text, text, boolean) is
'The plan of a query as EXPLAIN gives it in JSON; quickly: with the first order of joins that is found, so that it costs as much as the best one or more. Executes nothing, whatever the text is. Raises PostgreSQL''s own error for what it does not accept and for what the role may not read. Example: select pc_plan(''select 1'', ''public'')';

create function pc_plan_cost(query text, session_path text) returns double precision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (pc_plan(query, session_path) ->> 'Total Cost')::double precision;
end
$$;

comment on function pc_plan_cost(text, text) is
'What the planner expects a query to cost, in its own units. Example: select pc_plan_cost(''select 1'', ''public'')';

create function pc_relations_of_plan(plan jsonb, session_path text) returns oid[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    name text;
    relation oid;
    relations oid[] := '{}'::oid[];
begin
    for name in select distinct n ->> 'Relation Name' from jsonb_path_query(plan, 'strict $.** ? (exists (@."Relation Name"))') n loop
        perform pg_catalog.set_config('search_path', session_path, true);
        relation := pg_catalog.to_regclass(pg_catalog.quote_ident(name))::pg_catalog.oid;
        perform pg_catalog.set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
        -- Of another schema, which the plan does not tell.
        relations := relations || case when relation is not null then array[relation]
                                       else array(select c.oid from pg_class c where c.relname = name order by 1 limit 20) end;
    end loop;
    return relations;
end
$$;

comment on function pc_relations_of_plan(jsonb, text) is
'The tables that a plan reads, as far as their names tell, which are those of a search path first. Example: select pc_relations_of_plan(pc_plan(''select 1'', ''public''), ''public'')';
