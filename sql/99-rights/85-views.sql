create view @extschema@.partitioncache_settings with (security_barrier) as select * from partitioncache_settings;
comment on view @extschema@.partitioncache_settings is
'The settings of each cache; see partitioncache_update_processor_config.';

create view @extschema@.partitioncache_registration with (security_barrier) as select * from partitioncache_registration;
comment on view @extschema@.partitioncache_registration is
'The registered partition keys of each cache; see partitioncache_partition_keys.';

create view @extschema@.partitioncache_tracked with (security_barrier) as select * from partitioncache_tracked;
comment on view @extschema@.partitioncache_tracked is
'The tracked tables of each cache; see partitioncache_tracked_tables.';

create view @extschema@.partitioncache_static with (security_barrier) as select * from partitioncache_static;
comment on view @extschema@.partitioncache_static is
'The tables that are asserted to be static in each cache; see partitioncache_static_tables.';

create view @extschema@.partitioncache_queue with (security_barrier) as
select q.queue, q.id, q.cache, q.partition_key, q.hash, q.query, q.status, q.owner, q.priority, q.attempts, q.claim, q.error_msg, q.pushed_at, q.due_at, q.started_at,
       q.died_at, q.worker_pid, q.worker_id, q.checked, q.datatype, q.keyed_tables, q.parts, q.session
from pc_own_queue q;
comment on view @extschema@.partitioncache_queue is
'The items of both queues: your own; those of all roles, without their texts, for who may monitor or administer the cache. owner: the role as which an item is worked on.';

create view @extschema@.partitioncache_processor_log with (security_barrier) as select * from pc_own_log;
comment on view @extschema@.partitioncache_processor_log is
'What became of queued items: your own; those of all roles for who may monitor or administer the cache. queue incoming: a query was taken apart (skipped: nothing of it can be cached), outgoing: a fragment was evaluated, racing: the forms of a query were raced (skipped: there was nothing to race), upkeep: housekeeping failed.';

create view @extschema@.partitioncache_analysis with (security_barrier) as select * from pc_own_analysis;
comment on view @extschema@.partitioncache_analysis is
'What your queries were found to consist of.';
