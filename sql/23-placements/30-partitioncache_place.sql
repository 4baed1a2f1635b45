create function partitioncache_place(
    relation regclass, expression text, partition_key text, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path'), never_fails boolean default false
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('relation', relation::text, 'expression', expression, 'partition_key', partition_key, 'cache', cache, 'session_path', session_path);
    perform pc_registration(cache, partition_key);
    perform pc_call('place', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'relation', relation::oid,
                                                'template', pc_placement_template(relation, expression, pc_session(session_path)),
                                                'never_fails', coalesce(never_fails, false)));
    perform pc_track_as_placed(relation, partition_key, cache);
end
$$;

comment on function partitioncache_place(regclass, text, text, text, text, boolean) is
'Says where a partition key stands in a table or a view, if it is not the column of its name: expression is a column of it, or an immutable expression over its columns, as in date_trunc(''''month'''', at), at::date, id / 1000 or lower(country). Fragments select it there, queries are restricted on it, and writes are logged by it; tables are joined by their keys where a query equates these. Its partitions and children are placed as it is. never_fails: you promise that an expression with functions other than PostgreSQL''s plain ones has a value for every row that there will ever be: where it had none, queries would fail. Placing anew discards the entries of the table; its tracking goes on where the role owns the table, else its owner calls partitioncache_track again. Needs the level administer in the cache. Raises PC001 for an expression that is none, is not immutable or may fail for a row, PC002 (partition key not registered), PC004 for a type that the partition key does not hold, PC007 without the right. Example: select partitioncache_place(''poi'', ''kind'', ''city_id'')';

