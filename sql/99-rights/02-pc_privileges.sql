create function pc_privileges(cache text, level text, out target text, out privilege text) returns setof record
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with home as (
        select pc_home() as oid
    ), needed as (
        -- Schemas and functions
        select 'monitor' as level, format('schema %I', n.nspname) as target, 'usage' as privilege
        from pg_namespace n
        where n.nspname = 'partitioncache_internal'
           -- Where the schema is another's, that one says who uses it.
           or n.oid in (select h.oid from home h) and has_schema_privilege(pc_installer(), n.oid, 'usage with grant option')
        union all
        select pc_function_level(p.proname, p.prosecdef), format('routine %s', p.oid::regprocedure), 'execute'
        from pg_proc p
        where p.pronamespace = 'partitioncache_internal'::regnamespace and p.proname ~ '^(partitioncache|pc)_' and p.prorettype <> 'trigger'::regtype
           or p.pronamespace in (select h.oid from home h) and p.proname ^@ 'partitioncache_' and p.proowner = pc_installer()
        union all
        -- What is no secret, and views that show each role its own
        select 'monitor', c.oid::regclass::text, 'select'
        from pg_class c
        where c.relnamespace = 'partitioncache_internal'::regnamespace
              and (c.relname in ('partitioncache_settings', 'partitioncache_registration', 'partitioncache_tracked', 'partitioncache_static',
                                 'partitioncache_role', 'partitioncache_log_trimmed', 'partitioncache_placement', 'partitioncache_revision')
                   or c.relkind = 'v' and c.relname ^@ 'pc_own_')
           or c.relnamespace in (select h.oid from home h) and c.relkind = 'v' and c.relowner = pc_installer()
              and c.relname in ('partitioncache_settings', 'partitioncache_registration', 'partitioncache_tracked', 'partitioncache_static', 'partitioncache_queue',
                                'partitioncache_processor_log', 'partitioncache_analysis')
        union all
        select 'read', 'pc_call_channel', p.privilege from unnest(array['insert (operation, argument)', 'select (result)']) p(privilege)
        union all
        -- This cache
        select p.level, format('sequence %s', pc_counter(cache, w)), p.privilege from unnest('{hits,misses}'::text[]) w, (values ('monitor', 'select'), ('read', 'usage')) p(level, privilege)
        union all
        select v.level, v.target, v.privilege
        from partitioncache_registration r
        cross join lateral (values
            ('monitor', pc_object_for('entries', r.cache, r.partition_key), 'select'),
            ('monitor', pc_object_for('written', r.cache, r.partition_key), 'select'),
            ('monitor', pc_object_for('matching', r.cache, r.partition_key), 'select'),
            ('monitor', pc_people_view(r.cache, r.partition_key), 'select'),
            ('push', pc_object_for('store', r.cache, r.partition_key), 'insert (hash, keys, query, evaluation, generation)')) v(level, target, privilege)
        where r.cache = pc_privileges.cache and to_regclass(v.target) is not null
          and (select c.relowner from pg_class c where c.oid = to_regclass(v.target)) = pc_installer()
        union all
        select 'monitor', format('routine %s', p.oid::regprocedure), 'execute'
        from partitioncache_registration r
        cross join unnest('{usable,keys,since,moved,held,contained}'::text[]) w(name)
        join pg_proc p on p.oid = to_regproc(pc_object_for(w.name, r.cache, r.partition_key))
        where r.cache = pc_privileges.cache
        union all
        select 'push', format('function %s()', pc_object_for('log', r.cache, r.partition_key)), 'execute'
        from partitioncache_registration r
        where r.cache = pc_privileges.cache and to_regprocedure(pc_object_for('log', r.cache, r.partition_key) || '()') is not null
        union all
        select 'push', format('function %s()', l.name), 'execute'
        from (select distinct pc_log_function_for(p.cache, p.partition_key, p.template) as name from partitioncache_placement p where p.cache = pc_privileges.cache) l
        where to_regprocedure(l.name || '()') is not null
    )
    select n.target, n.privilege from needed n
    where n.level = 'monitor' or pc_level_rank(n.level) <= pc_level_rank(pc_privileges.level)
$$;

comment on function pc_privileges(text, text) is
'Every privilege that a level of rights in a cache consists of. target: as in GRANT; privilege. Example: select * from pc_privileges(''partitioncache'', ''read'')';
