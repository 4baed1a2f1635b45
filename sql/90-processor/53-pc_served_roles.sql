create function pc_served_roles(cache text, enabling oid default null) returns setof name
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select r.rolname from pg_roles r
    where r.rolcanlogin and has_database_privilege(r.oid, current_database(), 'connect')
      and (r.oid = enabling
           or exists (select from partitioncache_role g
                      where g.cache = pc_served_roles.cache and g.role = r.oid and g.cluster = pc_cluster() and pc_level_rank(g.level) >= pc_level_rank('push'))
           or exists (select from pc_cron_jobs(pc_served_roles.cache) j where j.username = r.rolname) and pc_has_level(r.oid, pc_served_roles.cache, 'push'))
    order by 1
$$;

comment on function pc_served_roles(text, oid) is
'The roles as which jobs are to run: those that were granted at least push in the cache and can log in, those that have jobs already and may still push, and the one that enables the processor. Example: select * from pc_served_roles(''partitioncache'', pc_me())';
