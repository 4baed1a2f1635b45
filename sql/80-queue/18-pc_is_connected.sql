create function pc_is_connected(pid integer, session text) returns boolean
language plpgsql stable parallel restricted
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- The start of a session is not to be seen by everybody: then its process is believed.
    return (select exists (select from pg_stat_get_activity(pc_is_connected.pid) a
                   where pc_is_connected.pid is not null and coalesce(pc_session_id(a.backend_start, a.pid) = pc_is_connected.session, true)));
end
$$;

comment on function pc_is_connected(integer, text) is
'Whether a session is still there: pid, and its identifier (see pc_session_id; null where it is not known). Example: select pc_is_connected(pg_backend_pid(), pc_worker_id())';
