create function pc_timed(statement text, session_path text) returns double precision
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    run refcursor;
    ran pg_catalog.jsonb;
    finished boolean := false;
begin
    begin
        -- As in pc_run_read_only. EXPLAIN plans and runs a query as it would be, and throws the rows away; a cursor takes one statement and no more.
        perform pg_catalog.set_config('transaction_read_only', 'on', true);
        perform pg_catalog.set_config('search_path', session_path, true);
        open run for execute pg_catalog.concat('explain (analyze, timing off, format json) ', statement);
        fetch run into ran;
        close run;
        finished := true;
        raise exception using errcode = 'PC000', message = 'leaving read-only mode';
    exception when sqlstate 'PC000' then
        if not finished then
            raise;
        end if;
    end;
    return (ran -> 0 ->> 'Planning Time')::double precision + (ran -> 0 ->> 'Execution Time')::double precision;
end
$$;

comment on function pc_timed(text, text) is
'How many milliseconds a query takes to be planned and run, as the role that calls, read-only. Raises what it raises. Example: select pc_timed(''select 1'', ''public'')';
