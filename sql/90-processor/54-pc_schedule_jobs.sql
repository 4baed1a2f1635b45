create function pc_schedule_jobs(cache text) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    statements text[];
begin
    if pc_cron_home() <> current_database() then
        return format(E'-- pg_cron lives in database %s. Run there, as a superuser or as %s:\n', pc_cron_home(), current_user)
            || (select string_agg(j.statement, E'\n') from partitioncache_processor_jobs(cache) j where j.wanted);
    end if;
    statements := array(select case when j.wanted then j.statement else j.removal end
                        from partitioncache_processor_jobs(cache) j where j.wanted <> j.scheduled);
    for i in 1 .. cardinality(statements) loop
        execute statements[i];
    end loop;
    return format('%s jobs are scheduled in pg_cron; they start with the next minute.', (pc_settings(cache)).max_parallel_jobs + 1);
end
$$;

comment on function pc_schedule_jobs(text) is
'Makes and removes pg_cron jobs until they are those that the cache''s settings ask for, or returns the statements to run in the database in which pg_cron lives. Example: select pc_schedule_jobs(''partitioncache'')';
