create function pc_unfit_relations(relations oid[]) returns oid[]
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- Materialised, so that no plan looks into the views of the whole database.
        with reached as materialized (
            select r.root, c.oid, c.relpersistence, c.relkind from pc_relation_closure(relations) r join pg_class c on c.oid = r.relation
        )
        select coalesce(array_agg(distinct c.root), '{}')
        from reached c
        where c.oid < 16384 or c.relpersistence = 't' or c.relkind not in ('r', 'p', 'v', 'm', 'f')
           or (c.relkind = 'v' and exists (
                   select from pc_tree_facts(pc_view_trees(array[c.oid])) f
                   where f.order_dependent or f.odd_nodes
                      or exists (select from pg_proc p where p.oid = any (f.functions) and p.provolatile <> 'i')
                      or pc_closure('{}', array[c.oid]) is null))
    );
end
$$;

comment on function pc_unfit_relations(oid[]) is
'Those of the relations that cannot be part of a fragment: system catalogs, temporary tables, and views whose rows may differ from one reading to the next (LIMIT, windows, DISTINCT ON, CURRENT_DATE, functions that are not immutable, ...). Example: select pc_unfit_relations(array[''pg_class''::regclass])';
