create function pc_warn_of_settings(cache text) returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    role name;
    jobs bigint := (select count(*) from pc_processor_jobs(pc_warn_of_settings.cache, pc_me()) j where j.wanted);
    most integer := (select s.setting::integer from pg_settings s where s.name = 'cron.max_running_jobs');
begin
    for role in
        select r from pc_served_roles(cache, pc_me()) r where pc_role_statement_timeout(r) > interval '0'
    loop
        raise warning using message = format('statement_timeout of role "%s" is %s: it ends pg_cron''s jobs, and fragments that take half as long', role, pc_role_statement_timeout(role)),
            hint = format('To lift it: alter role %I in database %I set statement_timeout = 0;', role, current_database());
    end loop;
    if jobs > most then
        raise warning using message = format('%s jobs are wanted, and pg_cron runs %s at once', jobs, most),
            hint = 'Set cron.max_running_jobs higher and restart the server, or max_parallel_jobs lower.';
    end if;
    if exists (select from pg_settings s where s.name = 'cron.use_background_workers' and s.setting = 'on')
        and exists (select from pg_extension e where e.extname = 'pg_cron' and e.extversion ~ '^1[.][0-4]([^0-9]|$)') then
        raise warning using message = 'pg_cron up to 1.4 runs long jobs one after the other in background workers',
            hint = 'Set cron.use_background_workers = off and let pg_cron connect (cron.host, pg_hba.conf), then restart the server.';
    end if;
end
$$;

comment on function pc_warn_of_settings(text) is
'Warns of settings under which pg_cron''s jobs cannot do their work: a statement_timeout of a role, more jobs than it runs at once, jobs that wait for one another. Example: select pc_warn_of_settings(''partitioncache'')';
