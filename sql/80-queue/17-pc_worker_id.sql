create function pc_worker_id() returns text
language sql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select pc_session_id(a.backend_start, a.pid) from pg_stat_get_activity(pg_backend_pid()) a
$$;

comment on function pc_worker_id() is
'The identifier of this session. Example: select pc_worker_id()';
