create function pc_session_id(backend_start timestamptz, pid integer) returns text
language sql immutable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select to_hex(trunc(extract(epoch from backend_start))::bigint) || '.' || to_hex(pid)
$$;

comment on function pc_session_id(timestamptz, integer) is
'The identifier of a session as %c writes it into the server''s log: unlike a pid it is never used again. Example: select pc_session_id(backend_start, pid) from pg_stat_activity';
