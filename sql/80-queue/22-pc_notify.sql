create function pc_notify(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if coalesce(current_setting('partitioncache.notify', true), '') = 'off' then
        return;
    end if;
    -- NOTIFY makes commits wait for one another. A listener holds this lock shared (see partitioncache_listen): without one, nobody pays.
    if current_setting('partitioncache.listens', true) is distinct from 'on'
        and pg_try_advisory_lock(hashtext('partitioncache listener'), hashtext(cache)) then
        perform pg_advisory_unlock(hashtext('partitioncache listener'), hashtext(cache));
        return;
    end if;
    perform pg_notify('partitioncache', cache);
end
$$;

comment on function pc_notify(text) is
'Wakes those who listen on channel partitioncache (payload: the cache''s name), if there are any and the setting partitioncache.notify is not off. Example: select pc_notify(''partitioncache'')';
