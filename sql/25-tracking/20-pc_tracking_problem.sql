create function pc_tracking_problem(cache text, partition_key text, roots oid[]) returns text
language sql stable parallel safe
set search_path = pg_catalog, @extschema@, pg_temp
as $$
    with recursive family(relation) as (
        select r from unnest(roots) r
        union
        select i.inhrelid from family f join pg_inherits i on i.inhparent = f.relation
    ), judged as (
        select f.relation,
               case
                   when exists (select from pg_subscription_rel s where s.srrelid = f.relation)
                       then 'is written by logical replication, which fires no statement triggers'
                   when not exists (select from pg_trigger t where t.tgrelid = f.relation and t.tgname ^@ 'partitioncache_')
                       then 'has no trigger that logs its writes'
                   when exists (select from pg_trigger t where t.tgrelid = f.relation and t.tgname ^@ 'partitioncache_' and t.tgenabled in ('D', 'R'))
                       then 'has a disabled trigger, so that writes to it are not logged'
               end as problem
        from family f
    )
    select string_agg(format('%s %s', j.relation::regclass, j.problem), '; ' order by j.relation) from judged j where j.problem is not null
$$;

comment on function pc_tracking_problem(text, text, oid[]) is
'Why the writes to tracked tables, their partitions and children are not surely logged; null if they are. Example: select pc_tracking_problem(''partitioncache'', ''city_id'', ''{}'')';
