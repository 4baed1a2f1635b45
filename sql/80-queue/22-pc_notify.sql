create function pc_notify(cache text) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- NOTIFY makes commits wait for one another: without a listener, nobody pays.
    if coalesce(current_setting('partitioncache.notify', true), '') = 'off'
        or not exists (select from partitioncache_listener l where l.cache = pc_notify.cache) then
        return;
    end if;
    -- What this transaction has seen of other sessions before is too old for a listener that came since.
    perform pg_stat_clear_snapshot();
    if exists (select from partitioncache_listener l where l.cache = pc_notify.cache and pc_is_connected(l.pid, l.session)) then
        perform pg_notify('partitioncache', cache);
    end if;
end
$$;

comment on function pc_notify(text) is
'Wakes those who listen on channel partitioncache (payload: the cache''s name), if there are any and the setting partitioncache.notify is not off. Example: select pc_notify(''partitioncache'')';
