create function pc_cron_home() returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    sees_settings boolean := pg_has_role('pg_read_all_settings', 'usage');
    -- Not by current_setting: a name in postgresql.conf is there too while the library is not loaded.
    home text := (select s.setting from pg_settings s where s.name = 'cron.database_name');
    is_here boolean := exists (select from pg_extension e where e.extname = 'pg_cron');
begin
    if sees_settings and home is null then
        perform pc_fail('PC006', 'pg_cron is not loaded in this server', '',
            format('Install pg_cron (Debian: postgresql-%s-cron), set shared_preload_libraries = ''pg_cron'' and cron.database_name = ''%s'' in postgresql.conf, restart the server, then: create extension pg_cron; Without pg_cron let any scheduler run: call partitioncache_run_processor(duration => ''1 min'')',
                   current_setting('server_version_num')::integer / 10000, current_database()));
    elsif home = current_database() and not is_here then
        perform pc_fail('PC006', 'pg_cron is loaded, but not created in this database', '', 'As a superuser: create extension pg_cron;');
    elsif is_here and not has_schema_privilege('cron', 'usage') then
        perform pc_fail('PC006', format('role "%s" may not use pg_cron', current_user), '', format('As a superuser: grant usage on schema cron to %I;', current_user));
    end if;
    return case when is_here then current_database() else coalesce(home, '(ask an administrator)') end;
end
$$;

comment on function pc_cron_home() is
'The database of this server in which pg_cron lives. Raises PC006, with the steps to take, where it cannot be used. Example: select pc_cron_home()';
