create function partitioncache_uninstall(confirm boolean default false) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set client_min_messages = warning
as $$
#variable_conflict use_column
declare
    is_extension boolean := exists (select from pg_extension e where e.extname = 'partitioncache');
    home constant oid := pc_home();
    cache text;
    ours text;
    detail text;
begin
    if confirm is not true then
        return format('This would remove PartitionCache with %s registered partition keys, %s tracked tables and %s queued items. To do so: %s',
                      (select count(*) from partitioncache_registration), (select count(*) from partitioncache_tracked),
                      (select count(*) from partitioncache_queue),
                      case when is_extension then 'drop extension partitioncache cascade;' else 'select partitioncache_uninstall(confirm => true);' end);
    end if;
    if is_extension then
        perform pc_fail('PC001', 'PartitionCache is installed as an extension', '', 'drop extension partitioncache cascade; removes it with all that it has stored.');
    end if;
    if not pg_has_role(pc_installer(), 'usage') then
        perform pc_fail('PC007', format('only role "%s", which installed PartitionCache, may remove it', pg_get_userbyid(pc_installer())));
    end if;
    for cache in select s.cache from partitioncache_settings s where s.enabled loop
        begin
            perform partitioncache_disable_processor(cache);
        exception
            when others then
                raise warning 'the jobs of the processor of cache "%" remain: %', cache, sqlerrm;
        end;
    end loop;

    -- Without CASCADE, which would take along what others have built on them.
    for ours in
        select format('drop view %s', string_agg(c.oid::regclass::text, ', ')) from pg_class c
        where c.relnamespace = home and c.relkind = 'v' and c.relowner = pc_installer()
          and (c.relname ^@ 'partitioncache_'
               or c.oid in (select to_regclass(pc_people_view(r.cache, r.partition_key)) from partitioncache_registration r))
        union all
        select format('drop routine %s', string_agg(p.oid::regprocedure::text, ', ')) from pg_proc p
        where p.pronamespace = home and p.proowner = pc_installer()
          and (p.proname, p.proargtypes) in (select i.proname, i.proargtypes from pg_proc i where i.pronamespace = 'partitioncache_internal'::regnamespace)
    loop
        execute ours;
    end loop;
    -- With key sets, change logs, and the triggers on the tables that are tracked.
    drop schema partitioncache_internal cascade;
    return 'PartitionCache is removed from this database.';
exception
    when dependent_objects_still_exist then
        get stacked diagnostics detail = pg_exception_detail;
        perform pc_fail('PC001', 'there are objects that use PartitionCache', detail, 'Drop these objects first. Nothing was removed.');
        return null;
end
$$;

comment on function partitioncache_uninstall(boolean) is
'Removes PartitionCache from the database where it was installed over a connection: its functions, key sets, queues, and the triggers on tracked tables. Without confirm it only says what would be removed, and how; an extension is dropped instead. For the role that installed it. Raises PC001 if it is an extension or if other objects use it, PC007 for another role. Example: select partitioncache_uninstall()';
