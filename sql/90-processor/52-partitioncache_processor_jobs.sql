create function partitioncache_processor_jobs(cache text default 'partitioncache')
returns table (
    job text, schedule text, command text, database text, username text, wanted boolean, scheduled boolean, statement text, removal text
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    here boolean := pc_cron_home() = current_database();
    settings partitioncache_settings := pc_settings(cache);
    home text := 'cron';
    present text[];
begin
    if here then
        execute format('select array(select j.jobname::text from %I.job j where j.username = current_user and j.database = current_database() and j.active)', home)
        into present;
    end if;
    return query
        select j.name, '* * * * *', j.command, current_database()::text, current_user::text, j.worker <= settings.max_parallel_jobs,
               j.name = any (present),
               case when here then format('select cron.schedule(%L, %L, %L);', j.name, '* * * * *', j.command)
                    else format('select cron.schedule_in_database(%L, %L, %L, %L, %L);', j.name, '* * * * *', j.command, current_database(), current_user) end,
               format('select cron.unschedule(%L);', j.name)
        from (select n, pc_job_name(partitioncache_processor_jobs.cache, n),
                     format('call %s.partitioncache_run_processor(%L, worker => %s)', 'partitioncache_internal', partitioncache_processor_jobs.cache, n)
              from generate_series(0, 64) n) j(worker, name, command)
        where j.worker <= settings.max_parallel_jobs or j.name = any (present)
        order by j.worker;
end
$$;

comment on function partitioncache_processor_jobs(text) is
'The pg_cron jobs of this cache and role: one that oversees and max_parallel_jobs that evaluate; with the statement that makes each and the one that removes it, to be run where pg_cron lives. wanted is false for one too many; scheduled is null where pg_cron lives in another database. Example: select job, scheduled, statement from partitioncache_processor_jobs()';
