create view partitioncache_tracked with (security_barrier) as
with names as materialized (
    select r.cache, r.partition_key, pc_trigger_name(e, r.cache, r.partition_key) as prefix
    from partitioncache_registration r cross join unnest('{insert,update,remove,replica,applied}'::text[]) e
), carrying as materialized (
    select n.cache, n.partition_key, t.tgrelid as relation, array_agg(t.oid) as triggers
    from names n join pg_trigger t on t.tgname ^@ n.prefix
    group by 1, 2, 3
), highest as materialized (
    select c.*
    from carrying c
    left join (select p.cache, p.partition_key, i.inhrelid from carrying p join pg_inherits i on i.inhparent = p.relation) below
        on below.cache = c.cache and below.partition_key = c.partition_key and below.inhrelid = c.relation
    where below.inhrelid is null
)
select h.cache, h.partition_key, h.relation::regclass as relation,
       (select to_timestamp(max(substring(d.description from '[(]([0-9]{1,10})[)]$'))::double precision)
        from unnest(h.triggers) t(oid) join pg_description d on d.classoid = 'pg_trigger'::regclass and d.objoid = t.oid and d.objsubid = 0) as created_at
from highest h;

comment on view partitioncache_tracked is
'One row a table whose writes are logged for a partition key: it carries triggers of ours. created_at: since when, as a comment on its triggers says.';
