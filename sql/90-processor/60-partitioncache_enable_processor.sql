create function partitioncache_enable_processor(
    cache text default 'partitioncache',
    frequency_seconds numeric default 1,
    max_parallel_jobs integer default 2,
    fragment_timeout interval default '30 min'
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache, 'frequency_seconds', frequency_seconds::text, 'max_parallel_jobs', max_parallel_jobs::text,
                        'fragment_timeout', fragment_timeout::text);
    perform pc_check_processor_config(frequency_seconds, max_parallel_jobs, fragment_timeout);
    perform pc_warn_of_settings();
    perform pc_create_cache(cache);
    update partitioncache_settings s
    set enabled = true, frequency_seconds = partitioncache_enable_processor.frequency_seconds,
        max_parallel_jobs = partitioncache_enable_processor.max_parallel_jobs, fragment_timeout = partitioncache_enable_processor.fragment_timeout
    where s.cache = partitioncache_enable_processor.cache;
    return pc_schedule_jobs(cache);
end
$$;

comment on function partitioncache_enable_processor(text, numeric, integer, interval) is
'Lets pg_cron work on the queues of a cache, as the current role: looks for work every frequency_seconds (0.1 to 60), evaluates up to max_parallel_jobs fragments at once and stops one that takes longer than fragment_timeout. Returns what was scheduled, or the statements to run in the database in which pg_cron lives. Doing it twice changes nothing. Each role that pushes queries enables its own jobs; the settings are the cache''s. Raises PC006, with the steps to take, where pg_cron cannot be used. Example: select partitioncache_enable_processor(max_parallel_jobs => 4)';
