create procedure partitioncache_run_processor(
    cache text default 'partitioncache',
    duration interval default null,
    frequency_seconds numeric default null,
    worker integer default null
)
language plpgsql
as $$
-- A procedure that commits cannot pin its search_path. So there is nothing in here to look up on it: every function is qualified and pins its own,
-- and no operator is used.
declare
    turn partitioncache_internal.pc_turn;
begin
    -- Where transactions may end, this says that a subtransaction is in the way. Inside a transaction block it says something else, which would
    -- help nobody.
    begin
        commit;
    exception when invalid_transaction_termination then
        if partitioncache_internal.pc_is_no_commit_here(sqlerrm) then
            raise exception using errcode = 'PC006', message = 'partitioncache_run_processor commits as it goes, and cannot run inside a transaction block',
                hint = 'Call it outside of BEGIN and COMMIT, on a connection in autocommit mode; partitioncache_process_queue works inside a transaction.';
        end if;
    end;
    commit;
    turn := partitioncache_internal.pc_first_turn(cache, duration, frequency_seconds, worker);
    loop
        commit;
        set transaction isolation level read committed, read write;
        perform pg_catalog.set_config('synchronous_commit', 'off', true);
        turn := partitioncache_internal.pc_next_turn(turn);
        exit when turn.finished;
        -- The claim is committed before the work begins. If a crash loses this commit, the item is merely claimed again.
        commit;
        set transaction isolation level read committed, read write;
        perform pg_catalog.set_config('synchronous_commit', 'off', true);
        if turn.works then
            turn.outcome := (partitioncache_internal.pc_work(turn.item, partitioncache_internal.pc_most_together())).outcome;
        else
            perform pg_catalog.pg_sleep(turn.wait);
        end if;
    end loop;
end
$$;

comment on procedure partitioncache_run_processor(text, interval, numeric, integer) is
'Works on both queues, one short transaction after another: without duration until nothing is due, otherwise for that long, looking for work every frequency_seconds (default: the cache''s setting). Takes only items of the current role. Several may run at once; a fragment over the time limit is stopped by any other that runs. worker is for pg_cron''s jobs: the number of the job, which runs about a minute, and ends when the processor is disabled. Must not be called inside a transaction block. Example: call partitioncache_run_processor()';
