create function pc_create_readers(cache text, partition_key text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    entries text := pc_object_for('entries', cache, partition_key);
    native text := pc_native_type(registration.datatype);
    stored text := format((pc_storage_of(registration.storage)).unpacked, native);
    logged boolean := to_regclass(pc_object_for('changes', cache, partition_key)) is not null;
    reader record;
    granted record;
begin
    -- Each partition key has tables of its own; a function that names them keeps its plans for as long as the session lasts, where a statement
    -- that is put together at each call would be planned at each call, which takes longer than to run it.
    for reader in
        select w.name, pc_object_for(w.name, cache, partition_key) as target, w.arguments, w.types, w.result, w.body, w.meaning
        from (values
            ('usable', 'hashes text[], registration partitioncache_registration, cluster bigint, old_snapshot boolean, moving boolean, log_gone boolean',
             'text[], partitioncache_registration, bigint, boolean, boolean, boolean', 'setof pc_usable_entry',
             format(E'begin\n    return query %s;\nend', pc_usable_statement(cache, partition_key, 'serves', true)),
             'The entries of these hashes that the role in force may use, judged: see pc_usable_entries.'),
            ('keys', 'hash_ text, role_ oid, changed boolean', 'text, oid, boolean', native || '[]',
             format(E'begin\n    %s\n    return (select %s from %s e where e.hash = $1 and e.role = $2);\nend',
                    case when logged then format($body$if $3 then
        return (select array(select k from unnest(%s) k
                             union
                             select k.key from %s w, unnest(w.keys) k(key)
                             where w.hash = e.hash and w.role = e.role and w.keyed and not w.whole and k.key is not null)
                from %s e where e.hash = $1 and e.role = $2);
    end if;$body$, stored, pc_object_for('written', cache, partition_key), entries) end, stored, entries),
             'The keys of one entry: see pc_entry_keys.'),
            ('since', 'hashes text[], roles oid[], out aside boolean, out changed bigint', 'text[], oid[]', 'record',
             case when not logged then E'begin\n    aside := true;\nend'
             else format($body$begin
    select coalesce(bool_or(w.of_whole or w.keyed and w.whole and not w.removal), false),
           count(distinct k.key) filter (where w.keyed and not w.removal)
    into aside, changed
    from unnest($1, $2) u(hash, role) join %s w using (hash, role) left join lateral unnest(w.keys) k(key) on true;
end$body$, pc_object_for('written', cache, partition_key)) end,
             'Whether something was written, since these entries were evaluated, that puts one aside; and in how many partitions.'),
            ('moved', 'relations oid[], since xid8, cluster_ bigint', 'oid[], xid8, bigint', 'boolean',
             case when not logged then E'begin\n    return true;\nend'
             else format($body$begin
    return exists (select from %1$s c where c.relation = any ($1) and c.xid >= $2)
        or exists (select from partitioncache_log_trimmed t where t.cache = %2$L and t.partition_key = %3$L and t.cluster = $3 and t.below > $2);
end$body$, pc_object_for('changes', cache, partition_key), cache, partition_key) end,
             'Whether anything was written to these tables since a transaction, or is not known any more. With the installer''s rights: it says of any table when it was written to, as pg_stat_all_tables does to everybody.'),
            ('held', 'hashes text[], stamps text[]', 'text[], text[]', 'boolean',
             case when not logged then E'begin\n    return false;\nend'
             else format($body$declare
    now_ record;
    entry record;
    seen integer := 0;
    judged pc_object[];
    all_deps oid[] := '{}'::oid[];
    all_states bigint[] := '{}'::bigint[];
begin
    select r.generation, coalesce(t.below, '0') as below, s.system_identifier as cluster into now_
    from pg_control_system() s cross join partitioncache_registration r
    left join partitioncache_log_trimmed t on t.cache = r.cache and t.partition_key = r.partition_key and t.cluster = s.system_identifier
    where r.cache = %3$L and r.partition_key = %4$L;
    for entry in
        select e.asserted, e.generation, e.cluster, e.snapshot, e.untracked, e.deps, e.dep_states, e.closure, e.closure_state from %1$s e
        where e.hash = any ($1) and e.serves and e.key_count is not null and format('%%s/%%s', e.role, extract(epoch from e.evaluated_at)) = any ($2)
    loop
        seen := seen + 1;
        continue when entry.asserted;
        if entry.generation is distinct from now_.generation or entry.cluster is distinct from now_.cluster
            or (entry.untracked = '{}') is not true or (pg_snapshot_xmin(entry.snapshot) >= now_.below) is not true then
            return false;
        end if;
        all_deps := all_deps || entry.deps;
        all_states := all_states || entry.dep_states;
        if entry.closure is distinct from judged then
            if pc_closure_state(entry.closure) is distinct from entry.closure_state then
                return false;
            end if;
            judged := entry.closure;
        end if;
    end loop;
    return seen = cardinality($1)
        and not exists (select from %2$s w where w.hash = any ($1))
        and not exists (select from unnest(all_deps, all_states) d(relation, state) left join pc_relation_states(all_deps) s on s.relation = d.relation
                        where s.state is distinct from d.state);
end$body$, entries, pc_object_for('written', cache, partition_key), cache, partition_key) end,
             'Whether these entries are all there, each of one of these evaluations, as they were judged then, and nothing was written to their tables since.'),
            ('contained', '', '', 'text[]',
             format(E'begin\n    return array(select distinct c.hash from (select m.hash from %s m limit 16) c);\nend', pc_object_for('matching', cache, partition_key)),
             'The entries that are contained in what is asked: see pc_contained_entries.')) w(name, arguments, types, result, body, meaning)
    loop
        execute format('create or replace function %s(%s) returns %s language plpgsql stable parallel safe %s
                        set search_path = pg_catalog, partitioncache_internal, pg_temp set jit = off set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as %L',
                       reader.target, reader.arguments, reader.result, case reader.name when 'moved' then 'security definer' else '' end, E'\n#variable_conflict use_column\n' || reader.body || E'\n');
        execute format('comment on function %s(%s) is %L', reader.target, reader.types, format('%s Made for partition key %I in cache %I.', reader.meaning, partition_key, cache));
        perform pc_take_back(to_regprocedure(format('%s(%s)', reader.target, reader.types)));
        -- Whoever may see the entries may have them read.
        for granted in
            select distinct a.grantee::regrole::text as role from pg_class c, aclexplode(c.relacl) a
            where c.oid = entries::regclass and a.grantee not in (0, c.relowner) and a.privilege_type = 'SELECT'
        loop
            execute format('grant execute on function %s(%s) to %s', reader.target, reader.types, granted.role);
        end loop;
    end loop;
end
$$;

comment on function pc_create_readers(text, text) is
'Makes the functions that read the entries of a partition key with plans that are kept; again when it has a change log. Example: select pc_create_readers(''partitioncache'', ''city_id'')';
