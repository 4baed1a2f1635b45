create function pc_evaluate_together(
    registration partitioncache_registration, items partitioncache_queue[], of_type anyelement, stop_at timestamptz
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
    source text;
    partitions bigint;
    kept double precision[];
    scanned integer[];
    item partitioncache_queue;
begin
    select min(t.relation) as relation, min(t.alias) as alias, count(distinct (t.relation, t.alias, pc_fragment_key(q.query))) as different, min(pc_fragment_key(q.query)) as key,
           count(*) as tables, array_agg(substr(t.rest, 8) order by n) as texts, array_agg(q.query order by n) as queries
    into parsed
    from generate_subscripts(items, 1) n cross join lateral (select (items[n]).query) q cross join lateral pc_fragment_tables(q.query) t
    where t.rest ^@ ' WHERE ';
    if parsed.different <> 1 or parsed.tables <> cardinality(items) then
        return null;
    end if;
    -- What leaves most partitions would be met by most rows, and shows on a few partitions.
    source := pc_key_source(parsed.queries[1], (registration).partition_key);
    partitions := pc_partition_estimate(source, (registration).partition_key);
    if pc_is_many(partitions) and pc_can_be_probed(parsed.queries[1], (registration).partition_key, source) then
        kept := pc_sampled_shares(array(select case when c.kept > 0.5 and not pc_is_forced(registration, (items[n]).hash)
                                                    then pc_bounded(parsed.queries[n], (registration).partition_key, stop_at) end
                                        from generate_subscripts(items, 1) n, lateral pc_fragment_cost(parsed.queries[n], (registration).partition_key) c order by n),
                                  pc_sample_of_keys(source, (registration).partition_key, of_type, partitions), (select max((items[n]).cost) from generate_subscripts(items, 1) n));
    end if;
    scanned := array(select n from generate_subscripts(items, 1) n where kept[n] is null order by n);
    statement := pc_bounded(format('SELECT DISTINCT %2$s FROM %3$s %1$s WHERE (%4$s)', parsed.alias, parsed.key, parsed.relation,
                                   (select string_agg(format('(%s)', parsed.texts[n]), ' OR ') from unnest(scanned) n)), (registration).partition_key, stop_at);
    statement := format('SELECT %s, ARRAY[%s]%s GROUP BY 1', parsed.key,
                        (select string_agg(format('pg_catalog.bool_or(%s)', parsed.texts[n.n]), ', ' order by n.place) from unnest(scanned) with ordinality n(n, place)),
                        substr(statement, length('SELECT DISTINCT ' || parsed.key) + 1));
    if scanned <> '{}' and pc_statement_cost(statement, null::integer[]) > (select sum((items[n]).cost) from unnest(scanned) n) then
        return null;
    end if;
    foreach item in array items loop
        evaluations := evaluations || pc_evaluation_of(registration, item.query, item.keyed_tables, item.parts);
    end loop;
    if scanned <> '{}' then
        select * into found from pc_run_shared(statement);
    end if;
    milliseconds := extract(epoch from clock_timestamp() - started) * 1000 / cardinality(items);
    for n in 1 .. cardinality(items) loop
        item := items[n];
        key_count := null;
        if kept[n] is not null then
            perform pc_note_unselective(registration, item.hash, item.query, evaluations[n], kept[n]);
        else
            place := array_position(found.numbers, array_position(scanned, n));
            execute format('select pc_keep($1, $2, $3, $4, $5::%s[], $6, $7, $8)', pc_native_type(registration.datatype))
            into key_count
            using registration, item.hash, item.query, evaluations[n], coalesce(found.keys[place], empty), coalesce(found.with_null[place], false), milliseconds, not pc_is_forced(registration, item.hash);
        end if;
        counts := counts || key_count;
    end loop;
    return counts;
end
$$;

comment on function pc_evaluate_together(partitioncache_registration, partitioncache_queue[], anyelement, timestamptz) is
'Evaluates fragments that say something of the same one table in a single scan of it, and stores them; the number of keys of each, null for an unselective one. Null, and nothing is done, if they are not of that kind, or the planner expects one by one to cost less. Example: see pc_work_together';
