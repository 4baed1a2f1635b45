create view pc_own_queue with (security_barrier) as
select q.queue, q.id, q.cache, q.partition_key, q.hash,
       case when m.mine or m.all_texts then q.query end as query, case when m.mine or m.all_texts then q.session end as session,
       case when m.mine or m.all_texts then q.keyed_tables end as keyed_tables, case when m.mine or m.all_texts then q.parts end as parts,
       q.datatype, q.checked, q.priority, q.status, coalesce(r.rolname, q.owner_name) as owner, q.owner as owner_oid, m.mine,
       q.cluster = (select pc_cluster()) as here, q.attempts, q.claim, q.worker_pid, q.worker_id, q.pushed_at, q.due_at, q.started_at, q.died_at,
       -- Messages quote values of rows.
       case when m.mine or m.all_texts or q.cache = any (array(select g.cache from partitioncache_role g
                           where g.cluster = (select pc_cluster()) and g.level = 'administer' and pg_has_role(g.role, 'usage'))) then q.error_msg end as error_msg
from partitioncache_queue q
left join pg_roles r on r.oid = q.owner and q.cluster = (select pc_cluster())
cross join lateral (
    select q.owner = (select pc_me()) and q.cluster = (select pc_cluster()) as mine,
           (select pg_has_role(pc_installer(), 'usage')) as all_texts) m
where m.mine or m.all_texts
   or q.cache = any (array(select g.cache from partitioncache_role g
                           where g.cluster = (select pc_cluster()) and g.level in ('monitor', 'administer') and pg_has_role(g.role, 'usage')));

comment on view pc_own_queue is
'The items that the role in force may see: its own (mine); those of all roles, without their texts for who may monitor the cache, with messages for who administers it, with texts for the installer. here: false for an item of another cluster whose role has not been found again.';
