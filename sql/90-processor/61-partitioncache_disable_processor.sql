create function partitioncache_disable_processor(cache text default 'partitioncache') returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    removals text[];
begin
    perform pc_not_null('cache', cache);
    update partitioncache_settings s set enabled = false where s.cache = partitioncache_disable_processor.cache and s.enabled;
    if not exists (select from pg_settings s where s.name = 'cron.database_name') then
        return 'The processor is disabled.';
    elsif not pc_cron_is_here() then
        return format(E'-- The processor is disabled. pg_cron lives in database %s; run there, to remove the jobs:\n', current_setting('cron.database_name'))
            || (select string_agg(j.removal, E'\n') from partitioncache_processor_jobs(cache) j);
    end if;
    removals := array(select j.removal from partitioncache_processor_jobs(cache) j where j.scheduled);
    for i in 1 .. cardinality(removals) loop
        execute removals[i];
    end loop;
    return format('The processor is disabled; %s jobs were removed from pg_cron.', cardinality(removals));
end
$$;

comment on function partitioncache_disable_processor(text) is
'Ends the processor of a cache: its workers stop with the item they are working on (those of all roles), and this role''s jobs are removed from pg_cron. Returns what was done, or the statements to run in the database in which pg_cron lives. Doing it twice changes nothing. Example: select partitioncache_disable_processor()';
