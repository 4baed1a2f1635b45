create function pc_next_turn(turn pc_turn) returns pc_turn
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    settings partitioncache_settings := pc_settings(turn.cache);
    now_ timestamptz := clock_timestamp();
    refreshed bigint := 0::bigint;
begin
    if turn.outcome in ('stopped', 'cancelled') or turn.worker is null and pc_statement_is_over() then
        raise query_canceled using message = 'the processor was cancelled', hint = 'Nothing is lost: the item it was working on is tried again.';
    end if;
    turn.finished := coalesce(now_ >= turn.until, false)
        or (turn.worker is not null and (not settings.enabled or turn.worker > settings.max_parallel_jobs));
    if turn.finished then
        return turn;
    end if;

    if now_ >= turn.overdue_at then
        perform pc_cancel_overdue(turn.cache);
        turn.overdue_at := now_ + interval '0.5 s';
    end if;
    if now_ >= turn.upkeep_at then
        perform pc_attempt('pc_revive', turn.cache);
        if coalesce(turn.worker, 0) = 0 then
            perform pc_upkeep(turn.cache);
        end if;
        turn.upkeep_at := now_ + interval '1 min';
    end if;

    turn.item := (select c from pc_claim(case turn.worker when 0 then '{incoming}' else '{incoming,outgoing}'::text[] end, turn.cache, 1,
                                         settings.fragment_timeout + interval '1 min', turn.worker_id) c);
    if (turn.item).id is null and turn.worker is distinct from 0 then
        turn.item := pc_claim_race(turn.cache, settings.fragment_timeout + interval '1 min', turn.worker_id);
    end if;
    turn.works := (turn.item).id is not null;
    if not turn.works and coalesce(turn.worker, 0) = 0 and now_ >= turn.refresh_at then
        refreshed := pc_attempt('pc_enqueue_refreshes', turn.cache);
        turn.refresh_at := case when turn.until is null then 'infinity' else now_ + greatest(interval '5 s', (clock_timestamp() - now_) * 50) end;
    end if;
    turn.finished := not turn.works and refreshed = 0 and turn.until is null;
    turn.wait := (case when refreshed > 0 and turn.worker is null then 0
                      else least(coalesce(turn.frequency_seconds, settings.frequency_seconds), case turn.worker when 0 then 5 end,
                                 greatest(extract(epoch from turn.until - clock_timestamp()), 0)) end)::double precision;
    return turn;
end
$$;

comment on function pc_next_turn(pc_turn) is
'What a processor does next: keeps others to their time limits, looks after the queues, claims an item. With nothing to claim, the first job (and a processor that a person called) looks for entries to refresh, at most a fiftieth of the time. Raises query_canceled if the last item was cancelled before its time limit, or the time of the statement is over. Example: select pc_next_turn(pc_first_turn(''partitioncache'', ''1 min'', null, null))';
