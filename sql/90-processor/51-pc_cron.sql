create function pc_cron(name text) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- Anybody may make a schema called cron, and tables and functions in it. Only what the extension owns is pg_cron's.
    select format('%I.%I', n.nspname, o.name)
    from pg_extension e
    join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.deptype = 'e'
    join (select 'pg_class'::regclass as class, c.oid, c.relname as name, c.relnamespace as namespace from pg_class c
          union all
          select 'pg_proc'::regclass, p.oid, p.proname, p.pronamespace from pg_proc p) o on o.class = d.classid and o.oid = d.objid
    join pg_namespace n on n.oid = o.namespace
    where e.extname = 'pg_cron' and o.name = pc_cron.name and has_schema_privilege(n.oid, 'usage')
    limit 1
$$;

comment on function pc_cron(text) is
'A table or function of pg_cron, schema-qualified; null where pg_cron is not in this database, or this role may not use it. Example: select pc_cron(''job'')';

create function pc_seen_cron_home() returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- Not by current_setting: a name in postgresql.conf is there too while the library is not loaded.
    return coalesce((select s.setting from pg_settings s where s.name = 'cron.database_name'),
                    case when pg_has_role('pg_read_all_settings', 'usage') then '' end);
end
$$;

comment on function pc_seen_cron_home() is
'The database of this server in which pg_cron is to live; empty where it is not loaded, null where this role may not see that. Example: select pc_seen_cron_home()';

create function pc_cron_home(seen text default pc_seen_cron_home()) returns text
language plpgsql stable parallel safe security definer
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    home text := coalesce(seen, pc_seen_cron_home());
begin
    if exists (select from pg_extension e where e.extname = 'pg_cron') then
        return current_database();
    elsif home = '' then
        perform pc_fail('PC006', 'pg_cron is not loaded in this server', '',
            format('Install pg_cron (Debian: postgresql-%s-cron), set shared_preload_libraries = ''pg_cron'' and cron.database_name = ''%s'' in postgresql.conf, restart the server, then: create extension pg_cron; Without pg_cron let any scheduler run: call partitioncache_run_processor(duration => ''1 min'')',
                   current_setting('server_version_num')::integer / 10000, current_database()));
    elsif home = current_database() then
        perform pc_fail('PC006', 'pg_cron is loaded, but not created in this database', '', 'As a superuser: create extension pg_cron;');
    end if;
    return coalesce(home, '');
end
$$;

comment on function pc_cron_home(text) is
'The database of this server in which pg_cron lives; empty where neither the caller (who has seen that much) nor the installer, as which it runs, may see that. Raises PC006, with the steps to take, where it cannot be used. Example: select pc_cron_home()';

create function pc_cron_place() returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    home text := pc_cron_home();
begin
    return case when home = '' then 'if the server has pg_cron, it lives in the database that a superuser sees by: show cron.database_name'
                else format('pg_cron lives in database "%s"', home) end;
end
$$;

comment on function pc_cron_place() is
'Where pg_cron lives, in words, where that is not this database. Example: select pc_cron_place()';
