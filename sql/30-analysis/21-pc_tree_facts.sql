create function pc_tree_facts(trees text[], out relations oid[], out functions oid[], out operators oid[], out types oid[],
                               out odd_nodes boolean, out order_dependent boolean, out holds_date boolean)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    if trees = '{}' then
        relations := '{}'::oid[];
        functions := '{}'::oid[];
        operators := '{}'::oid[];
        types := '{}'::oid[];
        odd_nodes := false;
        order_dependent := false;
        holds_date := false;
        return;
    end if;
    with tree as materialized (
        select t.text from unnest(trees) t(text)
    ), field as materialized (
        -- A field of a node is " :name value"; names that users chose cannot look like one, since their spaces are escaped.
        select distinct f.name, split_part(f.text, ' ', 2) as value
        from tree
        cross join lateral (select t.text, split_part(t.text, ' ', 1) as name from string_to_table(tree.text, ' :') t(text) offset 0) f
        where f.name in ('relid', 'funcid', 'opfuncid', 'aggfnoid', 'winfnoid', 'opno', 'eqop', 'sortop',
                         'limitCount', 'limitOffset', 'tablesample', 'hasWindowFuncs', 'hasDistinctOn')
           or right(f.name, 4) = 'type'
    ), fact as materialized (
        select distinct name, substring(value from '^\d+')::oid as id from field where value ~ '^\d+\M'
    )
    select array(select distinct id from fact where name = 'relid' and id <> 0),
           array(select distinct p.oid from (
                     select id from fact where name in ('funcid', 'opfuncid', 'aggfnoid', 'winfnoid')
                     union all
                     select o.oprcode::oid from fact join pg_operator o on o.oid = id where name in ('opno', 'eqop', 'sortop')) f
                 join pg_proc p on p.oid = f.id),
           array(select distinct id from fact where name in ('opno', 'eqop', 'sortop') and id <> 0),
           array(select distinct id from fact where name like '%type' and id >= 16384),
           exists (
               select from tree, string_to_table(tree.text, '{') n
               where split_part(n, ' ', 1) not in (
                   '', '(', '((', 'QUERY', 'RANGETBLENTRY', 'RTEPERMISSIONINFO', 'ALIAS', 'FROMEXPR', 'JOINEXPR', 'RANGETBLREF', 'TARGETENTRY',
                   'SORTGROUPCLAUSE', 'GROUPINGSET', 'WINDOWCLAUSE', 'ROWMARKCLAUSE', 'COMMONTABLEEXPR', 'SETOPERATIONSTMT',
                   'RANGETBLFUNCTION', 'AGGREF', 'WINDOWFUNC', 'GROUPINGFUNC', 'TABLESAMPLECLAUSE', 'CTECYCLECLAUSE', 'CTESEARCHCLAUSE',
                   'VAR', 'CONST', 'OPEXPR', 'FUNCEXPR', 'BOOLEXPR', 'SCALARARRAYOPEXPR', 'NULLTEST', 'BOOLEANTEST', 'CASEEXPR', 'CASE',
                   'CASEWHEN', 'WHEN', 'CASETESTEXPR', 'COALESCEEXPR', 'COALESCE', 'MINMAXEXPR', 'MINMAX', 'RELABELTYPE', 'DISTINCTEXPR',
                   'NULLIFEXPR', 'ARRAYEXPR', 'ARRAY', 'SUBSCRIPTINGREF', 'ROWCOMPAREEXPR', 'ROWCOMPARE', 'ROWEXPR', 'ROW', 'COLLATEEXPR',
                   'COLLATE', 'SUBLINK', 'FIELDSELECT', 'ARRAYCOERCEEXPR', 'PARAM', 'NAMEDARGEXPR'))
           -- Money is read by the rules of lc_monetary, which a stored text does not carry.
           or exists (select from fact where name like '%type' and id = 'money'::regtype),
           exists (
               select from field
               where name in ('limitCount', 'limitOffset', 'tablesample') and value ^@ '{' or name in ('hasWindowFuncs', 'hasDistinctOn') and value = 'true')
           or exists (
               -- Of the aggregates, those whose result does not depend on the order of their input.
               select from fact join pg_proc p on p.oid = id
               where name = 'aggfnoid'
                 and (p.oid >= 16384 or p.proname not in ('count', 'min', 'max', 'sum', 'avg', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or')
                      or p.proname in ('sum', 'avg') and p.proargtypes[0] in ('real'::regtype, 'double precision'::regtype))),
           exists (select from fact join pg_type t on t.oid = fact.id
                   where fact.name = 'consttype'
                     and (t.typcategory in ('D', 'R') or t.oid >= 16384
                          or exists (select from pg_type e where e.oid = t.typelem and e.typcategory in ('D', 'R'))))
    into relations, functions, operators, types, odd_nodes, order_dependent, holds_date;
end
$$;

comment on function pc_tree_facts(text[]) is
'What some queries hold, read from the trees that PostgreSQL stored: relations named, functions called (operators'', aggregates'' and sorting''s included), operators, user-defined types, and whether there is a node of a kind that could depend on more than its inputs (a cast through text, CURRENT_DATE, XML, ...), whether the rows could depend on the order in which tables are read, and whether there is a constant that may have been read from a date or a time. Example: select * from pc_tree_facts(pc_view_trees(array[''pg_views''::regclass]))';
