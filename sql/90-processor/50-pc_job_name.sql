create function pc_job_name(cache text, worker integer) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- pg_cron keeps names as the type name: 63 bytes, and one space of names for all databases.
    select case when octet_length(long.name) <= 60 then long.name else 'partitioncache ' || md5(long.name) end || ' ' || worker
    from (values (format('partitioncache %s/%s', current_database(), cache))) long(name)
$$;

comment on function pc_job_name(text, integer) is
'The name of a pg_cron job of this database''s processor; its sessions have it as application_name. Example: select pc_job_name(''partitioncache'', 0)';
