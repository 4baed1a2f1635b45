create function pc_log_function_body(registration partitioncache_registration, placement partitioncache_placement default null) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    native text := pc_native_type(registration.datatype);
    plain boolean := coalesce((placement).plain, true);
    columns text[] := coalesce((placement).columns, array[quote_ident(registration.partition_key)]);
    -- In the place of a row: its type, and the key.
    kind text := case when plain then format('pg_typeof(%%s.%s)::oid', replace(columns[1], '%', '%%'))
                      else format('case when %s then %L::oid end', (
                          select string_agg(format('pg_typeof(%%1$s.%s)::oid = %s', replace(quote_ident(a.attname), '%', '%%'), a.atttypid), ' and ')
                          from pg_attribute a where a.attrelid = (placement).relation and quote_ident(a.attname) = any (columns) and a.attnum > 0), pc_native_type(registration.datatype)::oid) end;
    value text := case when plain then format('%%s.%s::%s', replace(columns[1], '%', '%%'), native)
                       else format('%s(%s)', replace(pc_key_function((placement).cache, (placement).partition_key, (placement).template), '%', '%%'),
                                   (select string_agg(format('%%1$s.%s', replace(c, '%', '%%')), ', ' order by n) from unnest(columns) with ordinality x(c, n))) end;
    types oid[] := array(select t.oid from pg_type t
                         where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b' and t.typelem = 0
                           and pc_fits(t.oid, 0, registration.datatype, (placement).template is not null)
                         order by 1);
begin
    -- It runs with our rights on tables of strangers, who may alter them as they like. So it asks for the type of the key column first, which
    -- calls nothing, and names no column in a way that calls a cast before it knows that the cast is PostgreSQL's own. The type is asked of the
    -- rows and not of the catalog, which a transaction with an old snapshot sees as it was.
    -- Whatever goes wrong while reading is the same as a column that is not there: it is logged that something was written. Nothing is written
    -- within such a block, because that would take a transaction id for each statement. Variables are qualified: columns may be called like them.
    return format($body$
<<own>>
declare
    -- by another name, or without the right to write, the log is out of reach
    reachable boolean := case when has_schema_privilege(to_regnamespace('partitioncache_internal')::oid, 'usage')
                              then has_table_privilege(to_regclass(%4$L)::oid, 'insert') end;
    root oid := coalesce(pg_partition_root(tg_relid), tg_relid);
    kind oid;
    several boolean;
    written %1$s[];
    removal boolean := tg_op = 'DELETE' or tg_op = 'TRUNCATE';
begin
    if own.removal then
        -- without a transaction id nothing can have been removed
        if pg_current_xact_id_if_assigned() is null then
            return null;
        end if;
    elsif tg_level = 'ROW' then
        begin
            -- What is generated when it is read (VIRTUAL), from PostgreSQL 18 on, is null here. In a whole statement it is an error.
            own.kind := (select %7$s
                         where not exists (select from pg_attribute a where a.attrelid = tg_relid and quote_ident(a.attname) = any (%6$L::text[]) and a.attgenerated = 'v'));
        exception when others then
            null;
        end;
    elsif own.reachable then
        begin
            select %2$s, %10$s exists (select from new_rows offset 1) into own.kind, own.several from new_rows n limit 1;
            if not found then
                return null;
            end if;
        exception when undefined_table then
            null;
        when others then
            perform from new_rows limit 1;
            if not found then
                return null;
            end if;
        end;
    end if;
    if own.kind <> all (%3$L::oid[]) then
        with recursive base(type) as (
            select own.kind union all select t.typbasetype from base b join pg_type t on t.oid = b.type where t.typtype = 'd'
        )
        select max(b.type) into own.kind from base b where b.type = any (%3$L::oid[]);
    end if;

    if own.reachable then
        if own.kind is not null and tg_level = 'STATEMENT' then
            if not own.several then
                -- Most statements write one row, and are quick themselves.
                insert into %4$s (relation, keys, xid)
                select own.root, array[%8$s], pg_current_xact_id() from new_rows n;
                return null;
            end if;
            begin
                own.written := array(select distinct %8$s %5$s from new_rows n);
                if pg_column_size(own.written) > 100000000 then
                    own.written := null;
                end if;
            exception when others then
                null;  -- too many for the memory
            end;
        elsif own.kind is not null then
            begin
                own.written := array[%9$s];
            exception when others then
                null;
            end;
        end if;
        insert into %4$s (relation, keys, whole, removal, xid)
        values (own.root, own.written, own.written is null, own.removal, pg_current_xact_id());
    else
        begin
            execute (
                select format('insert into %%s (relation, whole, removal, xid) values ($1, true, $2, pg_current_xact_id())', c.oid::regclass)
                from pg_trigger t
                join pg_proc p on p.oid = t.tgfoid
                join pg_depend d on d.classid = 'pg_trigger'::regclass and d.objid = t.oid and d.refclassid = 'pg_class'::regclass
                join pg_class c on c.oid = d.refobjid and c.relnamespace = p.pronamespace and c.relowner = p.proowner
                where t.tgrelid = tg_relid and t.tgname = tg_name and c.relname ~ '_changes_'
            ) using own.root, own.removal;
        exception when others then
            null;  -- no log, no entries: who looks one up sees that it is missing
        end;
    end if;
    return null;
end
$body$, native, format(kind, 'n'), types, pc_object_for('changes', registration.cache, registration.partition_key),
        case when registration.datatype = 'text' then 'collate "C"' else '' end, columns, format(kind, 'new'), format(value, 'n'), format(value, 'new'),
        -- An expression may fail for a row, and the write must not.
        case when plain then '' else 'true or' end);
