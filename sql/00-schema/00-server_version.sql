do $$
begin
    if current_setting('server_version_num')::integer < 150000 then
        raise exception using errcode = 'PC001',
            message = format('PartitionCache needs PostgreSQL 15 or newer; this server is %s', current_setting('server_version')),
            hint = 'Upgrade the server first; nothing was installed.';
    end if;
end
$$;
