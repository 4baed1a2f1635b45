create function pc_worker_id() returns text
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (select pc_session_id(a.backend_start, a.pid) from pg_stat_get_activity(pg_backend_pid()) a);
end
$$;

comment on function pc_worker_id() is
'The identifier of this session. Example: select pc_worker_id()';
