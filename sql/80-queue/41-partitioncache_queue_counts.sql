create function partitioncache_queue_counts(queue text, cache text default 'partitioncache', out status text, out items bigint) returns setof record
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_check_queue(queue);
    return query
        select s.status, count(q.id)
        from unnest(array['ready', 'running', 'failed', 'timeout', 'dead']) with ordinality s(status, place)
        left join pc_own_queue q on q.queue = partitioncache_queue_counts.queue
            and q.cache = partitioncache_queue_counts.cache and q.status = s.status
        group by s.status, s.place order by s.place;
end
$$;

comment on function partitioncache_queue_counts(text, text) is
'How many items of a queue are in each status: ready, running, failed and timeout (to be tried again), dead. Example: select * from partitioncache_queue_counts(''outgoing'')';
