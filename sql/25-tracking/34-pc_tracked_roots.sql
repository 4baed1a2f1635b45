create function pc_family_up(relations oid[], out dep oid, out relation oid) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with recursive up(dep, relation) as (
            select d, d from unnest(relations) d
            union
            select u.dep, i.inhparent from up u join pg_inherits i on i.inhrelid = u.relation
        )
        select dep, relation from up;
end
$$;

comment on function pc_family_up(oid[]) is
'Each relation with itself and all that it is a partition or child of. Example: select * from pc_family_up(array[''pg_class''::regclass])';

create function pc_tracked_roots(cache text, partition_key text, deps oid[], out dep oid, out root oid) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- What is written to a partition is logged for the partitioned table at the top; what is written to a table that inherits, for itself.
        with recursive down(dep, relation) as (
            select d, d from unnest(deps) d
            union
            select w.dep, i.inhrelid
            from down w join pg_class c on c.oid = w.relation and c.relkind <> 'p' and c.relhassubclass join pg_inherits i on i.inhparent = w.relation
        ), family as materialized (
            select u.dep, u.relation from pc_family_up(deps) u union select w.dep, w.relation from down w
        )
        select f.dep, f.relation
        from family f
        join pg_class c on c.oid = f.relation and not c.relispartition
        where exists (select from pc_our_triggers(cache, partition_key, array[f.relation]));
end
$$;

comment on function pc_tracked_roots(text, text, oid[]) is
'Under which relations the change log says what was written to each of these, where anything says it. Example: select * from pc_tracked_roots(''partitioncache'', ''city_id'', array[''pg_class''::regclass])';
