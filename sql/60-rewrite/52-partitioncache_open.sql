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
begin
    if outcome.applied and method = 'auto' then
        select * into sample from pc_sample(bound, cache, session_path) s;
        if sample.candidate is not null then
            return pc_open_measured(cursor, bound, outcome.rewritten, partition_key, cache, session_path, sample.candidate, sample.runs);
        end if;
    end if;
    perform set_config('search_path', session_path, true);
    open cursor for execute outcome.rewritten;
    return cursor;
end
$$;

comment on function partitioncache_open(refcursor, text, text, text, text, text, text[]) is
'Opens a cursor on the rewritten query, for people in psql. Needs a transaction, at whose end the cursor closes. params: as for partitioncache_apply. Now and then it is measured, by reading the rows before they are fetched, how long a restricted query takes, and how long the original, which is opened instead: see partitioncache_gain, and compare_share of partitioncache_update_processor_config. Raises PC001 and PC005 where they do not fit, and PostgreSQL''s own error if the query cannot run. Example: begin; select partitioncache_open(''c'', ''select * from poi where kind = 1'', ''city_id''); fetch all from c; commit';

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

create function pc_open_measured(
    cursor refcursor, original text, restricted text, partition_key text, cache text, session_path text, candidate text, runs double precision
) returns refcursor
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    most constant bigint := 100000;
    query text := case candidate when 'original' then original else restricted end;
    template text := pc_template(original, session_path);
    began timestamptz;
    ended timestamptz;
    moved bigint;
begin
    begin
        -- From here on operators would be those of the session's path.
        perform set_config('search_path', session_path, true);
        began := pg_catalog.clock_timestamp();
        open cursor scroll for execute query;
        move forward 100000 in cursor;
        get diagnostics moved = row_count;
        ended := pg_catalog.clock_timestamp();
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
        if moved < most then
            perform pc_call('time', jsonb_build_object(
                'cache', cache, 'partition_key', partition_key, 'template', template, 'query', pc_template_text(original),
                'times', jsonb_build_object(candidate, jsonb_build_array(1000 * extract(epoch from ended - began))), 'runs', jsonb_build_object(candidate, runs)));
        end if;
    exception when others then
        null;  -- a query never fails because of what is counted
    end;
    perform set_config('search_path', session_path, true);
    return cursor;
end
$$;

comment on function pc_open_measured(refcursor, text, text, text, text, text, text, double precision) is
'Opens a cursor on a query (candidate: original or restricted), reads up to 100,000 rows, goes back to the first, and records how long it took, for so many runs; more rows are not measured. Example: see partitioncache_open';
