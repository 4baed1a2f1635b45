create function pc_fragments(query text, partition_key text, cache text, session jsonb) returns setof pc_fragment
language plpgsql volatile parallel unsafe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        select f.family, f.hash, f.fragment, f.tables, f.conjuncts, f.keyed_tables, f.parts
        from (select u.*, row_number() over (partition by u.hash order by u.n) as copy
              from unnest((pc_take_apart(query, partition_key, cache, session)).fragments)
                   with ordinality u(family, hash, fragment, tables, conjuncts, keyed_tables, parts, n)) f
        where f.copy = 1
        order by f.n;
end
$$;

comment on function pc_fragments(text, text, text, jsonb) is
'The fragments of a query, each once, parts before wholes. Raises PostgreSQL''s own error for a query that it does not accept. Example: select * from pc_fragments(''select 1'', ''city_id'', ''partitioncache'', pc_session(''public''))';

create function partitioncache_fragments(
    query text, partition_key text, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path'), params text[] default null,
    out hash text, out fragment text, out tables text[], out conjuncts text[]
) returns setof record
language plpgsql volatile parallel unsafe rows 20
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    bound text := pc_bind(query, params, pc_session(session_path));
begin
    perform pc_push_check(bound, pc_session(session_path));
    return query
        select f.hash, f.fragment, f.tables, f.conjuncts
        from pc_fragments(bound, partition_key, cache, pc_session(session_path)) f
        order by cardinality(f.tables), cardinality(f.conjuncts), f.fragment collate "C";
end
$$;

comment on function partitioncache_fragments(text, text, text, text, text[]) is
'What a query is taken apart into: each fragment''s hash, canonical text, tables and conditions, small ones first; no rows if it cannot be (partitioncache_explain says why). Raises PC002 (partition key not registered) and PostgreSQL''s own error for a query that it does not accept. Example: select * from partitioncache_fragments(''select * from poi where kind = 1'', ''city_id'')';

create function pc_push_check(query text, session jsonb, with_relations boolean default false) returns oid[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set check_function_bodies = off
as $$
declare
    statement text := rtrim(query, E' \t\r\n;');
    checked refcursor;
    accepted boolean := false;
    planning jsonb;
    -- What can be planned and not stored: EXPLAIN and the like, which may stand behind comments of any kind, a CTE that writes, names of roles.
    stores boolean := statement ~* '\m(with|regrole)\M' or statement !~* '^(\s|\(|--[^\n]*\n)*(select|values|table)\M';
    -- Qualified: PostgreSQL looks names up again when its caches were reset, then perhaps under the path of the query.
    plan pg_catalog.jsonb;
    advice constant text := 'Pass one SELECT, with values in the place of parameters.';
begin
    if query is null then
        perform pc_fail('PC001', 'the query is null', '', advice);
    end if;
    if stores then
        perform pc_begin_temporary();
    end if;
    begin
        perform pc_enter_session(session);
        perform set_config('search_path', session ->> 'search_path', true);
        planning := partitioncache_internal.pc_enter_quick_planning();
        open checked for execute statement;
        close checked;
        accepted := true;
        if with_relations then
            perform pg_catalog.set_config('enable_partition_pruning', 'off', true);
            perform pg_catalog.set_config('constraint_exclusion', 'off', true);
            execute 'explain (verbose, costs off, format json) ' operator(pg_catalog.||) statement into plan;
        end if;
        perform partitioncache_internal.pc_enter_session(planning);
        if stores then
            execute partitioncache_internal.pc_storing_statement(statement);
        end if;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        when invalid_cursor_definition then
            perform partitioncache_internal.pc_fail('PC005',
                case when partitioncache_internal.pc_is_empty(query) then 'the query is empty'
                     else 'only a single query that reads can be cached' end,
                sqlerrm, advice);
        when undefined_parameter then
            perform partitioncache_internal.pc_fail('PC005', pg_catalog.format('the query has parameters without values: %s', sqlerrm), '',
                'Pass them: params => array[...], a text for each of $1, $2, ...');
        when syntax_error then
            if accepted then
                perform partitioncache_internal.pc_fail('PC005', 'only a plain query can be cached, not EXPLAIN, SHOW and the like', '', advice);
            elsif partitioncache_internal.pc_placeholder_advice(query) is not null then
                perform partitioncache_internal.pc_fail('PC005', pg_catalog.format('the query seems to have parameters without values: %s', sqlerrm), '',
                    partitioncache_internal.pc_placeholder_advice(query));
            end if;
            raise;
        when feature_not_supported then
            if accepted then
                perform partitioncache_internal.pc_fail('PC005', pg_catalog.format('this query cannot be cached: %s', sqlerrm), '', advice);
            end if;
            raise;
    end;
    return array(
        select distinct c.oid
        from jsonb_path_query(plan, 'strict $.** ? (exists (@."Relation Name"))') n
        join pg_namespace s on s.nspname = n ->> 'Schema'
        join pg_class c on c.relnamespace = s.oid and c.relname = n ->> 'Relation Name');
end
$$;

comment on function pc_push_check(text, jsonb, boolean) is
'Lets PostgreSQL plan a query as the session that wrote it would, without running it; with_relations: the tables that it reads, through views as well, as its plan shows them. Raises PostgreSQL''s own error if it does not accept it, PC001 for null, PC005 for an empty text, several statements, parameters without values and for anything but a query that reads. Example: select pc_push_check(''select 1'', pc_session(''public''))';
