create function partitioncache_doctor(
    cache text default 'partitioncache', with_cron boolean default true,
    out name text, out ok boolean, out detail text, out fix text, out place text
) returns setof record
language plpgsql stable parallel restricted rows 10
set search_path = pg_catalog, partitioncache_internal, pg_temp
set jit = off
as $$
begin
    perform pc_not_null('cache', cache, 'with_cron', with_cron::text);
    select f.* into name, ok, detail, fix, place from pc_find_rights(cache) f;
    return next;
    if ok is false then
        return;
    end if;
    if with_cron then
        return query select * from pc_find_processor(cache);
    end if;
    return query select * from pc_find_settings(cache);
    if not found then
        return query select 'settings', true, 'none that hinders', null::text, null::text;
    end if;
    return query select * from pc_find_queue(cache);
    return query select * from pc_find_tables(cache);
    return query select * from pc_find_entries(cache);
end
$$;

comment on function partitioncache_doctor(text, boolean) is
'Looks at all that a cache needs, and says what to mend, in this order: the rights of this role, the processor (unless with_cron is false: a monitor works on the queues), settings that hinder, the queue, tracked tables, and entries that are not used. ok: as it should be; null: worth knowing, nothing is wrong. fix: the statement that mends it; place: as whom or when to run it. Nothing is changed. pcache doctor looks at the server and the installation as well. Example: select name, detail, fix from partitioncache_doctor() where not ok';
