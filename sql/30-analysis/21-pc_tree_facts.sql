create function pc_known_fields(out name text, out holds text) returns setof record
language sql immutable parallel safe rows 150
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
    -- Of PostgreSQL 15 to 18. What is not among them makes a tree odd, so a field of a later version is never overlooked.
    select f.name, k.holds
    from (values
        ('relation', 'relid'),
        ('operator', 'opno opnos eqop sortop cycle_mark_neop'),
        ('function', 'funcid opfuncid aggfnoid winfnoid hashfuncid negfuncid startInRangeFunc endInRangeFunc'),
        ('type', 'vartype aggtype aggargtypes aggtranstype array_typeid element_typeid casetype typeId coalescetype resulttype ctecoltypes coltypes
                  colTypes funccoltypes cycle_mark_type funcresulttype minmaxtype opresulttype paramtype consttype refcontainertype refelemtype refrestype
                  row_typeid wintype'),
        ('collation', 'inputcollid inputcollids inRangeColl'),
        ('order', 'limitCount limitOffset tablesample hasWindowFuncs hasDistinctOn'),
        ('other', 'consttypmod constcollid constlen constbyval constisnull constvalue aggcollid aggdirectargs aggdistinct aggfilter aggkind agglevelsup aggno aggorder aggpresorted aggsplit aggstar aggtransno
                   aggvariadic alias aliascolnames aliasname all arg args argisrow array_collid boolop booltesttype canSetTag casecollid checkAsUser
                   cmptype coalescecollid colCollations colTypmods colcollations collOid collation colnames cols coltypmods commandType
                   constraintDeps content copiedOrder cteList ctecolcollations ctecolnames ctecoltypmods ctelevelsup ctematerialized ctename
                   ctequery cterecursive cterefcount cycle_clause cycle_col_list cycle_mark_collation cycle_mark_column cycle_mark_default
                   cycle_mark_typmod cycle_mark_value cycle_path_column defresult distinctClause elements elemexpr endOffset eref expr
                   extraUpdatedCols fieldnum frameOptions fromlist funccolcollations funccolcount funccollid funccolnames funccoltypmods
                   funcexpr funcformat funcordinality funcparams funcretset functions funcvariadic groupClause groupClauses groupDistinct
                   groupexprs groupingSets hasAggs hasForUpdate hasGroupRTE hasModifyingCTE hasRecursive hasRowSecurity hasSubLinks
                   hasTargetSRFs hashable havingQual inFromCl inRangeAsc inRangeNullsFirst inh insertedCols isNatural isReturn
                   joinaliasvars joinleftcols joinmergedcols joinrightcols join_using_alias jointree jointype kind larg largs lateral
                   limitOption list_end list_start location mergeActionList mergeJoinCondition mergeTargetRelation mergeUseOuterJoin
                   minmaxcollid multidims name nulls_first nulltesttype onConflict op opcollid operName opfamilies opretset orderClause
                   override paramcollid paramid paramkind paramtypmod partitionClause perminfoindex pushedDown quals querySource rarg
                   rargs rctype refassgnexpr refcollid refexpr reflowerindexpr refname refs reftypmod refupperindexpr relabelformat
                   relkind rellockmode repeatable requiredPerms resjunk resname resno resorigcol resorigtbl ressortgroupref result
                   resultRelation resultcollid resulttypmod returningList returningNewAlias returningOldAlias reverse_sort rowMarks
                   row_format rtable rtekind rteperminfos rti rtindex runCondition search_breadth_first search_clause search_col_list
                   search_seq_column securityQuals security_barrier selectedCols self_reference setOperations sortClause startOffset
                   stmt_len stmt_location strength subLinkId subLinkType subquery subselect targetList testexpr tleSortGroupRef tsmhandler
                   typeMod updatedCols useOr usingClause utilityStmt values_lists varattno varattnosyn varcollid varlevelsup varno
                   varnosyn varnullingrels varreturningtype vartypmod waitPolicy wincollid windowClause winagg winref winstar
                   withCheckOptions argnumber argnames coerceformat convertformat')
    ) k(holds, names), regexp_split_to_table(k.names, '\s+') f(name)
$$;

comment on function pc_known_fields() is
'The fields of the nodes that pc_tree_facts knows, and the kind of object whose OIDs each holds (relation, operator, function, type, collation); order: it can make the rows depend on the order in which tables are read; other: nothing of these. Example: select * from pc_known_fields()';

create function pc_field_kinds() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select jsonb_object_agg(k.name, k.holds) from pc_known_fields() k
$$;

comment on function pc_field_kinds() is
'pc_known_fields as one value, {name: holds}, which a plan keeps: in place of a join with all of them for each tree. Example: select pc_field_kinds() ->> ''opno''';

create function pc_tree_constants(tree text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        select md5(string_agg(c.text, E'\n' order by c.text collate "C"))
        from (select concat_ws(' ', split_part(n.text, ' ', 3), split_part(split_part(n.text, ':constisnull ', 2), ' ', 1),
                               split_part(split_part(n.text, ':constvalue ', 2), '}', 1)) as text
              from string_to_table(tree, '{') n(text) where n.text ^@ 'CONST ') c);
end
$$;

comment on function pc_tree_constants(text) is
'A digest of the types and values of the constants in a tree that PostgreSQL stored. Example: select pc_tree_constants(pc_stored_tree())';

create function pc_plain_types(types oid[]) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        with recursive part(type, whole) as (
            select t, true from unnest(types) t
            union
            select behind.type, false
            from part p
            cross join lateral (
                select t.typelem as type from pg_type t where t.oid = p.type and t.typelem <> 0 and t.typcategory = 'A'
                union all
                select r.rngsubtype from pg_range r where r.rngtypid = p.type or r.rngmultitypid = p.type
            ) behind
        )
        -- A name inside of an array is in no list of what an expression depends on; that of an object that stands alone is.
        select not exists (
            select from part p join pg_type t on t.oid = p.type
            where t.typtype not in ('b', 'e', 'r', 'm') and p.type not in ('unknown'::regtype)
               or t.oid = 'money'::regtype
               or not p.whole and t.oid < 16384 and t.typname ^@ 'reg')
    );
end
$$;

comment on function pc_plain_types(oid[]) is
'Whether constants of these types mean what they say: no rows, domains and money, and no names of objects inside of arrays. Example: select pc_plain_types(array[''integer''::regtype])';

create function pc_tree_facts(trees text[], out relations oid[], out functions oid[], out operators oid[], out types oid[], out roots pc_object[],
                               out odd_nodes boolean, out order_dependent boolean, out holds_date boolean)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set max_parallel_workers_per_gather = 0
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
        roots := '{}'::pc_object[];
        odd_nodes := false;
        order_dependent := false;
        holds_date := false;
        return;
    end if;
    with piece as materialized (
        -- A field is " :name value"; names that users chose cannot look like one, since their spaces are escaped: they look like no field we know.
        select distinct p.text, p.place > 1 as is_field from unnest(trees) t(tree), string_to_table(t.tree, ' :') with ordinality p(text, place)
    ), node as materialized (
        select distinct split_part(n.text, ' ', 1) as kind
        from piece p, string_to_table(p.text, '{') with ordinality n(text, place)
        where position('{' in p.text) > 0 and (n.place > 1 or not p.is_field)
    ), field as materialized (
        -- What stands behind the next opening brace is another node's.
        select distinct f.name, v.value, k.holds,
               case when k.holds in ('relation', 'operator', 'function', 'type', 'collation') then substring(v.value from '^\d+\M|^\(o[ \d]*\)|^<>') end as ids
        from (select p.text from piece p where p.is_field) p
        cross join lateral (select split_part(p.text, ' ', 1) as name offset 0) f
        cross join lateral (select pc_field_kinds() ->> f.name as holds offset 0) k
        cross join lateral (select case when k.holds <> 'other' then rtrim(split_part(substr(p.text, length(f.name) + 2), '{', 1)) end as value offset 0) v
    ), fact as materialized (
        -- one OID, or a list of them
        select distinct f.holds, f.name, m[1]::oid as id
        from field f
        cross join lateral regexp_matches(f.ids, '\d+', 'g') m
    )
    select array(select distinct id from fact where holds = 'relation' and id <> 0),
           array(select distinct p.oid from (
                     select id from fact where holds = 'function'
                     union all
                     select o.oprcode::oid from fact join pg_operator o on o.oid = id where holds = 'operator') f
                 join pg_proc p on p.oid = f.id),
           array(select distinct id from fact where holds = 'operator' and id <> 0),
           array(select distinct id from fact where holds = 'type' and id >= 16384),
           array(select distinct row('pg_type'::regclass, id)::pc_object from fact where holds = 'type' and id >= 12000
                 union
                 select row('pg_collation'::regclass, id)::pc_object from fact where holds = 'collation' and id not in (0, 950, 951)
                 union
                 select row('pg_ts_config'::regclass, 0)::pc_object from fact join pg_type t on t.oid = id
                 where holds = 'type' and (t.oid in ('regconfig'::regtype, 'regdictionary'::regtype) or t.typelem in ('regconfig'::regtype, 'regdictionary'::regtype))),
           exists (
               select from node n
               where n.kind not in (
                   '', '(', '((', 'QUERY', 'RANGETBLENTRY', 'RTEPERMISSIONINFO', 'ALIAS', 'FROMEXPR', 'JOINEXPR', 'RANGETBLREF', 'TARGETENTRY',
                   'SORTGROUPCLAUSE', 'GROUPINGSET', 'WINDOWCLAUSE', 'ROWMARKCLAUSE', 'COMMONTABLEEXPR', 'SETOPERATIONSTMT',
                   'RANGETBLFUNCTION', 'AGGREF', 'WINDOWFUNC', 'GROUPINGFUNC', 'TABLESAMPLECLAUSE', 'CTECYCLECLAUSE', 'CTESEARCHCLAUSE',
                   'VAR', 'CONST', 'OPEXPR', 'FUNCEXPR', 'BOOLEXPR', 'SCALARARRAYOPEXPR', 'NULLTEST', 'BOOLEANTEST', 'CASEEXPR', 'CASE',
                   'CASEWHEN', 'WHEN', 'CASETESTEXPR', 'COALESCEEXPR', 'COALESCE', 'MINMAXEXPR', 'MINMAX', 'RELABELTYPE', 'DISTINCTEXPR',
                   'NULLIFEXPR', 'ARRAYEXPR', 'ARRAY', 'SUBSCRIPTINGREF', 'ROWCOMPAREEXPR', 'ROWCOMPARE', 'ROWEXPR', 'ROW', 'COLLATEEXPR',
                   'COLLATE', 'SUBLINK', 'FIELDSELECT', 'ARRAYCOERCEEXPR', 'PARAM', 'NAMEDARGEXPR', 'WINDOWFUNCRUNCONDITION'))
           or exists (select from field where holds is null)
           -- Where an OID is expected, nothing else may stand.
           or exists (select from field where holds in ('relation', 'operator', 'function', 'type', 'collation') and ids is null)
           -- Money is read by the rules of lc_monetary, which a stored text does not carry.
           or exists (select from fact where holds = 'type' and id = 'money'::regtype)
           or not pc_plain_types(array(select id from fact where name = 'consttype')),
           exists (
               select from field
               where name in ('limitCount', 'limitOffset', 'tablesample') and value <> '<>' or name in ('hasWindowFuncs', 'hasDistinctOn') and value = 'true')
           or exists (
               -- Of the aggregates, those whose result does not depend on the order of their input.
               select from fact join pg_proc p on p.oid = id
               where name = 'aggfnoid'
                 and (p.oid >= 16384 or p.proname not in ('count', 'min', 'max', 'sum', 'avg', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or')
                      or p.proname in ('sum', 'avg') and p.proargtypes[0] in ('real'::regtype, 'double precision'::regtype))),
           exists (select from fact c join pg_type t on t.oid = c.id
                   where c.name = 'consttype' and (t.typcategory in ('D', 'R') or t.oid >= 16384
                      or exists (select from pg_type e where e.oid = t.typelem and e.typcategory in ('D', 'R'))))
    into relations, functions, operators, types, roots, odd_nodes, order_dependent, holds_date;
end
$$;

comment on function pc_tree_facts(text[]) is
'What some queries hold, read from the trees that PostgreSQL stored: relations named, functions called (operators'', aggregates'' and sorting''s included), operators, user-defined types, what else their meaning hangs on (roots, see pc_closure), whether there is a node, a field of one or a constant of a kind that could depend on more than its inputs (a cast through text, CURRENT_DATE, XML, ...), whether the rows could depend on the order in which tables are read, and whether there is a constant that may have been read from a date or a time. Example: select * from pc_tree_facts(pc_view_trees(array[''pg_views''::regclass]))';
