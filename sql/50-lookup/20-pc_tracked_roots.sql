create function pc_tracked_roots(cache text, partition_key text, deps oid[], out dep oid, out root oid) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        with recursive up(dep, relation) as (
            select d, d from unnest(deps) d
            union
            select u.dep, i.inhparent from up u join pg_inherits i on i.inhrelid = u.relation
        ), down(dep, relation) as (
            select d, d from unnest(deps) d
            union
            select w.dep, i.inhrelid from down w join pg_inherits i on i.inhparent = w.relation
        )
        select distinct f.dep, f.relation
        from (select * from up union all select * from down) f
        join partitioncache_tracked t on t.relation = f.relation and t.cache = pc_tracked_roots.cache and t.partition_key = pc_tracked_roots.partition_key;
end
$$;

comment on function pc_tracked_roots(text, text, oid[]) is
'Under which tracked tables the writes to each relation are logged: itself, those it is a partition or child of, and its own. Example: select * from pc_tracked_roots(''partitioncache'', ''city_id'', array[''pg_class''::regclass])';
