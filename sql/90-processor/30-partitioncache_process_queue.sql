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
    work record;
    outcome text;
    finished integer := 0;
    begun integer := 0;
    refreshed boolean := false;
    idle boolean := false;
    stopped boolean := false;
    before jsonb;
    -- Where settings have changed, at once.
    upkeep text := format('upkeep %s', pc_settings(cache));
    remaining bigint;
    tracked bigint;
begin
    perform pc_not_null('cache', cache, 'max_items', max_items::text, 'max_seconds', max_seconds::text);
    perform pc_require_writable('work on queues');
    before := pc_call('begin_call', jsonb_build_object('cache', cache));
    while begun < max_items loop
        select c.* into item from pc_claim('{incoming,outgoing}', cache, 1, interval '1 h', worker_id, one_transaction => true) c;
        if item.id is null then
            item := pc_claim_race(cache, interval '1 h', worker_id, one_transaction => true);
        end if;
        if item.id is null then
            idle := refreshed or pc_attempt('pc_revive', cache) + pc_look_for_refreshes(cache) = 0;
            exit when idle;
            refreshed := true;
            exit when (before -> 'refresh')::boolean;
        else
            -- Of many that a session died of, it would only be known that one of them is to blame; and what is undone with it would be done together again.
            tracked := case when item.tracks then (select count(*) from partitioncache_tracked) end;
            work := pc_work(item, case when (before -> 'died')::bigint > 0 then 1 else max_items - begun end);
            outcome := work.outcome;
            finished := finished + work.finished;
            begun := begun + greatest(work.finished, 1);
            -- A cancellation that was caught is over; what would follow would have no limit.
            stopped := outcome in ('stopped', 'cancelled') or pc_statement_is_over();
            -- What another session holds is free when that ends; so what this one holds is to be free soon.
            exit when outcome = 'blocked' and finished > 0;
            -- What has failed before, a session died of it perhaps: its fragments are to be there, each to be counted, when they are begun.
            exit when item.queue = 'incoming' and item.attempts > 1;
            -- Tables that have begun to be tracked stay locked until this transaction ends: nothing long may follow.
            exit when tracked < (select count(*) from partitioncache_tracked);
        end if;
        exit when stopped or clock_timestamp() >= ends_at;
    end loop;
    perform pc_call('end_call', jsonb_build_object('cache', cache));
    if stopped then
        raise warning using message = case when outcome = 'cancelled' then 'partitioncache_process_queue was cancelled and stops' else 'partitioncache_process_queue stops at statement_timeout' end,
            hint = 'What was finished before is kept. The item that was cancelled is tried again.';
    elsif idle and not pc_rests(upkeep, cache) then
        -- Last, because it may lock tables until the end of the transaction. Once a minute, as partitioncache_run_processor does it.
        perform pc_upkeep(cache);
        perform pc_rest(upkeep, cache, '1 min');
    end if;
    if not exists (select from partitioncache_settings s where s.cache = partitioncache_process_queue.cache) then
        raise notice using message = format('there is no cache "%s"', cache), hint = 'select * from partitioncache_caches() shows which there are.';
    end if;
    select count(*) into remaining from pc_own_queue q
    where not idle and q.cache = partitioncache_process_queue.cache and q.mine and q.checked and q.died_at is null and q.due_at <= clock_timestamp();
    if remaining > 0 then
        raise notice using message = format('%s more items are waiting', remaining),
            hint = 'Call partitioncache_process_queue again, with more max_seconds or max_items; or: call partitioncache_run_processor(), which works until nothing is left and commits as it goes.';
    end if;
    return finished;
end
$$;

comment on function partitioncache_process_queue(text, integer, double precision) is
'Takes queued queries apart and evaluates fragments, most urgent first, and returns how many items were finished. Begins no further item after max_seconds or max_items; a NOTICE says how many are left. With nothing queued it refreshes entries whose tables have changed, and once a minute looks after the cache. An item that fails, or is stopped at its time limit (fragment_timeout), does not touch the others; at statement_timeout the call ends, and the item that it was at counts as a timeout if it had at least half of that time. All in the caller''s transaction; an item during which the session dies, or the call is cancelled, is tried again after a pause, behind the others. CALL partitioncache_run_processor() commits as it goes. Raises PC009 in a read-only transaction. Example: select partitioncache_process_queue()';

create function pc_look_for_refreshes(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    started timestamptz := clock_timestamp();
    found bigint := 0;
begin
    if not pc_rests('refresh', cache) then
        found := pc_attempt('pc_enqueue_refreshes', cache);
        -- It looks at each entry. Of many, whoever calls again and again looks a twentieth of the time.
        if found = 0 and clock_timestamp() > started + interval '100 ms' then
            perform pc_rest('refresh', cache, 20 * (clock_timestamp() - started));
        end if;
    end if;
    return found;
end
$$;

comment on function pc_look_for_refreshes(text) is
'pc_enqueue_refreshes, which rests for a while in this session where it takes long and found nothing. Example: select pc_look_for_refreshes(''partitioncache'')';

create function pc_do_begin_call(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'push');
    return jsonb_build_object('died', pc_count_fatal_attempts(caller), 'refresh', exists (select from pc_marks() m where m = - caller::bigint));
end
$$;

comment on function pc_do_begin_call(oid, jsonb) is
'What a call that works in a single transaction does first, {cache}: {died: how many items sessions died of before (see pc_count_fatal_attempts), refresh: whether one died of a refresh}. Example: see pc_call';

create function pc_do_end_call(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'push');
    perform pc_mark(0);
    return null;
end
$$;

comment on function pc_do_end_call(oid, jsonb) is
'What a call that works in a single transaction does when its items are done, {cache}: see pc_mark. Example: see pc_call';
