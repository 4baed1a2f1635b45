create function pc_grant_as(target text, model regclass) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    reader record;
begin
    for reader in
        select distinct a.grantee::regrole as role
        from pg_class c, aclexplode(c.relacl) a
        where c.oid = model and a.privilege_type = 'SELECT' and a.grantee <> 0 and a.grantee <> c.relowner
    loop
        execute format('grant %s on %s to %s',
                       case when (select c.relkind from pg_class c where c.oid = target::regclass) = 'S' then 'usage, select'
                            else 'select, insert, update, delete' end, target, reader.role);
    end loop;
end
$$;

comment on function pc_grant_as(text, regclass) is
'Lets every role that may read a control table use a table or counter that was made later; so roles that were granted the use of PartitionCache share partition keys that are registered later. Example: select pc_grant_as(pc_key_table(''partitioncache'', ''city_id''), ''partitioncache_registration'')';
