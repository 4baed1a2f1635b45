create function pc_begin_temporary() returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- A schema of temporary tables that begins in a subtransaction ends with it. Were it made anew for each query that is parsed and rolled
    -- back, PostgreSQL would forget each time how it had planned everything that this session runs.
    if pg_my_temp_schema() = 0 then
        create function pg_temp.partitioncache_begin() returns void language sql begin atomic end;
        drop function pg_temp.partitioncache_begin();
    end if;
end
$$;

comment on function pc_begin_temporary() is
'Lets the session have a schema of temporary tables, if it has none. To be called before the subtransaction that stores a query there. Raises PostgreSQL''s error for a role that may not make temporary tables in this database. Example: select pc_begin_temporary()';
