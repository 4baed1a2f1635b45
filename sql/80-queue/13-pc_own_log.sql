create view pc_own_log with (security_barrier) as
select l.id, l.cache, l.queue, l.partition_key, l.query_hash, l.status,
       -- Messages quote values of rows.
       case when l.owner = (select pc_me()) or (select pg_has_role(pc_installer(), 'usage')) or l.cache = any (array(select g.cache from partitioncache_role g
                           where g.cluster = (select pc_cluster()) and g.level = 'administer' and pg_has_role(g.role, 'usage'))) then l.error_msg end as error_msg,
       l.key_count, l.execution_time_ms, l.attempt, l.cost, l.time_limit,
       coalesce(r.rolname, l.owner_name) as owner, l.created_at
from partitioncache_processor_log l
left join pg_roles r on r.oid = l.owner
where l.owner = (select pc_me()) or (select pg_has_role(pc_installer(), 'usage'))
   or l.cache = any (array(select g.cache from partitioncache_role g
                           where g.cluster = (select pc_cluster()) and g.level in ('monitor', 'administer') and pg_has_role(g.role, 'usage')));

comment on view pc_own_log is
'The rows of partitioncache_processor_log that the role in force may see: its own; those of all roles for who may monitor the cache (without messages) or administer it, and for the installer.';
