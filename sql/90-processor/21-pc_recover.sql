create function pc_recover(cache text) returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    recovered bigint;
begin
    -- The sessions must be read after the rows: read before, a worker that came in between would be missing.
    perform pg_stat_clear_snapshot();
    update partitioncache_queue q
    set due_at = clock_timestamp(), error_msg = 'the worker ended before it was done'
    where (q.queue, q.id) in (
        select r.queue, r.id from partitioncache_queue r
        where r.cache = pc_recover.cache and r.owner = current_user and r.status = 'running' and r.worker_pid is not null
          and not exists (select from pg_stat_activity a
                          where a.pid = r.worker_pid and a.state is distinct from 'idle'
                            and coalesce(pc_session_id(a.backend_start, a.pid) = r.worker_id, true))
        for update skip locked);
    get diagnostics recovered = row_count;
    return recovered;
end
$$;

comment on function pc_recover(text) is
'Ends the leases of items whose worker in this database is gone (killed, crashed, disconnected), so that they are claimed again at once; returns how many. Example: select pc_recover(''partitioncache'')';
