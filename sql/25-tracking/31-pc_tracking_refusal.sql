create function pc_tracking_refusal(relation oid) returns text
language sql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
    with family as materialized (
        select m as oid from pc_relation_family(pc_tracking_refusal.relation) m
    )
    select case
        when p.inhparent is not null
            then format('table %s is a part of %s, and what is written through that fires no trigger here', c.oid::regclass, p.inhparent::regclass)
        when c.oid < 16384 then format('system table %s is changed without triggers', c.oid::regclass)
        when c.relpersistence = 't' then format('temporary table %s is seen by one session only', c.oid::regclass)
        when c.relkind = 'f' then format('foreign table %s can be written to on the other side, which fires no trigger here', c.oid::regclass)
        when c.relkind = 'v' then format('view %s holds no rows; its tables can be tracked', c.oid::regclass)
        when c.relkind = 'm' then format('materialised view %s is refreshed without triggers', c.oid::regclass)
        else format('relation %s is no table', c.oid::regclass)
        end
    from family m
    join pg_class c on c.oid = m.oid
    -- also a child that has a further parent
    left join pg_inherits p on p.inhrelid = m.oid and p.inhparent not in (select f.oid from family f)
    where p.inhparent is not null or c.oid < 16384 or c.relpersistence = 't' or c.relkind not in ('r', 'p')
    order by c.oid <> pc_tracking_refusal.relation, p.inhparent is null, c.oid
    limit 1
$$;

comment on function pc_tracking_refusal(oid) is
'Why writes to a relation cannot be tracked; null if they can. Example: select pc_tracking_refusal(''pg_class''::regclass)';
