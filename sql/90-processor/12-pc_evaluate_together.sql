create function pc_evaluate_together(
    registration partitioncache_registration, items partitioncache_queue[], of_type anyelement, most_cost double precision, stop_at timestamptz
) returns bigint[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    started timestamptz := clock_timestamp();
    parsed record;
    statement text;
    evaluations pc_evaluation[] := '{}'::pc_evaluation[];
    found record;
    place integer;
    milliseconds double precision;
    counts bigint[] := '{}'::bigint[];
    key_count bigint;
    empty text := '{}';
    item partitioncache_queue;
begin
    select min(t.relation) as relation, min(t.alias) as alias, count(distinct (t.relation, t.alias, pc_fragment_key(i.query))) as different, min(pc_fragment_key(i.query)) as key, count(*) as tables,
           array_agg(substr(t.rest, 8) order by i.n) as texts
    into parsed
    from unnest(items) with ordinality i(queue, id, cache, partition_key, hash, query, session, keyed_tables, parts, datatype, origin, scanned, cost, time_limit, checked,
                                         priority, status, owner, owner_name, cluster, attempts, claim, worker_pid, worker_id, pushed_at, due_at, started_at, died_at, error_msg, n)
    cross join lateral pc_fragment_tables(i.query) t
    where t.rest ^@ ' WHERE ';
    if parsed.different <> 1 or parsed.tables <> cardinality(items) then
        return null;
    end if;
    statement := pc_bounded(format('SELECT DISTINCT %2$s FROM %3$s %1$s WHERE (%4$s)', parsed.alias, parsed.key, parsed.relation,
                                   (select string_agg(format('(%s)', c), ' OR ') from unnest(parsed.texts) c)), (registration).partition_key, stop_at);
    statement := format('SELECT %s, ARRAY[%s]%s GROUP BY 1', parsed.key,
                        (select string_agg(format('pg_catalog.bool_or(%s)', c), ', ' order by n) from unnest(parsed.texts) with ordinality c(c, n)),
                        substr(statement, length('SELECT DISTINCT ' || parsed.key) + 1));
    if pc_statement_cost(statement, null::integer[]) > most_cost then
        return null;
    end if;
    foreach item in array items loop
        evaluations := evaluations || pc_evaluation_of(registration, item.query, item.keyed_tables, item.parts);
    end loop;
    select * into found from pc_run_shared(statement);
    milliseconds := extract(epoch from clock_timestamp() - started) * 1000 / cardinality(items);
    for n in 1 .. cardinality(items) loop
        item := items[n];
        place := array_position(found.numbers, n);
        execute format('select pc_keep($1, $2, $3, $4, $5::%s[], $6, $7, $8)', pc_native_type(registration.datatype))
        into key_count using registration, item.hash, item.query, evaluations[n], coalesce(found.keys[place], empty), coalesce(found.with_null[place], false), milliseconds, not pc_is_forced(registration, item.hash);
        counts := counts || key_count;
    end loop;
    return counts;
end
$$;

comment on function pc_evaluate_together(partitioncache_registration, partitioncache_queue[], anyelement, double precision, timestamptz) is
'Evaluates fragments that say something of the same one table in a single scan of it, and stores them; the number of keys of each, null for an unselective one. Null, and nothing is done, if they are not of that kind, or the planner expects one by one to cost less (most_cost). Example: see pc_work_together';
