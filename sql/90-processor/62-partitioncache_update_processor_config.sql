create function partitioncache_update_processor_config(
    cache text default 'partitioncache',
    frequency_seconds numeric default null,
    max_parallel_jobs integer default null,
    fragment_timeout interval default null,
    max_attempts integer default null,
    log_limit integer default null
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    perform pc_check_processor_config(frequency_seconds, max_parallel_jobs, fragment_timeout, max_attempts, log_limit);
    perform pc_create_cache(cache);
    update partitioncache_settings s
    set frequency_seconds = coalesce(partitioncache_update_processor_config.frequency_seconds, s.frequency_seconds),
        max_parallel_jobs = coalesce(partitioncache_update_processor_config.max_parallel_jobs, s.max_parallel_jobs),
        fragment_timeout = coalesce(partitioncache_update_processor_config.fragment_timeout, s.fragment_timeout),
        max_attempts = coalesce(partitioncache_update_processor_config.max_attempts, s.max_attempts),
        log_limit = coalesce(partitioncache_update_processor_config.log_limit, s.log_limit)
    where s.cache = partitioncache_update_processor_config.cache;
    if (pc_settings(cache)).enabled then
        return pc_schedule_jobs(cache);
    end if;
    return 'The settings are stored; the processor is not enabled.';
end
$$;

comment on function partitioncache_update_processor_config(text, numeric, integer, interval, integer, integer) is
'Changes settings of a cache''s processor; null leaves one as it is. Running workers notice with their next look for work; jobs are added to pg_cron or removed. max_attempts: failures until an item is dead; log_limit: rows kept in partitioncache_processor_log. Example: select partitioncache_update_processor_config(fragment_timeout => ''5 min'')';
