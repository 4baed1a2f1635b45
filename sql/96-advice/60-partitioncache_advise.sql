create function partitioncache_advise(
    queries text[] default null, seconds double precision default 10, most integer default 20, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path'),
    out partition_key text, out datatype text, out stands_in text[], out partitions bigint, out saves double precision,
    out restricted jsonb, out statements text[], out remark text
) returns setof record
language plpgsql volatile parallel unsafe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    session jsonb := pc_session(session_path);
    stop_at timestamptz := least(clock_timestamp() + seconds * interval '1 s', pc_statement_ends_at());
    given record;
    texts text[] := '{}'::text[];
    times double precision[] := '{}'::double precision[];
    filled text;
    blocks pc_advised_block[] := '{}'::pc_advised_block[];
    unread_ms double precision[] := '{}'::double precision[];
    unread bigint;
    by_statistics boolean;
    remarks text[] := '{}'::text[];
    candidate pc_key_candidate;
    found record;
    ranked jsonb := '[]'::jsonb;
begin
    perform pc_require_writable('take queries apart');
    perform pc_not_null('seconds', seconds::text, 'most', most::text, 'cache', cache);
    if not seconds between 0 and 86400 or most not between 1 and 1000 then
        perform pc_fail('PC001', 'seconds or most is out of range', format('seconds: %s, most: %s.', seconds, most), 'Pass seconds from 0 to 86400, and most from 1 to 1000.');
    end if;
    for given in
        select q as query, null::double precision as ms, null::text as problem from unnest(queries) q where queries is not null
        union all
        select s.query, s.ms, s.problem from pc_statements(most) s where queries is null
    loop
        if given.problem is not null then
            remarks := remarks || given.problem;
            continue;
        end if;
        begin
            filled := pc_with_usual_values(given.query, session);
            blocks := blocks || array(select b from pc_advised_blocks(filled, cardinality(texts) + 1, session) b);
            texts := texts || filled;
            -- What took how long is only known of pg_stat_statements; else the planner says.
            times := times || coalesce(given.ms, (pc_plan(filled, session_path) ->> 'Total Cost')::double precision);
        exception when others then
            unread_ms := unread_ms || given.ms;
        end;
    end loop;
    -- Of pg_stat_statements, what takes hardly any time is no loss.
    select count(*) into unread from unnest(unread_ms) u where u is null or u > 0.01 * (select sum(t) from unnest(times || unread_ms) t);
    if unread > 0 then
        remarks := remarks || case unread when 1 then '1 query could not be read, and was left out.' else format('%s queries could not be read, and were left out.', unread) end;
    end if;
    by_statistics := queries is null and blocks = '{}';
    foreach candidate in array array(select c from pc_key_candidates(blocks) c where by_statistics or blocks <> '{}') loop
        ranked := ranked || pc_advised_key(candidate, blocks, times);
    end loop;
    for found in
        select row_number() over (order by (r.value ->> 'promise')::double precision desc, (r.value ->> 'size')::double precision desc) as place, r.value as key
        from jsonb_array_elements(ranked) r order by 1 limit 100
    loop
        -- The best have their share of the time that is left.
        found.key := pc_measured_key(found.key, case when found.place <= 5 then clock_timestamp() + (stop_at - clock_timestamp()) / (6 - found.place) else clock_timestamp() end);
        ranked := case found.place when 1 then '[]' else ranked end || found.key;
    end loop;
    for found in
        select r.value as key from jsonb_array_elements(ranked) r
        where by_statistics or (r.value ->> 'saves')::double precision > 0.001
        order by (r.value ->> 'saves')::double precision desc nulls last, (r.value ->> 'size')::double precision desc, r.value ->> 'partition_key' limit 10
    loop
        partition_key := found.key ->> 'partition_key';
        datatype := found.key ->> 'datatype';
        stands_in := array(select pc_shown_relation(r.relid::oid, session_path) || '.' || r.column_name
                           from rows from (jsonb_array_elements_text(found.key -> 'relids'), jsonb_array_elements_text(found.key -> 'columns')) with ordinality r(relid, column_name, n)
                           order by r.n);
        partitions := (found.key -> 'partitions')::bigint;
        saves := round((found.key ->> 'saves')::numeric, 3);
        restricted := (select jsonb_agg(jsonb_build_object('query', texts[(e.value ->> 'query')::integer], 'of_time', round((e.value ->> 'of_time')::numeric, 3),
                                                           'kept', round((e.value ->> 'kept')::numeric, 4), 'measured', e.value -> 'measured') order by e.n)
                       from jsonb_array_elements(found.key -> 'restricted') with ordinality e(value, n));
        statements := pc_advised_statements(found.key, texts, cache, session_path);
        remark := nullif(array_to_string(remarks, ' '), '');
        return next;
        remarks := '{}';
    end loop;
    if remarks <> '{}' then
        partition_key := null; datatype := null; stands_in := null; partitions := null; saves := null; restricted := null; statements := null;
        remark := array_to_string(remarks, ' ');
        return next;
    end if;
