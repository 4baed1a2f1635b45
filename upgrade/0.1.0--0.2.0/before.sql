-- Version 0.1.0 had everything in the schema of the extension, 0.2.0 has a schema of its own. So all objects of 0.1.0 go. What people entered is
-- kept in tables called partitioncache_old_... and read from there by after.sql.
set local search_path = pg_catalog, pg_temp;

do $before$
#variable_conflict use_column
declare
    home constant regnamespace := '@extschema@'::regnamespace;
    installer oid;
    registered record;
    stranger text;
    dropped text;
    kept text;
    kind text;
    detail text;
begin
    select p.proowner into strict installer from pg_proc p
    where p.pronamespace = home and p.proname = 'partitioncache_version' and p.pronargs = 0;
    if (select r.oid from pg_roles r where r.rolname = current_user) <> installer then
        raise exception using errcode = 'PC007',
            message = format('PartitionCache belongs to role "%s", and only that role upgrades it', pg_get_userbyid(installer)),
            hint = format('set role %I; and upgrade again. Nothing was changed.', pg_get_userbyid(installer));
    end if;
    if not has_database_privilege(current_database(), 'create') then
        raise exception using errcode = 'PC007',
            message = format('role "%s" may not create schemas in database "%s", and PartitionCache has one of its own from version 0.2.0 on',
                             current_user, current_database()),
            hint = format('As the owner of the database: grant create on database %I to %I; and upgrade again. Nothing was changed.', current_database(), current_user);
    end if;
    -- What a role that could administer has registered belongs to that role.
    select string_agg(distinct format('%I', pg_get_userbyid(o.owner)), ', ') into stranger
    from @extschema@.partitioncache_registration r
    cross join lateral (
        select c.relowner from pg_class c
        where c.relnamespace = home
          and c.relname in (r.cache || '_cache_' || r.partition_key, r.cache || '_changes_' || r.partition_key, r.cache || '_hits', r.cache || '_misses')
        union all
        select p.proowner from pg_proc p where p.pronamespace = home and p.proname = r.cache || '_log_' || r.partition_key) o(owner)
    where not pg_has_role(o.owner, 'usage');
    if stranger is not null then
        raise exception using errcode = 'PC007',
            message = format('tables of PartitionCache belong to other roles, which administer it: %s', stranger),
            hint = format('As a superuser: grant %s to %I; and upgrade again. Nothing was changed.', stranger, current_user);
    end if;

    -- Who could use a cache could register what is none of ours, and lead us to it: a view, a type or a policy calls whatever its owner likes, and a
    -- table of the installer's own would be dropped.
    select string_agg(distinct o.name, ', ') into stranger
    from @extschema@.partitioncache_registration r
    cross join lateral (
        select c.oid::regclass::text, c.relowner,
               c.relkind = case when c.relname in (r.cache || '_hits', r.cache || '_misses') then 'S' else 'r' end
               and case c.relname
                   when r.cache || '_cache_' || r.partition_key
                       then '{hash,matches_null,key_count,query,keyed_tables,parts,deps,dep_states,keyed,functions,function_state,snapshot}'
                   when r.cache || '_changes_' || r.partition_key then '{relation,keys,whole,removal,xid}'
                   else '{}' end::name[] <@ array(select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0)
               -- A counter says nothing of itself; it is one where there is a table of key sets.
               and (c.relkind <> 'S' or exists (select from pg_class k where k.relnamespace = home and k.relname = r.cache || '_cache_' || r.partition_key))
               and not exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid
                               where a.attrelid = c.oid and a.attnum > 0 and t.typnamespace not in ('pg_catalog'::regnamespace, home))
               and not exists (select from pg_policy y where y.polrelid = c.oid and coalesce(pg_get_expr(y.polqual, y.polrelid), 'true') not in ('true', '(owner = CURRENT_USER)'))
        from pg_class c
        where c.relnamespace = home
          and c.relname in (r.cache || '_cache_' || r.partition_key, r.cache || '_changes_' || r.partition_key, r.cache || '_hits', r.cache || '_misses')
        union all
        select p.oid::regprocedure::text, p.proowner,
               p.prorettype = 'trigger'::regtype and position('tracked oid := tg_argv[0];' in p.prosrc) > 0
               and position(quote_ident(r.cache || '_changes_' || r.partition_key) in p.prosrc) > 0
        from pg_proc p where p.pronamespace = home and p.proname = r.cache || '_log_' || r.partition_key and p.pronargs = 0) o(name, owner, plain)
    where not o.plain
       or o.owner <> installer and not has_function_privilege(o.owner, '@extschema@.partitioncache_register(text, text, text, text, boolean)', 'execute');
    if stranger is not null then
        raise exception using errcode = 'PC007',
            message = format('somebody has registered what is none of PartitionCache''s: %s', stranger),
            hint = 'Find out who made it, and delete the row of partitioncache_registration that leads to it. Nothing was changed.';
    end if;

    -- Whoever could push could also fill, and does so in future.
    perform set_config('partitioncache.upgraded_roles', coalesce((
        select jsonb_object_agg(pg_get_userbyid(a.grantee), a.level)
        from (select x.grantee, case when bool_or(p.proname = 'partitioncache_register') then 'administer' else 'fill' end as level
              from pg_proc p, aclexplode(p.proacl) x
              where p.pronamespace = home and p.proname in ('partitioncache_push', 'partitioncache_register') and x.grantee not in (0, p.proowner)
              group by x.grantee) a), '{}')::text, true);

    for registered in select r.* from @extschema@.partitioncache_registration r loop
        -- with its triggers
        execute format('drop function if exists @extschema@.%I() cascade', registered.cache || '_log_' || registered.partition_key);
        execute format('drop table if exists @extschema@.%I', registered.cache || '_changes_' || registered.partition_key);
        execute format('drop sequence if exists @extschema@.%I, @extschema@.%I', registered.cache || '_hits', registered.cache || '_misses');
        -- In 0.2.0 a view is called as the table of the key sets was.
        execute format('alter table if exists @extschema@.%I rename to %I', registered.cache || '_cache_' || registered.partition_key,
                       'partitioncache_old_' || md5(registered.cache || '_cache_' || registered.partition_key));
    end loop;

    -- The tables without what depends on functions, the functions, and then the types.
    for dropped in
        select format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) from pg_constraint c
        where c.conrelid = '@extschema@.partitioncache_registration'::regclass and c.contype = 'c'
    loop
        execute dropped;
    end loop;
    begin
        execute (
            select format('drop routine %s', string_agg(p.oid::regprocedure::text, ', ')) from pg_proc p
            where p.pronamespace = home and p.proowner = installer and (p.proname ^@ 'partitioncache_' or p.proname ^@ 'pc_')
              and not exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
                              where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
                                and d.refclassid = 'pg_extension'::regclass and e.extname <> 'partitioncache'));
    exception
        when dependent_objects_still_exist then
            get stacked diagnostics detail = pg_exception_detail;
            raise exception using errcode = 'PC007',
                message = 'there are objects that use functions of PartitionCache 0.1.0, which 0.2.0 replaces', detail = detail,
                hint = 'Drop these objects, upgrade, and make them again. Nothing was changed.';
    end;
    drop table @extschema@.partitioncache_analysis, @extschema@.partitioncache_entry_use, @extschema@.partitioncache_processor_log;
    drop type @extschema@.pc_parsed, @extschema@.pc_block, @extschema@.pc_fragment, @extschema@.pc_family, @extschema@.pc_taken_apart,
        @extschema@.pc_usable_entry, @extschema@.pc_restriction, @extschema@.pc_restricted, @extschema@.pc_rewritten, @extschema@.pc_dependencies,
        @extschema@.pc_queue_item, @extschema@.pc_turn;
    foreach kept in array '{settings,registration,tracked,queue,original_query_queue,query_fragment_queue,queue_id}'::text[] loop
        kind := case kept when 'queue_id' then 'sequence' else 'table' end;
        if exists (select from pg_extension e where e.extname = 'partitioncache') then
            -- so that pg_dump asks no more for its rows
            execute format('alter extension partitioncache drop %s @extschema@.partitioncache_%s', kind, kept);
        end if;
        execute format('alter %s @extschema@.partitioncache_%s rename to partitioncache_old_%2$s', kind, kept);
    end loop;
end
$before$;
