create type pc_expression as (
    written text,
    type oid,
    collation_ oid,
    relations oid[],
    functions oid[],
    operators oid[],
    types oid[],
    roots pc_object[],
    odd boolean
);

comment on type pc_expression is
'What PostgreSQL says of an expression over the rows of a table: the canonical text of a query of it, its type and collation, and what it uses, as in pc_parsed. odd: there is something in it that is no plain expression, or may depend on more than the row.';

create function pc_expression(relation oid, expression text, session jsonb) returns pc_expression
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set check_function_bodies = off
set client_min_messages = error
set standard_conforming_strings = on
as $$
declare
    query text := (select format(E'select (%s\n) as partitioncache_key from %I.%I partitioncache_row', expression, n.nspname, c.relname)
                   from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation);
    found_one partitioncache_internal.pc_expression;
begin
    perform pc_begin_temporary();
    begin
        perform pc_enter_session(session);
        perform set_config('search_path', session ->> 'search_path', true);
        execute partitioncache_internal.pc_storing_statement(query);
        execute 'create temporary view partitioncache_expression as ' operator(pg_catalog.||) query;
        perform pg_catalog.set_config('search_path', '', true);
        perform partitioncache_internal.pc_enter_canonical();
        found_one.written := partitioncache_internal.pc_inner_query(partitioncache_internal.pc_stored_text());
        perform pg_catalog.set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
        select a.atttypid, a.attcollation into found_one.type, found_one.collation_
        from pg_attribute a where a.attrelid = to_regclass('pg_temp.partitioncache_expression') and a.attname = 'partitioncache_key';
        select f.relations, f.functions, f.operators, f.types, f.roots || pc_stored_objects(f.relations),
               f.odd_nodes or pc_stored_tree() ~ '\{(SUBLINK|AGGREF|WINDOWFUNC|GROUPINGFUNC|PARAM|ROWEXPR|ROW) '
        into found_one.relations, found_one.functions, found_one.operators, found_one.types, found_one.roots, found_one.odd
        -- The texts of integers, numeric, uuid and boolean depend on no setting.
        from pc_tree_facts(array[regexp_replace(pc_stored_tree(),
            '\{COERCEVIAIO (:arg \{(?:FUNCEXPR :funcid \d+ :funcresulttype|OPEXPR :opno \d+ :opfuncid \d+ :opresulttype|VAR :varno \d+ :varattno \d+ :vartype) (?:16|20|21|23|1700|2950) )', '{RELABELTYPE \1', 'g')]) f;
        raise exception using errcode = 'PC000';
    exception
        when sqlstate 'PC000' then
            null;
        when invalid_table_definition then
            perform partitioncache_internal.pc_fail('PC001', pg_catalog.format('%L is a row, and a partition key is one value', expression), '',
                'Put its columns together in a text that tells them apart, as in tenant_id::text || '' '' || month::text.');
    end;
    return found_one;
end
$$;

comment on function pc_expression(oid, text, jsonb) is
'What an expression over the rows of a table is, asked of PostgreSQL as the session would. Nothing is executed. The text must be known to hold a single expression. Raises PC001 for a row, and PostgreSQL''s own error for what it does not accept. Example: select pc_expression(''pg_class''::regclass, ''relname'', pc_session(''pg_catalog''))';

create function pc_placement_template(relation oid, expression text, session jsonb) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    conforming constant boolean := (session ->> 'standard_conforming_strings')::boolean;
    odd text;
    written text;
    tokens text[];
    closes integer[];
    spaced boolean[];
    parts pc_block;
begin
    -- It is put into a statement: so it is cut into tokens first, by rules under which nobody reads it otherwise.
    select string_agg(t.token, ' ') into odd
    from (select p.*, lag(p.token) over (order by p.n) as before, sum(case p.token when '(' then 1 when ')' then -1 else 0 end) over (order by p.n) as depth
          from pc_tokens(expression) p) t
    where t.token in ('''', '"', ';', '$', '\') or t.token ~ '--|/\*' or t.token in ('(', '[') and t.closes is null or t.depth < 0
       or t.token ^@ '''' and not t.spaced and t.before ~ '^[[:alpha:]_&]';
    if odd is not null or expression ~ '\\' or not conforming or coalesce(btrim(expression), '') = '' then
        perform pc_fail('PC001', format('the expression %L cannot be read surely', expression), '',
            'Write one expression over the columns of the table: no backslashes, dollar signs, semicolons or comments; every bracket and string closed.');
    end if;
    written := (pc_expression(relation, expression, session)).written;
    select array_agg(t.token order by t.n), array_agg(t.closes order by t.n), array_agg(t.spaced order by t.n)
    into tokens, closes, spaced from pc_tokens(written) t;
    parts := pc_select_parts(tokens, closes, 1, cardinality(tokens));
    if parts.where_starts is not null or tokens[parts.from_starts - 3] <> 'AS' or tokens[parts.from_starts - 2] <> 'partitioncache_key'
        or 'SELECT' = any (tokens[2:]) or parts.from_ends <> cardinality(tokens)
        or (select count(*) from pc_from_items(tokens, closes, parts.from_starts, parts.from_ends)) <> 1
    then
        perform pc_fail('PC001', format('%L is no expression over one row of a table', expression), '', 'Write one expression over its columns, without sub-selects.');
    end if;
    return (select string_agg(case when spaced[t.n] and t.n > 2 then ' ' else '' end
                              || case when t.token = 'partitioncache_row' and tokens[t.n + 1] = '.' then E'\x01\x02' else t.token end, '' order by t.n)
            from unnest(tokens) with ordinality t(token, n) where t.n between 2 and parts.from_starts - 4);
end
$$;

comment on function pc_placement_template(oid, text, jsonb) is
'An expression over the rows of a table as a template: canonical text with chr(1) chr(2) before each column. Raises PC001 for what is no single expression, and PostgreSQL''s own error for what it does not accept. Example: select pc_placement_template(''pg_class''::regclass, ''relname'', pc_session(''pg_catalog''))';
