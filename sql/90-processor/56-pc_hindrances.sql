create function pc_hindrances(cache text, out problem text, out fix text, out hint text) returns setof record
language sql stable parallel safe rows 3
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select format('statement_timeout of role "%s" is %s: it ends pg_cron''s jobs, and fragments that take half as long', r.role, pc_role_statement_timeout(r.role)),
           format('alter role %I in database %I set statement_timeout = 0;', r.role, current_database()), null
    from pc_served_roles(cache, pc_me()) r(role) where pc_role_statement_timeout(r.role) > interval '0'
    union all
    select format('%s jobs are wanted, and pg_cron runs %s at once', j.jobs, s.setting), null,
           'Set cron.max_running_jobs higher and restart the server, or max_parallel_jobs lower.'
    from pg_settings s, (select count(*) as jobs from pc_processor_jobs(pc_hindrances.cache, pc_me()) j where j.wanted) j
    where s.name = 'cron.max_running_jobs' and j.jobs > s.setting::bigint
    union all
    select 'pg_cron up to 1.4 runs long jobs one after the other in background workers', null,
           'Set cron.use_background_workers = off and let pg_cron connect (cron.host, pg_hba.conf), then restart the server.'
    from pg_settings s, pg_extension e
    where s.name = 'cron.use_background_workers' and s.setting = 'on' and e.extname = 'pg_cron' and e.extversion ~ '^1[.][0-4]([^0-9]|$)'
$$;

comment on function pc_hindrances(text) is
'Settings under which pg_cron''s jobs cannot do their work: a statement_timeout of a role, more jobs than it runs at once, jobs that wait for one another. fix: the statement that lifts it, hint: what to do where that is no statement. Example: select * from pc_hindrances(''partitioncache'')';
