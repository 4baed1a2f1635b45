create view partitioncache_tracked with (security_barrier) as
with names as materialized (
    select r.cache, r.partition_key, pc_trigger_name(e, r.cache, r.partition_key) as name
    from partitioncache_registration r cross join unnest('{insert,update,remove,replica,applied}'::text[]) e
), carrying as materialized (
    select n.cache, n.partition_key, t.tgrelid as relation, max(obj_description(t.oid, 'pg_trigger')) as since
    from names n join pg_trigger t on t.tgname ^@ n.name::text
    group by 1, 2, 3
)
select c.cache, c.partition_key, c.relation::regclass as relation,
       to_timestamp(substring(c.since from '[(]([0-9]{1,10})[)]$')::double precision) as created_at
from carrying c
where not exists (select from pg_inherits i join carrying p on p.cache = c.cache and p.partition_key = c.partition_key and p.relation = i.inhparent
                  where i.inhrelid = c.relation);

comment on view partitioncache_tracked is
'One row a table whose writes are logged for a partition key: it carries triggers of ours. created_at: since when, as a comment on its triggers says.';