end
$$;

comment on function partitioncache_advise(text[], double precision, integer, text, text) is
'Which columns would make a partition key, the best first, and what to run to have it. queries: texts, with values or with $1, $2, ...; null: those that have taken most time by pg_stat_statements (most: how many), which are only those of the role in force, as they are run. Nothing is written, and all is read with the rights of the caller. stands_in: the tables with their columns; partitions: how many values it has; saves: which part of the time of all queries it is expected to save, null where none are known; restricted: the queries that it would restrict, [{query (with usual values), of_time: its part of all time, kept: the share of the partitions that remains, measured: whether that was found out by running it, within so many seconds in all, or is what the planner expects}]; statements: what to run. remark: on the first row, what was not found or not looked at. Raises PC001 for arguments out of range, PC009 in a read-only transaction, where no query can be taken apart. Example: select unnest(statements) from partitioncache_advise(array[''select * from poi where kind = 1''], seconds => 1)';

create function pc_advised_key(candidate pc_key_candidate, blocks pc_advised_block[], times double precision[]) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    block pc_advised_block;
    worth pc_key_worth;
    all_ms double precision := (select nullif(sum(t), 0) from unnest(times) t);
    restricted jsonb := '[]'::jsonb;
begin
    foreach block in array blocks loop
        begin
            worth := pc_key_worth(block, candidate);
        exception when others then
            worth := null;  -- a table that this role may not read, say
        end;
        continue when worth.query is null;
        restricted := restricted || jsonb_build_object('query', worth.query, 'fragment', worth.fragment, 'of_time', times[worth.query] / all_ms,
            -- What restricts one table alone can be found by an index of its own.
            'weight', worth.weight * case worth.tables when 1 then 0.5 else 1 end, 'kept', worth.kept, 'measured', false);
    end loop;
    -- Of several SELECTs of a query, the one that gains most.
    restricted := coalesce((select jsonb_agg(r.value order by (r.value ->> 'of_time')::double precision desc)
                            from (select distinct on (e.value -> 'query') e.value from jsonb_array_elements(restricted) e
                                  order by e.value -> 'query', (1 - (e.value ->> 'kept')::double precision) * (e.value ->> 'weight')::double precision desc) r), '[]');
    return jsonb_build_object('partition_key', candidate.partition_key, 'datatype', candidate.datatype, 'partitions', candidate.partitions, 'relids', candidate.relids,
        'columns', candidate.columns, 'restricted', restricted, 'saves', case when blocks <> '{}' then pc_saves(restricted) end,
        -- What the planner expects to remain may be too much: it takes conditions for independent.
        'promise', (select sum((e.value ->> 'of_time')::double precision * (e.value ->> 'weight')::double precision * (1.1 - (e.value ->> 'kept')::double precision)) from jsonb_array_elements(restricted) e),
        'size', (select sum(greatest(c.reltuples, 0)) from pg_class c where c.oid = any (candidate.relids)));
end
$$;

comment on function pc_advised_key(pc_key_candidate, pc_advised_block[], double precision[]) is
'A partition key with what it would do for the queries, by the planner. Example: see partitioncache_advise';

create function pc_saves(restricted jsonb) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (select coalesce(sum((e.value ->> 'of_time')::double precision * (e.value ->> 'weight')::double precision * (1 - (e.value ->> 'kept')::double precision)), 0)
            from jsonb_array_elements(restricted) e where (e.value ->> 'kept')::double precision <= 0.75);
end
$$;

comment on function pc_saves(jsonb) is
'Which part of the time of all queries is saved by a partition key that restricts these. Example: select pc_saves(''[]'')';

