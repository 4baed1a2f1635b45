create function pc_people_schema() returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    select p.pronamespace::regnamespace::text
    from pg_proc p join pg_namespace i on i.nspname = 'partitioncache_internal' and p.proowner = i.nspowner and p.pronamespace <> i.oid
    where p.proname = 'partitioncache_version' and p.pronargs = 0
    order by 1 limit 1
$$;

comment on function pc_people_schema() is
'The schema in which the functions for people are, quoted where it must be. Example: select pc_people_schema()';
