create function pc_work(item partitioncache_queue) returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    reason text;
    keys bigint;
    held boolean;
    outcome text;
begin
    begin
        if item.queue = 'incoming' then
            reason := pc_work_query(item);
        else
            keys := pc_evaluate_fragment(item.cache, item.partition_key, item.hash, item.query, item.keyed_tables, item.parts);
            if item.session ? 'refresh' then
                -- Counted as a failure, so that an entry which no refresh can help is not evaluated for ever.
                reason := (select format('still not usable after a refresh: %s', s.reason)
                           from pc_entry_state(item.cache, item.partition_key, array[item.hash]) s where s.state = 'aside');
            end if;
        end if;
        outcome := case when reason is null then 'success' when item.queue = 'incoming' then 'skipped' else 'failed' end;
        held := pc_settle(item.queue, item.id, item.claim, outcome, reason, keys);
        if not held then
            -- Somebody else has the item by now. Leaving through an error takes the entry back too.
            raise exception using errcode = 'PC000', message = 'the claim was lost';
        end if;
        return outcome;
    exception
        when query_canceled then
            if clock_timestamp() - item.started_at >= pc_time_limit(item.cache) then
                outcome := 'timeout';
                reason := format('stopped at the time limit of %s', pc_time_limit(item.cache));
            else
                outcome := 'released';
                reason := sqlerrm;
            end if;
        when others then
            outcome := 'failed';
            reason := sqlerrm;
    end;
    if not held or not pc_settle(item.queue, item.id, item.claim, outcome, reason) then
        outcome := 'lost';
    end if;
    return outcome;
end
$$;

comment on function pc_work(partitioncache_queue) is
'Does the work of a claimed item and settles the claim, in one subtransaction: an entry is stored exactly when its item is finished. Returns success, skipped, failed, timeout, released (cancelled before its time limit; whoever calls should stop) or lost (somebody else has the item; nothing was stored). Example: select pc_work(c) from pc_claim(''{outgoing}'', ''partitioncache'', 1, ''5 min'', pg_backend_pid(), pc_worker_id(), true) c';
