-- Puts what 0.1.0 kept into the new tables, where it can by the functions that people use. What was evaluated is evaluated again.
do $after$
#variable_conflict use_column
declare
    members constant text[] := array(
        select format('%s %s', d.classid, d.objid) from pg_depend d join pg_extension e on e.oid = d.refobjid
        where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname = 'partitioncache');
    old record;
    key_set text;
    entry record;
    statement text;
begin
    for old in select s.* from @extschema@.partitioncache_old_settings s loop
        perform pc_create_cache(old.cache);
        update partitioncache_settings s
        set max_fragments = old.max_fragments, enabled = old.enabled, frequency_seconds = old.frequency_seconds, max_parallel_jobs = old.max_parallel_jobs,
            fragment_timeout = old.fragment_timeout, max_attempts = old.max_attempts, log_limit = old.log_limit
        where s.cache = old.cache;
    end loop;

    -- The items of a role that is gone stay as they are, and nobody's.
    insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, keyed_tables, parts, datatype, checked, priority, status,
                                      owner, owner_name, attempts, claim, pushed_at, due_at, died_at, error_msg)
    select q.queue, q.id, q.cache, q.partition_key, q.hash, q.query, q.session, q.keyed_tables, q.parts, q.datatype, q.checked, q.priority,
           case q.status when 'running' then 'ready' else q.status end, coalesce(r.oid, 0), q.owner, q.attempts, q.claim, q.pushed_at,
           case q.status when 'running' then clock_timestamp() else q.due_at end, q.died_at, q.error_msg
    from @extschema@.partitioncache_old_queue q left join pg_roles r on r.rolname = q.owner;
    perform setval('partitioncache_queue_id', greatest((select s.last_value from @extschema@.partitioncache_old_queue_id s),
                                                       (select s.last_value from partitioncache_queue_id s)));
    for old in
        select r.*, format('@extschema@.%I', 'partitioncache_old_' || md5(r.cache || '_cache_' || r.partition_key)) as key_table from @extschema@.partitioncache_old_registration r
    loop
        perform partitioncache_register(old.partition_key, old.datatype, old.storage, old.cache, old.partition_local);
        continue when to_regclass(old.key_table) is null;
        key_set := format('coalesce(%s::%s[], ''{}'')', case old.storage when 'bit' then 'pc_bits_decode(e.bits, e.base)' else 'e.keys' end,
                          pc_native_type(old.datatype));
        for entry in execute format('select e.hash, e.key_count, e.query from %s e where e.deps is null', old.key_table) loop
            begin
                if entry.key_count is null then
                    perform partitioncache_set_query(old.partition_key, entry.hash, entry.query, old.cache);
                else
                    execute format('select partitioncache_set($1, e.hash, %s || case when e.matches_null then array[null::%s] else ''{}'' end, e.query, $2) from %s e where e.hash = $3',
                                   key_set, pc_native_type(old.datatype), old.key_table)
                    using old.partition_key, old.cache, entry.hash;
                end if;
            exception
                when others then
                    raise warning 'entry "%" of partition key "%" in cache "%" was not kept: %', entry.hash, old.partition_key, old.cache, sqlerrm;
            end;
        end loop;
        execute format('update %s e set owner = r.oid, owner_name = r.rolname from %s o join pg_roles r on r.rolname = o.owner where o.hash = e.hash',
                       pc_object_for('cache', old.cache, old.partition_key), old.key_table);
        execute format($sql$
            insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, checked, priority, owner, owner_name)
            select 'incoming', nextval('partitioncache_queue_id'), $1, $2, pc_sha256(q.query || s.session::text), q.query, s.session, true, 1, coalesce(r.oid, 0), q.owner
            -- Who owned the table could write there whom it liked as the owner.
            from %s q left join pg_roles r on r.rolname = q.owner and (not r.rolsuper or exists (
                     select from pg_class c where c.oid = q.tableoid and c.relowner in (r.oid, pc_installer())))
            cross join pc_session('') s(session)
            where q.deps is not null and q.query is not null
            order by q.hash
            $sql$, old.key_table)
        using old.cache, old.partition_key;
        execute format('drop table %s', old.key_table);
    end loop;

    for old in
        select t.*, c.oid::regclass as there from @extschema@.partitioncache_old_tracked t join pg_class c on c.oid = t.relation
    loop
        begin
            perform partitioncache_track(old.relation, old.partition_key, old.cache);
        exception
            when others then
                raise warning using message = format('table %s is no longer tracked: %s', old.there, sqlerrm),
                    hint = format('As its owner: select @extschema@.partitioncache_track(%L, %L, %L);', old.there, old.partition_key, old.cache);
        end;
    end loop;

    drop table @extschema@.partitioncache_old_tracked, @extschema@.partitioncache_old_registration, @extschema@.partitioncache_old_settings,
        @extschema@.partitioncache_old_queue;
    drop sequence @extschema@.partitioncache_old_queue_id;

    -- What the script of an extension grants is taken for what every installation has, and pg_dump leaves it out: so it is granted at commit.
    create temporary table partitioncache_upgraded_role on commit drop as
    select g.role, g.level, s.cache from jsonb_each_text(current_setting('partitioncache.upgraded_roles')::jsonb) g(role, level) cross join partitioncache_settings s
    with no data;
    create function pg_temp.partitioncache_grant_upgraded() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $grant$
    begin
        perform partitioncache_internal.partitioncache_grant(quote_ident(new.role)::regrole, new.level, new.cache);
        return null;
    end
    $grant$;
    create constraint trigger granted after insert on partitioncache_upgraded_role deferrable initially deferred
    for each row execute function pg_temp.partitioncache_grant_upgraded();
    insert into partitioncache_upgraded_role
    select g.role, g.level, s.cache from jsonb_each_text(current_setting('partitioncache.upgraded_roles')::jsonb) g(role, level) cross join partitioncache_settings s;

    -- What is made for a registration belongs to no extension, so that pg_dump saves it.
    loop
        -- One after another, since a table takes its types along.
        select format('alter extension partitioncache drop %s %s', i.type, i.identity) into statement
        from pg_depend d
        join pg_extension e on e.oid = d.refobjid
        cross join pg_identify_object(d.classid, d.objid, 0) i
        where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname = 'partitioncache'
          and format('%s %s', d.classid, d.objid) <> all (members)
        order by d.classid <> 'pg_class'::regclass
        limit 1;
        exit when statement is null;
        execute statement;
    end loop;
end
$after$;
