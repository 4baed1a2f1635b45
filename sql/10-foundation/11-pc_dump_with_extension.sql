create function pc_dump_with_extension(relation regclass, condition text default '') returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
begin
    -- Installed over a connection there is no extension, and pg_dump takes the table as any other.
    if exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
               where d.classid = 'pg_class'::regclass and d.objid = relation and d.deptype = 'e'
                 and d.refclassid = 'pg_extension'::regclass and e.extname = 'partitioncache') then
        perform pg_extension_config_dump(relation, condition);
    end if;
end
$$;

comment on function pc_dump_with_extension(regclass, text) is
'Lets pg_dump save the rows of a table that belongs to the extension. Called beside each create table that holds what users have entered; condition: of which rows, as a WHERE clause. Example: select pc_dump_with_extension(''partitioncache_settings'')';
