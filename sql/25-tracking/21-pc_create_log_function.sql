create function pc_create_log_function(registration partitioncache_registration) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $outer$
declare
    logger text := pc_log_function(registration.cache, registration.partition_key);
    tracker regrole;
    types oid[] := array(select t.oid from pg_type t
                         where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b' and t.typelem = 0
                           and pc_datatype_of(t.oid) = registration.datatype
                         order by 1);
begin
    if to_regprocedure(logger || '()') is not null then
        return;
    end if;
    -- Writers need no rights of ours, hence SECURITY DEFINER: nothing in it may depend on who calls it.
    execute format($sql$
        create function %1$s() returns trigger
        language plpgsql volatile security definer
        set search_path = pg_catalog, pg_temp
        as $body$
        #variable_conflict use_column
        declare
            tracked oid := tg_argv[0];
            one %6$s;
            alone boolean;
            described boolean;
            written %6$s[];
        begin
            if tg_op = 'DELETE' or tg_op = 'TRUNCATE' then
                -- without a transaction id nothing can have been removed
                if pg_current_xact_id_if_assigned() is not null then
                    insert into %2$s (relation, whole, removal, xid) values (tracked, true, true, pg_current_xact_id());
                end if;
                return null;
            end if;

            -- Most statements write one row, and are quick themselves: a look at the first two rows, and one insert.
            -- A write must never fail because its table was altered: where the table has no such column, the name means
            -- that of "without", and where it has another type, there is no key.
            if tg_level = 'STATEMENT' then
                for one in
                    select case when pg_typeof(w.key)::oid = any (%5$L::oid[]) then w.key end
                    from (values (null::boolean)) without(%4$I) cross join lateral (select %4$I from new_rows) w(key)
                loop
                    alone := alone is null;
                    exit when not alone;
                end loop;
                if alone is null then
                    return null;
                end if;
                described := one is not null;
                if alone and described then
                    insert into %2$s (relation, keys, xid) values (tracked, array[one], pg_current_xact_id());
                    return null;
                end if;
            end if;

            -- Static statements again, reached only while the column has a type that fits.
            described := described or exists (
                select from pg_attribute a join pg_type t on t.oid = a.atttypid
                where a.attrelid = tg_relid and a.attname = %3$L
                  and (t.oid = any (%5$L::oid[]) or t.typtype = 'd' and t.typbasetype = any (%5$L::oid[])));
            if tg_level = 'ROW' then
                if described then
                    written := array[new.%4$I];
                end if;
            elsif described then
                written := array(select distinct n.%4$I from new_rows n);
            end if;
            insert into %2$s (relation, keys, whole, xid) values (tracked, written, written is null, pg_current_xact_id());
            return null;
        end
        $body$
        $sql$, logger, pc_changes_table(registration.cache, registration.partition_key),
        registration.partition_key, registration.partition_key, types, pc_native_type(registration.datatype));
    execute format('comment on function %s() is %L', logger,
        format('Logs which partitions (%I) a statement wrote to, for cache %I. Its triggers are made by partitioncache_track.',
               registration.partition_key, registration.cache));
    execute format('revoke all on function %s() from public', logger);
    -- Whoever drops the extension is told of the triggers, and with CASCADE they go first. Installed over a connection
    -- there is none.
    if exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
               where d.classid = 'pg_class'::regclass and d.objid = 'partitioncache_tracked'::regclass and d.deptype = 'e'
                 and d.refclassid = 'pg_extension'::regclass and e.extname = 'partitioncache') then
        execute format('alter function %s() depends on extension partitioncache', logger);
    end if;
    -- Other roles that may track tables make triggers of it too.
    for tracker in
        select distinct a.grantee
        from pg_proc p, aclexplode(p.proacl) a
        where p.oid = 'partitioncache_internal.partitioncache_track(regclass, text, text)'::regprocedure and a.grantee <> 0 and a.grantee <> current_user::regrole
    loop
        execute format('grant execute on function %s() to %s', logger, tracker);
    end loop;
end
$outer$;

comment on function pc_create_log_function(partitioncache_registration) is
'Makes the trigger function that logs writes for a partition key, where there is none yet. Example: select pc_create_log_function(pc_registration(''partitioncache'', ''city_id''))';
