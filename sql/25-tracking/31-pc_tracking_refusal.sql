create function pc_tracking_refusal(relation oid, partition_key text default null, cache text default null) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
declare
    placement partitioncache_placement;
begin
    placement := pc_placement_of(cache, partition_key, relation);
    return (
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
        when (placement).untrusted is not null then format('the partition key is placed in %s by an expression that calls %s, which is neither PostgreSQL''s own nor of an extension that a superuser owns', c.oid::regclass, (placement).untrusted)
        else format('relation %s is no table', c.oid::regclass)
        end
    from family m
    join pg_class c on c.oid = m.oid
    -- also a child that has a further parent
    left join pg_inherits p on p.inhrelid = m.oid and p.inhparent not in (select f.oid from family f)
    where p.inhparent is not null or c.oid < 16384 or c.relpersistence = 't' or c.relkind not in ('r', 'p') or (placement).untrusted is not null
    order by c.oid <> pc_tracking_refusal.relation, p.inhparent is null, c.oid
    limit 1);
end
$$;

comment on function pc_tracking_refusal(oid, text, text) is
'Why writes to a relation cannot be tracked, for a partition key of a cache if they are given; null if they can. Example: select pc_tracking_refusal(''pg_class''::regclass)';
