-- Nobody but the installer has rights on what was made here.
select pc_take_back(o.made)
from (
    select p.oid as made from pg_proc p
    where p.pronamespace = 'partitioncache_internal'::regnamespace
       or p.pronamespace = '@extschema@'::regnamespace and p.proowner = pc_installer()
          and (p.proname, p.proargtypes) in (select i.proname, i.proargtypes from pg_proc i where i.pronamespace = 'partitioncache_internal'::regnamespace)
    union all
    select c.oid from pg_class c
    where c.relnamespace = 'partitioncache_internal'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
       or c.relnamespace = '@extschema@'::regnamespace and c.relkind = 'v' and c.relname ^@ 'partitioncache_' and c.relowner = pc_installer()
    union all
    select n.oid from pg_namespace n where n.nspname = 'partitioncache_internal') o;