create function pc_measured_key(key jsonb, stop_at timestamptz) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    one jsonb;
    measured jsonb := '[]'::jsonb;
    native text := pc_native_type(key ->> 'datatype');
    left_over integer := jsonb_array_length(key -> 'restricted');
    remaining bigint;
    this_stops timestamptz;
begin
    for one in select e from jsonb_array_elements(key -> 'restricted') e loop
        this_stops := clock_timestamp() + (stop_at - clock_timestamp()) / left_over;
        left_over := left_over - 1;
        if this_stops > clock_timestamp() + interval '20 ms' then
            begin
                execute format('select cardinality((pc_run_read_only($1, null::%s[])).keys)', native) into remaining
                using pc_bounded(one ->> 'fragment', pc_fragment_key(one ->> 'fragment'), this_stops);
                one := one || jsonb_build_object('kept', least(1, remaining::double precision / greatest((key -> 'partitions')::bigint, 1)), 'measured', true);
            exception when query_canceled or others then
                -- It takes longer than there is time, or cannot be run by this role; what the planner expects stays.
                if sqlstate = '57014' and (clock_timestamp() < this_stops or pc_statement_is_over()) then
                    raise;
                end if;
            end;
        end if;
        if (one ->> 'kept')::double precision <= 0.75 then
            measured := measured || one;
        end if;
    end loop;
    return key || jsonb_build_object('restricted', measured, 'saves', case when key ->> 'saves' is not null then pc_saves(measured) end);
end
$$;

comment on function pc_measured_key(jsonb, timestamptz) is
'A partition key of pc_advised_key, with what remains of the partitions as found by running its fragments, read-only, until that moment. Example: see partitioncache_advise';

create function pc_advised_statements(key jsonb, texts text[], cache text, session_path text) returns text[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    home text := (select quote_ident(n.nspname) from pg_namespace n where n.oid = pc_home());
    schema text := case when home = any (regexp_split_to_array(session_path, '\s*,\s*')) then '' else home || '.' end;
    prefix text := 'select ' || schema || 'partitioncache_';
    others text := case when cache <> 'partitioncache' then ', cache => ' || quote_literal(cache) else '' end;
    name text := quote_literal(key ->> 'partition_key');
    statements text[];
begin
    statements := array[prefix || format('register(%s, %L%s);', name, key ->> 'datatype', others)]
        || array(
            select prefix || format('place(%L, %L, %s%s);', pc_shown_relation(r.relid::oid, session_path), r.column_name, name, others)
            from rows from (jsonb_array_elements_text(key -> 'relids'), jsonb_array_elements_text(key -> 'columns')) with ordinality r(relid, column_name, n)
            where r.column_name <> quote_ident(key ->> 'partition_key') order by r.n)
        || array(
            select prefix || case when c.relkind = 'm' then format('assert_static(%L%s);', pc_shown_relation(c.oid, session_path), others)
                                  else format('track(%L, %s%s);', pc_shown_relation(c.oid, session_path), name, others) end
                   || case when not pg_has_role(c.relowner, 'usage') then ' -- as ' || translate(c.relowner::regrole::text, E'\r\n', '  ') else '' end
            from jsonb_array_elements_text(key -> 'relids') with ordinality r(relid, n) join pg_class c on c.oid = r.relid::oid order by r.n)
        || array(
            select prefix || format('push(%L, %s%s);', texts[(e.value ->> 'query')::integer], name, others)
            from jsonb_array_elements(key -> 'restricted') with ordinality e(value, n)
            where (e.value ->> 'of_time')::double precision > 0.01 order by e.n limit 10)
        || format('call %spartitioncache_run_processor(%s);', schema, case when cache <> 'partitioncache' then quote_literal(cache) else '' end);
    return statements;
end
$$;

comment on function pc_advised_statements(jsonb, text[], text, text) is
'What to run to have a partition key: register, place, track, push. Example: see partitioncache_advise';

create function pc_shown_relation(relation oid, session_path text) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    shown text;
begin
    perform set_config('search_path', session_path, true);
    shown := pg_catalog.format('%s', relation::pg_catalog.regclass);
    perform pg_catalog.set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
    return shown;
end
$$;

comment on function pc_shown_relation(oid, text) is
'A relation as it is written in a session with that search path. Example: select pc_shown_relation(''pg_class''::regclass, ''public'')';
