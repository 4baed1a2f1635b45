create function pc_unschedule_jobs(cache text) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    removals text[];
begin
    if pc_cron_home() <> current_database() then
        return format(E'-- The processor is disabled. pg_cron lives in database %s; run there, to remove the jobs:\n', pc_cron_home())
            || (select string_agg(j.removal, E'\n') from partitioncache_processor_jobs(cache) j);
    end if;
    removals := array(select j.removal from partitioncache_processor_jobs(cache) j where j.scheduled);
    for i in 1 .. cardinality(removals) loop
        execute removals[i];
    end loop;
    return format('The processor is disabled; %s jobs were removed from pg_cron.', cardinality(removals));
exception
    -- Where pg_cron cannot be used there are no jobs to remove.
    when sqlstate 'PC006' then
        return 'The processor is disabled.';
end
$$;

comment on function pc_unschedule_jobs(text) is
'Removes this role''s pg_cron jobs of a cache, or returns the statements to run in the database in which pg_cron lives. Example: select pc_unschedule_jobs(''partitioncache'')';
