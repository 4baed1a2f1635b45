create function pc_job_name(cache text, worker integer) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    -- pg_cron keeps names as the type name: 63 bytes, and one space of names for all databases. PostgreSQL spoils what is not ASCII in the
    -- name of an application.
    select case when octet_length(long.name) <= 60 and long.name ~ '^[ -~]*$' and strpos(current_database(), '/') = 0 then long.name
                else 'partitioncache ' || left(pc_sha256(format('%I %I', current_database(), cache)), 32) end || ' ' || worker
    from (values (format('partitioncache %s/%s', current_database(), cache))) long(name)
$$;

comment on function pc_job_name(text, integer) is
'The name of a pg_cron job of this database''s processor; its sessions have it as application_name. Example: select pc_job_name(''partitioncache'', 0)';
