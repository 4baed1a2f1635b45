create function partitioncache_processor_status(
    cache text default 'partitioncache',
    out enabled boolean, out frequency_seconds numeric, out max_parallel_jobs integer, out fragment_timeout interval,
    out workers bigint, out running bigint, out incoming bigint, out outgoing bigint, out dead bigint,
    out last_activity timestamptz, out problem text
)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    select s.enabled, s.frequency_seconds, s.max_parallel_jobs, s.fragment_timeout
    into enabled, frequency_seconds, max_parallel_jobs, fragment_timeout
    from pc_settings(cache) s;
    select count(*) into workers from pg_stat_activity a
    where a.datname = current_database()
      and a.application_name = any (array(select pc_job_name(partitioncache_processor_status.cache, n) from generate_series(0, 64) n));
    select count(*) filter (where q.status = 'running'), count(*) filter (where q.died_at is null and q.queue = 'incoming'),
           count(*) filter (where q.died_at is null and q.queue = 'outgoing'), count(q.died_at),
           greatest(max(q.started_at), (select l.created_at from partitioncache_processor_log l
                                        where l.cache = partitioncache_processor_status.cache order by l.id desc limit 1))
    into running, incoming, outgoing, dead, last_activity
    from partitioncache_queue q where q.cache = partitioncache_processor_status.cache;
    problem := case when enabled then pc_processor_problem(cache, workers) end;
end
$$;

comment on function partitioncache_processor_status(text) is
'The processor of a cache in one row: its settings, workers = sessions of pg_cron''s jobs that are there now, running = items being worked on, what waits in the two queues, dead items, when it last did something, and problem = why an enabled processor may not be at work (null: all is well). Example: select * from partitioncache_processor_status()';
