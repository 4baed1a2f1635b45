create function pc_take_back(made oid) returns void
language plpgsql volatile parallel unsafe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    taken text;
begin
    for taken in
        select format('revoke all on %s %s from %s', o.kind, o.name, case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
        from (
            select case c.relkind when 'S' then 'sequence' else 'table' end as kind, c.oid::regclass::text as name, c.relowner as owner, c.relacl as acl
            from pg_class c
            where c.oid = made
            union all
            select 'routine', p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
            from pg_proc p
            where p.oid = made
            union all
            select 'schema', n.oid::regnamespace::text, n.nspowner, n.nspacl
            from pg_namespace n
            where n.oid = made) o
        cross join lateral (select distinct x.grantee from aclexplode(o.acl) x where x.grantee <> o.owner) a
    loop
        execute taken;
    end loop;
end
$$;

comment on function pc_take_back(oid) is
'Leaves nobody but its owner a right on a relation, a function or a schema that was just made: neither PUBLIC, as PostgreSQL gives it, nor whom the installer''s ALTER DEFAULT PRIVILEGES names. Types are left as they are: of one that belongs to an extension pg_dump would warn in every backup. Example: see pc_create_cache';
