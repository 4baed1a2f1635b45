create function pc_role_statement_timeout(role name default current_user) returns interval
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select (v.value || case when v.value ~ '^ *[0-9]+ *$' then ' ms' else '' end)::interval
    from (select 1, d.setrole <> 0, d.setdatabase <> 0, split_part(c.setting, '=', 2)
          from pg_db_role_setting d
          cross join unnest(d.setconfig) c(setting)
          where d.setrole in (0, (select r.oid from pg_roles r where r.rolname = pc_role_statement_timeout.role))
            and d.setdatabase in (0, (select b.oid from pg_database b where b.datname = current_database()))
            and c.setting ^@ 'statement_timeout='
          union all
          select 2, false, false, s.setting from pg_settings s
          where s.name = 'statement_timeout' and s.source in ('configuration file', 'command line', 'environment variable', 'override')
         ) v(rank, for_role, for_database, value)
    order by v.rank, v.for_role desc, v.for_database desc
    limit 1
$$;

comment on function pc_role_statement_timeout(name) is
'The statement_timeout that a new session of a role in this database begins with, as far as it is set for role, database or server; null or 0 for none. Example: select pc_role_statement_timeout()';