create function pc_do_place(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration;
    placement partitioncache_placement;
    kind "char";
begin
    perform pc_require(caller, argument ->> 'cache', 'administer');
    registration := pc_registration(argument ->> 'cache', argument ->> 'partition_key');
    placement.relation := (argument ->> 'relation')::oid;
    kind := (select c.relkind from pg_class c where c.oid = placement.relation);
    if kind is null or kind not in ('r', 'p', 'v', 'm', 'f') or pc_top(placement.relation) <> placement.relation then
        perform pc_fail('PC001', format('no partition key can be placed in %s', placement.relation::regclass),
            case when pc_top(placement.relation) <> placement.relation then format('It is a part of %s.', pc_top(placement.relation)::regclass) end,
            'Name the table or view that queries read; parts of a table are placed as it is.');
    end if;
    placement := pc_checked_placement(registration, placement.relation, argument ->> 'template', (argument -> 'never_fails')::boolean);
    placement.placed_by := pg_get_userbyid(caller);
    if (pc_placement_of(registration.cache, registration.partition_key, placement.relation)).template is not distinct from placement.template then
        return null;
    end if;
    delete from partitioncache_placement p
    where p.cache = registration.cache and p.partition_key = registration.partition_key
      and (p.relation = placement.relation and (p.database, p.cluster) = (placement.database, placement.cluster) or p.relation_name = placement.relation_name);
    -- The column of its name needs no placement.
    if pc_plain_key(placement.template) is distinct from quote_ident(registration.partition_key) then
        insert into partitioncache_placement select placement.*;
        perform pc_create_log_function(registration, placement);
    end if;
    perform pc_placement_changed(registration, placement.relation);
    return null;
end
$$;

comment on function pc_do_place(oid, jsonb) is
'partitioncache_place for a caller: {cache, partition_key, relation: its OID, template: as pc_placement_template gives it, never_fails}. Example: see pc_call';

create function pc_checked_placement(registration partitioncache_registration, relation oid, template text, never_fails boolean) returns partitioncache_placement
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    placement partitioncache_placement;
    column_ pg_attribute;
begin
    placement.cache := registration.cache;
    placement.partition_key := registration.partition_key;
    placement.relation := relation;
    placement.relation_name := pc_relation_name(relation);
    placement.database := pc_database();
    placement.cluster := pc_cluster();
    placement.created_at := now();
    placement.template := template;
    placement.plain := pc_plain_key(template) is not null;
    if placement.plain is not true then
        return pc_checked_expression(registration, placement, never_fails);
    end if;
    select a.* into column_ from pg_attribute a where a.attrelid = relation and quote_ident(a.attname) = pc_plain_key(template) and a.attnum > 0 and not a.attisdropped;
    if not found then
        perform pc_fail('PC001', format('%L is no column of %s', pc_plain_key(template), relation::regclass), '', 'Name one of its columns.');
    elsif not pc_fits(column_.atttypid, column_.attcollation, registration.datatype, true) then
        perform pc_fail('PC004', format('partition key "%s" holds %s, and column %s of %s is of type %s', registration.partition_key, registration.datatype,
                                        pc_plain_key(template), relation::regclass, pc_column_type(column_.atttypid, column_.attcollation)), '',
            'Place another column, or register another partition key.');
    end if;
    placement.columns := array[pc_plain_key(template)];
    placement.column_types := array[pc_column_type(column_.atttypid, column_.attcollation)];
    placement.type := column_.atttypid;
    return placement;
end
$$;

comment on function pc_checked_placement(partitioncache_registration, oid, text, boolean) is
'A placement of a partition key, looked at with our own eyes. Raises PC001 for what is none, PC004 for a type that the partition key does not hold. Example: see pc_do_place';

create function pc_checked_expression(registration partitioncache_registration, placement partitioncache_placement, never_fails boolean) returns partitioncache_placement
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    shown text := replace(placement.template, E'\x01\x02.', '');
    raw text := replace(placement.template, E'\x01\x02', 'partitioncache_row');
    session jsonb := pc_session('pg_catalog, pg_temp')
        || '{"DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "TimeZone": "UTC", "standard_conforming_strings": "on", "transform_null_equals": "off", "array_nulls": "on", "xmloption": "content"}';
    expression pc_expression;
    bad text := pc_unsafe_constant(raw);
begin
    -- Before PostgreSQL is given the text, with the installer's rights.
    if bad is not null then
        perform pc_fail('PC001', format('the constant %s in %L is not of one of PostgreSQL''s plain types', bad, shown), '', 'Compare texts, numbers, dates; cast the column, not the constant.');
    end if;
    if raw ~ E'[\x01\x02]' or pc_placement_template(placement.relation, raw, session) is distinct from placement.template then
        perform pc_fail('PC001', format('%L cannot be written in a way that means the same everywhere', shown), '', 'Write one expression over the columns of the table.');
    end if;
    expression := pc_expression(placement.relation, raw, session);
    select string_agg(distinct p.oid::regprocedure::text, ', ') into bad from pg_proc p where p.oid = any (expression.functions) and p.provolatile <> 'i';
    if bad is not null or expression.odd or expression.relations <> array[placement.relation] then
        perform pc_fail('PC001', format('%L may give another value for the same row', shown),
            case when bad is not null then format('It calls %s.', bad) end,
            'Use what is immutable: of a timestamp with time zone, (at at time zone ''UTC''); of a date, day::timestamp; in texts, floor(x::numeric)::text in place of x.');
    elsif not pc_fits(expression.type, expression.collation_, registration.datatype, true) then
        perform pc_fail('PC004', format('partition key "%s" holds %s, and %s is of type %s', registration.partition_key, registration.datatype, shown,
                                        pc_column_type(expression.type, expression.collation_)), '',
            'Cast the expression, or register another partition key.');
    end if;
    bad := pc_may_fail(expression, placement.template);
    if bad is not null and never_fails is not true then
        perform pc_fail('PC001', format('%L may fail for some row: %s', shown, bad), '',
            'Queries must not fail where they did not. Divide by numbers, cast to wider types (x::numeric in place of x::integer), or assert that it has a value for every row: never_fails => true.');
    end if;
    select array_agg(c.name order by c.name collate "C") into placement.columns
    from (select distinct m[1] as name from regexp_matches(placement.template, E'\x01\x02[.]("(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)', 'g') m) c;
    if placement.columns is null or exists (
        select from unnest(placement.columns) c
        where not exists (select from pg_attribute a where a.attrelid = placement.relation and quote_ident(a.attname) = c and a.attnum > 0 and not a.attisdropped)) then
        perform pc_fail('PC001', format('%L is no expression over the columns of %s', shown, placement.relation::regclass), '', 'Use columns of the table, and no system columns.');
    end if;
    select array_agg(pc_column_type(a.atttypid, a.attcollation) order by c.n) into placement.column_types
    from unnest(placement.columns) with ordinality c(name, n)
    join pg_attribute a on a.attrelid = placement.relation and a.attnum > 0 and not a.attisdropped and quote_ident(a.attname) = c.name;
    placement.type := expression.type;
    placement.untrusted := pc_strangers(expression);
    -- It will run in the queries of others: what it calls belongs to somebody who could have them run it anyway.
    select string_agg(distinct p.oid::regprocedure::text, ', ') into bad
    from pg_proc p
    where p.oid = any (expression.functions) and placement.untrusted is not null and p.oid >= 16384
      and not exists (select from pg_roles o where o.oid = p.proowner and (o.rolsuper or o.oid = (select c.relowner from pg_class c where c.oid = placement.relation)));
    if bad is not null then
        perform pc_fail('PC007', format('%L calls %s, which belongs neither to a superuser nor to the owner of %s', shown, bad, placement.relation::regclass), '',
            'Queries of others would call it.');
    end if;
    return placement;
end
$$;

comment on function pc_checked_expression(partitioncache_registration, partitioncache_placement, boolean) is
'A placement whose template is no column alone, looked at with our own eyes. Raises PC001 for what is no immutable expression over the columns of its table, PC004 for a type that the partition key does not hold, PC007 for functions of strangers. Example: see pc_do_place';

create function pc_strangers(expression pc_expression) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select string_agg(distinct u.name, ', ')
    from (
        select 'pg_proc'::regclass as class, p.oid, format('the function %s', p.oid::regprocedure) as name from pg_proc p where p.oid = any ((expression).functions)
        union all
        select 'pg_operator'::regclass, o.oid, format('the operator %s', o.oid::regoperator) from pg_operator o where o.oid = any ((expression).operators)
        union all
        select 'pg_type'::regclass, t.oid, format('the type %s', t.oid::regtype) from pg_type t where t.oid = any ((expression).types)) u
    where u.oid >= 16384
      and not exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid join pg_roles r on r.oid = e.extowner
                      where d.classid = u.class and d.objid = u.oid and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and r.rolsuper)
