create function pc_fail(code text, message text, detail text default '', hint text default '') returns void
language plpgsql volatile parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    if coalesce(detail, '') = '' then
        raise exception using errcode = code, message = message, hint = hint;
    end if;
    raise exception using errcode = code, message = message, detail = detail, hint = hint;
end
$$;

comment on function pc_fail(text, text, text, text) is
'Raises an error of our own class. code: PC001 bad argument, PC002 partition key not registered, PC003 registered differently, PC004 datatype, PC005 query cannot be cached, PC006 processor or pg_cron, PC007 permission, PC008 tracking, PC009 queue, or a transaction that may not write. Example: select pc_fail(''PC001'', ''hash is null'', '''', ''Pass the name of an entry.'')';
