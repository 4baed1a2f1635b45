create view @extschema@.partitioncache_settings with (security_barrier) as select * from partitioncache_settings;
comment on view @extschema@.partitioncache_settings is
'The settings of each cache; see partitioncache_update_processor_config.';

create view @extschema@.partitioncache_registration with (security_barrier) as select * from partitioncache_registration;
comment on view @extschema@.partitioncache_registration is
'The registered partition keys of each cache; see partitioncache_partition_keys.';

create view @extschema@.partitioncache_tracked with (security_barrier) as select * from partitioncache_tracked;
comment on view @extschema@.partitioncache_tracked is
'The tracked tables of each cache; see partitioncache_tracked_tables.';

create view @extschema@.partitioncache_queue with (security_barrier) as select * from partitioncache_queue;
comment on view @extschema@.partitioncache_queue is
'The items of both queues.';

create view @extschema@.partitioncache_processor_log with (security_barrier) as select * from partitioncache_processor_log;
comment on view @extschema@.partitioncache_processor_log is
'What became of queued items.';

create view @extschema@.partitioncache_analysis with (security_barrier) as select * from partitioncache_analysis;
comment on view @extschema@.partitioncache_analysis is
'What queries were found to consist of.';
