create function pc_may_read(role oid, relations oid[]) returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, partitioncache_internal, pg_temp
as $$
#variable_conflict use_column
begin
    return (
        -- What stands in a view is read as the view's owner, unless the view says otherwise.
        with recursive reading(relation, role) as (
            select r, pc_may_read.role from unnest(relations) r
            union
            select d.refobjid, case when (select o.option_value::boolean from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker')
                                    then r.role else c.relowner end
            from reading r
            join pg_class c on c.oid = r.relation and c.relkind = 'v'
            join pg_rewrite w on w.ev_class = c.oid and w.ev_type = '1'
            join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> c.oid
            join pg_class t on t.oid = d.refobjid and t.relkind <> 'S'
        )
        select not exists (select from reading r where has_any_column_privilege(r.role, r.relation, 'select') is false));
end
$$;

comment on function pc_may_read(oid, oid[]) is
'Whether a role may read something of each of these relations, and whoever views among them read as may read what stands in them. Relations that are gone count as readable. Example: select pc_may_read(pc_me(), array[''pg_class''::regclass])';
