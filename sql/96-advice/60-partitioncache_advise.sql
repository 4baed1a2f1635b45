create function partitioncache_advise(
    queries text[] default null, seconds double precision default 10, most integer default 20, cache text default 'partitioncache',
    session_path text default pg_catalog.current_setting('search_path'),
    out partition_key text, out datatype text, out stands_in text[], out partitions bigint, out saves double precision,
    out restricted jsonb, out statements text[], out remark text
) returns setof record
language plpgsql volatile parallel unsafe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
set lock_timeout = '200ms'
as $$
declare
    started constant timestamptz := clock_timestamp();
    session jsonb := pc_session(session_path);
    given record;
    texts text[] := '{}'::text[];
    times double precision[] := '{}'::double precision[];
    filled text;
    blocks pc_advised_block[] := '{}'::pc_advised_block[];
    unread_ms double precision[] := '{}'::double precision[];
    unread_why text;
    unread bigint;
    unlooked bigint := 0;
    unlooked_later bigint;
    by_statistics boolean;
    remarks text[] := '{}'::text[];
    candidates pc_key_candidate[];
    candidate pc_key_candidate;
    key pc_advised_key;
    ranked pc_advised_key[] := '{}'::pc_advised_key[];
    plans jsonb[] := '{}'::jsonb[];
    planning_stops timestamptz;
begin
    perform pc_require_writable('take queries apart');
    perform pc_not_null('seconds', seconds::text, 'most', most::text, 'cache', cache);
    if not seconds between 0 and 86400 or most not between 1 and 1000 then
        perform pc_fail('PC001', 'seconds or most is out of range', format('seconds: %s, most: %s.', seconds, most), 'Pass seconds from 0 to 86400, and most from 1 to 1000.');
    end if;
    planning_stops := least(started + greatest(seconds / 2, 5) * interval '1 s', started + (pc_statement_ends_at() - started) / 2);
    for given in
        select q as query, null::double precision as ms, null::text as problem from unnest(queries) q where queries is not null
        union all
        select s.query, s.ms, s.problem from pc_statements(most) s where queries is null
    loop
        if given.problem is not null then
            remarks := remarks || given.problem;
            continue;
        elsif clock_timestamp() > started + (planning_stops - started) / 2 then
            unlooked := unlooked + 1;
            continue;
        end if;
        begin
            filled := pc_with_usual_values(given.query, session);
            blocks := blocks || array(select b from pc_advised_blocks(filled, cardinality(texts) + 1, session) b);
            plans := plans || pc_plan(filled, session_path);
            texts := texts || filled;
            -- What took how long is only known of pg_stat_statements; else the planner says.
            times := times || greatest(coalesce(given.ms, (plans[cardinality(texts)] ->> 'Total Cost')::double precision), 0.01);
        exception when others then
            unread_ms := unread_ms || given.ms;
            unread_why := coalesce(unread_why, sqlerrm);
        end;
    end loop;
    -- Of pg_stat_statements, what takes hardly any time is no loss.
    select count(*) into unread from unnest(unread_ms) u where u is null or u > 0.01 * (select sum(t) from unnest(times || unread_ms) t);
    if unread > 0 then
        remarks := remarks || format('%s could not be read, and %s left out%s: %s.', case unread when 1 then '1 query' else unread || ' queries' end, case unread when 1 then 'was' else 'were' end,
                                     case unread when 1 then '' else ', the first of them' end, unread_why);
    end if;
    remarks := array_remove(remarks || pc_without_statistics(array(select distinct r from unnest(blocks) b, unnest(b.relids) r), session_path), null);
    by_statistics := queries is null and blocks = '{}';
    candidates := array(select c from pc_likely_candidates(array(select c from pc_key_candidates(blocks) c where by_statistics or blocks <> '{}'), blocks, times) c);
    select e.keys, e.unlooked into ranked, unlooked_later from pc_expected_keys(candidates, blocks, texts, plans, times, planning_stops, session) e;
    unlooked := unlooked + unlooked_later;
    if unlooked > 0 then
        remarks := remarks || format('For %s there was no time: pass more seconds.', case unlooked when 1 then '1 query' else unlooked || ' queries' end);
    end if;
    if not by_statistics then
        select m.keys, m.times into ranked, times
        from pc_measure(ranked, times, texts, plans, queries is null,
                        least(greatest(started + seconds * interval '1 s', clock_timestamp() + seconds / 2 * interval '1 s'), pc_statement_ends_at()), session) m;
    end if;
    if not by_statistics and texts <> '{}' and unlooked_later < cardinality(texts) and not exists (select from unnest(ranked) r where r.saves > 0.001) then
        remarks := remarks || coalesce('No partition key would save time for these queries, neither ' || (
            select string_agg((r.candidate).partition_key, ' nor ') from unnest(ranked) r where exists (select from unnest(blocks) b where b.relids && (r.candidate).relids)) || '.',
            'No column has few enough values, each in enough rows, to be a partition key for these queries.');
    end if;
    for key in
        select r.* from unnest(ranked) r where by_statistics or r.saves > 0.001
        -- Estimates are no better than a fifth: then the larger tables.
        order by round(ln(r.saves) * 5) desc nulls last, r.size desc, r.saves desc, (r.candidate).partition_key limit 10
    loop
        candidate := key.candidate;
        partition_key := candidate.partition_key;
        datatype := candidate.datatype;
        stands_in := array(select pc_shown_relation(r.relid, session_path) || '.' || r.name from unnest(candidate.relids, candidate.columns) with ordinality r(relid, name, n) order by r.n);
        partitions := candidate.partitions;
        saves := round(key.saves::numeric, 3);
        restricted := (select jsonb_agg(jsonb_build_object('query', texts[w.query], 'of_time', round((times[w.query] / t.all_ms)::numeric, 3), 'kept', round(w.kept::numeric, 4),
                                                           'saves', round(w.gain::numeric, 3), 'measured', w.measured) order by times[w.query] * w.gain desc, times[w.query] desc, w.query)
                       from unnest(key.worths) w, (select sum(t) as all_ms from unnest(times) t) t where w.kept <= 0.75);
        statements := pc_advised_statements(key, texts, times, cache, session_path);
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
'Which columns would make a partition key, the best first, and what to run to have it. queries: texts, with values or with $1, $2, ...; null: those that have taken most time by pg_stat_statements (most: how many), which are only those of the role in force, as they are run. Nothing is written, and all is read and run with the rights of the caller, for so many seconds in all; planning takes no more than half of that, or five seconds if that is more. It waits for no lock. stands_in: the tables with their columns; partitions: how many values it has; saves: which part of the time of all queries it is expected to save (below 0.05 hardly any key pays), null where none are known; restricted: the queries that it would restrict, [{query (with usual values), of_time: its part of all time, kept: the share of the partitions that remains, saves: which part of its own time is saved, measured: whether that was found out by running it, with and without, or is what the planner expects}]; statements: what to run. remark: on the first row, which has nothing else if there is no key, what was not found or not looked at. Raises PC001 for arguments out of range, PC009 in a read-only transaction, where no query can be taken apart. Example: select unnest(statements) from partitioncache_advise(array[''select * from poi where kind = 1''], seconds => 1)';

