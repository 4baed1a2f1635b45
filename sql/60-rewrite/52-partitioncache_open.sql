create function partitioncache_open(
    cursor refcursor, query text, partition_key text, cache text default 'partitioncache', method text default 'auto',
    session_path text default pg_catalog.current_setting('search_path'), params text[] default null
) returns refcursor
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    rewritten text := partitioncache_apply(pc_bind(query, params, pc_session(session_path)), partition_key, cache, method, session_path);
begin
    perform set_config('search_path', session_path, true);
    open cursor for execute rewritten;
    return cursor;
end
$$;

comment on function partitioncache_open(refcursor, text, text, text, text, text, text[]) is
'Opens a cursor on the rewritten query, for people in psql. Needs a transaction, at whose end the cursor closes. params: as for partitioncache_apply. Raises PC001 and PC005 where they do not fit, and PostgreSQL''s own error if the query cannot run. Example: begin; select partitioncache_open(''c'', ''select * from poi where kind = 1'', ''city_id''); fetch all from c; commit';
