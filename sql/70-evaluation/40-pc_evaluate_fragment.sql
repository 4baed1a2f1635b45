create function pc_evaluate_fragment(
    cache text, partition_key text, hash text, fragment text, keyed_tables text[], parts text[], stop_at timestamptz default null
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    key_count bigint;
begin
    execute format('select pc_evaluate($1, $2, $3, $4, $5, null::%s, $6)', pc_native_type(registration.datatype))
    into key_count using registration, hash, fragment, keyed_tables, parts, stop_at;
    return key_count;
end
$$;

comment on function pc_evaluate_fragment(text, text, text, text, text[], text[], timestamptz) is
'Evaluates a fragment as the role that calls, read-only, and stores its key set with all that it depends on, for everybody if the role may fill the cache, else for the role alone; the number of keys. Raises whatever goes wrong, and then nothing is stored: query_canceled if it is still at work at stop_at; PC000 if the cache was cleared meanwhile. Example: select pc_evaluate_fragment(''partitioncache'', ''city_id'', ''...'', ''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', ''{public.poi}'', ''{}'')';

create function pc_evaluate(
    registration partitioncache_registration, hash text, fragment text, keyed_tables text[], parts text[], of_type anyelement, stop_at timestamptz default null
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    -- Taken first: an entry may claim to have seen less than it has, never more.
    snapshot pg_snapshot := pc_snapshot();
    started timestamptz := clock_timestamp();
    dependencies pc_dependencies := pc_fragment_dependencies(fragment);
    bounded text := pc_bounded(fragment, (registration).partition_key, stop_at);
    evaluation pc_evaluation;
    evaluated record;
begin
    evaluation.keyed_tables := keyed_tables;
    evaluation.parts := parts;
    evaluation.snapshot := snapshot;
    evaluation.named := dependencies.named;
    evaluation.deps := dependencies.relations;
    evaluation.dep_states := dependencies.states;
    evaluation.closure := dependencies.closure;
    evaluation.closure_state := dependencies.closure_state;
    -- What is also read through a view can change the view's rows of any partition.
    evaluation.form := pc_fragment_form(fragment, registration);
    -- Whoever took the query apart may have done so when the partition key stood elsewhere.
    if registration.placed > 0 then
        keyed_tables := array(select t from unnest(keyed_tables) t
                              where t in (select regexp_replace((evaluation.form).relations[m + 1], '^ONLY ', '') from unnest((evaluation.form).members) m));
        evaluation.keyed_tables := keyed_tables;
    end if;
    evaluation.keyed := array(select t::regclass::oid from unnest(keyed_tables) t
                              except select c.relation from pc_relation_closure(dependencies.relations) c where c.relation <> c.root);
    select coalesce(array_agg(distinct r.root) filter (where r.dep = any (evaluation.keyed)), '{}'),
           coalesce(array_agg(distinct r.root) filter (where r.dep <> all (evaluation.keyed)), '{}')
    into evaluation.keyed_roots, evaluation.whole_roots
    from pc_tracked_roots((registration).cache, (registration).partition_key, dependencies.relations) r;
    -- A crash empties an unlogged table, and no trigger says so. That a row is gone matters where it is read as a whole.
    evaluation.untracked := pc_untracked((registration).cache, (registration).partition_key, dependencies.relations)
        || array(select c.oid from pg_class c
                 where c.oid = any (dependencies.relations) and c.relpersistence = 'u' and c.oid <> all (evaluation.keyed)
                   and c.oid <> all (pc_untracked((registration).cache, (registration).partition_key, dependencies.relations)));
    -- Where writes are not surely logged, the entry is kept for those who look at it, and put aside: a state that is null fits no table.
    if pc_tracking_problem((registration).cache, (registration).partition_key, dependencies.relations) is not null then
        evaluation.dep_states := array_fill(null::bigint, array[cardinality(dependencies.relations)]);
    end if;
    select * into evaluated from pc_refreshed_keys(registration, hash, bounded, of_type, evaluation.keyed);
    if evaluated.keys is null then
        select * into evaluated from pc_evaluated_keys(registration, bounded, parts, of_type, evaluation.keyed);
    end if;
    evaluation.milliseconds := extract(epoch from clock_timestamp() - started) * 1000;
    execute format('insert into %s (hash, keys, query, evaluation, generation) values ($1, $2, $3, $4, $5)',
                   pc_store_view((registration).cache, (registration).partition_key))
    using hash, case when evaluated.with_null then array_append(evaluated.keys, null) else evaluated.keys end, fragment, evaluation, registration.generation;
    return cardinality(evaluated.keys);
end
$$;

comment on function pc_evaluate(partitioncache_registration, text, text, text[], text[], anyelement, timestamptz) is
'pc_evaluate_fragment for keys of a type. Example: see pc_evaluate_fragment';
