-- Nobody but the installer has rights on what was made: neither PUBLIC, as PostgreSQL gives them, nor whom ALTER DEFAULT PRIVILEGES names.
-- Without USAGE on our types nobody builds on them what would stand in the way of an upgrade; to call a function needs none.
do $$
declare
    taken text;
begin
    for taken in
        select format('revoke all on %s %s from %s', o.kind, o.name, case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
        from (
            select 'routine' as kind, p.oid::regprocedure::text as name, p.proowner as owner, coalesce(p.proacl, acldefault('f', p.proowner)) as acl
            from pg_proc p
            where p.pronamespace = 'partitioncache_internal'::regnamespace
               or p.pronamespace = '@extschema@'::regnamespace and p.proname ~ '^(partitioncache|pc)_' and p.proowner = quote_ident(current_user)::regrole
            union all
            select case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass::text, c.relowner, c.relacl
            from pg_class c
            where c.relkind in ('r', 'p', 'v', 'S')
              and (c.relnamespace = 'partitioncache_internal'::regnamespace
                   or c.relnamespace = '@extschema@'::regnamespace and c.relname ^@ 'partitioncache_' and c.relowner = quote_ident(current_user)::regrole)
            union all
            select 'type', t.oid::regtype::text, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
            from pg_type t
            where t.typnamespace = 'partitioncache_internal'::regnamespace and t.typelem = 0
            union all
            select 'schema', n.oid::regnamespace::text, n.nspowner, n.nspacl
            from pg_namespace n
            where n.nspname = 'partitioncache_internal') o
        cross join lateral (select distinct x.grantee from aclexplode(o.acl) x where x.grantee <> o.owner) a
    loop
        execute taken;
    end loop;
end
$$;
