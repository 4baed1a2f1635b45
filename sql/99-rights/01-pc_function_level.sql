create function pc_function_level(name name, runs_as_installer boolean) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- What runs with its caller's rights lets nobody do more than before; so of the inner functions, those that do not are listed.
    select case
        when name ^@ 'pc_do_' then null
        when name ^@ 'pc_' and not runs_as_installer then 'monitor'
        when name in ('partitioncache_version', 'partitioncache_status', 'partitioncache_processor_status', 'partitioncache_processor_jobs',
                      'partitioncache_caches', 'partitioncache_partition_keys', 'partitioncache_entries', 'partitioncache_count', 'partitioncache_keys',
                      'partitioncache_tracked_tables', 'partitioncache_static_tables', 'partitioncache_placements', 'partitioncache_suggest_placements', 'partitioncache_queue_lengths', 'partitioncache_queue_counts',
                      'partitioncache_dead_items', 'partitioncache_doctor', 'partitioncache_has_level', 'partitioncache_deferred', 'partitioncache_gain', 'pc_cron_home', 'pc_installers_cron_jobs', 'pc_cron_failure', 'pc_workers', 'pc_change_count') then 'monitor'
        when name in ('partitioncache_apply', 'partitioncache_explain', 'partitioncache_open', 'partitioncache_fragments', 'partitioncache_contained', 'partitioncache_form', 'partitioncache_get',
                      'partitioncache_exists', 'partitioncache_record_times', 'partitioncache_advise', 'partitioncache_query', 'partitioncache_intersect', 'partitioncache_lookup', 'partitioncache_changed', 'partitioncache_changed_rows') then 'read'
        when name in ('partitioncache_push', 'partitioncache_push_many', 'partitioncache_push_fragment', 'partitioncache_take_apart', 'partitioncache_evaluate', 'partitioncache_process_queue',
                      'partitioncache_run_processor', 'partitioncache_queue_push', 'partitioncache_queue_claim', 'partitioncache_queue_finish', 'partitioncache_queue_finish_all',
                      'partitioncache_queue_extend', 'partitioncache_requeue', 'partitioncache_clear_queue', 'partitioncache_set',
                      'partitioncache_set_query', 'partitioncache_delete', 'partitioncache_clear', 'partitioncache_listen', 'partitioncache_unlisten',
                      'partitioncache_track', 'partitioncache_untrack', 'partitioncache_assert_static', 'partitioncache_retract_static') then 'push'
        when name in ('partitioncache_register', 'partitioncache_place', 'partitioncache_unplace', 'partitioncache_grant', 'partitioncache_revoke', 'partitioncache_enable_processor',
                      'partitioncache_disable_processor', 'partitioncache_update_processor_config',
                      'partitioncache_force', 'partitioncache_forbid', 'partitioncache_allow', 'partitioncache_evict') then 'administer'
    end
$$;

comment on function pc_function_level(name, boolean) is
'From which level of rights on a function may be called: monitor (any level), read, push, fill or administer; null for nobody but the installer. runs_as_installer: it is SECURITY DEFINER. Example: select pc_function_level(''partitioncache_push'', false)';
