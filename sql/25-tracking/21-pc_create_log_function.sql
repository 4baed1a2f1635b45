create function pc_create_log_function(registration partitioncache_registration) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $outer$
declare
    logger text := pc_log_function(registration.cache, registration.partition_key);
    tracker regrole;
    types oid[] := array(select t.oid from pg_type t
                         where t.typtype = 'b' and pc_datatype_of(t.oid) = registration.datatype order by 1);
begin
    if to_regprocedure(logger || '()') is not null then
        return;
    end if;
    -- Static statements, whose plans are kept. They are reached only while the column has a type that fits: a write must
    -- never fail because its table was altered. Writers need no rights of ours, hence SECURITY DEFINER.
    execute format($sql$
        create function %1$s() returns trigger
        language plpgsql volatile security definer
        set search_path = pg_catalog, pg_temp
        as $body$
        begin
            if tg_op in ('DELETE', 'TRUNCATE') then
                -- without a transaction id nothing can have been removed
                if pg_current_xact_id_if_assigned() is not null then
                    insert into %2$s (relation, whole, removal, xid) values (tg_argv[0]::oid, true, true, pg_current_xact_id());
                end if;
            elsif exists (
                select from pg_attribute a
                where a.attrelid = tg_relid and a.attname = %3$L
                  and (a.atttypid = any (%5$L::oid[])
                       or (select t.typbasetype from pg_type t where t.oid = a.atttypid) = any (%5$L::oid[]))
            ) then
                if tg_level = 'ROW' then
                    insert into %2$s (relation, keys, xid) values (tg_argv[0]::oid, array[new.%4$I], pg_current_xact_id());
                else
                    insert into %2$s (relation, keys, xid)
                    select tg_argv[0]::oid, w.keys, pg_current_xact_id()
                    from (select array(select distinct n.%4$I from new_rows n) as keys offset 0) w
                    where w.keys <> '{}';
                end if;
            elsif tg_level = 'ROW' then
                insert into %2$s (relation, whole, xid) values (tg_argv[0]::oid, true, pg_current_xact_id());
            elsif exists (select from new_rows) then
                insert into %2$s (relation, whole, xid) values (tg_argv[0]::oid, true, pg_current_xact_id());
            end if;
            return null;
        end
        $body$
        $sql$, logger, pc_changes_table(registration.cache, registration.partition_key),
        registration.partition_key, registration.partition_key, types);
    execute format('comment on function %s() is %L', logger,
        format('Logs which partitions (%I) a statement wrote to, for cache %I. Its triggers are made by partitioncache_track.',
               registration.partition_key, registration.cache));
    execute format('revoke all on function %s() from public', logger);
    -- Other roles that may track tables make triggers of it too.
    for tracker in
        select distinct a.grantee
        from pg_proc p, aclexplode(p.proacl) a
        where p.oid = '@extschema@.partitioncache_track(regclass, text, text)'::regprocedure and a.grantee <> 0 and a.grantee <> current_user::regrole
    loop
        execute format('grant execute on function %s() to %s', logger, tracker);
    end loop;
end
$outer$;

comment on function pc_create_log_function(partitioncache_registration) is
'Makes the trigger function that logs writes for a partition key, where there is none yet. Example: select pc_create_log_function(pc_registration(''partitioncache'', ''city_id''))';
