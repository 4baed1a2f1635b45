create function partitioncache_processor_status(
    cache text default 'partitioncache',
    out enabled boolean, out frequency_seconds numeric, out max_parallel_jobs integer, out fragment_timeout interval,
    out workers bigint, out running bigint, out incoming bigint, out outgoing bigint, out dead bigint,
    out last_activity timestamptz, out problem text
)
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    select s.enabled, s.frequency_seconds, s.max_parallel_jobs, s.fragment_timeout
    into enabled, frequency_seconds, max_parallel_jobs, fragment_timeout
    from pc_settings(cache) s;
    workers := (select count(*) from pc_workers(cache));
    select count(*) filter (where q.status = 'running'), count(*) filter (where q.died_at is null and q.queue = 'incoming'),
           count(*) filter (where q.died_at is null and q.queue = 'outgoing'), count(q.died_at),
           greatest(max(q.started_at), (select max(l.created_at) from pc_own_log l where l.cache = partitioncache_processor_status.cache))
    into running, incoming, outgoing, dead, last_activity
    from pc_own_queue q where q.cache = partitioncache_processor_status.cache;
    problem := nullif(concat_ws('; ', case when enabled then nullif(pc_processor_problem(cache, workers), '') end, nullif(pc_queue_problem(cache), '')), '');
end
$$;

comment on function partitioncache_processor_status(text) is
'The processor of a cache in one row: its settings, workers = sessions of pg_cron''s jobs that are there now, running = items being worked on, what waits in the two queues, dead items, when it last did something, and problem = why an enabled processor may not be at work, whose items nobody works on, what has failed (null: all is well). You see your own items; who may monitor or administer the cache sees all. Example: select * from partitioncache_processor_status()';
