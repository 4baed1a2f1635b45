create function pc_shared_statement(texts text[], key text, relation text, alias text, partition_key text, stop_at timestamptz) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    statement text := pc_bounded(format('SELECT DISTINCT %2$s FROM %3$s %1$s WHERE (%4$s)', alias, key, relation,
                                        (select string_agg(format('(%s)', t), ' OR ') from unnest(texts) t)), partition_key, stop_at);
begin
    return format('SELECT h.n, s.k FROM (SELECT %s, ARRAY[%s]%s GROUP BY 1) s(k, hits) CROSS JOIN LATERAL pg_catalog.unnest(s.hits) WITH ORDINALITY h(hit, n) WHERE h.hit', key,
                  (select string_agg(format('pg_catalog.bool_or(%s)', t.t), ', ' order by t.n) from unnest(texts) with ordinality t(t, n)),
                  substr(statement, length('SELECT DISTINCT ' || key) + 1));
end
$$;

comment on function pc_shared_statement(text[], text, text, text, text, timestamptz) is
'One scan of a table that gives for each of several conditions its number and the keys that meet it. Example: see pc_evaluate_together';

create function pc_joined_statement(queries text[], partition_key text, stop_at timestamptz) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (select string_agg(format('SELECT %s, f.k FROM (%s) f(k)', q.n, pc_bounded(q.query, partition_key, stop_at)), ' UNION ALL ' order by q.n)
            from unnest(queries) with ordinality q(query, n));
end
$$;

comment on function pc_joined_statement(text[], text, timestamptz) is
'One statement that gives for each of several fragments its number and its keys. Example: select pc_joined_statement(array[''SELECT DISTINCT t1.city_id FROM public.poi t1''], ''city_id'', null)';

create type pc_found as (
    keys text,
    with_null boolean,
    kept double precision,
    milliseconds double precision
);

comment on type pc_found is
'What a fragment was found to have. keys: an array of them, as text; with_null: whether rows without a key match; kept: null, or, without any keys, the share of the partitions that it leaves, most of them.';

