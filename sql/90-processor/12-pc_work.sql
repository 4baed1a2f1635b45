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
    patience text := current_setting('lock_timeout');
begin
    finished := 0;
    begin
        -- Whoever works holds what it has stored until its transaction ends. So it never waits for others, who may wait for it: it would
        -- be in a circle, and PostgreSQL ends any one of those.
        perform set_config('lock_timeout', pc_patience(patience), true);
        finished := pc_work_together(item, most);
        if finished > 0 then
            outcome := 'success';
            perform set_config('lock_timeout', patience, true);
            return;
        end if;
        if finished < 0 then
            outcome := case finished when -1 then 'released' else 'blocked' end;
            finished := 0;
            held := pc_settle(item.queue, item.id, item.claim, outcome);
            perform set_config('lock_timeout', patience, true);
            return;
        elsif item.queue = 'incoming' then
            if item.tracks then
                perform pc_track_for(pc_push_check(item.query, item.session, true), item.cache, item.partition_key);
            end if;
            reason := (pc_work_queries(array[item]))[1];
        elsif item.queue = 'racing' then
            reason := pc_race(item, stop_at);
        else
            keys := coalesce(pc_evaluated_since(item),
                             pc_evaluate_fragment(item.cache, item.partition_key, item.hash, item.query, item.keyed_tables, item.parts, stop_at,
                                                  pc_forced_among(pc_registration(item.cache, item.partition_key), array[item.hash]) = '{}'));
            if item.session ? 'refresh' then
                -- Counted as a failure, so that an entry which no refresh can help is not evaluated for ever.
                reason := (select format('still not usable after a refresh: %s', s.reason)
                           from pc_entry_state(item.cache, item.partition_key, array[item.hash], 'visible') s
                           where s.state = 'aside' and s.owner = pc_me() limit 1);
            end if;
        end if;
        perform set_config('lock_timeout', patience, true);
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
        when deadlock_detected or lock_not_available or serialization_failure then
            finished := 0;
            get stacked diagnostics place = pg_exception_context;
            -- Others were in the way, which is no fault of the item; unless it says so itself.
            outcome := case when pc_was_raised(place) then 'failed' else 'blocked' end;
            reason := sqlerrm;
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
'Does the work of a claimed item, and of others that are best done with it, and settles the claims, in one subtransaction: an entry is stored exactly when its item is finished. most: no more than so many items; finished: how many were; outcome: success, skipped, failed, timeout, released (the cache was cleared meanwhile, or another item that was worked on with it stopped the work: back in the queue, uncounted), blocked (another session held what was needed: the same, after a moment), lost (somebody else has the item; nothing was stored); stopped (statement_timeout is over; uncounted) and cancelled (by somebody, before its time limit; counts as failed): then whoever calls should stop. Example: select pc_work(c) from pc_claim(''{outgoing}'', ''partitioncache'', 1, ''5 min'', pc_worker_id()) c';

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

create function pc_patience(set_by_user text) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- Well below deadlock_timeout.
    select (1000 * extract(epoch from least(nullif(set_by_user::interval, interval '0'), interval '100 ms')))::integer::text
$$;

comment on function pc_patience(text) is
'How long a processor waits for a lock, in the form of lock_timeout, where the session says this itself. Example: select pc_patience(''0'')';

create function pc_evaluated_since(item partitioncache_queue) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    keys bigint;
begin
    if item.session is not null then
        return null;
    end if;
    execute format('select e.key_count from %s e where e.hash = $1 and e.role = $2 and e.evaluated_at - e.evaluation_ms * interval ''1 ms'' > $3',
                   pc_object_for('entries', item.cache, item.partition_key))
    into keys using item.hash, pc_stored_as(item.cache), item.pushed_at;
    if keys is not null and exists (select from pc_entry_state(item.cache, item.partition_key, array[item.hash]) s where s.state in ('fresh', 'static')) then
        return keys;
    end if;
    return null;
end
$$;

comment on function pc_evaluated_since(partitioncache_queue) is
'How many keys a fragment has, if it was evaluated since it was queued: because it is in the queue twice, or another role has it there as well. Example: select pc_evaluated_since(q) from partitioncache_queue q where q.id = 7';
