create function pc_cancel_overdue(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    started_before timestamptz := clock_timestamp() - (pc_settings(cache)).fragment_timeout;
    overdue jsonb;
begin
    -- Running items have no index of their own; most of the time a look at the sessions shows that there is nothing to find.
    if not exists (select from pg_stat_activity a
                   where a.datname = current_database() and a.state = 'active' and a.pid <> pg_backend_pid() and a.xact_start < started_before) then
        return 0::bigint;
    end if;
    -- The worker needs its item's row to settle the claim. While it is locked here, the cancellation cannot hit what the worker does next.
    -- First find, then cancel: pg_cancel_backend in a WHERE clause may be called for any row of a join's side.
    overdue := pc_call('overdue', jsonb_build_object('cache', cache, 'started_before', started_before));
    return (select count(*) from jsonb_array_elements(overdue) o(pid) where pg_cancel_backend(o.pid::integer));
end
$$;

comment on function pc_cancel_overdue(text) is
'Cancels the workers of this role whose item is over its time limit (fragment_timeout of the cache); returns how many. A worker cannot time itself: statement_timeout set inside a running statement has no effect. Example: select pc_cancel_overdue(''partitioncache'')';

create function pc_do_overdue(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (
        with overdue as materialized (
            select q.worker_pid, q.worker_id from partitioncache_queue q
            where q.cache = argument ->> 'cache' and q.owner = caller and q.cluster = pc_cluster() and q.status = 'running'
              and q.worker_pid <> pg_backend_pid() and q.started_at < (argument ->> 'started_before')::timestamptz
            for update skip locked
        )
        select coalesce(jsonb_agg(o.worker_pid), '[]') from overdue o where pc_is_connected(o.worker_pid, o.worker_id));
end
$$;

comment on function pc_do_overdue(oid, jsonb) is
'The processes of this role whose item began before then, {cache, started_before}; until the end of the transaction they cannot settle it. Example: see pc_call';
