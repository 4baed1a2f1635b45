create function pc_check_evaluation(caller oid, registration partitioncache_registration, hash text, query text, generation bigint, evaluation pc_evaluation) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if query is null or hash <> pc_sha256(query) then
        perform pc_fail('PC001', 'the hash is not that of the fragment''s text', format('Hash: %s.', hash), 'Evaluate the text under its own hash; partitioncache_set stores under any name.');
    end if;
    -- Who clears the cache at this very moment need not wait: an entry of an older generation is not used.
    if registration.generation is distinct from generation then
        raise exception using errcode = 'PC000', message = 'the entry was discarded: the cache was cleared or changed while it was evaluated';
    end if;
    -- The entry opens the change log of its tables to the caller, whatever it is said to be.
    if not pc_may_read(caller, evaluation.named)
        or exists (select r.root from unnest(evaluation.keyed_roots || evaluation.whole_roots) r(root)
                   except
                   select t.root from pc_tracked_roots(registration.cache, registration.partition_key, array(
                       select c.relation from pc_relation_closure(evaluation.named) c)) t) then
        raise exception using errcode = 'PC000', message = 'the entry was discarded: what may be read of its tables, or which of them are tracked, was changed while it was evaluated';
    end if;
end
$$;

comment on function pc_check_evaluation(oid, partitioncache_registration, text, text, bigint, pc_evaluation) is
'Raises PC001 for a fragment under another hash than its own, PC000 for one whose evaluation began before the cache was cleared, its tables tracked or rights taken away. Example: see pc_store';

create function pc_store() returns trigger
language plpgsql volatile parallel unsafe security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(tg_argv[0], tg_argv[1]);
    asserted pc_evaluation;
begin
    perform pc_require(new.caller, registration.cache, 'push');
    perform pc_check_hash(new.hash);
    if (new.evaluation).snapshot is not null then
        perform pc_check_evaluation(new.caller, registration, new.hash, new.query, new.generation, new.evaluation);
        new.evaluation.cluster := pc_cluster();
        new.evaluation := pc_file(registration, new.evaluation);
    elsif ((new.evaluation).form).relations is not null then
        asserted.form := (new.evaluation).form;
        new.evaluation := pc_file(registration, asserted);
    else
        new.evaluation := null;
    end if;
    perform pc_store_keys(registration, case when pc_has_level(new.caller, registration.cache, 'fill') then 0::oid else new.caller end, new.caller,
                          new.hash, new.keys, new.query, new.evaluation);
    return new;
end
$$;

comment on function pc_store() is
'Stores what was inserted into the view called store (see pc_object_for): for everybody if the caller may fill the cache, else for the caller alone. Raises PC007 below push, and what pc_check_evaluation does.';

create function pc_do_store(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(argument ->> 'cache', argument ->> 'partition_key');
    here bigint := pc_cluster();
    entry record;
    evaluation pc_evaluation;
    checked pc_evaluation;
    evaluations pc_evaluation[] := '{}'::pc_evaluation[];
begin
    perform pc_require(caller, registration.cache, 'push');
    for entry in
        select e.hash, e.query, e.evaluation::pc_evaluation as evaluation
        from jsonb_array_elements(argument -> 'entries') with ordinality x(value, n) cross join jsonb_to_record(x.value) e(hash text, query text, evaluation text) order by x.n
    loop
        evaluation := entry.evaluation;
        if evaluation.snapshot is null then
            perform pc_fail('PC001', 'only what was evaluated is stored so', '', 'partitioncache_set stores what was not.');
        end if;
        -- What one was asked need not be asked again for another that reads the same.
        if checked.named = evaluation.named and checked.keyed_roots = evaluation.keyed_roots and checked.whole_roots = evaluation.whole_roots and entry.hash = pc_sha256(entry.query) then
            null;
        else
            perform pc_check_evaluation(caller, registration, entry.hash, entry.query, (argument -> 'generation')::bigint, evaluation);
            checked := evaluation;
        end if;
        evaluation.cluster := here;
        evaluations := evaluations || pc_file(registration, evaluation);
    end loop;
    perform pc_store_many(registration, case when pc_has_level(caller, registration.cache, 'fill') then 0::oid else caller end, caller, argument -> 'entries', evaluations);
    return null;
end
$$;

comment on function pc_do_store(oid, jsonb) is
'What inserts into the view called store do (see pc_store), for several small key sets at once: {cache, partition_key, generation, entries: [{hash, query, keys (an array, as text), with_null, evaluation (as text)}]}. Example: see pc_call';
