create function partitioncache_grant(role regrole, level text default 'use') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    target text;
begin
    if level is null or level not in ('use', 'administer') then
        perform pc_fail('PC001', format('"%s" is no level of rights', level), '',
            'Levels are use (apply, push, process, read and fill the cache) and administer (also register, track, schedule and configure).');
    end if;
    execute format('grant usage on schema partitioncache_internal to %s', role);
    for target in
        select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace = 'partitioncache_internal'::regnamespace and p.proname ~ '^(partitioncache|pc)_' and p.prorettype <> 'trigger'::regtype
          and (level = 'administer' or p.proname !~ '^partitioncache_(register|grant|track|untrack|enable_processor|disable_processor|update_processor_config)$')
        union all
        -- Who tracks a table makes a trigger of it.
        select pc_log_function(r.cache, r.partition_key) || '()' from partitioncache_registration r
        where level = 'administer' and to_regprocedure(pc_log_function(r.cache, r.partition_key) || '()') is not null
    loop
        execute format('grant execute on routine %s to %s', target, role);
    end loop;
    for target in
        select c.oid::regclass::text from pg_class c
        where c.relnamespace = 'partitioncache_internal'::regnamespace and c.relkind in ('r', 'p', 'v')
          and (c.relname ^@ 'partitioncache_'
               or exists (select from partitioncache_registration r
                          where c.oid in (to_regclass(pc_key_table(r.cache, r.partition_key)), to_regclass(pc_changes_table(r.cache, r.partition_key)))))
    loop
        execute format('grant select, insert, update, delete on %s to %s', target, role);
    end loop;
    for target in
        select c.oid::regclass::text from pg_class c
        where c.relnamespace = 'partitioncache_internal'::regnamespace and c.relkind = 'S'
          and (c.relname ^@ 'partitioncache_'
               or exists (select from partitioncache_settings s
                          where c.oid in (to_regclass(pc_counter(s.cache, 'hits')), to_regclass(pc_counter(s.cache, 'misses')))))
    loop
        execute format('grant usage, select on sequence %s to %s', target, role);
    end loop;
    if level = 'administer' then
        execute format('grant create on schema partitioncache_internal to %s', role);
    end if;
end
$$;

comment on function partitioncache_grant(regrole, text) is
'Gives a role the right to use PartitionCache (apply, push, process, read and fill the cache) or to administer it (also register, track, schedule and configure). Roles that may use one cache share its key sets, and so trust one another with which partitions match; queues and remembered analyses stay each role''s own. To be called by the owner of the extension. Raises PC001 for another level. Example: select partitioncache_grant(''app'', ''use'')';

