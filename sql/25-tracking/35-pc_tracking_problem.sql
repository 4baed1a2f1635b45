create function pc_tracking_problem(cache text, partition_key text, deps oid[]) returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    -- A partition that carries triggers while its parent has none: what is written through the parent is not logged.
    return (
        with recursive down(relation) as (
            select d from unnest(deps) d
            union
            select i.inhrelid from down w join pg_inherits i on i.inhparent = w.relation
        ), family as materialized (
            select u.relation from pc_family_up(deps) u union select w.relation from down w
        ), carrying as materialized (
            select distinct o.relation from pc_our_triggers(pc_tracking_problem.cache, pc_tracking_problem.partition_key, array(select f.relation from family f)) o
        ), highest as materialized (
            select c.relation from carrying c
            where not exists (select from pg_inherits i join carrying p on p.relation = i.inhparent where i.inhrelid = c.relation)
        )
        select string_agg(format('tracking of %s is %s', h.relation::regclass, s.state), '; ' order by h.relation)
        from highest h
        cross join lateral pc_tracking_state(pc_tracking_problem.cache, pc_tracking_problem.partition_key, h.relation) s(state)
        where s.state <> 'tracking');
end
$$;

comment on function pc_tracking_problem(text, text, oid[]) is
'Why writes to tables that carry triggers of ours, or to their partitions or parents, are not surely logged; null if they are, or if none does. Example: select pc_tracking_problem(''partitioncache'', ''city_id'', ''{}'')';
