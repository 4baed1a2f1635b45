create function partitioncache_processor_jobs(cache text default 'partitioncache')
returns table (
    job text, schedule text, command text, database text, username text, wanted boolean, scheduled boolean, statement text, removal text
)
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select j.* from pc_processor_jobs($1, pc_me()) j
$$;

comment on function partitioncache_processor_jobs(text) is
'The pg_cron jobs of a cache: for each role that may push, and for the current one, one job that oversees and max_parallel_jobs that evaluate, which run as that role. statement makes it, removal removes it; both are for a superuser, in the database in which pg_cron lives. wanted is false for one too many; scheduled is null where pg_cron lives in another database. Raises PC006 where pg_cron cannot be used. Example: select job, username, scheduled, statement from partitioncache_processor_jobs()';

create function pc_processor_jobs(cache text, enabling oid)
returns table (
    job text, schedule text, command text, database text, username text, wanted boolean, scheduled boolean, statement text, removal text
)
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
declare
    here boolean := pc_cron_home() = current_database();
    max_parallel_jobs integer := (pc_settings(cache)).max_parallel_jobs;
begin
    return query
        with wanted as (
            select pc_job_name(pc_processor_jobs.cache, n) as job, r.role::text as username,
                   format('call partitioncache_internal.partitioncache_run_processor(%L, worker => %s)', pc_processor_jobs.cache, n) as command, n
            from pc_served_roles(pc_processor_jobs.cache, enabling) r(role), generate_series(0, max_parallel_jobs) n
        ), present as (
            select c.jobname as job, c.username::text as username, bool_and(c.active) and count(*) = 1 as active, min(c.command) as command
            from pc_cron_jobs(pc_processor_jobs.cache) c group by 1, 2
        )
        select j.job, '* * * * *', coalesce(w.command, p.command), current_database()::text, j.username, w.job is not null,
               case when here then coalesce(p.active and p.command = coalesce(w.command, p.command), false) end,
               format('select %s(%L, %L, %L, %L, %L);', coalesce(pc_cron('schedule_in_database'), 'cron.schedule_in_database'),
                      j.job, '* * * * *', w.command, current_database(), j.username),
               format('select %s(j.jobid) from %s j where j.jobname = %L and j.username = %L;',
                      coalesce(pc_cron('unschedule'), 'cron.unschedule'), coalesce(pc_cron('job'), 'cron.job'), j.job, j.username)
        from (select w.job, w.username from wanted w union select p.job, p.username from present p) j
        left join wanted w on w.job = j.job and w.username = j.username
        left join present p on p.job = j.job and p.username = j.username
        order by j.username, w.n, j.job;
end
$$;

comment on function pc_processor_jobs(text, oid) is
'partitioncache_processor_jobs with the role that enables the processor; null for none. Example: select * from pc_processor_jobs(''partitioncache'', null)';
