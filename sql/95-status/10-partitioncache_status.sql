create function partitioncache_status(
    cache text default 'partitioncache',
    out partition_keys bigint, out entries bigint, out bytes bigint,
    out fresh bigint, out changed bigint, out aside bigint, out asserted bigint, out tracked_tables bigint,
    out hits bigint, out misses bigint, out hit_rate numeric,
    out incoming bigint, out outgoing bigint, out running bigint, out dead bigint,
    out processed bigint, out failed bigint, out error_rate numeric, out avg_time_ms numeric, out p95_time_ms numeric, out max_time_ms numeric,
    out enabled boolean, out workers bigint, out last_activity timestamptz, out problem text, out static bigint, out deferred bigint, out unselective bigint, out saved_ms double precision
)
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
declare
    caches text := (select string_agg(s.cache, ', ' order by s.cache) from partitioncache_settings s);
    unused text;
begin
    perform pc_not_null('cache', cache);
    select count(*), coalesce(sum(k.entries), 0)::bigint, coalesce(sum(k.bytes), 0)::bigint into partition_keys, entries, bytes
    from partitioncache_partition_keys(cache) k;
    select count(*) filter (where e.state = 'fresh'), count(*) filter (where e.state = 'changed'),
           count(*) filter (where e.state = 'aside'), count(*) filter (where e.state = 'asserted'), count(*) filter (where e.state = 'static'),
           mode() within group (order by e.reason) filter (where e.state = 'aside')
    into fresh, changed, aside, asserted, static, unused
    from partitioncache_partition_keys(cache) k, pc_entry_state(partitioncache_status.cache, k.partition_key, scope => 'visible') e;
    select count(*) filter (where l.state = 'deferred'), count(*) filter (where l.state = 'unselective') into deferred, unselective
    from pc_own_learning l where l.cache = partitioncache_status.cache;
    select coalesce(sum(g.saved_ms), 0) into saved_ms from pc_own_gain g where g.cache = partitioncache_status.cache;
    select count(distinct t.relation) into tracked_tables from partitioncache_tracked t where t.cache = partitioncache_status.cache;
    select u.hits, u.misses, round(u.hits::numeric / nullif(u.hits + u.misses, 0), 3) into hits, misses, hit_rate from pc_usage(cache) u;
    select p.incoming, p.outgoing, p.running, p.dead, p.enabled, p.workers, p.last_activity, p.problem
    into incoming, outgoing, running, dead, enabled, workers, last_activity, problem
    from partitioncache_processor_status(cache) p;
    select count(*), count(*) filter (where l.status in ('failed', 'timeout')),
           round(count(*) filter (where l.status in ('failed', 'timeout')) / nullif(count(*), 0)::numeric, 3),
           round(avg(l.execution_time_ms)::numeric, 1),
           round(percentile_cont(0.95) within group (order by l.execution_time_ms)::numeric, 1), round(max(l.execution_time_ms)::numeric, 1)
    into processed, failed, error_rate, avg_time_ms, p95_time_ms, max_time_ms
    from pc_own_log l where l.cache = partitioncache_status.cache and l.queue = 'outgoing';
    problem := nullif(concat_ws('; ',
        case when not exists (select from partitioncache_settings s where s.cache = partitioncache_status.cache)
             then format('there is no cache "%s"; there is: %s', cache, coalesce(caches, 'none yet')) end,
        problem,
        case when aside * 2 > entries then format('%s of %s entries are not used, most because: %s', aside, entries, unused) end), '');
end
$$;

comment on function partitioncache_status(text) is
'A cache in one look: partition keys, entries and their bytes; entries that are fresh (tracked and up to date), changed (used; the partitions that were written to since are searched as well), static (used; a table of theirs that nobody tracks is taken not to change), aside (not used; problem says why if these are most) or asserted (stored by hand); tracked tables; hits and misses of lookups; the queues; fragments processed as far back as partitioncache_processor_log goes, the part that failed, and their times; the processor; fragments that are deferred, and such as leave most partitions (see partitioncache_deferred); saved_ms: milliseconds that restricted queries have saved, as far as it was measured (see partitioncache_gain). Example: select * from partitioncache_status()';