create function pc_keep_many(
    registration partitioncache_registration, items partitioncache_queue[], evaluations pc_evaluation[], results pc_found[], partitions bigint, forced text[]
) returns bigint[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    counts bigint[] := array_fill(null::bigint, array[cardinality(items)]);
    stored jsonb := '[]'::jsonb;
    notes jsonb := '[]'::jsonb;
    key_count integer;
    kept double precision;
    writes bigint;
begin
    for n in 1 .. cardinality(items) loop
        key_count := cardinality((results[n]).keys::text[]);
        kept := coalesce((results[n]).kept, case when key_count >= 0.75 * partitions and pc_is_many(partitions) and (items[n]).hash <> all (forced)
                                                 then key_count::double precision / partitions end);
        if kept is not null then
            writes := case when n > 1 and evaluations[n].deps = evaluations[n - 1].deps then coalesce(writes, pc_writes_until_looked_at(evaluations[n].deps))
                           else pc_writes_until_looked_at(evaluations[n].deps) end;
            notes := notes || jsonb_build_object('hash', (items[n]).hash, 'query', (items[n]).query, 'kept', least(kept, 1), 'keyed_tables', evaluations[n].keyed_tables,
                                                 'parts', evaluations[n].parts, 'writes', writes);
        else
            writes := null;
            counts[n] := key_count;
            evaluations[n].milliseconds := (results[n]).milliseconds;
            stored := stored || jsonb_build_object('hash', (items[n]).hash, 'query', (items[n]).query, 'keys', (results[n]).keys, 'with_null', (results[n]).with_null,
                                                   'evaluation', evaluations[n]::text);
        end if;
    end loop;
    if notes <> '[]' then
        perform pc_call('note_unselective', jsonb_build_object('cache', (registration).cache, 'partition_key', (registration).partition_key, 'notes', notes));
    end if;
    if stored <> '[]' then
        perform pc_call('store', jsonb_build_object('cache', (registration).cache, 'partition_key', (registration).partition_key, 'generation', (registration).generation, 'entries', stored));
    end if;
    return counts;
end
$$;

comment on function pc_keep_many(partitioncache_registration, partitioncache_queue[], pc_evaluation[], pc_found[], bigint, text[]) is
'pc_keep for several fragments; the number of keys of each, null for one that leaves most of so many partitions and is not among the forced. Example: see pc_evaluate_together';

create function pc_evaluations(registration partitioncache_registration, items partitioncache_queue[]) returns pc_evaluation[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    evaluations pc_evaluation[] := '{}'::pc_evaluation[];
    evaluation pc_evaluation;
    item partitioncache_queue;
    mask text;
    known jsonb := '{}'::jsonb;
    leader integer;
    forms pc_form[] := pc_fragment_forms(array(select i.query from unnest(items) with ordinality i order by i.ordinality), registration,
                                              array(select i.kind from unnest(items) with ordinality i order by i.ordinality));
begin
    for n in 1 .. cardinality(items) loop
        item := items[n];
        mask := case when registration.placed = 0 then coalesce(item.kind, md5(pc_masked(item.query))) end;
        leader := (known -> mask)::integer;
        if leader is not null and (items[leader]).keyed_tables = item.keyed_tables then
            -- Texts that differ in plain constants alone name the same objects: what they hang on need not be looked up again.
            evaluation := evaluations[leader];
            evaluation.parts := item.parts;
            evaluation.form := forms[n];
        else
            evaluation := pc_evaluation_of(registration, item.query, item.keyed_tables, item.parts);
            known := known || case when mask is not null and pc_stands_for(item.query, pc_literals(item.query)) then jsonb_build_object(mask, n) else '{}' end;
        end if;
        evaluations := evaluations || evaluation;
    end loop;
    return evaluations;
end
$$;

comment on function pc_evaluations(partitioncache_registration, partitioncache_queue[]) is
'pc_evaluation_of for several fragments. Example: see pc_evaluate_together';

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
    queries text[] := array(select i.query from unnest(items) with ordinality i order by i.ordinality);
    relation text;
    alias text;
    key text;
    start text;
    texts text[];
    statement text;
    evaluations pc_evaluation[];
    numbers integer[];
    keys text[];
    with_null boolean[];
    milliseconds double precision;
    source text := pc_key_source(queries[1], (registration).partition_key);
    partitions bigint := pc_partition_estimate(source, (registration).partition_key);
    kept double precision[];
    run integer[];
    forced text[] := pc_forced_among(registration, array(select i.hash from unnest(items) i));
    one_by_one double precision;
begin
    if (items[1]).scanned is not null then
        select t.relation, t.alias, q.key, left(queries[1], length(queries[1]) - length(t.rest) + 7) into relation, alias, key, start
        from (select pc_fragment_key(queries[1]) as key offset 0) q cross join lateral pc_fragment_tables(queries[1]) t
        where t.rest ^@ ' WHERE ';
        -- All that stands before the conditions is the same, letter by letter.
        if not found or exists (select from unnest(queries) u where not u ^@ start) then
            return null;
        end if;
        texts := array(select substr(u.u, length(start) + 1) from unnest(queries) with ordinality u(u, n) order by u.n);
        -- What leaves most partitions would be met by most rows, and shows on a few partitions.
        if pc_is_many(partitions) and pc_can_be_probed(queries[1], (registration).partition_key, source) then
            kept := array(select c.kept from pc_fragment_costs(queries, (registration).partition_key) with ordinality c(cost, kept, n) order by c.n);
            kept := case when 0.5 < any (kept) then
                pc_sampled_shares(array(select case when kept[n] > 0.5 and (items[n]).hash <> all (forced) then pc_bounded(queries[n], (registration).partition_key, stop_at) end
                                        from generate_subscripts(items, 1) n order by n),
                                  pc_sample_of_keys(source, (registration).partition_key, of_type, partitions), (select max(i.cost) from unnest(items) i)) end;
        end if;
    end if;
    run := array(select n from generate_subscripts(items, 1) n where kept[n] is null order by n);
    if run <> '{}' then
        one_by_one := (select sum((items[n]).cost) from unnest(run) n);
        if texts is not null then
            statement := pc_shared_statement(array(select texts[n] from unnest(run) with ordinality r(n, place) order by r.place),
                                             key, relation, alias, (registration).partition_key, stop_at);
            if pc_statement_cost(statement, null::integer[]) > one_by_one then
                statement := null;
            end if;
        end if;
        if statement is null then
            -- Where each costs little, they are still done in one go.
            if exists (select from unnest(items) i where coalesce(i.cost, 'infinity') > pc_cheap()) then
                return null;
            end if;
            statement := pc_joined_statement(array(select queries[n] from unnest(run) with ordinality r(n, place) order by r.place), (registration).partition_key, stop_at);
        end if;
    end if;
    evaluations := pc_evaluations(registration, items);
    if run <> '{}' then
        select r.numbers, r.keys, r.with_null into numbers, keys, with_null from pc_run_shared(statement) r;
    end if;
    milliseconds := extract(epoch from clock_timestamp() - started) * 1000 / cardinality(items);
    return pc_keep_many(registration, items, evaluations, array(
        select row(case when kept[n] is null then coalesce(keys[p.place], '{}') end, coalesce(with_null[p.place], false), kept[n], milliseconds)::pc_found
        from generate_subscripts(items, 1) n cross join lateral (select array_position(numbers, array_position(run, n)) as place offset 0) p
        order by n), partitions, forced);
end
$$;

comment on function pc_evaluate_together(partitioncache_registration, partitioncache_queue[], anyelement, timestamptz) is
'Evaluates fragments that say something of the same one table in a single scan of it, or several that cost little in one statement, and stores them; the number of keys of each, null for an unselective one. Null, and nothing is done, if one by one is expected to cost less. Example: see pc_work_together';
