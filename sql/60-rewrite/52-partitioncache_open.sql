create function partitioncache_open(
    cursor refcursor, query text, partition_key text, cache text default 'partitioncache', method text default 'auto',
    session_path text default pg_catalog.current_setting('search_path'), params text[] default null
) returns refcursor
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    bound text := pc_bind(query, params, pc_session(session_path));
    outcome pc_rewritten := pc_rewrite(bound, partition_key, cache, method, session_path);
    sample record;
    stands_for double precision;
begin
    if outcome.applied and method = 'auto' then
        select * into sample from pc_sample(bound, cache, session_path) s;
        if sample.candidate is not null then
            return pc_open_measured(cursor, bound, outcome.rewritten, partition_key, cache, session_path, sample.candidate, sample.runs);
        end if;
    -- What is left alone for its cost has not been looked at: nothing more is done for it.
    elsif outcome.hits is not null and method = 'auto' then
        stands_for := pc_learning_sample(bound, partition_key, cache, session_path);
        if stands_for is not null then
            return pc_open_measured(cursor, bound, bound, partition_key, cache, session_path, 'unfinished', stands_for);
        end if;
    end if;
    perform set_config('search_path', session_path, true);
    open cursor for execute outcome.rewritten;
    return cursor;
end
$$;

comment on function partitioncache_open(refcursor, text, text, text, text, text, text[]) is
'Opens a cursor on the rewritten query, for people in psql. Needs a transaction, at whose end the cursor closes. params: as for partitioncache_apply. Now and then it is measured, by reading the rows before they are fetched, how long a restricted query takes, and how long the original, which is opened instead: see partitioncache_gain, and compare_share of partitioncache_update_processor_config. So are queries of which nothing is known yet, for at most a tenth of a second beyond their first rows: one of those that are asked often and take long is pushed, if the role may push (learn_seconds, learn_after_ms). Raises PC001 and PC005 where they do not fit, and PostgreSQL''s own error if the query cannot run. Example: begin; select partitioncache_open(''c'', ''select * from poi where kind = 1'', ''city_id''); fetch all from c; commit';

create function pc_sample(query text, cache text, session_path text, out candidate text, out runs double precision)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    now_and_then constant double precision := 0.02;
    share double precision := (pc_settings(cache)).compare_share;
    template_ text;
    original pc_own_timing;
    restricted pc_own_timing;
    affordable boolean;
begin
    if not share > 0 or current_setting('transaction_read_only')::boolean or current_setting('transaction_isolation') <> 'read committed' then
        return;
    end if;
    template_ := pc_template(query, session_path);
    -- What is called twice must be the same twice: its rows are read before they are fetched.
    if not exists (select from pc_own_decision d where d.template = template_ and (d.outcome).applied)
        or exists (select from pc_own_decision d join pg_proc p on p.oid = any (d.functions) where d.template = template_ and p.provolatile = 'v') then
        return;
    end if;
    select t.* into original from pc_own_timing t where t.template = template_ and t.candidate = 'original' order by t.measured_at desc limit 1;
    select t.* into restricted from pc_own_timing t where t.template = template_ and t.candidate = 'restricted' order by t.measured_at desc limit 1;
    affordable := coalesce(share * restricted.runs * restricted.ms >= original.timed * original.ms, restricted.runs >= 5);
    if coalesce(restricted.timed, 0) < 3 then
        candidate := 'restricted';
        runs := 1;
    elsif affordable and (coalesce(original.timed, 0) < 3 or random() < now_and_then) then
        candidate := 'original';
        runs := 1;
    elsif random() < now_and_then then
        candidate := 'restricted';
        runs := 1 / now_and_then;
    end if;
end
$$;

comment on function pc_sample(text, text, text) is
'Whether a query that is opened now is to be measured, and as what: candidate = restricted, standing for so many runs, or original, if all originals together have not taken more than the share of the time that may be spent on comparing; null: not measured. The first three are, later two of a hundred. Example: see partitioncache_open';

create function pc_learning_sample(query text, partition_key text, cache text, session_path text) returns double precision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    settings partitioncache_settings := pc_settings(cache);
    template_ text;
    timed bigint;
    runs double precision;
    taken double precision;
    share double precision;
    functions oid[];
