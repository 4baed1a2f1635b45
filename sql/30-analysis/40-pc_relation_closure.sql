create function pc_relation_closure(relations oid[], out root oid, out relation oid) returns setof record
language plpgsql stable parallel safe rows 5
set search_path = pg_catalog, partitioncache_internal, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    return query
        with recursive reached(root, relation) as (
            select r, r from unnest(relations) r
            union
            select r.root, behind.relation
            from reached r
            cross join lateral (
                select d.refobjid as relation
                from (select w.oid from pg_rewrite w where w.ev_class = r.relation and w.ev_type = '1' offset 0) w
                cross join lateral (select d.refobjid from pg_depend d
                                    where d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass offset 0) d
                ) behind
        )
        select root, relation from reached;
end
$$;

comment on function pc_relation_closure(oid[]) is
'The relations themselves and, through views, all that they read. Example: select * from pc_relation_closure(array[''pg_views''::regclass])';
