create function pc_is_empty(query text) returns boolean
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
begin
    return regexp_replace(query, '--[^\n]*|/\*.*?\*/|[\s;]', '', 'g') = '';
end
$$;

comment on function pc_is_empty(text) is
'Whether a text holds nothing but white space, comments and semicolons. Example: select pc_is_empty('' ; '')';

create function pc_parse(query text, session jsonb, accepted boolean default false) returns pc_parsed
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
set check_function_bodies = off
as $$
declare
    statement text := rtrim(query, E' \t\r\n;');
    checked refcursor;
    -- Qualified: PostgreSQL looks the name up again when its caches were reset, then perhaps under the path of the query.
    parsed partitioncache_internal.pc_parsed;
    written text;
    again text;
    pinned text;
    constants text;
    read_constants text;
    difference boolean := false;
    effective name[];
    planning jsonb;
    wide boolean := not accepted and (pc_opened_partitions(query)).partitions >= 100;
begin
    perform pc_begin_temporary();
    begin
        perform pc_enter_session(session);
        perform pg_catalog.set_config('search_path', session ->> 'search_path', true);
        effective := pg_catalog.current_schemas(true);
        if wide then
            begin
                -- To plan it would open every partition. What PostgreSQL takes as the body of a function is statements, each with its brackets closed,
                -- and what can stand in brackets as well is one.
                perform pg_catalog.set_config('check_function_bodies', 'on', true);
                execute pg_catalog.format('create or replace function pg_temp.partitioncache_stored() returns void language sql as %L', statement);
                perform pg_catalog.set_config('check_function_bodies', 'off', true);
                execute partitioncache_internal.pc_storing_statement(statement);
                wide := partitioncache_internal.pc_stored_reads_tables();
            exception when others then
                wide := false;  -- what is wrong with it is said below
            end;
        end if;
        if not wide and not accepted then
            -- Refuses several statements, and what the role may not read; executes nothing.
            planning := partitioncache_internal.pc_enter_quick_planning();
            open checked for execute statement;
            close checked;
            perform partitioncache_internal.pc_enter_session(planning);
        end if;
        accepted := true;
        execute partitioncache_internal.pc_storing_statement(statement);
        perform pg_catalog.set_config('search_path', '', true);
        perform partitioncache_internal.pc_enter_canonical();
        written := partitioncache_internal.pc_stored_text();
        parsed.canonical := partitioncache_internal.pc_inner_query(written);
        select f.relations, f.functions, f.operators, f.types, f.roots operator(pg_catalog.||) partitioncache_internal.pc_stored_objects(f.relations), f.odd_nodes, f.holds_date, partitioncache_internal.pc_tree_constants(partitioncache_internal.pc_stored_tree()),
               partitioncache_internal.pc_stored_digest()
        into parsed.relations, parsed.functions, parsed.operators, parsed.types, parsed.roots, parsed.odd_nodes, parsed.holds_date, constants, parsed.tree
        from partitioncache_internal.pc_tree_facts(array[partitioncache_internal.pc_stored_tree()]) f;

        -- The canonical text will be read by the caller's session: it has to mean there what it means under our settings.
        perform partitioncache_internal.pc_enter_session(session);
        perform pg_catalog.set_config('search_path', session ->> 'search_path', true);
        select r.written, r.constants into again, read_constants from partitioncache_internal.pc_reparse(parsed.canonical) r;
        if again operator(pg_catalog.<>) written then
            perform pg_catalog.set_config('search_path', '', true);
            perform partitioncache_internal.pc_enter_canonical();
            select r.written into pinned from partitioncache_internal.pc_reparse(parsed.canonical) r;
            difference := again operator(pg_catalog.<>) pinned;
        end if;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;  -- what was created is gone, what was learned stays
        when invalid_cursor_definition then
            perform pc_fail('PC005', case when pc_is_empty(query) then 'the query is empty' else 'only a single query that reads can be cached: ' || sqlerrm end,
                '', 'Pass one SELECT, without a semicolon between statements.');
        when syntax_error then
            if not accepted then
                raise;
            end if;
            perform pc_fail('PC005', 'only a plain query can be restricted, not EXPLAIN, SHOW and the like', '', 'Pass the SELECT itself.');
    end;
    if difference or pc_is_shadowed(effective) then
        perform pc_fail('PC005', 'under the settings of this session the rewritten text would mean something else', '',
            'Look at standard_conforming_strings, and at functions, operators and types in the search_path that shadow PostgreSQL''s own.');
    end if;
    -- The values are compared: two that are written alike need not be the same.
    if constants is distinct from read_constants then
        perform pc_fail('PC005', 'a constant in it does not read back from its text as the same value', '', 'Write the constant in another way.');
    end if;
    return parsed;
end
$$;

comment on function pc_parse(text, jsonb, boolean) is
'Lets PostgreSQL parse a query as the session that wrote it would, and write it out again in full: every relation schema-qualified, every column qualified, every constant typed. Nothing is executed, nothing stays. accepted: it is known to be a single query, which the role may run, so that it need not be planned for that. Raises PostgreSQL''s own error for what it does not accept, for several statements and for what the role may not read; PC005 if the canonical text, or a constant in it, would be read differently under the session''s settings. Example: select (pc_parse(''select 1'', pc_session(''public''))).canonical';
