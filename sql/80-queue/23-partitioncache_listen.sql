create function partitioncache_listen(cache text default 'partitioncache') returns text
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    listen partitioncache;
    perform pg_advisory_lock_shared(hashtext('partitioncache listener'), hashtext(cache));
    perform set_config('partitioncache.listens', 'on', false);
    return 'partitioncache';
end
$$;

comment on function partitioncache_listen(text) is
'Makes this session listen for pushes into the queues of a cache and returns the channel, partitioncache; the payload of each notification is the cache''s name. Pushes notify only while a session listens in this way, because NOTIFY makes commits wait for one another; alter role or database ... set partitioncache.notify = off turns them off altogether. Ends with partitioncache_unlisten or the session. Example: select partitioncache_listen()';

create function partitioncache_unlisten(cache text default 'partitioncache') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    perform pc_not_null('cache', cache);
    if current_setting('partitioncache.listens', true) = 'on' then
        unlisten partitioncache;
        perform pg_advisory_unlock_shared(hashtext('partitioncache listener'), hashtext(cache));
        perform set_config('partitioncache.listens', 'off', false);
    end if;
end
$$;

comment on function partitioncache_unlisten(text) is
'Ends what partitioncache_listen began, with the same cache. Does nothing in a session that does not listen. Example: select partitioncache_unlisten()';