begin
    if not settings.learn_seconds > 0 or current_setting('transaction_read_only')::boolean or current_setting('transaction_isolation') <> 'read committed'
        -- A statement that only fetches some rows may end in time where one that reads more does not.
        or current_setting('statement_timeout')::interval between '1 ms' and '1 s'
        or not pc_has_level(pc_me(), cache, 'push') then
        return null;
    end if;
    template_ := pc_template(query, session_path);
    select sum(t.timed), sum(greatest(t.runs, t.timed)), sum(greatest(t.runs, t.timed) * t.ms) into timed, runs, taken
    from pc_own_timing t where t.template = template_ and t.candidate in ('original', 'unfinished');
    -- To time one costs about a millisecond: two percent of what they take.
    share := case when timed >= 3 and (taken < 10 * runs or taken >= settings.learn_after_ms) then least(greatest(taken / runs / 50, 0.02), 1) else 1 end;
    if template_ is null or random() > share then
        return null;
    end if;
    -- What is called twice must be the same twice.
    functions := (pc_analyse(query, pc_registration(cache, partition_key), pc_session(session_path))).functions;
    if exists (select from pg_proc p where p.oid = any (functions) and p.provolatile = 'v') then
        return null;
    end if;
    return 1 / share;
exception when others then
    return null;  -- a query never fails because of what is learned
end
$$;

comment on function pc_learning_sample(text, text, text, text) is
'Whether a query that is opened as it is, because too little is known of it, is to be timed, and for how many runs that stands; null: it is not. The first three of a kind are, and those that take 10 ms or more until they have taken learn_after_ms in all; then as many as cost two percent of the time that all take, and two of a hundred at least; never where the role may not push, or nothing can be written. Example: see partitioncache_open';

create function pc_open_measured(
    cursor refcursor, original text, restricted text, partition_key text, cache text, session_path text, candidate text, runs double precision
) returns refcursor
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    most constant bigint := 100000;
    query text := case candidate when 'restricted' then restricted else original end;
    learns boolean := candidate = 'unfinished';
    template text := pc_template(original, session_path);
    began timestamptz;
    ended timestamptz;
    moved bigint := 0;
    step bigint := 1;
    chunk bigint;
begin
    begin
        -- From here on operators would be those of the session's path.
        perform set_config('search_path', session_path, true);
        began := pg_catalog.clock_timestamp();
        open cursor scroll for execute query;
        if candidate operator(pg_catalog.=) 'unfinished' then
            -- Whoever wants the first rows alone does not wait for all.
            loop
                move forward step in cursor;
                get diagnostics chunk = row_count;
                moved := moved operator(pg_catalog.+) chunk;
                ended := pg_catalog.clock_timestamp();
                if chunk operator(pg_catalog.<) step then
                    candidate := 'original';
                    exit;
                end if;
                exit when (moved operator(pg_catalog.>=) most) or ((ended operator(pg_catalog.-) began) operator(pg_catalog.>) interval '100 ms');
                step := step operator(pg_catalog.*) 4;
            end loop;
        else
            move forward 100000 in cursor;
            get diagnostics moved = row_count;
            ended := pg_catalog.clock_timestamp();
        end if;
        move absolute 0 in cursor;
        perform pg_catalog.set_config('search_path', 'pg_catalog, partitioncache_internal, pg_temp', true);
    exception when others then
        -- As without measuring: an error that is the query's own is met when it is fetched.
        moved := null;
    end;
    if moved is null then
        perform set_config('search_path', session_path, true);
        open cursor for execute restricted;
        return cursor;
    end if;
    begin
        if moved < most or learns then
            perform pc_call('time', jsonb_build_object(
                'cache', cache, 'partition_key', partition_key, 'template', template, 'query', pc_template_text(original),
                'times', jsonb_build_object(candidate, jsonb_build_array(1000 * extract(epoch from ended - began))), 'runs', jsonb_build_object(candidate, runs))
                || case when learns then jsonb_build_object('noted', original, 'session', pc_session(session_path)) else '{}' end);
        end if;
    exception when others then
        null;  -- a query never fails because of what is counted
    end;
    perform set_config('search_path', session_path, true);
    return cursor;
end
$$;

comment on function pc_open_measured(refcursor, text, text, text, text, text, text, double precision) is
'Opens a cursor on a query (candidate: original or restricted), reads up to 100,000 rows, goes back to the first, and records how long it took, for so many runs; more rows are not measured. Candidate unfinished: the original, for a tenth of a second at most beyond the rows that take longer; what then has not come to its end is recorded as that, and the query is noted to be learned (see pc_note). Example: see partitioncache_open';