create function pc_advised_statements(key pc_advised_key, texts text[], times double precision[], cache text, session_path text) returns text[]
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
#variable_conflict use_column
declare
    home text := (select quote_ident(n.nspname) from pg_namespace n where n.oid = pc_home());
    schema text := case when home = any (regexp_split_to_array(session_path, '\s*,\s*')) then '' else home || '.' end;
    prefix text := 'select ' || schema || 'partitioncache_';
    others text := case when cache <> 'partitioncache' then ', cache => ' || quote_literal(cache) else '' end;
    name text := quote_literal((key.candidate).partition_key);
begin
    return array[prefix || format('register(%s, %L%s);', name, (key.candidate).datatype, others)]
        || array(
            select prefix || format('place(%L, %L, %s%s);', pc_shown_relation(r.relid, session_path), r.column_name, name, others)
            from unnest((key.candidate).relids, (key.candidate).columns) with ordinality r(relid, column_name, n)
            where r.column_name <> quote_ident((key.candidate).partition_key) order by r.n)
        || array(
            select prefix || case when c.relkind = 'm' then format('assert_static(%L%s);', pc_shown_relation(c.oid, session_path), others)
                                  else format('track(%L, %s%s);', pc_shown_relation(c.oid, session_path), name, others) end
                   || case when not pg_has_role(c.relowner, 'usage') then ' -- as ' || translate(c.relowner::regrole::text, E'\r\n', '  ') else '' end
            from unnest((key.candidate).relids) with ordinality r(relid, n) join pg_class c on c.oid = r.relid order by r.n)
        || array(
            select prefix || format('push(%L, %s%s);', texts[w.query], name, others)
            from unnest(key.worths) w, (select sum(t) as all_ms from unnest(times) t) t
            where w.gain > 0.1 and times[w.query] > 0.01 * t.all_ms order by times[w.query] * w.gain desc, w.query limit 10)
        || format('call %spartitioncache_run_processor(%s);', schema, case when cache <> 'partitioncache' then quote_literal(cache) else '' end);
end
$$;

comment on function pc_advised_statements(pc_advised_key, text[], double precision[], text, text) is
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

create function pc_without_statistics(relations oid[], session_path text) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    shown text := (
        select string_agg(pc_shown_relation(c.oid, session_path), ', ' order by c.relname)
        from (select c.oid, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where c.oid = any (relations) and c.reltuples <> 0 and has_table_privilege(c.oid, 'select')
                and not exists (select from pg_stats s where s.schemaname = n.nspname and s.tablename = c.relname and s.inherited = (c.relkind = 'p'))
              order by c.relname limit 10) c);
begin
    return 'There are no statistics, without which nothing is advised, of: ' || shown || '. Run analyze.';
end
$$;

comment on function pc_without_statistics(oid[], text) is
'A sentence that names those tables that were never analysed, at most ten; null if there are none. Example: select pc_without_statistics(array[''pg_class''::regclass], ''public'')';
