create function pc_first_turn(cache text, duration interval, frequency_seconds numeric, worker integer) returns pc_turn
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    turn pc_turn;
    jobs integer := (pc_settings(cache)).max_parallel_jobs + 1;
begin
    perform pc_not_null('cache', cache);
    perform pc_require_writable('work on queues');
    perform pc_check_settings(jsonb_build_object('frequency_seconds', pc_first_turn.frequency_seconds));
    if duration <= interval '0' then
        perform pc_fail('PC001', 'duration is not positive', format('Duration: %s.', duration), 'Pass for example ''1 h'', or null to stop when nothing is left to do.');
    end if;
    turn.cache := cache;
    turn.worker := worker;
    turn.frequency_seconds := frequency_seconds;
    turn.worker_id := pc_worker_id();
    turn.overdue_at := clock_timestamp();
    turn.upkeep_at := clock_timestamp();
    turn.refresh_at := clock_timestamp();
    if worker is null then
        turn.until := clock_timestamp() + duration;
    else
        -- pg_cron starts a job on the minute, or, if it was still running then, as soon as it ends. Ending over the next minute's start,
        -- each job at a second of its own, leaves a gap of milliseconds, and never more than one job at a time in it.
        turn.until := least(date_trunc('minute', clock_timestamp()) + interval '1 min' + interval '1 s' * (5 + 50.0 * worker / jobs),
                            statement_timestamp() + nullif(current_setting('statement_timeout')::interval, interval '0') * 0.9);
        perform set_config('application_name', pc_job_name(cache, worker), false);
    end if;
    return turn;
end
$$;

comment on function pc_first_turn(text, interval, numeric, integer) is
'The state in which a processor begins; checks what it was called with. Example: select pc_first_turn(''partitioncache'', ''1 min'', null, null)';
