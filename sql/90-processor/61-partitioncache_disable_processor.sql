create function partitioncache_disable_processor(cache text default 'partitioncache') returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    removed bigint;
begin
    perform pc_not_null('cache', cache);
    removed := (pc_call('configure', jsonb_build_object('cache', cache, 'enabled', false)) -> 'jobs')::bigint;
    removed := removed + pc_unschedule_jobs(cache);
    if pc_cron_home() = current_database() then
        return format('The processor is disabled; %s jobs were removed from pg_cron.', removed)
            || coalesce((select E'\n-- Further ones, a superuser removes in this database:\n' || string_agg(j.removal, E'\n')
                         from pc_processor_jobs(cache, null) j where j.scheduled), '');
    end if;
    return format(E'-- The processor is disabled: its workers stop after the item they are at.\n-- %s.\n-- There a superuser runs, to remove the jobs:\n', pc_cron_place())
        || format('select cron.unschedule(j.jobid) from cron.job j where j.database = %L and position(%L in j.command) > 0;',
                  current_database(), 'partitioncache_run_processor(' || quote_literal(cache) || ', worker => ');
exception
    -- Where pg_cron cannot be used there are no jobs to remove.
    when sqlstate 'PC006' then
        return 'The processor is disabled.';
end
$$;

comment on function partitioncache_disable_processor(text) is
'Ends the processor of a cache: its workers stop after the item they are working on, and its jobs, of all roles, are removed from pg_cron. Returns what was done, and the statement that a superuser has to run in the database in which pg_cron lives, if that is another one. Doing it twice changes nothing. Raises PC007 for who may not administer the cache. Example: select partitioncache_disable_processor()';
