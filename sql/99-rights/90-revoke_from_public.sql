-- Nobody but the installer has rights on what was made here.
select pc_take_back(o.made)
from (
    select p.oid as made from pg_proc p
    where p.pronamespace = 'partitioncache_internal'::regnamespace
       or p.pronamespace = '@extschema@'::regnamespace and p.proname ~ '^(partitioncache|pc)_' and p.proowner = pc_installer()
    union all
    select c.oid from pg_class c
    where c.relkind in ('r', 'p', 'v', 'S')
      and (c.relnamespace = 'partitioncache_internal'::regnamespace
           or c.relnamespace = '@extschema@'::regnamespace and c.relname ^@ 'partitioncache_' and c.relowner = pc_installer())
    union all
    select t.oid from pg_type t where t.typnamespace = 'partitioncache_internal'::regnamespace and t.typelem = 0
    union all
    select n.oid from pg_namespace n where n.nspname = 'partitioncache_internal') o;
