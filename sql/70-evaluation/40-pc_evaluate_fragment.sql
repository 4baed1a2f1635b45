create function pc_evaluate_fragment(
    cache text, partition_key text, hash text, fragment text, keyed_tables text[], parts text[]
) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    registration partitioncache_registration := pc_registration(cache, partition_key);
    key_count bigint;
begin
    execute format('select pc_evaluate($1, $2, $3, $4, $5, null::%s)', pc_native_type(registration.datatype))
    into key_count using registration, hash, fragment, keyed_tables, parts;
    return key_count;
end
$$;

comment on function pc_evaluate_fragment(text, text, text, text, text[], text[]) is
'Evaluates a fragment as the role that calls, read-only, and stores its key set with all that it depends on; the number of keys. Raises whatever goes wrong, and then nothing is stored. Example: select pc_evaluate_fragment(''partitioncache'', ''city_id'', ''...'', ''SELECT DISTINCT t1.city_id FROM public.poi t1 WHERE (t1.kind = 1)'', ''{public.poi}'', ''{}'')';

create function pc_evaluate(
    registration partitioncache_registration, hash text, fragment text, keyed_tables text[], parts text[], of_type anyelement
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
    -- What is also read through a view can change the view's rows of any partition.
    keyed oid[] := array(select t::regclass::oid from unnest(keyed_tables) t
                         except select c.relation from pc_relation_closure(dependencies.relations) c where c.relation <> c.root);
    evaluated record;
begin
    -- Where writes are not surely logged, the entry is kept for those who look at it, and put aside: a state that is null fits no table.
    if pc_tracking_problem((registration).cache, (registration).partition_key, array(
           select r.root from pc_tracked_roots((registration).cache, (registration).partition_key, dependencies.relations) r)) is not null then
        dependencies.states := array_fill(null::bigint, array[cardinality(dependencies.relations)]);
    end if;
    select * into evaluated from pc_refreshed_keys(registration, hash, fragment, of_type, keyed);
    if evaluated.keys is null then
        select * into evaluated from pc_evaluated_keys(registration, fragment, parts, of_type, keyed);
    end if;
    perform pc_store_keys(registration, hash, case when evaluated.with_null then array_append(evaluated.keys, null) else evaluated.keys end, fragment);
    execute format('update %s e set keyed_tables = $2, parts = $3, deps = $4, dep_states = $5, keyed = $6, functions = $7, function_state = $8,
                           snapshot = $9, cluster = pc_cluster(), evaluation_ms = $10
                    where e.hash = $1', pc_key_table((registration).cache, (registration).partition_key))
    using hash, keyed_tables, parts, dependencies.relations, dependencies.states, keyed, dependencies.functions, dependencies.function_state,
          snapshot, extract(epoch from clock_timestamp() - started) * 1000;
    return cardinality(evaluated.keys);
end
$$;

comment on function pc_evaluate(partitioncache_registration, text, text, text[], text[], anyelement) is
'pc_evaluate_fragment for keys of a type. Example: see pc_evaluate_fragment';
