create function partitioncache_process_queue(
    cache text default 'partitioncache', max_items integer default 1000, max_seconds double precision default 1
) returns integer
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    ends_at timestamptz := clock_timestamp() + max_seconds * interval '1 s';
    worker_id text := pc_worker_id();
    item partitioncache_queue;
    outcome text;
    finished integer := 0;
    refreshed boolean := false;
    idle boolean := false;
begin
    perform pc_not_null('cache', cache, 'max_items', max_items::text, 'max_seconds', max_seconds::text);
    for i in 1 .. max_items loop
        select c.* into item
        from pc_claim('{incoming,outgoing}', cache, 1, interval '1 h', pg_backend_pid(), worker_id, true) c;
        if item.id is null then
            idle := refreshed or pc_attempt('pc_recover', cache) + pc_attempt('pc_enqueue_refreshes', cache) = 0;
            exit when idle;
            refreshed := true;
        else
            outcome := pc_work(item);
            if outcome = 'released' then
                raise query_canceled using message = 'partitioncache_process_queue was cancelled', hint = 'Nothing is lost: the items of this call are back in their queues.';
            end if;
            finished := finished + (outcome in ('success', 'skipped'))::integer;
        end if;
        exit when clock_timestamp() >= ends_at;
    end loop;
    -- Last, because it may lock tables until the end of the transaction.
    if idle then
        perform pc_upkeep(cache);
    end if;
    return finished;
end
$$;

comment on function partitioncache_process_queue(text, integer, double precision) is
'Takes queued queries apart and evaluates fragments, most urgent first, and returns how many items were finished. Begins no further item after max_seconds or max_items. With nothing queued it refreshes entries whose tables have changed. An item that fails does not touch the others; one that statement_timeout stops counts as a timeout if it had at least half of that time. All in the caller''s transaction; CALL partitioncache_run_processor() commits as it goes. Example: select partitioncache_process_queue()';
