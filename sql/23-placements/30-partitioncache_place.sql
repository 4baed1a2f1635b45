create function partitioncache_place(
    relation regclass, expression text, partition_key text, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path')
) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('relation', relation::text, 'expression', expression, 'partition_key', partition_key, 'cache', cache, 'session_path', session_path);
    perform pc_registration(cache, partition_key);
    perform pc_call('place', jsonb_build_object('cache', cache, 'partition_key', partition_key, 'relation', relation::oid,
                                                'template', pc_placement_template(relation, expression, pc_session(session_path))));
    perform pc_track_as_placed(relation, partition_key, cache);
end
$$;

comment on function partitioncache_place(regclass, text, text, text, text) is
'Says where a partition key stands in a table or a view, if it is not the column of its name: expression is a column of it. Fragments select it there, queries are restricted on it, and writes are logged by it; tables are joined by their keys where a query equates these. Its partitions and children are placed as it is. Placing anew discards the entries of the table; its tracking goes on where the role owns the table, else its owner calls partitioncache_track again. Needs the level administer in the cache. Raises PC001 for an expression that is none, PC002 (partition key not registered), PC004 for a type that the partition key does not hold, PC007 without the right. Example: select partitioncache_place(''poi'', ''kind'', ''city_id'')';

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
    placement := pc_checked_placement(registration, placement.relation, argument ->> 'template');
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
'partitioncache_place for a caller: {cache, partition_key, relation: its OID, template: as pc_placement_template gives it}. Example: see pc_call';

create function pc_checked_placement(registration partitioncache_registration, relation oid, template text) returns partitioncache_placement
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
        perform pc_fail('PC001', format('%L is no column of %s', replace(template, E'\x01\x02.', ''), relation::regclass), '', 'Name one of its columns.');
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

comment on function pc_checked_placement(partitioncache_registration, oid, text) is
'A placement of a partition key, looked at with our own eyes. Raises PC001 for what is none, PC004 for a type that the partition key does not hold. Example: see pc_do_place';

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
    update partitioncache_registration r set placed = r.placed + 1 where r.cache = registration.cache and r.partition_key = registration.partition_key
    returning r.generation into now;
    execute format('with gone as (delete from %s e where (e.evaluation).deps && $1 returning e.hash) select coalesce(array_agg(g.hash), ''{}'') from gone g',
                   pc_key_table(registration.cache, registration.partition_key)) into gone using family;
    execute format('update %s e set generation = $1 where e.generation = $1 - 1 and e.evaluation is not null', pc_key_table(registration.cache, registration.partition_key))
    using now;
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
