create function pc_install_triggers(registration partitioncache_registration, relation oid) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    missing record;
    found name;
    firing text;
    began timestamptz := clock_timestamp();
begin
    if not exists (select from pc_broken_triggers(registration.cache, registration.partition_key, relation)) then
        return;
    end if;
    -- Two at once: the second waits, and finds it done. CREATE TRIGGER would take the same lock.
    execute format('lock table %s in share row exclusive mode', relation::regclass);
    -- A mention of the log in the WHEN clause makes the triggers depend on it: whoever drops the log is told so, and with
    -- CASCADE the triggers go first, so that no write fails afterwards. It is judged at each write: this is the quickest.
    for missing in
        select w.*, b.reason
        from pc_tracking_triggers(registration.cache, registration.partition_key, relation) w
        join pc_broken_triggers(registration.cache, registration.partition_key, relation) b using (member, event)
        order by w.cloned, w.member, w.event
    loop
        firing := case missing.enabled when 'A' then 'always' when 'R' then 'replica' else '' end;
        for found in
            select t.tgname from pg_trigger t
            where t.tgrelid = missing.member and t.tgname ^@ missing.prefix
              and (t.tgparentid = 0 or missing.reason = 'has switched off its')
        loop
            if missing.reason = 'has switched off its' then
                execute format('alter table %s enable %s trigger %I', missing.member::regclass, firing, found);
            else
                execute format('drop trigger %I on %s', found, missing.member::regclass);
            end if;
        end loop;
        if not missing.cloned and missing.reason <> 'has switched off its' then
            execute format('create trigger %I ' || missing.definition || ' when (%L::regclass is not null) execute function %s()',
                missing.name, missing.member::regclass, pc_object_for('changes', registration.cache, registration.partition_key),
                pc_log_function_of(registration.cache, registration.partition_key, relation));
            execute format('comment on trigger %I on %s is %L', missing.name, missing.member::regclass,
                format('PartitionCache logs writes, for %I in cache %I, since %s (%s)', registration.partition_key, registration.cache,
                       to_char(began at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), extract(epoch from began)::bigint));
            execute format('alter table %s enable %s trigger %I', missing.member::regclass, firing, missing.name);
        end if;
    end loop;
end
$$;

comment on function pc_install_triggers(partitioncache_registration, oid) is
'Makes the triggers that a tracked table or a table below it lacks, and switches on those that are off. Needs the ownership of the tables. Example: select pc_install_triggers(pc_registration(''partitioncache'', ''city_id''), ''poi''::regclass)';

create function pc_drop_triggers(cache text, partition_key text, relation oid) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    ours record;
begin
    for ours in
        select o.relation, o.name
        from pc_our_triggers(cache, partition_key, array(select pc_relation_family(pc_drop_triggers.relation))) o
        join pg_trigger t on t.oid = o.trigger and t.tgparentid = 0
        order by 1, 2
    loop
        execute format('drop trigger %I on %s', ours.name, ours.relation::regclass);
    end loop;
end
$$;

comment on function pc_drop_triggers(text, text, oid) is
'Drops the triggers that log writes to a table and to all below it. Example: select pc_drop_triggers(''partitioncache'', ''city_id'', ''poi''::regclass)';
