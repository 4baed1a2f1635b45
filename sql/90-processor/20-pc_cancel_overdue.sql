create function pc_cancel_overdue(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    started_before timestamptz := clock_timestamp() - (pc_settings(cache)).fragment_timeout;
    overdue_pids integer[];
begin
    -- Running items have no index of their own; most of the time a look at the sessions shows that there is nothing to find.
    if not exists (select from pg_stat_activity a
                   where a.datname = current_database() and a.state = 'active' and a.pid <> pg_backend_pid() and a.xact_start < started_before) then
        return 0::bigint;
    end if;
    -- The worker needs its item's row to settle the claim. While it is locked here, the cancellation cannot hit what the worker does next.
    -- First find, then cancel: pg_cancel_backend in a WHERE clause may be called for any row of a join's side.
    with overdue as materialized (
        select q.worker_pid, q.worker_id from partitioncache_queue q
        where q.cache = pc_cancel_overdue.cache and q.owner = current_user and q.status = 'running'
          and q.worker_pid <> pg_backend_pid() and q.started_at < started_before
        for update skip locked
    )
    select array_agg(o.worker_pid) into overdue_pids
    from overdue o
    join pg_stat_activity a on a.pid = o.worker_pid and a.state = 'active' and pc_session_id(a.backend_start, a.pid) = o.worker_id;
    return (select count(*) from unnest(overdue_pids) o(pid) where pg_cancel_backend(o.pid));
end
$$;

comment on function pc_cancel_overdue(text) is
'Cancels the workers of this role whose item is over its time limit (fragment_timeout of the cache); returns how many. A worker cannot time itself: statement_timeout set inside a running statement has no effect. Example: select pc_cancel_overdue(''partitioncache'')';
