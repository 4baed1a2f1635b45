create function pc_work(item partitioncache_queue, most integer default 1, out outcome text, out finished integer)
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
set standard_conforming_strings = on
as $$
declare
    generation bigint := pc_generation(item.cache, item.partition_key);
    time_limit interval := pc_item_limit(item);
    reason text;
    keys bigint;
    held boolean;
    place text;
    stop_at timestamptz := least(item.started_at + time_limit, pc_statement_ends_at());
begin
    finished := 0;
    begin
        finished := pc_work_together(item, most);
        if finished > 0 then
            outcome := 'success';
            return;
        end if;
        if finished < 0 then
            finished := 0;
            outcome := 'released';
            held := pc_settle(item.queue, item.id, item.claim, outcome);
            return;
        elsif item.queue = 'incoming' then
            if item.tracks then
                perform pc_track_for(pc_push_check(item.query, item.session, true), item.cache, item.partition_key);
            end if;
            reason := (pc_work_queries(array[item]))[1];
        elsif item.queue = 'racing' then
            reason := pc_race(item, stop_at);
        else
            keys := pc_evaluate_fragment(item.cache, item.partition_key, item.hash, item.query, item.keyed_tables, item.parts, stop_at,
                                         not pc_is_forced(pc_registration(item.cache, item.partition_key), item.hash));
            if item.session ? 'refresh' then
                -- Counted as a failure, so that an entry which no refresh can help is not evaluated for ever.
                reason := (select format('still not usable after a refresh: %s', s.reason)
                           from pc_entry_state(item.cache, item.partition_key, array[item.hash], 'visible') s
                           where s.state = 'aside' and s.owner = pc_me() limit 1);
            end if;
        end if;
        outcome := case when reason is null then 'success' when item.queue in ('incoming', 'racing') then 'skipped' else 'failed' end;
        held := pc_settle(item.queue, item.id, item.claim, outcome,
                          coalesce(reason, case when item.queue = 'outgoing' and keys is null then pc_unselective_note(item.cache, item.partition_key, item.hash) end), keys);
        if not held then
            -- Somebody else has the item by now. Leaving through an error takes the entry back too.
            raise exception using errcode = 'PC000', message = 'the claim was lost';
        end if;
        finished := (outcome <> 'failed')::integer;
        return;
    exception
        when query_canceled then
            finished := 0;
            get stacked diagnostics place = pg_exception_context;
            outcome := case
                when clock_timestamp() - item.started_at >= time_limit then 'timeout'
                when pc_statement_is_over() then 'stopped'
                -- Nobody wants this session to stop.
                when pc_was_raised(place) then 'failed'
                else 'cancelled' end;
            reason := case outcome when 'timeout' then format('stopped at the time limit of %s', time_limit) else sqlerrm end;
        -- What "others" does not mean is named: whatever an item does, the processor goes on.
        when others or assert_failure then
            finished := 0;
            outcome := case when sqlstate = 'PC000' and pc_generation(item.cache, item.partition_key) is distinct from generation then 'released' else 'failed' end;
            reason := sqlerrm;
    end;
    if not held
        or not pc_settle(item.queue, item.id, item.claim, case outcome when 'stopped' then 'released' when 'cancelled' then 'failed' else outcome end, reason) then
        outcome := 'lost';
    elsif outcome in ('timeout', 'stopped') and most > 1 then
        -- Nothing is known of where it stopped: the next ones are not to be stopped together again.
        perform pc_call('part', jsonb_build_object('queue', item.queue, 'id', item.id, 'ids', (
            select array_agg(q.id)::text from (select q.id from pc_own_queue q
                                               where q.mine and q.queue = 'incoming' and item.queue = 'incoming' and q.cache = item.cache and q.status = 'ready'
                                               order by q.priority desc, q.id limit pc_most_together()) q)));
    end if;
end
$$;

comment on function pc_work(partitioncache_queue, integer) is
'Does the work of a claimed item, and of others that are best done with it, and settles the claims, in one subtransaction: an entry is stored exactly when its item is finished. most: no more than so many items; finished: how many were; outcome: success, skipped, failed, timeout, released (the cache was cleared meanwhile, or another item that was worked on with it stopped the work: back in the queue, uncounted), lost (somebody else has the item; nothing was stored); stopped (statement_timeout is over; uncounted) and cancelled (by somebody, before its time limit; counts as failed): then whoever calls should stop. Example: select pc_work(c) from pc_claim(''{outgoing}'', ''partitioncache'', 1, ''5 min'', pc_worker_id()) c';

create function pc_was_raised(context text) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- Where the word stands depends on the language.
    select regexp_replace(split_part(context, E'\n', 1), '"[^"]*"', '', 'g') ~ E'\\mRAISE\\M'
$$;

comment on function pc_was_raised(text) is
'Whether an error was raised by a function that the work calls, by its context. Example: select pc_was_raised(''PL/pgSQL function f() line 1 at RAISE'')';

create function pc_generation(cache text, partition_key text) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (select r.generation from partitioncache_registration r where r.cache = $1 and r.partition_key = $2);
end
$$;

comment on function pc_generation(text, text) is
'A number that grows when the entries of a partition key are to be forgotten. Example: select pc_generation(''partitioncache'', ''city_id'')';

create function pc_statement_is_over() returns boolean
language plpgsql volatile parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return coalesce(clock_timestamp() >= pc_statement_ends_at(), false);
end
$$;

comment on function pc_statement_is_over() is
'Whether this statement has lasted as long as it should. Example: select pc_statement_is_over()';

create function pc_statement_ends_at() returns timestamptz
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return statement_timestamp() + nullif(current_setting('statement_timeout')::interval, interval '0') * 0.95;
end
$$;

comment on function pc_statement_ends_at() is
'When work within this statement should end, a little before statement_timeout; null for never. PostgreSQL cancels a statement once; caught, it would have no limit any more. Example: select pc_statement_ends_at()';
