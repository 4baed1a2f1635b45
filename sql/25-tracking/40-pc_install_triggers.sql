create function pc_install_triggers(registration partitioncache_registration, relation oid) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    missing record;
begin
    -- A mention of the log in the WHEN clause makes the triggers depend on it: whoever drops the log is told so, and with
    -- CASCADE the triggers go first, so that no write fails afterwards. It is judged at each write: this is the quickest.
    for missing in
        select w.*, t.oid is not null as there
        from pc_tracking_triggers(registration.cache, registration.partition_key, relation) w
        join pc_broken_triggers(registration.cache, registration.partition_key, relation) b using (member, event)
        left join pg_trigger t on t.tgrelid = w.member and t.tgname = w.name
        order by w.cloned, w.member, w.event
    loop
        if not missing.cloned then
            execute format('create or replace trigger %I ' || missing.definition || ' when (%L::regclass is not null) execute function %s(%L)',
                missing.name, missing.member::regclass, pc_changes_table(registration.cache, registration.partition_key),
                pc_log_function(registration.cache, registration.partition_key), relation::text);
        end if;
        execute format('alter table %s enable %s trigger %I', missing.member::regclass,
            case missing.enabled when 'A' then 'always' when 'R' then 'replica' else '' end, missing.name);
    end loop;
end
$$;

comment on function pc_install_triggers(partitioncache_registration, oid) is
'Makes the triggers that a tracked table or a table below it lacks, and switches on those that are off. Needs the ownership of the tables. Example: select pc_install_triggers(pc_registration(''partitioncache'', ''city_id''), ''poi''::regclass)';

create function pc_drop_triggers(cache text, partition_key text, relation oid, stale boolean) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    ours record;
begin
    for ours in
        select t.tgrelid, t.tgname
        from pg_trigger t
        where t.tgfoid = to_regprocedure(pc_log_function(cache, partition_key) || '()') and t.tgparentid = 0
          and case when stale then
                  t.tgrelid in (select pc_relation_family(relation)) and not exists (
                      select from partitioncache_tracked k
                      where k.cache = pc_drop_triggers.cache and k.partition_key = pc_drop_triggers.partition_key
                        and t.tgargs = convert_to(k.relation::oid::text, 'SQL_ASCII') || E'\\x00')
              else t.tgargs = convert_to(relation::text, 'SQL_ASCII') || E'\\x00' end
        order by 1, 2
    loop
        execute format('drop trigger %I on %s', ours.tgname, ours.tgrelid::regclass);
    end loop;
end
$$;

comment on function pc_drop_triggers(text, text, oid, boolean) is
'Drops the triggers that log writes to a tracked table, also from tables that were once its partitions; stale: instead those on the table and below it that log for a table of another database, from which they were restored. Example: select pc_drop_triggers(''partitioncache'', ''city_id'', ''poi''::regclass, false)';
