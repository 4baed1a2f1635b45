create function pc_take_back(relation regclass) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    taken text;
begin
    for taken in
        select format('revoke all on %s %s from %s', case c.relkind when 'S' then 'sequence' else 'table' end, relation,
                      case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
        from pg_class c, aclexplode(c.relacl) a
        where c.oid = relation and a.grantee <> c.relowner
    loop
        execute taken;
    end loop;
end
$$;

comment on function pc_take_back(regclass) is
'Takes away what ALTER DEFAULT PRIVILEGES of the installer gave to others on a relation that was just made: nobody has rights on our tables. Example: see pc_create_cache';
