create function partitioncache_listen(cache text default 'partitioncache') returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    perform pc_call('listen', jsonb_build_object('cache', cache, 'session', pc_worker_id()));
    listen partitioncache;
    return 'partitioncache';
end
$$;

comment on function partitioncache_listen(text) is
'Makes this session listen for pushes into the queues of a cache and returns the channel, partitioncache; the payload of each notification is the cache''s name. Pushes notify only while a session listens in this way, because NOTIFY makes commits wait for one another; alter role or database ... set partitioncache.notify = off turns them off altogether. Ends with partitioncache_unlisten or the session. Example: select partitioncache_listen()';

create function pc_do_listen(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'push');
    perform pc_forget_listeners();
    insert into partitioncache_listener (pid, session, cache) values (pg_backend_pid(), argument ->> 'session', argument ->> 'cache')
    on conflict on constraint partitioncache_listener_pkey do update set session = excluded.session;
    return null;
end
$$;

comment on function pc_do_listen(oid, jsonb) is
'partitioncache_listen for a caller: {cache, session: its identifier}. Example: see pc_call';

create function pc_forget_listeners() returns bigint
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    gone bigint;
begin
    perform pg_stat_clear_snapshot();
    delete from partitioncache_listener l
    where (l.cache, l.pid) in (select f.cache, f.pid from partitioncache_listener f
                               where not pc_is_connected(f.pid, f.session)
                               for update skip locked);
    get diagnostics gone = row_count;
    return gone;
end
$$;

comment on function pc_forget_listeners() is
'Removes what is kept of sessions that listened and have ended; how many. Example: select pc_forget_listeners()';

create function partitioncache_unlisten(cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    if pc_call('unlisten', jsonb_build_object('cache', cache)) = 'true' then
        unlisten partitioncache;
    end if;
end
$$;

comment on function partitioncache_unlisten(text) is
'Ends what partitioncache_listen began, with the same cache. Does nothing in a session that does not listen. Example: select partitioncache_unlisten()';

create function pc_do_unlisten(caller oid, argument jsonb) returns jsonb
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_require(caller, argument ->> 'cache', 'push');
    delete from partitioncache_listener l where l.pid = pg_backend_pid() and l.cache = argument ->> 'cache';
    return to_jsonb(not exists (select from partitioncache_listener l where l.pid = pg_backend_pid()));
end
$$;

comment on function pc_do_unlisten(oid, jsonb) is
'partitioncache_unlisten for a caller: {cache}; whether the session listens to no other cache. Example: see pc_call';