end
$$;

comment on function pc_log_function_body(partitioncache_registration, partitioncache_placement) is
'The body of the trigger function that logs writes for a partition key, to the tables in which it is placed so. Example: select pc_log_function_body(pc_registration(''partitioncache'', ''city_id''))';

create function pc_key_function(cache text, partition_key text, template text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return format('partitioncache_internal.%I', 'key_' || left(pc_sha256(concat_ws(E'\x1f', cache, partition_key, template)), 24));
end
$$;

comment on function pc_key_function(text, text, text) is
'The function that gives the partition key of a row where that stands in an expression. Example: select pc_key_function(''partitioncache'', ''month'', ''...'')';

create function pc_create_key_function(registration partitioncache_registration, placement partitioncache_placement) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
set DateStyle = 'ISO, YMD'
set IntervalStyle = 'postgres'
set TimeZone = 'UTC'
as $$
declare
    target text := partitioncache_internal.pc_key_function(placement.cache, placement.partition_key, placement.template);
    expression text := placement.template;
    arguments text;
    argument record;
    -- Qualified, as all that follows the change of the path.
    bound partitioncache_internal.pc_expression;
begin
    -- Its body is read once, now: whatever is made later under names that it uses, it calls what was looked at.
    select string_agg(format_type(a.atttypid, null), ', ' order by c.n) into arguments
    from unnest(placement.columns) with ordinality c(name, n)
    join pg_attribute a on a.attrelid = placement.relation and quote_ident(a.attname) = c.name and a.attnum > 0 and not a.attisdropped;
    if to_regprocedure(format('%s(%s)', target, arguments)) is not null then
        return;
    end if;
    for argument in
        select c.name, c.n, (select format(' collate %I.%I', o.collnamespace::regnamespace, o.collname) from pg_collation o
                             where o.oid = a.attcollation and o.oid <> (select t.typcollation from pg_type t where t.oid = a.atttypid)) as collated
        from unnest(placement.columns) with ordinality c(name, n)
        join pg_attribute a on a.attrelid = placement.relation and quote_ident(a.attname) = c.name and a.attnum > 0 and not a.attisdropped
    loop
        expression := regexp_replace(expression, partitioncache_internal.pc_column_in(argument.name), format(E'($\x02%s%s)', argument.n, argument.collated), 'g');
    end loop;
    perform set_config('search_path', 'pg_catalog, pg_temp', true);
    execute format('create function %s(%s) returns %s language sql immutable parallel safe return (%s)::%s', target, arguments,
                   partitioncache_internal.pc_native_type(registration.datatype), replace(expression, E'\x02', ''), partitioncache_internal.pc_native_type(registration.datatype));
    -- What it was bound to, whatever has become of types and casts since the placement was looked at.
    select f.functions, f.operators, f.types into bound.functions, bound.operators, bound.types
    from partitioncache_internal.pc_tree_facts(array[(select p.prosqlbody::text from pg_proc p where p.oid = to_regprocedure(format('%s(%s)', target, arguments)))]) f;
    if partitioncache_internal.pc_strangers(bound) is not null then
        perform partitioncache_internal.pc_fail('PC008', format('what is placed in %s has changed: its partition key calls %s now', placement.relation_name, partitioncache_internal.pc_strangers(bound)),
            '', 'Place it anew.');
    end if;
    execute format('comment on function %s(%s) is %L', target, arguments, format('The partition key %I in cache %I of rows of %s.', placement.partition_key, placement.cache, placement.relation_name));
    perform partitioncache_internal.pc_take_back(to_regprocedure(format('%s(%s)', target, arguments)));
end
$$;

comment on function pc_create_key_function(partitioncache_registration, partitioncache_placement) is
'Makes the function by which writes are logged where a partition key stands in an expression: it is bound to what the expression uses now. Example: see pc_create_log_function';

create function pc_create_log_function(registration partitioncache_registration, placement partitioncache_placement default null) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    logger text := pc_log_function_for(registration.cache, registration.partition_key, (placement).template);
    body text := pc_log_function_body(registration, placement);
    tracker regrole;
begin
    if (placement).plain is false then
        if (placement).untrusted is not null then
            return;
        end if;
        perform pc_create_key_function(registration, placement);
        body := pc_log_function_body(registration, placement);
    end if;
    if exists (select from pg_proc p where p.oid = to_regprocedure(logger || '()') and p.prosrc = body) then
        return;
    end if;
    -- Writers need no rights of ours, hence SECURITY DEFINER: nothing in it may depend on who calls it.
    execute format('create or replace function %s() returns trigger language plpgsql volatile security definer
                    set search_path = pg_catalog, partitioncache_internal, pg_temp as %L', logger, body);
    execute format('comment on function %s() is %L', logger,
        format('Logs which partitions (%I) a statement wrote to, for cache %I. Its triggers are made by partitioncache_track.',
               registration.partition_key, registration.cache));
    perform pc_take_back(to_regprocedure(logger || '()'));
    -- Whoever drops the extension is told of the triggers, and with CASCADE they go first. Installed over a connection
    -- there is none.
    if exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
               where d.classid = 'pg_class'::regclass and d.objid = 'partitioncache_registration'::regclass and d.deptype = 'e'
                 and d.refclassid = 'pg_extension'::regclass and e.extname = 'partitioncache')
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = to_regprocedure(logger || '()') and d.deptype = 'x') then
        execute format('alter function %s() depends on extension partitioncache', logger);
    end if;
    -- Who tracks a table makes a trigger of it: who may store entries.
    for tracker in
        select distinct a.grantee
        from pg_attribute c, aclexplode(c.attacl) a
        where c.attrelid = to_regclass(pc_object_for('store', registration.cache, registration.partition_key)) and a.privilege_type = 'INSERT' and a.grantee <> 0
    loop
        execute format('grant execute on function %s() to %s', logger, tracker);
    end loop;
end
$$;

comment on function pc_create_log_function(partitioncache_registration, partitioncache_placement) is
'Makes the trigger function that logs writes for a partition key, where there is none yet or one of another version. Example: select pc_create_log_function(pc_registration(''partitioncache'', ''city_id''))';
