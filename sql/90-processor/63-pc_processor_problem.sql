create function pc_processor_problem(cache text, workers bigint) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    home text := 'cron';
    missing bigint;
    message text;
begin
    if pc_cron_home() <> current_database() then
        return case when workers = 0 then format('no worker is running; pg_cron lives in database %s: see the statements of partitioncache_processor_jobs(%L) and cron.job_run_details there',
                                                 pc_cron_home(), cache) end;
    end if;
    select count(*) into missing from partitioncache_processor_jobs(cache) j where j.wanted and not j.scheduled;
    if missing > 0 then
        return format('%s jobs are missing in pg_cron for role "%s": call partitioncache_enable_processor(%L)', missing, current_user, cache);
    elsif workers > 0 then
        return null;
    end if;
    execute format($query$
        select d.return_message from %I.job_run_details d join %1$I.job j on j.jobid = d.jobid
        where j.username = current_user and j.jobname = any (array(select pc_job_name($1, n) from generate_series(0, 64) n)) and d.status = 'failed'
        order by d.runid desc limit 1
        $query$, home) into message using cache;
    return coalesce('no worker is running; pg_cron says: ' || message,
                    'no worker is running yet: pg_cron starts jobs on the minute, and must be able to connect (cron.host, pg_hba.conf)');
exception
    when sqlstate 'PC006' then
        get stacked diagnostics message = pg_exception_hint;
        return sqlerrm || '. ' || message;
end
$$;

comment on function pc_processor_problem(text, bigint) is
'Why an enabled processor, of which so many workers are running, may not be at work; null if all is well. Example: select pc_processor_problem(''partitioncache'', 0)';
