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
    reason text;
begin
    for old in select s.* from @extschema@.partitioncache_old_settings s loop
        perform pc_create_cache(old.cache);
        update partitioncache_settings s
        set max_fragments = old.max_fragments, enabled = old.enabled, frequency_seconds = old.frequency_seconds, max_parallel_jobs = old.max_parallel_jobs,
            fragment_timeout = old.fragment_timeout, max_attempts = old.max_attempts, log_limit = old.log_limit
        where s.cache = old.cache;
    end loop;

    insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, keyed_tables, parts, datatype, checked, priority, status,
                                      owner, attempts, claim, pushed_at, due_at, died_at, error_msg)
    select q.queue, q.id, q.cache, q.partition_key, q.hash, q.query, q.session, q.keyed_tables, q.parts, q.datatype, q.checked, q.priority,
           case q.status when 'running' then 'ready' else q.status end, q.owner, q.attempts, q.claim, q.pushed_at,
           case q.status when 'running' then clock_timestamp() else q.due_at end, q.died_at, q.error_msg
    from @extschema@.partitioncache_old_queue q;

    perform setval('partitioncache_queue_id', greatest((select s.last_value from @extschema@.partitioncache_old_queue_id s),
                                                       (select s.last_value from partitioncache_queue_id s)));
    for old in
        select r.*, format('@extschema@.%I', r.cache || '_cache_' || r.partition_key) as key_table from @extschema@.partitioncache_old_registration r
        where to_regclass(format('@extschema@.%I', r.cache || '_cache_' || r.partition_key)) is not null
    loop
        perform partitioncache_register(old.partition_key, old.datatype, old.storage, old.cache, old.partition_local);
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
        execute format($sql$
            insert into partitioncache_queue (queue, id, cache, partition_key, hash, query, session, checked, priority)
            select 'incoming', nextval('partitioncache_queue_id'), $1, $2, encode(sha256(convert_to(e.query || s.session::text, 'UTF8')), 'hex'), e.query, s.session, true, 1
            from %s e cross join pc_session('') s(session)
            where e.deps is not null and e.query is not null
            order by e.hash
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

    -- What is made for a registration belongs to no extension, so that pg_dump saves it.
    for reason in
        select format('alter extension partitioncache drop %s %s', case i.type when 'table' then 'table' else i.type end, i.identity)
        from pg_depend d
        join pg_extension e on e.oid = d.refobjid
        cross join pg_identify_object(d.classid, d.objid, 0) i
        where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname = 'partitioncache'
          and format('%s %s', d.classid, d.objid) <> all (members)
    loop
        execute reason;
    end loop;
end
$after$;