$$;

comment on function pc_strangers(pc_expression) is
'What an expression uses that is neither PostgreSQL''s own nor of an extension that a superuser owns, in words; null if there is nothing. Example: select pc_strangers(pc_expression(''pg_class''::regclass, ''relname'', pc_session(''pg_catalog'')))';

create function pc_placement_changed(registration partitioncache_registration, relation oid) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    family oid[] := array(select pc_relation_family(pc_top(pc_placement_changed.relation)));
    gone text[];
    now bigint;
begin
    -- What is being evaluated at this moment is discarded. Of what is stored, entries on other tables hold on.
    perform pc_move_generation(registration.cache, registration.partition_key);
    update partitioncache_registration r set placed = r.generation where r.cache = registration.cache and r.partition_key = registration.partition_key
    returning r.generation into now;
    execute format('with gone as (delete from %s e where (e.evaluation).deps && $1 returning e.hash) select coalesce(array_agg(g.hash), ''{}'') from gone g',
                   pc_object_for('cache', registration.cache, registration.partition_key)) into gone using family;
    execute format('update %s e set generation = $1
                    where (e.evaluation).snapshot is not null and e.generation = $1 - 1
                       or (e.evaluation).snapshot is null and ((e.evaluation).form).relations is not null and e.generation >= $2 
                          and not exists (select from unnest(((e.evaluation).form).relations) r(name)
                                          left join pg_class c on c.oid = to_regclass(regexp_replace(r.name, ''^ONLY '', ''''))
                                          -- a view may pass on where the key stood
                                          where r.name = any ($3) or c.relkind is distinct from ''r'' and c.relkind is distinct from ''p'')',
                   pc_object_for('cache', registration.cache, registration.partition_key))
    using now, registration.placed, array(select x.prefix || pc_relation_name(f) from unnest(family) f, unnest(array['', 'ONLY ']) x(prefix));
    perform pc_forget_use(registration, gone, null);
end
$$;

comment on function pc_placement_changed(partitioncache_registration, oid) is
'Discards the entries of a table in which a partition key stands elsewhere now, and what is being evaluated. Example: see pc_do_place';

create function pc_track_as_placed(relation regclass, partition_key text, cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    problem text;
begin
    if pc_tracking_state(cache, partition_key, relation) is null or pc_tracking_state(cache, partition_key, relation) = 'tracking' then
        return;
    end if;
    problem := case when pg_has_role((select c.relowner from pg_class c where c.oid = relation), 'usage')
                        then pc_try_to_track(pc_registration(cache, partition_key), relation)
                    else format('it belongs to role "%s"', (select pg_get_userbyid(c.relowner) from pg_class c where c.oid = relation)) end;
    if problem is not null then
        raise notice '% is still logged as it was placed before, and entries on it are not used: %; its owner calls partitioncache_track(%, %)',
            relation, problem, quote_literal(relation), quote_literal(partition_key);
    end if;
end
$$;

comment on function pc_track_as_placed(regclass, text, text) is
'Has the writes to a tracked table logged by where the partition key stands in it now, if the role owns it, or says who has to. Example: select pc_track_as_placed(''poi'', ''city_id'', ''partitioncache'')';
