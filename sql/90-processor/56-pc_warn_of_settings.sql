create function pc_warn_of_settings() returns void
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if pc_role_statement_timeout() > interval '0' then
        raise warning using message = format('statement_timeout of role "%s" is %s: it ends pg_cron''s jobs, and fragments that take half as long', current_user, pc_role_statement_timeout()),
            hint = format('To lift it: alter role %I in database %I set statement_timeout = 0;', current_user, current_database());
    end if;
    if exists (select from pg_settings s where s.name = 'cron.use_background_workers' and s.setting = 'on')
        and exists (select from pg_extension e where e.extname = 'pg_cron' and e.extversion ~ '^1[.][0-4]([^0-9]|$)') then
        raise warning using message = 'pg_cron up to 1.4 runs long jobs one after the other in background workers',
            hint = 'Set cron.use_background_workers = off and let pg_cron connect (cron.host, pg_hba.conf), then restart the server.';
    end if;
end
$$;

comment on function pc_warn_of_settings() is
'Warns of settings under which pg_cron''s jobs cannot do their work: a statement_timeout of the role, jobs that wait for one another. Example: select pc_warn_of_settings()';
