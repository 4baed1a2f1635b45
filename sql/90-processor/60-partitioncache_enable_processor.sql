create function partitioncache_enable_processor(
    cache text default 'partitioncache',
    frequency_seconds numeric default null,
    max_parallel_jobs integer default null,
    fragment_timeout interval default null
) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    changes jsonb := jsonb_strip_nulls(jsonb_build_object('cache', cache, 'enabled', true, 'frequency_seconds', frequency_seconds,
        'max_parallel_jobs', max_parallel_jobs, 'fragment_timeout', fragment_timeout));
    hindrance record;
begin
    perform pc_not_null('cache', cache);
    perform pc_require_writable('have jobs scheduled');
    perform pc_check_settings(changes);
    perform pc_cron_home();
    perform pc_call('configure', changes);
    perform pc_schedule_jobs(cache, pc_me());
    for hindrance in select h.problem, coalesce('To lift it: ' || h.fix, h.hint) as hint from pc_hindrances(cache) h loop
        raise warning using message = hindrance.problem, hint = hindrance.hint;
    end loop;
    return pc_jobs_report(cache, pc_me());
end
$$;

comment on function partitioncache_enable_processor(text, numeric, integer, interval) is
'Lets pg_cron work on the queues of a cache: looks for work every frequency_seconds (0.1 to 60; at first 1), evaluates for each role up to max_parallel_jobs fragments at once (at first 2) and stops one that takes longer than fragment_timeout (at first 30 minutes); null leaves a setting as it is. Each role that was granted push, fill or administer, and the one that calls, gets jobs that run as that role; so does who is granted it later. Returns what was scheduled, and the statements that a superuser has to run in the database in which pg_cron lives, if that is another one. Doing it twice changes nothing. Raises PC006, with the steps to take, where pg_cron cannot be used, and PC007 for who may not administer the cache. Example: select partitioncache_enable_processor(max_parallel_jobs => 4)';
