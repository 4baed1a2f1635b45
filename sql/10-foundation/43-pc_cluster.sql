create function pc_cluster() returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    return (pg_control_system()).system_identifier;
end
$$;

comment on function pc_cluster() is
'The identifier of this database cluster. Transaction ids are the clock of one cluster only, so an entry that arrived from another is not used. Example: select pc_cluster()';
