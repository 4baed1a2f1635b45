create function partitioncache_disable_processor(cache text default 'partitioncache') returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    update partitioncache_settings s set enabled = false where s.cache = partitioncache_disable_processor.cache and s.enabled;
    return pc_unschedule_jobs(cache);
end
$$;

comment on function partitioncache_disable_processor(text) is
'Ends the processor of a cache: its workers stop after the item they are working on (those of all roles), and this role''s jobs are removed from pg_cron. Returns what was done, or the statements to run in the database in which pg_cron lives. Doing it twice changes nothing. Example: select partitioncache_disable_processor()';
