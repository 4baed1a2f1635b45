create function pc_evaluate_fragment(
    cache text, partition_key text, hash text, fragment text, keyed_tables text[], parts text[], stop_at timestamptz default null, if_selective boolean default false
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    key_count bigint;
begin
    execute format('select pc_evaluate($1, $2, $3, $4, $5, null::%s, $6, $7)', pc_native_type(registration.datatype))
    into key_count using registration, hash, fragment, keyed_tables, parts, stop_at, if_selective;
    return key_count;
end
$$;

comment on function pc_evaluate_fragment(text, text, text, text, text[], text[], timestamptz, boolean) is
'Evaluates a fragment as the role that calls, read-only, and stores its key set with all that it depends on, for everybody if the role may fill the cache, else for the role alone; the number of keys. if_selective: one that leaves most of many partitions is not stored but remembered as unselective; null. Raises whatever goes wrong, and then nothing is stored: query_canceled if it is still at work at stop_at; PC000 if the cache was cleared meanwhile. Example: select pc_evaluate_fragment(''partitioncache'', ''city_id'', ''...'', ''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', ''{public.poi}'', ''{}'')';

create function pc_evaluation_of(registration partitioncache_registration, fragment text, keyed_tables text[], parts text[]) returns pc_evaluation
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    -- Taken first: an entry may claim to have seen less than it has, never more.
    snapshot pg_snapshot := pc_snapshot();
    dependencies pc_dependencies := pc_fragment_dependencies(fragment);
    evaluation pc_evaluation;
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
    return evaluation;
end
$$;

comment on function pc_evaluation_of(partitioncache_registration, text, text[], text[]) is
'What an evaluation of a fragment that begins now will depend on. Example: see pc_evaluate_fragment';

create function pc_keep(
    registration partitioncache_registration, hash text, fragment text, evaluation pc_evaluation, keys anyarray, with_null boolean, milliseconds double precision, if_selective boolean
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    partitions bigint := pc_partition_estimate(pc_key_source(fragment, (registration).partition_key), (registration).partition_key);
begin
    if if_selective and cardinality(keys) >= 0.75 * partitions and pc_is_many(partitions) then
        perform pc_note_unselective(registration, hash, fragment, evaluation, cardinality(keys)::double precision / partitions);
        return null;
    end if;
    evaluation.milliseconds := milliseconds;
    execute format('insert into %s (hash, keys, query, evaluation, generation) values ($1, $2, $3, $4, $5)',
                   pc_object_for('store', (registration).cache, (registration).partition_key))
    using hash, case when with_null then array_append(keys, null) else keys end, fragment, evaluation, registration.generation;
    return cardinality(keys);
end
$$;

comment on function pc_keep(partitioncache_registration, text, text, pc_evaluation, anyarray, boolean, double precision, boolean) is
'Stores the key set that a fragment was found to have; or remembers that it leaves most partitions, if_selective. Example: see pc_evaluate_fragment';

create function pc_evaluate(
    registration partitioncache_registration, hash text, fragment text, keyed_tables text[], parts text[], of_type anyelement, stop_at timestamptz default null, if_selective boolean default false
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    started timestamptz := clock_timestamp();
    evaluation pc_evaluation := pc_evaluation_of(registration, fragment, keyed_tables, parts);
    -- What it takes to prepare is none of the fragment's time.
    bounded text := pc_bounded(fragment, (registration).partition_key, least(stop_at + (clock_timestamp() - started), pc_statement_ends_at()));
    evaluated record;
begin
    select r.keys, r.with_null, null::double precision as kept into evaluated from pc_refreshed_keys(registration, hash, bounded, of_type, evaluation.keyed) r;
    if evaluated.keys is null then
        select * into evaluated from pc_evaluated_keys(registration, bounded, parts, of_type, evaluation.keyed, not if_selective, evaluation.form);
    end if;
    if evaluated.kept is not null then
        perform pc_note_unselective(registration, hash, fragment, evaluation, evaluated.kept);
        return null;
    end if;
    return pc_keep(registration, hash, fragment, evaluation, evaluated.keys, evaluated.with_null, extract(epoch from clock_timestamp() - started) * 1000, if_selective);
end
$$;

comment on function pc_evaluate(partitioncache_registration, text, text, text[], text[], anyelement, timestamptz, boolean) is
'pc_evaluate_fragment for keys of a type. Example: see pc_evaluate_fragment';
